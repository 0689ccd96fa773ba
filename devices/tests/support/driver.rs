//! Connects the guest-side drivers of the crate `virtio-drivers` to our virtio-mmio
//! transport, in process: [`DriverTransport`] turns each call into the register accesses
//! that a guest's driver makes, and [`GuestHal`] gives out pages of one guest memory.
//!
//! Tests of other crates include this file by `#[path]`.
#![allow(unsafe_code, reason = "`virtio_drivers::Hal` is an unsafe trait")]

use std::ptr::NonNull;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use maro_devices::BusDevice;
use maro_devices::virtio::GuestMemory;
use maro_devices::virtio::mmio::MmioTransport;
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};
use vm_memory::{Bytes, GuestAddress, GuestMemoryBackend};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Where guest memory begins; not 0, which drivers take for a failed allocation.
const MEMORY_BASE: u64 = 0x10_0000;
/// 64 MiB, of which the host only provides what tests touch.
const PAGES: usize = 16 * 1024;

static MEMORY: LazyLock<GuestMemory> = LazyLock::new(|| {
    GuestMemory::from_ranges(&[(GuestAddress(MEMORY_BASE), PAGES * PAGE_SIZE)])
        .expect("the host has address space for guest memory")
});

/// Which pages are given out.
static USED: Mutex<[bool; PAGES]> = Mutex::new([false; PAGES]);

/// The memory that [`GuestHal`] allocates from, for the transport under test.
pub fn guest_memory() -> GuestMemory {
    MEMORY.clone()
}

/// The first of `count` free pages in a row, now taken.
fn allocate(count: usize) -> PhysAddr {
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    let first = used
        .windows(count)
        .position(|pages| pages.iter().all(|used| !used))
        .expect("guest memory is large enough for the tests");
    used[first..first + count].fill(true);
    MEMORY_BASE + (first * PAGE_SIZE) as u64
}

fn free(addr: PhysAddr, count: usize) {
    let first = (addr - MEMORY_BASE) as usize / PAGE_SIZE;
    let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    used[first..first + count].fill(false);
}

/// Guest memory for drivers. Buffers that they share are copied to pages of it and back.
pub struct GuestHal;

// SAFETY: `dma_alloc` returns page-aligned pointers into a mapping that lives as long as
// the process, to pages that `USED` gives to one caller at a time.
unsafe impl Hal for GuestHal {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let addr = allocate(pages);
        let zeroes = vec![0; pages * PAGE_SIZE];
        let guest = GuestAddress(addr);
        MEMORY.write_slice(&zeroes, guest).unwrap();
        let host = MEMORY.get_host_address(guest).unwrap();
        (addr, NonNull::new(host).unwrap())
    }

    unsafe fn dma_dealloc(addr: PhysAddr, _host: NonNull<u8>, pages: usize) -> i32 {
        free(addr, pages);
        0
    }

    unsafe fn mmio_phys_to_virt(_addr: PhysAddr, _size: usize) -> NonNull<u8> {
        unreachable!("only the PCI transport maps registers");
    }

    unsafe fn share(buffer: NonNull<[u8]>, direction: BufferDirection) -> PhysAddr {
        let addr = allocate(buffer.len().div_ceil(PAGE_SIZE));
        if direction != BufferDirection::DeviceToDriver {
            // SAFETY: the caller promises a valid buffer that nobody else accesses now.
            let bytes = unsafe { buffer.as_ref() };
            MEMORY.write_slice(bytes, GuestAddress(addr)).unwrap();
        }
        addr
    }

    unsafe fn unshare(addr: PhysAddr, mut buffer: NonNull<[u8]>, direction: BufferDirection) {
        if direction != BufferDirection::DriverToDevice {
            // SAFETY: the caller promises a valid buffer that nobody else accesses now.
            let bytes = unsafe { buffer.as_mut() };
            MEMORY.read_slice(bytes, GuestAddress(addr)).unwrap();
        }
        free(addr, buffer.len().div_ceil(PAGE_SIZE));
    }
}

// Registers of virtio-mmio (virtio 1.3, 4.2.2).
const DEVICE_ID: u64 = 0x08;
const DEVICE_FEATURES: u64 = 0x10;
const DEVICE_FEATURES_SEL: u64 = 0x14;
const DRIVER_FEATURES: u64 = 0x20;
const DRIVER_FEATURES_SEL: u64 = 0x24;
const QUEUE_SEL: u64 = 0x30;
const QUEUE_NUM_MAX: u64 = 0x34;
const QUEUE_NUM: u64 = 0x38;
const QUEUE_READY: u64 = 0x44;
const QUEUE_NOTIFY: u64 = 0x50;
const INTERRUPT_STATUS: u64 = 0x60;
const INTERRUPT_ACK: u64 = 0x64;
const STATUS: u64 = 0x70;
const QUEUE_DESC: u64 = 0x80;
const QUEUE_DRIVER: u64 = 0x90;
const QUEUE_DEVICE: u64 = 0xa0;
const CONFIG_GENERATION: u64 = 0xfc;
const CONFIG: u64 = 0x100;

