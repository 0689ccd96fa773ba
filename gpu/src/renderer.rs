//! What a virtio-gpu device, a vtest server and a stream replayer ask of the code that
//! draws.
//!
//! All methods are called from the one thread that owns the renderer. Identifiers and
//! sizes come from a guest: an implementation checks each before it uses it and answers
//! with an [`Error`], which the caller turns into its protocol's reply.

use std::os::fd::BorrowedFd;
use std::sync::Arc;

use vm_memory::VolatileSlice;

/// A guest's rendering context (virtio-gpu `ctx_id`); never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextId(pub u32);

/// A guest's resource (virtio-gpu `resource_id`); never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u32);

/// A scanout: one of the guest's screens, numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScanoutId(pub u32);

/// Names a fence of the caller's choice; fences retire in the order of their creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FenceId(pub u64);

/// A capability set as the guest may fetch it.
#[derive(Clone, Debug)]
pub struct Capset {
    /// Capset number: 1 VIRGL, 2 VIRGL2.
    pub id: u32,
    /// Newest version of the set.
    pub version: u32,
    /// The bytes of the set.
    pub data: Vec<u8>,
}

/// A rectangle in pixels of a scanout or resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Upper edge (row 0 is the top line).
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A box of texels within one level of a resource; `z` counts slices, layers or faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Box3 {
    /// First texel in x (bytes for a buffer).
    pub x: u32,
    /// First texel in y.
    pub y: u32,
    /// First slice, layer or cube face.
    pub z: u32,
    /// Width in texels (bytes for a buffer).
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// Number of slices, layers or faces.
    pub depth: u32,
}

/// The shape of a resource, in the numbers of the virgl protocol (`virgl_hw.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceDesc {
    /// 0 buffer, 1 1D, 2 2D, 3 3D, 4 cube, 5 rectangle, 6 1D array, 7 2D array, 8 cube array.
    pub target: u32,
    /// virgl format number.
    pub format: u32,
    /// Bind flags.
    pub bind: u32,
    /// Width in texels, bytes for a buffer.
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// Depth in texels.
    pub depth: u32,
    /// Number of layers; 6 for a cube.
    pub array_size: u32,
    /// Number of the smallest mip level.
    pub last_level: u32,
    /// Samples a texel; 0 and 1 both mean single-sampled.
    pub nr_samples: u32,
    /// Resource flags (bit 0: the first row is the top line).
    pub flags: u32,
}

/// One transfer between a resource and its backing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Mip level.
    pub level: u32,
    /// Bytes between rows in the backing; 0 means tightly packed rows of the *level*.
    pub stride: u32,
    /// Bytes between layers in the backing; 0 means tightly packed.
    pub layer_stride: u32,
    /// The texels to move.
    pub region: Box3,
    /// Byte offset in the backing of the first texel of the box.
    pub offset: u64,
}

/// Which way a transfer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the backing (guest memory) into the resource.
    ToHost,
    /// From the resource into the backing (guest memory).
    FromHost,
}

/// The guest-visible memory behind a resource: pages of a guest, or memory shared with
/// a vtest client. Other parties may write it at any time, so it is only ever copied.
pub trait Backing: Send + Sync {
    /// Size in bytes.
    fn len(&self) -> u64;

    /// True if there is no memory at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `visit` with each piece of memory that covers `offset..offset + len`, in
    /// order.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the range lies outside the backing; then nothing
    /// was visited.
    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error>;

    /// Copies `data.len()` bytes from `offset` into `data`.
    ///
    /// # Errors
    /// As [`visit`](Self::visit).
    fn read(&self, offset: u64, data: &mut [u8]) -> Result<(), Error> {
        let len = data.len();
        let mut done = 0;
        self.visit(offset, len, &mut |slice| {
            let n = slice.len();
            slice.copy_to(&mut data[done..done + n]);
            done += n;
        })
    }

    /// Copies `data` into the backing at `offset`.
    ///
    /// # Errors
    /// As [`visit`](Self::visit).
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut done = 0;
        self.visit(offset, data.len(), &mut |slice| {
            let n = slice.len();
            slice.copy_from(&data[done..done + n]);
            done += n;
        })
    }
}

/// Whether the work before a fence is already done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FenceStatus {
    /// Everything before the fence is done, and so are all earlier fences.
    Signaled,
    /// [`Renderer::poll_fences`] will report the fence later.
    Pending,
}

/// A picture in memory: tightly packed RGBA, 8 bits a channel, the top row first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

/// The pointer's shape and place on a scanout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The scanout that shows the pointer.
    pub scanout: ScanoutId,
    /// The resource that holds the shape; `None` hides the pointer.
    pub resource: Option<ResourceId>,
    /// The shape's hot spot, pixels from its left edge.
    pub hot_x: u32,
    /// The shape's hot spot, pixels from its upper edge.
    pub hot_y: u32,
    /// Place on the scanout of the shape's left edge, as Linux tells it (the place of the
    /// cursor plane); the hot spot is not subtracted. May lie left of or above the scanout.
    pub x: i32,
    /// Place of the shape's upper edge, as `x`.
    pub y: i32,
}

