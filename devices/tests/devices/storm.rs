//! Senseless register accesses and senseless rings: no device panics, hangs or is lost.

use std::sync::Arc;

use maro_devices::virtio::VirtioDevice;
use maro_devices::virtio::block::{Block, Disk};
use maro_devices::virtio::console::Console;
use maro_devices::virtio::entropy::Entropy;
use maro_devices::virtio::input::{ABS_X, Input, InputEvent};
use maro_devices::virtio::mmio::MmioTransport;
use maro_devices::{BusDevice, DeviceLoop};
use virtio_drivers::device::rng::VirtIORng;
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};
use vmm_sys_util::tempfile::TempFile;

use crate::driver::{DriverTransport, GuestHal, guest_memory};

/// Pages of guest memory that the storm plays with, far from those of drivers.
const PLAYGROUND: u64 = 0x10_0000 + (32 << 20);
const PLAYGROUND_LEN: u64 = 0x8000;

/// A xorshift generator: the same storm in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

struct Storm {
    transport: Arc<MmioTransport>,
    random: Random,
}

impl Storm {
    fn new(device: impl VirtioDevice + 'static, seed: u64) -> Self {
        let irq = EventFd::new(EFD_NONBLOCK).unwrap();
        let transport = MmioTransport::new(Box::new(device), guest_memory(), irq).unwrap();
        Self {
            transport: Arc::new(transport),
            random: Random(seed),
        }
    }

    fn set(&self, register: u64, value: u64) {
        let bytes = (value as u32).to_le_bytes();
        self.transport.write(register, &bytes);
    }

    /// Accesses of any width at any place.
    fn any_registers(&mut self) {
        for _ in 0..50 {
            let offset = self.random.below(0x180);
            let width = usize::try_from(self.random.below(9)).unwrap();
            let mut data = self.random.next().to_le_bytes();
            if self.random.below(2) == 0 {
                self.transport.read(offset, &mut data[..width]);
            } else {
                self.transport.write(offset, &data[..width]);
            }
        }
    }

    /// A driver that starts the device on rings full of noise.
    fn noisy_driver(&mut self) {
        self.set(0x70, 0);
        for status in [1, 3] {
            self.set(0x70, status);
        }
        self.set(0x24, 1);
        self.set(0x20, 1);
        self.set(0x24, 0);
        let ring_features = self.random.next() & (0b11 << 28);
        self.set(0x20, ring_features);
        self.set(0x70, 11);
        self.fill_playground();
        for queue in 0..2 {
            let base = PLAYGROUND + queue * 0x4000;
            self.set(0x30, queue);
            let size = 1 << self.random.below(7);
            self.set(0x38, size);
            for (register, offset) in [(0x80, 0), (0x90, 0x1000), (0xa0, 0x2000)] {
                self.set(register, base + offset);
            }
            self.set(0x44, 1);
        }
        self.set(0x70, 15);
        for _ in 0..8 {
            self.play();
            let queue = self.random.below(3);
            self.set(0x50, queue);
        }
    }

    /// Noise, with addresses and lengths that are often nearly right.
    fn fill_playground(&mut self) {
        let memory = guest_memory();
        for at in (0..PLAYGROUND_LEN).step_by(16) {
            let addr = match self.random.below(4) {
                0 => self.random.next(),
                _ => PLAYGROUND + self.random.below(PLAYGROUND_LEN),
            };
            let magnitude = self.random.below(33);
            let len = self.random.below(1 << magnitude);
            let tail = self.random.next() & 0x003f_0007;
            let descriptor = u128::from(addr) | u128::from(len) << 64 | u128::from(tail) << 96;
            let bytes = descriptor.to_le_bytes();
            memory
                .write_slice(&bytes, GuestAddress(PLAYGROUND + at))
                .unwrap();
        }
    }

    /// Moves the available indices on.
    fn play(&mut self) {
        let memory = guest_memory();
        for queue in 0..2 {
            let ring = PLAYGROUND + queue * 0x4000 + 0x1000;
            let index: u16 = memory.read_obj(GuestAddress(ring + 2)).unwrap();
            let steps = self.random.below(4) as u16;
            let index = match self.random.below(16) {
                0 => self.random.next() as u16,
                _ => index.wrapping_add(steps),
            };
            memory.write_obj(index, GuestAddress(ring + 2)).unwrap();
        }
    }

    fn rage(&mut self) {
        for _ in 0..60 {
            self.any_registers();
            self.noisy_driver();
        }
        // Still there: a reset works, and the device says what it is.
        self.set(0x70, 0);
        let mut status = [0xff; 4];
        self.transport.read(0x70, &mut status);
        assert_eq!(status, [0; 4]);
        let mut magic = [0; 4];
        self.transport.read(0, &mut magic);
        assert_eq!(&magic, b"virt");
    }
}

/// One test, since all storms play in the same memory.
#[test]
fn storm_of_nonsense_leaves_every_device_at_work() {
    let device_loop = DeviceLoop::start("test-storm").unwrap();
    let handle = device_loop.handle();

    let image = TempFile::new().unwrap();
    image.as_file().set_len(1 << 20).unwrap();
    let disk = Disk::open(image.as_path(), false).unwrap();
    Storm::new(Block::new(handle.clone(), disk), 1).rage();

    let zero = std::fs::File::open("/dev/zero").unwrap();
    let console = Console::new(handle.clone(), Box::new(std::io::sink()), Some(zero.into()));
    Storm::new(console, 2).rage();

    let (tablet, pointer) = Input::tablet(handle.clone()).unwrap();
    let mut storm = Storm::new(tablet, 3);
    for x in 0..2000 {
        pointer.send(&[InputEvent::absolute(ABS_X, x)]);
        if x % 100 == 0 {
            storm.rage();
        }
    }

    let mut storm = Storm::new(Entropy::new(handle).unwrap(), 4);
    storm.rage();
    // The same device under a driver that makes sense.
    let mut rng = VirtIORng::<GuestHal, _>::new(DriverTransport(storm.transport)).unwrap();
    assert_eq!(rng.request_entropy(&mut [0; 32]).unwrap(), 32);
}
