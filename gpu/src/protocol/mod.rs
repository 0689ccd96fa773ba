//! The virtio-gpu protocol as data (virtio 1.3, section 5.7; `linux/virtio_gpu.h`).
//!
//! [`wire`] has the structures, [`command`] turns a request's bytes into a
//! [`Command`], [`response`] turns a [`Response`] into bytes, [`mod@format`] knows the
//! pixel formats of 2D resources.

pub mod command;
pub mod format;
pub mod response;
pub mod wire;

pub use command::{Command, CommandType, DecodeError, Request};
pub use format::Format;
pub use response::{ErrorCode, Response};

/// The device type number of a GPU (virtio 1.3, section 5).
pub const DEVICE_TYPE: u32 = 16;

/// Index of the queue for all commands but those of the pointer.
pub const CONTROL_QUEUE: u16 = 0;

/// Index of the queue for the pointer's commands.
pub const CURSOR_QUEUE: u16 = 1;

/// Largest size of the control and of the cursor queue. A driver without indirect
/// descriptors needs one entry for each page of a command stream and waits forever if
/// the ring has fewer: 256 entries carry the 260 KiB that Mesa sends at most, nearly
/// four times over.
pub const QUEUE_SIZES: [u16; 2] = [256, 16];

/// The largest request that the device takes. Mesa's virgl driver sends streams of at
/// most 260 KiB; as a list of backing entries this is a GiB of single pages.
pub const MAX_REQUEST: usize = 4 << 20;

/// Bit of `events_read` and `events_clear`: the driver should fetch the display
/// information again.
pub const EVENT_DISPLAY: u32 = 1 << 0;

bitflags::bitflags! {
    /// Feature bits of the device (5.7.3).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Features: u64 {
        /// Contexts and command streams of virgl.
        const VIRGL = 1 << 0;
        /// `GET_EDID`.
        const EDID = 1 << 1;
        /// `RESOURCE_ASSIGN_UUID`.
        const RESOURCE_UUID = 1 << 2;
        /// Blob resources.
        const RESOURCE_BLOB = 1 << 3;
        /// `CTX_CREATE` names a capability set.
        const CONTEXT_INIT = 1 << 4;
    }
}

bitflags::bitflags! {
    /// Flags of a request's and a response's header (5.7.6.7).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct HeaderFlags: u32 {
        /// Complete the request only when its work is done.
        const FENCE = 1 << 0;
        /// `ring_idx` names a timeline of the context.
        const INFO_RING_IDX = 1 << 1;
    }
}
