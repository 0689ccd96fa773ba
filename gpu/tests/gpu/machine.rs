//! A machine for the guest-side drivers of the crate `virtio-drivers`: the device behind
//! the real virtio-mmio transport, reached register by register, and guest memory.
#![expect(
    unsafe_code,
    reason = "a driver's memory is reached by pointers: that is the trait's contract"
)]

use std::ptr::NonNull;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, OnceLock};

use maro_devices::bus::BusDevice;
use maro_devices::virtio::mmio::MmioTransport;
use maro_devices::virtio::{GuestMemory, VirtioDevice};
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};
use zerocopy::{FromBytes, Immutable, IntoBytes};

const MEMORY: usize = 256 << 20;

/// The memory of all machines of this process: the drivers' allocator has no `self`.
pub fn memory() -> &'static GuestMemory {
    static MEMORY_OF_ALL: OnceLock<GuestMemory> = OnceLock::new();
    MEMORY_OF_ALL.get_or_init(|| {
        GuestMemory::from_ranges(&[(GuestAddress(0), MEMORY)]).expect("guest memory")
    })
}

/// Hands out pages and never takes them back.
fn allocate(pages: usize) -> u64 {
    static NEXT_PAGE: AtomicUsize = AtomicUsize::new(1);
    let page = NEXT_PAGE.fetch_add(pages, SeqCst);
    assert!((page + pages) * PAGE_SIZE <= MEMORY, "out of test memory");
    (page * PAGE_SIZE) as u64
}

/// The drivers' view of [`memory`].
pub struct GuestHal;

// SAFETY: pages are handed out once, are page-aligned and zero (fresh anonymous memory),
// and live as long as the process.
unsafe impl Hal for GuestHal {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let addr = allocate(pages);
        let host = memory()
            .get_host_address(GuestAddress(addr))
            .expect("in memory");
        (addr, NonNull::new(host).expect("mapped"))
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(_: PhysAddr, _: usize) -> NonNull<u8> {
        unimplemented!("only PCI asks")
    }

    unsafe fn share(buffer: NonNull<[u8]>, direction: BufferDirection) -> PhysAddr {
        let addr = allocate(buffer.len().div_ceil(PAGE_SIZE));
        if direction != BufferDirection::DeviceToDriver {
            // SAFETY: the caller promises a valid buffer that nobody else uses.
            let bytes = unsafe { buffer.as_ref() };
            memory()
                .write_slice(bytes, GuestAddress(addr))
                .expect("in memory");
        }
        addr
    }

    unsafe fn unshare(paddr: PhysAddr, mut buffer: NonNull<[u8]>, direction: BufferDirection) {
        if direction != BufferDirection::DriverToDevice {
            // SAFETY: the caller promises a valid buffer that nobody else uses.
            let bytes = unsafe { buffer.as_mut() };
            memory()
                .read_slice(bytes, GuestAddress(paddr))
                .expect("in memory");
        }
    }
}

/// Registers of virtio-mmio (virtio 1.3, 4.2.2).
mod register {
    pub const DEVICE_ID: u64 = 0x008;
    pub const DEVICE_FEATURES: u64 = 0x010;
    pub const DEVICE_FEATURES_SEL: u64 = 0x014;
    pub const DRIVER_FEATURES: u64 = 0x020;
    pub const DRIVER_FEATURES_SEL: u64 = 0x024;
    pub const QUEUE_SEL: u64 = 0x030;
    pub const QUEUE_NUM_MAX: u64 = 0x034;
    pub const QUEUE_NUM: u64 = 0x038;
    pub const QUEUE_READY: u64 = 0x044;
    pub const QUEUE_NOTIFY: u64 = 0x050;
    pub const INTERRUPT_STATUS: u64 = 0x060;
    pub const INTERRUPT_ACK: u64 = 0x064;
    pub const STATUS: u64 = 0x070;
    pub const QUEUE_DESC: u64 = 0x080;
    pub const QUEUE_DRIVER: u64 = 0x090;
    pub const QUEUE_DEVICE: u64 = 0x0a0;
    pub const CONFIG_GENERATION: u64 = 0x0fc;
    pub const CONFIG: u64 = 0x100;
}

