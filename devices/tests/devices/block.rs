//! virtio-blk under requests written by hand.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};

use maro_devices::DeviceLoop;
use maro_devices::virtio::VirtioDevice;
use maro_devices::virtio::block::{Block, Disk, DiskError};
use virtio_queue::desc::split::Descriptor;
use vmm_sys_util::tempfile::TempFile;

use crate::rig::{Buffer, DATA, INDIRECT, MEMORY_SIZE, NEXT, Rig, WRITE, readable, writable};

const READ: u32 = 0;
const WRITE_REQUEST: u32 = 1;
const FLUSH: u32 = 4;
const GET_ID: u32 = 8;
const DISCARD: u32 = 11;
const WRITE_ZEROES: u32 = 13;

const OK: u8 = 0;
const IOERR: u8 = 1;
const UNSUPPORTED: u8 = 2;
/// What tests put in the status byte, to see whether it was written.
const UNTOUCHED: u8 = 0xee;

const FLUSH_FEATURE: u64 = 1 << 9;

const SECTORS: u64 = 64;
const HEADER: u64 = DATA;
const STATUS: u64 = DATA + 0x100;
const BUFFER: u64 = DATA + 0x1000;

struct Bench {
    rig: Rig<Block>,
    /// Before the loop, which the device needs to be reset.
    _device_loop: DeviceLoop,
    image: TempFile,
}

/// Every sector is filled with its number.
fn image() -> TempFile {
    let image = TempFile::new().unwrap();
    for sector in 0..SECTORS {
        let bytes = [u8::try_from(sector).unwrap(); 512];
        image.as_file().write_all(&bytes).unwrap();
    }
    image
}

impl Bench {
    fn new() -> Self {
        Self::with(false, FLUSH_FEATURE)
    }

    fn with(read_only: bool, features: u64) -> Self {
        let image = image();
        let device_loop = DeviceLoop::start("test-blk").unwrap();
        let disk = Disk::open(image.as_path(), read_only).unwrap();
        let block = Block::new(device_loop.handle(), disk);
        Self {
            rig: Rig::new(block, features),
            _device_loop: device_loop,
            image,
        }
    }

    fn put_header(&self, kind: u32, sector: u64) {
        let mut header = [0; 16];
        header[..4].copy_from_slice(&kind.to_le_bytes());
        header[8..].copy_from_slice(&sector.to_le_bytes());
        self.rig.put(HEADER, &header);
        self.rig.put(STATUS, &[UNTOUCHED]);
    }

    /// A request with one descriptor for the header, `data`, and one for the status.
    fn request(&mut self, kind: u32, sector: u64, data: &[Buffer]) -> (u8, u32) {
        self.put_header(kind, sector);
        let mut buffers = vec![readable(HEADER, 16)];
        buffers.extend(data);
        buffers.push(writable(STATUS, 1));
        let len = self.rig.request(0, &buffers);
        (self.rig.get(STATUS, 1)[0], len)
    }

    /// Asserts that the device is still at work.
    fn expect_alive(&mut self) {
        let answer = self.request(READ, 5, &[writable(BUFFER, 512)]);
        assert_eq!(answer, (OK, 513));
        assert_eq!(self.rig.get(BUFFER, 512), [5; 512]);
    }

    fn sector(&self, sector: u64) -> [u8; 512] {
        let mut bytes = [0; 512];
        let file = self.image.as_file();
        file.read_exact_at(&mut bytes, sector * 512).unwrap();
        bytes
    }
}

fn range(sector: u64, sectors: u32, flags: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&sector.to_le_bytes());
    bytes[8..12].copy_from_slice(&sectors.to_le_bytes());
    bytes[12..].copy_from_slice(&flags.to_le_bytes());
    bytes
}

#[test]
fn read_fills_several_buffers_in_order() {
    let mut bench = Bench::new();
    let data = [
        writable(BUFFER, 100),
        writable(BUFFER + 0x4000, 412 + 512),
        writable(BUFFER + 0x2000, 512),
    ];
    assert_eq!(bench.request(READ, 7, &data), (OK, 3 * 512 + 1));
    assert_eq!(
        bench.rig.get(BUFFER, 101)[..],
        [[7; 100].as_slice(), &[0]].concat()
    );
    assert_eq!(bench.rig.get(BUFFER + 0x4000, 412), [7; 412]);
    assert_eq!(bench.rig.get(BUFFER + 0x4000 + 412, 512), [8; 512]);
    assert_eq!(bench.rig.get(BUFFER + 0x2000, 512), [9; 512]);
}