/// A driver's view of the device behind an [`MmioTransport`].
pub struct DriverTransport(pub Arc<MmioTransport>);

impl DriverTransport {
    fn get(&self, register: u64) -> u32 {
        let mut data = [0; 4];
        self.0.read(register, &mut data);
        u32::from_le_bytes(data)
    }

    fn set(&self, register: u64, value: u32) {
        self.0.write(register, &value.to_le_bytes());
    }

    fn set_address(&self, register: u64, addr: PhysAddr) {
        self.set(register, addr as u32);
        self.set(register + 4, (addr >> 32) as u32);
    }
}

/// Cuts configuration bytes into the accesses that a guest would make: aligned, and of
/// four bytes at most.
fn config_accesses(offset: usize, len: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let width = [4, 2, 1]
            .into_iter()
            .find(|width| (offset + at).is_multiple_of(*width) && at + width <= len)?;
        at += width;
        Some((at - width, width))
    })
}

impl Transport for DriverTransport {
    fn device_type(&self) -> DeviceType {
        self.get(DEVICE_ID).try_into().unwrap()
    }

    fn read_device_features(&mut self) -> u64 {
        self.set(DEVICE_FEATURES_SEL, 0);
        let low = self.get(DEVICE_FEATURES);
        self.set(DEVICE_FEATURES_SEL, 1);
        u64::from(low) | u64::from(self.get(DEVICE_FEATURES)) << 32
    }

    fn write_driver_features(&mut self, features: u64) {
        self.set(DRIVER_FEATURES_SEL, 0);
        self.set(DRIVER_FEATURES, features as u32);
        self.set(DRIVER_FEATURES_SEL, 1);
        self.set(DRIVER_FEATURES, (features >> 32) as u32);
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        self.set(QUEUE_SEL, queue.into());
        self.get(QUEUE_NUM_MAX)
    }

    fn notify(&mut self, queue: u16) {
        self.set(QUEUE_NOTIFY, queue.into());
    }

    fn get_status(&self) -> DeviceStatus {
        DeviceStatus::from_bits_retain(self.get(STATUS))
    }

    fn set_status(&mut self, status: DeviceStatus) {
        self.set(STATUS, status.bits());
    }

    fn set_guest_page_size(&mut self, _size: u32) {}

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
        self.set(QUEUE_SEL, queue.into());
        self.set(QUEUE_NUM, size);
        self.set_address(QUEUE_DESC, descriptors);
        self.set_address(QUEUE_DRIVER, driver_area);
        self.set_address(QUEUE_DEVICE, device_area);
        self.set(QUEUE_READY, 1);
    }

    fn queue_unset(&mut self, queue: u16) {
        self.set(QUEUE_SEL, queue.into());
        self.set(QUEUE_READY, 0);
        assert_eq!(self.get(QUEUE_READY), 0, "a stopped queue is not ready");
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        self.set(QUEUE_SEL, queue.into());
        self.get(QUEUE_READY) != 0
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        let status = self.get(INTERRUPT_STATUS);
        self.set(INTERRUPT_ACK, status);
        InterruptStatus::from_bits_retain(status)
    }

    fn read_config_generation(&self) -> u32 {
        self.get(CONFIG_GENERATION)
    }

    fn read_config_space<T: FromBytes + IntoBytes>(
        &self,
        offset: usize,
    ) -> virtio_drivers::Result<T> {
        let mut value = T::new_zeroed();
        let bytes = value.as_mut_bytes();
        for (at, width) in config_accesses(offset, bytes.len()) {
            let register = CONFIG + (offset + at) as u64;
            self.0.read(register, &mut bytes[at..at + width]);
        }
        Ok(value)
    }

    fn write_config_space<T: IntoBytes + Immutable>(
        &mut self,
        offset: usize,
        value: T,
    ) -> virtio_drivers::Result<()> {
        let bytes = value.as_bytes();
        for (at, width) in config_accesses(offset, bytes.len()) {
            let register = CONFIG + (offset + at) as u64;
            self.0.write(register, &bytes[at..at + width]);
        }
        Ok(())
    }
}