/// A device's registers, as a vCPU would reach them.
#[derive(Clone)]
pub struct Mmio(Arc<MmioTransport>);

impl Mmio {
    pub fn new(device: Box<dyn VirtioDevice>) -> Self {
        let irq = EventFd::new(EFD_NONBLOCK).expect("an event");
        let transport = MmioTransport::new(device, memory().clone(), irq);
        Self(Arc::new(transport.expect("a transport")))
    }

    fn read(&self, offset: u64) -> u32 {
        let mut bytes = [0; 4];
        self.0.read(offset, &mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn write(&self, offset: u64, value: u32) {
        self.0.write(offset, &value.to_le_bytes());
    }

    fn write_wide(&self, offset: u64, value: u64) {
        self.write(offset, value as u32);
        self.write(offset + 4, (value >> 32) as u32);
    }
}

impl Transport for Mmio {
    fn device_type(&self) -> DeviceType {
        let id = self.read(register::DEVICE_ID);
        DeviceType::try_from(id).expect("a device type")
    }

    fn read_device_features(&mut self) -> u64 {
        let half = |sel| {
            self.write(register::DEVICE_FEATURES_SEL, sel);
            u64::from(self.read(register::DEVICE_FEATURES))
        };
        half(0) | half(1) << 32
    }

    fn write_driver_features(&mut self, features: u64) {
        for (sel, half) in [(0, features), (1, features >> 32)] {
            self.write(register::DRIVER_FEATURES_SEL, sel);
            self.write(register::DRIVER_FEATURES, half as u32);
        }
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        self.write(register::QUEUE_SEL, queue.into());
        self.read(register::QUEUE_NUM_MAX)
    }

    fn notify(&mut self, queue: u16) {
        self.write(register::QUEUE_NOTIFY, queue.into());
    }

    fn get_status(&self) -> DeviceStatus {
        DeviceStatus::from_bits_truncate(self.read(register::STATUS))
    }

    fn set_status(&mut self, status: DeviceStatus) {
        self.write(register::STATUS, status.bits());
    }

    fn set_guest_page_size(&mut self, _: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        false
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        driver_area: PhysAddr,
        device_area: PhysAddr,
    ) {
        self.write(register::QUEUE_SEL, queue.into());
        self.write(register::QUEUE_NUM, size);
        self.write_wide(register::QUEUE_DESC, descriptors);
        self.write_wide(register::QUEUE_DRIVER, driver_area);
        self.write_wide(register::QUEUE_DEVICE, device_area);
        self.write(register::QUEUE_READY, 1);
    }

    fn queue_unset(&mut self, queue: u16) {
        self.write(register::QUEUE_SEL, queue.into());
        self.write(register::QUEUE_READY, 0);
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        self.write(register::QUEUE_SEL, queue.into());
        self.read(register::QUEUE_READY) != 0
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        let status = self.read(register::INTERRUPT_STATUS);
        self.write(register::INTERRUPT_ACK, status);
        InterruptStatus::from_bits_truncate(status)
    }

    fn read_config_generation(&self) -> u32 {
        self.read(register::CONFIG_GENERATION)
    }

    fn read_config_space<T: FromBytes + IntoBytes>(
        &self,
        offset: usize,
    ) -> virtio_drivers::Result<T> {
        let mut value = T::new_zeroed();
        self.0
            .read(register::CONFIG + offset as u64, value.as_mut_bytes());
        Ok(value)
    }

    fn write_config_space<T: IntoBytes + Immutable>(
        &mut self,
        offset: usize,
        value: T,
    ) -> virtio_drivers::Result<()> {
        self.0
            .write(register::CONFIG + offset as u64, value.as_bytes());
        Ok(())
    }
}