#[test]
fn write_gathers_several_buffers() {
    let mut bench = Bench::new();
    bench.rig.put(BUFFER, &[0xaa; 300]);
    bench.rig.put(BUFFER + 0x1000, &[0xbb; 212]);
    let data = [readable(BUFFER, 300), readable(BUFFER + 0x1000, 212)];
    assert_eq!(bench.request(WRITE_REQUEST, 3, &data), (OK, 1));
    let sector = bench.sector(3);
    assert_eq!(sector[..300], [0xaa; 300]);
    assert_eq!(sector[300..], [0xbb; 212]);
    assert_eq!(bench.sector(4), [4; 512]);
}

#[test]
fn write_without_flush_negotiated_succeeds_too() {
    let mut bench = Bench::with(false, 0);
    bench.rig.put(BUFFER, &[0x11; 512]);
    let answer = bench.request(WRITE_REQUEST, 0, &[readable(BUFFER, 512)]);
    assert_eq!(answer, (OK, 1));
    assert_eq!(bench.sector(0), [0x11; 512]);
}

#[test]
fn request_in_one_descriptor_each_way_is_taken_apart() {
    let mut bench = Bench::new();
    bench.put_header(WRITE_REQUEST, 9);
    bench.rig.put(HEADER + 16, &[0x42; 512]);
    // Header and data in one buffer; nothing but the status in the other.
    let buffers = [readable(HEADER, 16 + 512), writable(BUFFER, 1)];
    assert_eq!(bench.rig.request(0, &buffers), 1);
    assert_eq!(bench.sector(9), [0x42; 512]);
    // Data and status in one buffer, the header in two.
    bench.put_header(READ, 9);
    let buffers = [
        readable(HEADER, 5),
        readable(HEADER + 5, 11),
        writable(BUFFER, 513),
    ];
    assert_eq!(bench.rig.request(0, &buffers), 513);
    assert_eq!(bench.rig.get(BUFFER, 512), [0x42; 512]);
    assert_eq!(bench.rig.get(BUFFER + 512, 1), [OK]);
}

#[test]
fn request_through_an_indirect_table_is_served() {
    let mut bench = Bench::new();
    bench.put_header(READ, 2);
    let table = DATA + 0x800;
    let entries = [
        Descriptor::new(HEADER, 16, NEXT, 1),
        Descriptor::new(BUFFER, 1024, NEXT | WRITE, 2),
        Descriptor::new(STATUS, 1, WRITE, 0),
    ];
    for (at, entry) in (0..).zip(&entries) {
        bench.rig.put(table + at * 16, &raw(entry));
    }
    let head = Descriptor::new(table, 48, INDIRECT, 0);
    bench.rig.offer_raw(0, &[head]);
    assert_eq!(bench.rig.wait(0), (0, 1025));
    assert_eq!(bench.rig.get(BUFFER + 512, 512), [3; 512]);
}

fn raw(descriptor: &Descriptor) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&descriptor.addr().0.to_le_bytes());
    bytes[8..12].copy_from_slice(&descriptor.len().to_le_bytes());
    bytes[12..14].copy_from_slice(&descriptor.flags().to_le_bytes());
    bytes[14..].copy_from_slice(&descriptor.next().to_le_bytes());
    bytes
}

#[test]
fn get_id_tells_the_name_of_the_file() {
    let mut bench = Bench::new();
    let name = bench.image.as_path().file_name().unwrap();
    let mut id = name.as_encoded_bytes().to_vec();
    id.resize(20, 0);
    let data = [writable(BUFFER, 7), writable(BUFFER + 7, 13)];
    assert_eq!(bench.request(GET_ID, 0, &data), (OK, 21));
    assert_eq!(bench.rig.get(BUFFER, 20), id);
    // A shorter buffer gets what fits.
    assert_eq!(bench.request(GET_ID, 0, &[writable(BUFFER, 4)]), (OK, 5));
}

#[test]
fn flush_succeeds() {
    assert_eq!(Bench::new().request(FLUSH, 0, &[]), (OK, 1));
}

