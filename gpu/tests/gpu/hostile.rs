//! What a guest sends that wants to hurt.

use maro_gpu::control::ControlQueue;
use maro_gpu::protocol::{CommandType, ErrorCode, MAX_REQUEST};

use crate::rig::{Rig, Ring, Shape, drain, request};

/// Xorshift: the same numbers each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }

    /// Mostly small, often at an edge, sometimes anything.
    fn word(&mut self) -> u32 {
        const EDGES: [u32; 8] = [
            0,
            1 << 14,
            (1 << 14) + 1,
            1 << 31,
            u32::MAX,
            u32::MAX - 3,
            1 << 24,
            (1 << 24) - 4096,
        ];
        match self.below(4) {
            0 | 1 => self.next() % 10,
            2 => EDGES[self.below(EDGES.len())],
            _ => self.next(),
        }
    }
}

#[test]
fn entry_counts_without_entries_are_refused() {
    for rig in [&mut Rig::software(), &mut Rig::null_3d()] {
        assert_eq!(rig.send(0x101, &[1, 1, 4, 4]), Ok(vec![]));
        for count in [2, 1 << 28, u32::MAX] {
            assert_eq!(
                rig.send(0x106, &[1, count, 0, 0, 64, 0]),
                Err(ErrorCode::InvalidParameter)
            );
        }
    }
}

#[test]
fn backing_longer_than_memory_by_repetition_is_only_long() {
    let mut rig = Rig::software();
    assert_eq!(rig.send(0x101, &[1, 1, 4, 4]), Ok(vec![]));
    // The same memory over and over, 64 GiB of it: legal, and cheap for the host.
    let mut attach = vec![1, 8192];
    for i in 0..8192 {
        attach.extend([i % 2 * 0x1000, 0, 8 << 20, 0]);
    }
    assert_eq!(
        rig.send(0x106, &attach),
        Err(ErrorCode::OutOfMemory),
        "but for its pieces"
    );
    let mut attach = vec![1, 16];
    for i in 0..16 {
        attach.extend([i % 2 * 0x1000, 0, 8 << 20, 0]);
    }
    assert_eq!(rig.send(0x106, &attach), Ok(vec![]));
    assert_eq!(rig.send(0x105, &[0, 0, 4, 4, 0, 0, 1, 0]), Ok(vec![]));
}

#[test]
fn request_larger_than_any_is_refused_and_the_next_is_served() {
    let mut rig = Rig::null_3d();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 64);
    let mut control = ControlQueue::new(ring.device_side());
    // One MiB of guest memory again and again, and a response.
    let mut chain = vec![(1 << 20, 1 << 20, 0); 5];
    chain.push((2 << 20, 24, 2));
    let head = ring.send_raw(&chain, true);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(head, 24)]);
    assert_eq!(rig.counters.snapshot().errors, 1);
    const { assert!(MAX_REQUEST < 5 << 20) };
    let sent = ring.send(&request(0x100, 0, 0, 0, &[]), 24, Shape::PLAIN);
    drain(&mut control, &mut rig);
    assert_eq!(ring.header(&sent).type_.get(), 0x1101);
}

#[test]
fn chain_of_four_gigabytes_is_refused() {
    let mut rig = Rig::null_3d();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 64);
    let mut control = ControlQueue::new(ring.device_side());
    let chain = vec![(1 << 20, u32::MAX as usize, 0); 3];
    let head = ring.send_raw(&chain, false);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(head, 0)]);
}

#[test]
fn longest_indirect_table_is_followed_to_its_end() {
    let mut rig = Rig::null_3d();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 64);
    let mut control = ControlQueue::new(ring.device_side());
    let words = request(0x207, 5, 0, 0, &vec![0; 30_000]);
    let shape = Shape {
        readable: 2,
        writable: 1,
        indirect: true,
    };
    let sent = ring.send(&words, 24, shape);
    drain(&mut control, &mut rig);
    // The ring's own descriptors link no further than 16 bits reach.
    assert_eq!(ring.used().len(), 1);
    assert_eq!(ring.used()[0].0, sent.head);
}

#[test]
fn random_requests_never_panic_and_limits_hold() {
    for seed in 1..=4 {
        let mut random = Random(seed << 32 | 0x9e37_79b9);
        for mut rig in [Rig::software(), Rig::null_3d()] {
            for _ in 0..20_000 {
                let command = CommandType::ALL[random.below(CommandType::ALL.len())];
                let body: Vec<u32> = (0..random.below(24)).map(|_| random.word()).collect();
                let context = random.next() % 5;
                // Any outcome will do that is one.
                let _ = rig.send_in(context, command as u32, &body);
                if body.len() >= 8 && random.below(4) == 0 {
                    let _ = rig.cursor(0x300 + random.next() % 2, &body);
                }
            }
            for scanout in 0..3 {
                let _ = rig
                    .device
                    .screenshot(maro_gpu::renderer::ScanoutId(scanout));
            }
        }
    }
}

#[test]
fn random_rings_never_panic() {
    let mut random = Random(0xdead_beef);
    for _ in 0..300 {
        let mut rig = Rig::null_3d();
        let memory = rig.memory.clone();
        let mut ring = Ring::new(&memory, 0, 16);
        let mut control = ControlQueue::new(ring.device_side());
        for index in 0..16u16 {
            let descriptor = virtio_queue::desc::split::Descriptor::new(
                (random.word() & 0x00ff_ffff).into(),
                random.word(),
                (random.next() % 8) as u16,
                (random.next() % 18) as u16,
            );
            ring.table
                .store(index, descriptor.into())
                .expect("in the table");
        }
        for _ in 0..random.below(17) {
            ring.make_available((random.next() % 18) as u16);
        }
        drain(&mut control, &mut rig);
    }
}
