//! Structures on the wire, all little-endian; their sizes are checked at compile time.
//!
//! A request is a [`CtrlHeader`] and one of the bodies below, a response a header and
//! one of the bodies named `Resp…`.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::config::MAX_SCANOUTS;
use crate::renderer;

/// Declares wire structures: a size in bytes, then the fields.
macro_rules! wire {
    ($(
        $(#[$meta:meta])*
        $name:ident: $size:literal {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
            Unaligned,
        )]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        const _: () = assert!(size_of::<$name>() == $size);
    )*};
}

wire! {
    /// Head of every request and response (`virtio_gpu_ctrl_hdr`).
    CtrlHeader: 24 {
        /// A [`CommandType`](super::CommandType), or in a response its type.
        type_: U32,
        /// [`HeaderFlags`](super::HeaderFlags).
        flags: U32,
        /// The driver's number for its fence.
        fence_id: U64,
        /// Context of a 3D command, else 0.
        ctx_id: U32,
        /// Timeline of the context, with `INFO_RING_IDX`.
        ring_idx: u8,
        /// Zero.
        padding: [u8; 3],
    }

    /// A rectangle in pixels (`virtio_gpu_rect`).
    Rect: 16 {
        /// Left edge.
        x: U32,
        /// Upper edge.
        y: U32,
        /// Width.
        width: U32,
        /// Height.
        height: U32,
    }

    /// A box of texels (`virtio_gpu_box`).
    Box3: 24 {
        /// First texel in x.
        x: U32,
        /// First texel in y.
        y: U32,
        /// First slice.
        z: U32,
        /// Width.
        width: U32,
        /// Height.
        height: U32,
        /// Number of slices.
        depth: U32,
    }

    /// A piece of guest memory behind a resource (`virtio_gpu_mem_entry`).
    MemEntry: 16 {
        /// Guest physical address.
        addr: U64,
        /// Length in bytes.
        length: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `RESOURCE_CREATE_2D`.
    ResourceCreate2d: 16 {
        /// Name of the new resource, chosen by the driver.
        resource_id: U32,
        /// Number of a [`Format`](super::Format).
        format: U32,
        /// Width in pixels.
        width: U32,
        /// Height in pixels.
        height: U32,
    }

    /// Body of all commands that only name a resource: `RESOURCE_UNREF`,
    /// `RESOURCE_DETACH_BACKING`, `CTX_ATTACH_RESOURCE`, `CTX_DETACH_RESOURCE`,
    /// `RESOURCE_ASSIGN_UUID`, `RESOURCE_UNMAP_BLOB`.
    ResourceRef: 8 {
        /// The resource.
        resource_id: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `SET_SCANOUT`.
    SetScanout: 24 {
        /// The part of the resource to show.
        rect: Rect,
        /// The scanout.
        scanout_id: U32,
        /// The resource, 0 to switch the scanout off.
        resource_id: U32,
    }

    /// Body of `RESOURCE_FLUSH`.
    ResourceFlush: 24 {
        /// The part of the resource that changed.
        rect: Rect,
        /// The resource.
        resource_id: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `TRANSFER_TO_HOST_2D`.
    TransferToHost2d: 32 {
        /// The pixels to copy.
        rect: Rect,
        /// Byte offset in the backing of the first of them.
        offset: U64,
        /// The resource.
        resource_id: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `RESOURCE_ATTACH_BACKING`; [`MemEntry`]s follow.
    AttachBacking: 8 {
        /// The resource.
        resource_id: U32,
        /// Number of entries.
        nr_entries: U32,
    }

    /// Body of `GET_CAPSET_INFO`.
    GetCapsetInfo: 8 {
        /// Index of the set, below the configuration space's `num_capsets`.
        capset_index: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `GET_CAPSET`.
    GetCapset: 8 {
        /// Number of the set.
        capset_id: U32,
        /// Version that the driver understands.
        capset_version: U32,
    }

    /// Body of `GET_EDID`.
    GetEdid: 8 {
        /// The scanout.
        scanout: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `RESOURCE_CREATE_BLOB`; [`MemEntry`]s follow.
    ResourceCreateBlob: 32 {
        /// Name of the new resource.
        resource_id: U32,
        /// Whose memory it is.
        blob_mem: U32,
        /// How it is used.
        blob_flags: U32,
        /// Number of entries.
        nr_entries: U32,
        /// The renderer's name for it.
        blob_id: U64,
        /// Size in bytes.
        size: U64,
    }

    /// Body of `SET_SCANOUT_BLOB`.
    SetScanoutBlob: 72 {
        /// The part of the resource to show.
        rect: Rect,
        /// The scanout.
        scanout_id: U32,
        /// The resource, 0 to switch the scanout off.
        resource_id: U32,
        /// Width of the framebuffer in pixels.
        width: U32,
        /// Height of the framebuffer in pixels.
        height: U32,
        /// Number of a [`Format`](super::Format).
        format: U32,
        /// Zero.
        padding: U32,
        /// Bytes between rows, one entry a plane.
        strides: [U32; 4],
        /// Byte offset of the first row, one entry a plane.
        offsets: [U32; 4],
    }

    /// Body of `CTX_CREATE`; the header names the context.
    CtxCreate: 72 {
        /// Length of the name in bytes.
        nlen: U32,
        /// With `CONTEXT_INIT`: the number of a capability set in the low 8 bits.
        context_init: U32,
        /// A name for people.
        debug_name: [u8; 64],
    }

    /// Body of `RESOURCE_CREATE_3D`, in numbers of the virgl protocol.
    ResourceCreate3d: 48 {
        /// Name of the new resource.
        resource_id: U32,
        /// Kind of texture, or buffer.
        target: U32,
        /// virgl format.
        format: U32,
        /// Bind flags.
        bind: U32,
        /// Width in texels, bytes for a buffer.
        width: U32,
        /// Height in texels.
        height: U32,
        /// Depth in texels.
        depth: U32,
        /// Number of layers.
        array_size: U32,
        /// Number of the smallest mip level.
        last_level: U32,
        /// Samples a texel.
        nr_samples: U32,
        /// Resource flags.
        flags: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `TRANSFER_TO_HOST_3D` and `TRANSFER_FROM_HOST_3D`.
    TransferHost3d: 48 {
        /// The texels to copy.
        region: Box3,
        /// Byte offset in the backing of the first of them.
        offset: U64,
        /// The resource.
        resource_id: U32,
        /// Mip level.
        level: U32,
        /// Bytes between rows in the backing, 0 if tightly packed.
        stride: U32,
        /// Bytes between layers in the backing, 0 if tightly packed.
        layer_stride: U32,
    }

    /// Body of `SUBMIT_3D`; `size` bytes of commands follow.
    Submit3d: 8 {
        /// Length of the command stream in bytes.
        size: U32,
        /// Zero.
        padding: U32,
    }

    /// Body of `RESOURCE_MAP_BLOB`.
    ResourceMapBlob: 16 {
        /// The resource.
        resource_id: U32,
        /// Zero.
        padding: U32,
        /// Where in the host-visible region.
        offset: U64,
    }

    /// Body of `UPDATE_CURSOR` and `MOVE_CURSOR`; the latter uses only the position.
    UpdateCursor: 32 {
        /// The scanout that shows the pointer.
        scanout_id: U32,
        /// Position, in fact signed.
        x: U32,
        /// Position, in fact signed.
        y: U32,
        /// Zero.
        position_padding: U32,
        /// The resource with the shape, 0 to hide the pointer.
        resource_id: U32,
        /// Hot spot within the shape.
        hot_x: U32,
        /// Hot spot within the shape.
        hot_y: U32,
        /// Zero.
        padding: U32,
    }

    /// One scanout in the reply to `GET_DISPLAY_INFO`.
    DisplayOne: 24 {
        /// Preferred place and size.
        rect: Rect,
        /// Not 0 if a display is plugged in.
        enabled: U32,
        /// Zero.
        flags: U32,
    }

    /// Body of the reply to `GET_DISPLAY_INFO`.
    RespDisplayInfo: 384 {
        /// One entry a scanout that there could be.
        modes: [DisplayOne; MAX_SCANOUTS],
    }

    /// Body of the reply to `GET_CAPSET_INFO`.
    RespCapsetInfo: 16 {
        /// Number of the set.
        capset_id: U32,
        /// Newest version of it.
        capset_max_version: U32,
        /// Size in bytes of the newest version.
        capset_max_size: U32,
        /// Zero.
        padding: U32,
    }

    /// Head of the body of the reply to `GET_EDID`; [`EDID_AREA`] bytes follow.
    RespEdid: 8 {
        /// How many of the bytes are the EDID.
        size: U32,
        /// Zero.
        padding: U32,
    }
}

/// Bytes for an EDID in the reply to `GET_EDID`.
pub const EDID_AREA: usize = 1024;

impl Rect {
    /// From the renderer's numbers.
    pub const fn new(rect: renderer::Rect) -> Self {
        Self {
            x: U32::new(rect.x),
            y: U32::new(rect.y),
            width: U32::new(rect.width),
            height: U32::new(rect.height),
        }
    }

    /// In the renderer's numbers.
    pub const fn get(&self) -> renderer::Rect {
        renderer::Rect {
            x: self.x.get(),
            y: self.y.get(),
            width: self.width.get(),
            height: self.height.get(),
        }
    }
}

impl Box3 {
    /// In the renderer's numbers.
    pub const fn get(&self) -> renderer::Box3 {
        renderer::Box3 {
            x: self.x.get(),
            y: self.y.get(),
            z: self.z.get(),
            width: self.width.get(),
            height: self.height.get(),
            depth: self.depth.get(),
        }
    }
}