#[test]
fn write_zeroes_and_discard_clear_their_ranges() {
    for (kind, flags) in [(WRITE_ZEROES, 0), (WRITE_ZEROES, 1), (DISCARD, 0)] {
        let mut bench = Bench::new();
        let list = [range(8, 8, flags), range(24, 16, flags)].concat();
        bench.rig.put(BUFFER, &list);
        // The list is cut in the middle of a range.
        let data = [readable(BUFFER, 20), readable(BUFFER + 20, 12)];
        assert_eq!(bench.request(kind, 0, &data), (OK, 1));
        assert_eq!(bench.sector(7), [7; 512]);
        assert_eq!(bench.sector(16), [16; 512]);
        assert_eq!(bench.sector(40), [40; 512]);
        if kind == WRITE_ZEROES {
            assert_eq!(bench.sector(8), [0; 512]);
            assert_eq!(bench.sector(39), [0; 512]);
        }
        let length = bench.image.as_file().metadata().unwrap().size();
        assert_eq!(length, SECTORS * 512);
    }
}

#[test]
fn ranges_that_break_a_rule_fail() {
    let cases: [(&str, u32, Vec<u8>, u8); 7] = [
        ("no range", DISCARD, vec![], IOERR),
        ("half a range", DISCARD, vec![0; 8], IOERR),
        ("too many", WRITE_ZEROES, [[0; 16]; 17].concat(), IOERR),
        (
            "too long",
            WRITE_ZEROES,
            range(0, u32::MAX, 0).to_vec(),
            IOERR,
        ),
        (
            "beyond the end",
            WRITE_ZEROES,
            range(SECTORS, 1, 0).to_vec(),
            IOERR,
        ),
        ("wrapping", DISCARD, range(u64::MAX, 2, 0).to_vec(), IOERR),
        (
            "unknown flag",
            DISCARD,
            range(0, 8, 1).to_vec(),
            UNSUPPORTED,
        ),
    ];
    let mut bench = Bench::new();
    for (name, kind, list, status) in cases {
        bench.rig.put(BUFFER, &list);
        let len = u32::try_from(list.len()).unwrap();
        let answer = bench.request(kind, 0, &[readable(BUFFER, len)]);
        assert_eq!(answer, (status, 1), "{name}");
    }
    assert_eq!(bench.sector(0), [0; 512]);
    bench.expect_alive();
}

#[test]
fn unknown_type_is_unsupported() {
    let mut bench = Bench::new();
    assert_eq!(bench.request(77, 0, &[]), (UNSUPPORTED, 1));
    bench.expect_alive();
}

#[test]
fn read_beyond_the_end_or_of_part_of_a_sector_fails() {
    let mut bench = Bench::new();
    for (sector, len) in [
        (SECTORS, 512),
        (SECTORS - 1, 1024),
        (u64::MAX, 512),
        (u64::MAX / 512, 512),
        (0, 511),
        (0, 1),
    ] {
        let answer = bench.request(READ, sector, &[writable(BUFFER, len)]);
        assert_eq!(answer, (IOERR, 0), "{len} bytes from sector {sector:#x}");
        let answer = bench.request(WRITE_REQUEST, sector, &[readable(BUFFER, len)]);
        assert_eq!(answer, (IOERR, 1), "{len} bytes to sector {sector:#x}");
    }
    bench.expect_alive();
}

#[test]
fn read_into_memory_that_is_not_there_fails() {
    let mut bench = Bench::new();
    for addr in [MEMORY_SIZE, MEMORY_SIZE - 256, u64::MAX - 100] {
        let (status, len) = bench.request(READ, 0, &[writable(addr, 512)]);
        assert_eq!(status, IOERR, "at {addr:#x}");
        assert!(len <= 256);
        let (status, _) = bench.request(WRITE_REQUEST, 0, &[readable(addr, 512)]);
        assert_eq!(status, IOERR, "at {addr:#x}");
    }
    bench.expect_alive();
}

#[test]
fn write_to_a_read_only_disk_fails() {
    let mut bench = Bench::with(true, 0);
    // VIRTIO_BLK_F_RO, and neither discard nor write-zeroes.
    let features = bench.rig.device.features();
    assert_eq!(features & (1 << 5 | 1 << 13 | 1 << 14), 1 << 5);
    bench.rig.put(BUFFER, &range(0, 8, 0));
    for (kind, len) in [(WRITE_REQUEST, 512), (DISCARD, 16), (WRITE_ZEROES, 16)] {
        let answer = bench.request(kind, 0, &[readable(BUFFER, len)]);
        assert_eq!(answer, (IOERR, 1), "type {kind}");
    }
    bench.expect_alive();
}