/// Why a renderer refused; each maps to one virtio-gpu error reply (5.7.6.7).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The host has no memory left for it, or the guest's budget is spent.
    #[error("out of memory: {0}")]
    OutOfMemory(String),
    /// There is no such context.
    #[error("context {0} does not exist")]
    InvalidContext(u32),
    /// There is no such resource, or it is not attached to the context.
    #[error("resource {0} does not exist")]
    InvalidResource(u32),
    /// There is no such scanout.
    #[error("scanout {0} does not exist")]
    InvalidScanout(u32),
    /// A value lies outside what the protocol or the resource allows.
    #[error("invalid parameter: {0}")]
    InvalidParameter(String),
    /// This renderer does not do that.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// The host's driver failed.
    #[error("host failure: {0}")]
    Host(String),
}

/// Executes what a guest asks of its GPU.
pub trait Renderer {
    /// The capability sets to offer; empty for a renderer without 3D, in which case the
    /// device must not offer `VIRTIO_GPU_F_VIRGL`.
    fn capsets(&self) -> &[Capset];

    /// Makes a context for command streams of capset `capset_id` (0: the default one);
    /// `name` is for logs.
    ///
    /// # Errors
    /// If the identifier is taken, the capset unknown or the host out of memory.
    fn create_context(&mut self, id: ContextId, capset_id: u32, name: &str) -> Result<(), Error>;

    /// Destroys a context and all its objects; resources live on.
    ///
    /// # Errors
    /// If there is no such context.
    fn destroy_context(&mut self, id: ContextId) -> Result<(), Error>;

    /// Makes a resource; its content is zero.
    ///
    /// # Errors
    /// If the identifier is taken, the description not sound, or the memory budget spent.
    fn create_resource(&mut self, id: ResourceId, desc: &ResourceDesc) -> Result<(), Error>;

    /// Drops the guest's reference to a resource. Whatever still uses it (a bound
    /// state, a scanout) keeps it alive.
    ///
    /// # Errors
    /// If there is no such resource.
    fn destroy_resource(&mut self, id: ResourceId) -> Result<(), Error>;

    /// Gives a resource its backing, in place of any earlier one.
    ///
    /// # Errors
    /// If there is no such resource.
    fn attach_backing(&mut self, id: ResourceId, backing: Arc<dyn Backing>) -> Result<(), Error>;

    /// Takes the backing away.
    ///
    /// # Errors
    /// If there is no such resource.
    fn detach_backing(&mut self, id: ResourceId) -> Result<(), Error>;

    /// Lets a context use a resource.
    ///
    /// # Errors
    /// If either does not exist.
    fn attach_resource(&mut self, context: ContextId, id: ResourceId) -> Result<(), Error>;

    /// Ends what [`attach_resource`](Self::attach_resource) began.
    ///
    /// # Errors
    /// If either does not exist.
    fn detach_resource(&mut self, context: ContextId, id: ResourceId) -> Result<(), Error>;

    /// Moves texels between a resource and its backing. With a `context`, the resource
    /// must be attached to it; without, the caller is the device itself (2D transfers).
    /// A transfer from the host is complete on return.
    ///
    /// # Errors
    /// If the resource, its backing or the box is not what the transfer needs.
    fn transfer(
        &mut self,
        context: Option<ContextId>,
        id: ResourceId,
        transfer: &Transfer,
        direction: Direction,
    ) -> Result<(), Error>;

    /// Executes a command stream (little-endian words) in a context.
    ///
    /// # Errors
    /// If the context does not exist or the stream could not be decoded to its end; all
    /// that came before the faulty command was executed.
    fn submit(&mut self, context: ContextId, commands: &[u32]) -> Result<(), Error>;

    /// Places a fence behind all work so far.
    ///
    /// # Errors
    /// If the host's driver failed; the caller then completes the fence itself.
    fn create_fence(&mut self, id: FenceId) -> Result<FenceStatus, Error>;

    /// Becomes readable when a pending fence may have passed; `None` if fences never
    /// pend.
    fn fence_event(&self) -> Option<BorrowedFd<'_>>;

    /// Reports each fence that has passed since the last call, in order of creation.
    fn poll_fences(&mut self, retired: &mut dyn FnMut(FenceId));

    /// Shows `rect` of a resource on a scanout; `None` switches the scanout off.
    ///
    /// # Errors
    /// If the scanout or resource does not exist or the rectangle lies outside.
    fn set_scanout(
        &mut self,
        scanout: ScanoutId,
        source: Option<(ResourceId, Rect)>,
    ) -> Result<(), Error>;

    /// The guest finished drawing into `damage` (resource coordinates) of a resource:
    /// viewers of every scanout that shows it may present it.
    ///
    /// # Errors
    /// If the resource does not exist.
    fn flush(&mut self, id: ResourceId, damage: Rect) -> Result<(), Error>;

    /// Sets the pointer's shape and place.
    ///
    /// # Errors
    /// If the scanout or resource does not exist.
    fn update_cursor(&mut self, cursor: &Cursor) -> Result<(), Error>;

    /// Moves the pointer of a scanout.
    ///
    /// # Errors
    /// If the scanout does not exist.
    fn move_cursor(&mut self, scanout: ScanoutId, x: i32, y: i32) -> Result<(), Error>;

    /// Reads a scanout's picture back, as last flushed, without the pointer; `None`
    /// while the scanout is off.
    ///
    /// # Errors
    /// If the scanout does not exist or the host's driver failed.
    fn read_scanout(&mut self, scanout: ScanoutId) -> Result<Option<Image>, Error>;

    /// Forgets all contexts, resources and scanouts, as a reset of the device asks.
    fn reset(&mut self);
}
