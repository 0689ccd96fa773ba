//! virtio-blk on a raw image or block device (virtio 1.3, 5.2).
//!
//! Requests are carried out one after the other on the device's loop thread, which
//! should be its own: data goes between file and guest memory by `read(2)` and
//! `write(2)` on the guest's pages, with no copy between.

mod disk;
mod request;
mod worker;

use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_FLUSH, VIRTIO_BLK_F_RO,
    VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_WRITE_ZEROES,
};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{Immutable, IntoBytes};

pub use self::disk::{Disk, DiskError, SECTOR_SIZE};
use self::worker::Worker;
use super::hosted::Hosted;
use super::{ActivateError, Activation, VirtioDevice, config_space};
use crate::device_loop::LoopHandle;

const DEVICE_TYPE: u32 = 2;
const QUEUE_SIZE: u16 = 256;
const QUEUE_SIZES: [u16; 1] = [QUEUE_SIZE];
/// Buffers of data in a request: what a ring holds beside header and status.
const MAX_SEGMENTS: u16 = QUEUE_SIZE - 2;

/// Ranges in a discard or write-zeroes request.
const MAX_RANGES: u32 = 16;
/// Sectors in such a range (64 MiB): zeroing that much may mean writing it.
const MAX_RANGE_SECTORS: u32 = 64 << 11;

/// The configuration space (virtio 1.3, 5.2.4), up to the fields of features offered here.
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct Config {
    capacity: U64,
    size_max: U32,
    seg_max: U32,
    cylinders: U16,
    heads: u8,
    sectors: u8,
    blk_size: U32,
    physical_block_exp: u8,
    alignment_offset: u8,
    min_io_size: U16,
    opt_io_size: U32,
    writeback: u8,
    unused0: u8,
    num_queues: U16,
    max_discard_sectors: U32,
    max_discard_seg: U32,
    discard_sector_alignment: U32,
    max_write_zeroes_sectors: U32,
    max_write_zeroes_seg: U32,
    write_zeroes_may_unmap: u8,
    unused1: [u8; 3],
}

const _: () = assert!(size_of::<Config>() == 60);

/// The block device.
pub struct Block {
    features: u64,
    config: Config,
    hosted: Hosted<Worker>,
}

impl Block {
    /// A device for `disk`, working on the loop of `handle`, best one of its own.
    pub fn new(handle: LoopHandle, disk: Disk) -> Self {
        Self {
            features: features(&disk),
            config: config(&disk),
            hosted: Hosted::new(handle, Worker::new(disk)),
        }
    }
}

fn features(disk: &Disk) -> u64 {
    let always = [
        VIRTIO_BLK_F_SEG_MAX,
        VIRTIO_BLK_F_BLK_SIZE,
        VIRTIO_BLK_F_FLUSH,
    ];
    let more: &[u32] = if disk.is_read_only() {
        &[VIRTIO_BLK_F_RO]
    } else {
        &[VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_WRITE_ZEROES]
    };
    always.iter().chain(more).map(|bit| 1 << bit).sum()
}

fn config(disk: &Disk) -> Config {
    Config {
        capacity: disk.sectors().into(),
        size_max: 0.into(),
        seg_max: u32::from(MAX_SEGMENTS).into(),
        cylinders: 0.into(),
        heads: 0,
        sectors: 0,
        blk_size: 512.into(),
        physical_block_exp: 0,
        alignment_offset: 0,
        min_io_size: 0.into(),
        opt_io_size: 0.into(),
        writeback: 0,
        unused0: 0,
        num_queues: 1.into(),
        max_discard_sectors: MAX_RANGE_SECTORS.into(),
        max_discard_seg: MAX_RANGES.into(),
        discard_sector_alignment: 8.into(),
        max_write_zeroes_sectors: MAX_RANGE_SECTORS.into(),
        max_write_zeroes_seg: MAX_RANGES.into(),
        write_zeroes_may_unmap: 1,
        unused1: [0; 3],
    }
}

impl VirtioDevice for Block {
    fn device_type(&self) -> u32 {
        DEVICE_TYPE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn features(&self) -> u64 {
        self.features
    }

    fn read_config(&self, offset: u64, data: &mut [u8]) {
        config_space::read(self.config.as_bytes(), offset, data);
    }

    /// No field is writable without `VIRTIO_BLK_F_CONFIG_WCE`.
    fn write_config(&mut self, _offset: u64, _data: &[u8]) {}

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        self.hosted.activate(activation, 1)
    }

    fn reset(&mut self) {
        self.hosted.reset();
    }
}