#[test]
fn chain_without_a_whole_header_fails() {
    let mut bench = Bench::new();
    bench.put_header(READ, 0);
    let chains: [(&str, Vec<Buffer>); 4] = [
        ("short", vec![readable(HEADER, 15), writable(STATUS, 1)]),
        ("empty", vec![readable(HEADER, 0), writable(STATUS, 1)]),
        ("absent", vec![writable(STATUS, 1)]),
        (
            "outside",
            vec![readable(MEMORY_SIZE - 8, 16), writable(STATUS, 1)],
        ),
    ];
    for (name, chain) in chains {
        bench.rig.put(STATUS, &[UNTOUCHED]);
        assert_eq!(bench.rig.request(0, &chain), 1, "{name}");
        assert_eq!(bench.rig.get(STATUS, 1), [IOERR], "{name}");
    }
    bench.expect_alive();
}

#[test]
fn chain_out_of_order_fails_and_reads_nothing() {
    let mut bench = Bench::new();
    bench.put_header(WRITE_REQUEST, 0);
    let chain = [
        readable(HEADER, 16),
        writable(STATUS, 1),
        readable(BUFFER, 512),
    ];
    bench.rig.put(BUFFER, &[0xff; 512]);
    assert_eq!(bench.rig.request(0, &chain), 1);
    assert_eq!(bench.rig.get(STATUS, 1), [IOERR]);
    assert_eq!(bench.sector(0), [0; 512]);
    bench.expect_alive();
}

#[test]
fn chain_without_a_place_for_the_status_comes_back() {
    let mut bench = Bench::new();
    bench.put_header(READ, 0);
    let chains: [&[Buffer]; 4] = [
        &[readable(HEADER, 16)],
        &[readable(HEADER, 16), writable(STATUS, 0)],
        &[readable(HEADER, 16), writable(MEMORY_SIZE, 1)],
        &[readable(HEADER, 16), writable(u64::MAX, 2)],
    ];
    for chain in chains {
        assert_eq!(bench.rig.request(0, chain), 0);
    }
    bench.expect_alive();
}

#[test]
fn descriptors_in_a_loop_come_back() {
    let mut bench = Bench::new();
    bench.put_header(READ, 0);
    // The second points to itself; the walk ends after as many as the table holds, in
    // data that is no whole number of sectors.
    let looping = [
        Descriptor::new(HEADER, 16, NEXT, 1),
        Descriptor::new(BUFFER, 100, WRITE | NEXT, 1),
    ];
    bench.rig.offer_raw(0, &looping);
    assert_eq!(bench.rig.wait(0).0, 0);
    bench.expect_alive();
}

#[test]
fn descriptors_that_point_nowhere_come_back() {
    let mut bench = Bench::new();
    bench.put_header(READ, 0);
    let cases: [&[Descriptor]; 4] = [
        // The next one is beyond the table.
        &[Descriptor::new(HEADER, 16, NEXT, 0xffff)],
        // An indirect table outside of memory, of a wrong length, and of no length.
        &[Descriptor::new(MEMORY_SIZE, 32, INDIRECT, 0)],
        &[Descriptor::new(DATA, 17, INDIRECT, 0)],
        &[Descriptor::new(DATA, 0, INDIRECT, 0)],
    ];
    for case in cases {
        bench.rig.offer_raw(0, case);
        assert_eq!(bench.rig.wait(0).1, 0);
    }
    bench.expect_alive();
}

#[test]
fn head_beyond_the_table_needs_reset() {
    let mut bench = Bench::new();
    bench.rig.offer_head(0, 0x8000);
    bench.rig.expect_needs_reset();
    assert_eq!(bench.rig.unseen(0), 0);
    // Reset and activation bring it back.
    bench.rig.device.reset();
    bench.rig.activate(FLUSH_FEATURE);
    bench.expect_alive();
}

#[test]
fn available_index_far_ahead_needs_reset() {
    let mut bench = Bench::new();
    bench.rig.set_available(0, 0x7000);
    bench.rig.expect_needs_reset();
    bench.rig.device.reset();
    bench.rig.activate(FLUSH_FEATURE);
    bench.expect_alive();
}

#[test]
fn large_read_is_exact() {
    let mut bench = Bench::new();
    let len = u32::try_from(SECTORS * 512).unwrap();
    assert_eq!(
        bench.request(READ, 0, &[writable(BUFFER, len)]),
        (OK, len + 1)
    );
    let expected: Vec<u8> = (0..SECTORS)
        .flat_map(|sector| [u8::try_from(sector).unwrap(); 512])
        .collect();
    assert_eq!(bench.rig.get(BUFFER, expected.len()), expected);
}

#[test]
fn requests_that_wait_before_activation_are_served() {
    let mut bench = Bench::new();
    bench.rig.device.reset();
    bench.put_header(READ, 6);
    let chain = [
        readable(HEADER, 16),
        writable(BUFFER, 512),
        writable(STATUS, 1),
    ];
    let activated = bench.rig.activate_prepared(FLUSH_FEATURE, 1, |rig| {
        for _ in 0..16 {
            rig.offer(0, &chain);
        }
    });
    activated.unwrap();
    for _ in 0..16 {
        assert_eq!(bench.rig.wait(0).1, 513);
    }
}

#[test]
fn reset_stops_all_work_on_the_queue() {
    let mut bench = Bench::new();
    bench.expect_alive();
    bench.rig.device.reset();
    bench.put_header(READ, 0);
    let chain = [
        readable(HEADER, 16),
        writable(BUFFER, 512),
        writable(STATUS, 1),
    ];
    bench.rig.offer(0, &chain);
    // A second reset has nothing to wait for and changes nothing.
    bench.rig.device.reset();
    assert_eq!(bench.rig.unseen(0), 0);
    assert_eq!(bench.rig.get(STATUS, 1), [UNTOUCHED]);
}

#[test]
fn config_tells_the_capacity_and_limits() {
    let bench = Bench::new();
    let read = |offset, len| {
        let mut data = vec![0; len];
        bench.rig.device.read_config(offset, &mut data);
        data
    };
    assert_eq!(read(0, 8), SECTORS.to_le_bytes());
    assert_eq!(read(20, 4), 512_u32.to_le_bytes());
    assert_eq!(read(60, 4), [0; 4]);
    assert_eq!(bench.rig.device.device_type(), 2);
}

#[test]
fn open_refuses_what_is_no_raw_disk() {
    let open = |bytes: &[u8]| {
        let file = TempFile::new().unwrap();
        file.as_file().write_all(bytes).unwrap();
        Disk::open(file.as_path(), false).map(|_| ())
    };
    assert!(matches!(open(&[]), Err(DiskError::Size { size: 0, .. })));
    let error = open(&[0; 1000]).unwrap_err();
    assert!(matches!(error, DiskError::Size { size: 1000, .. }));
    assert!(error.to_string().contains("1000 bytes"), "{error}");
    let mut qcow2 = vec![0; 1024];
    qcow2[..4].copy_from_slice(b"QFI\xfb");
    let error = open(&qcow2).unwrap_err();
    assert!(error.to_string().contains("qemu-img convert"), "{error}");
    assert!(open(&[0; 512]).is_ok());
    for path in ["/", "/dev/null"] {
        let error = Disk::open(path.as_ref(), true).unwrap_err();
        assert!(matches!(error, DiskError::Kind { .. }), "{error}");
    }
    let missing = Disk::open("/nonexistent/disk.img".as_ref(), true);
    let error = missing.unwrap_err().to_string();
    assert!(error.contains("/nonexistent/disk.img"), "{error}");
}

#[test]
fn open_twice_for_writing_is_refused() {
    let image = image();
    let first = Disk::open(image.as_path(), false).unwrap();
    assert!(!first.is_read_only());
    for read_only in [false, true] {
        let second = Disk::open(image.as_path(), read_only);
        assert!(matches!(second, Err(DiskError::InUse { .. })));
    }
    drop(first);
    let reader = Disk::open(image.as_path(), true).unwrap();
    assert_eq!(reader.sectors(), SECTORS);
    Disk::open(image.as_path(), true).unwrap();
}

#[test]
fn from_file_does_not_care_where_the_file_stands() {
    let image = image();
    let mut file = File::open(image.as_path()).unwrap();
    file.seek(SeekFrom::Start(100)).unwrap();
    let disk = Disk::from_file(file, true, "here").unwrap();
    assert_eq!(disk.sectors(), SECTORS);
}
