//! Bit sets of the protocol. Bits it does not define are kept (they mean nothing here).

use bitflags::bitflags;

bitflags! {
    /// What a resource may be used for.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Bind: u32 {
        /// Depth and stencil attachment.
        const DEPTH_STENCIL = 1 << 0;
        /// Colour attachment.
        const RENDER_TARGET = 1 << 1;
        /// Read by samplers.
        const SAMPLER_VIEW = 1 << 3;
        /// Source of vertex attributes.
        const VERTEX_BUFFER = 1 << 4;
        /// Source of indices.
        const INDEX_BUFFER = 1 << 5;
        /// Source of uniform blocks.
        const CONSTANT_BUFFER = 1 << 6;
        /// Shown by the guest's window system.
        const DISPLAY_TARGET = 1 << 7;
        /// Arguments of indirect draws and dispatches.
        const COMMAND_ARGS = 1 << 8;
        /// Destination of transform feedback.
        const STREAM_OUTPUT = 1 << 11;
        /// Shader storage.
        const SHADER_BUFFER = 1 << 14;
        /// Destination of query results.
        const QUERY_BUFFER = 1 << 15;
        /// Shape of a cursor.
        const CURSOR = 1 << 16;
        /// Lives in guest memory only: query results and vtest's fences.
        const CUSTOM = 1 << 17;
        /// Shown on a scanout.
        const SCANOUT = 1 << 18;
        /// Lives in guest memory only: source and destination of copy transfers.
        const STAGING = 1 << 19;
        /// Shared with other processes of the guest.
        const SHARED = 1 << 20;
        /// The guest prefers that BGRA is stored as RGBA.
        const PREFER_EMULATED_BGRA = 1 << 21;
        /// Linear layout wanted.
        const LINEAR = 1 << 22;

        const _ = !0;
    }
}

bitflags! {
    /// Flags of a resource.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ResourceFlags: u32 {
        /// The first row of the memory is the top line of the picture.
        const Y_0_TOP = 1 << 0;
        /// May stay mapped while the GPU uses it.
        const MAP_PERSISTENT = 1 << 1;
        /// Writes through a mapping are seen without a flush.
        const MAP_COHERENT = 1 << 2;

        const _ = !0;
    }
}

bitflags! {
    /// The `usage` word of a transfer (Gallium's map flags). A renderer that copies may
    /// ignore all of it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TransferUsage: u32 {
        /// The guest reads.
        const READ = 1 << 0;
        /// The guest writes.
        const WRITE = 1 << 1;
        /// The old content of the box is not needed.
        const DISCARD_RANGE = 1 << 8;
        /// The guest did not wait for the GPU.
        const UNSYNCHRONIZED = 1 << 10;
        /// The old content of the whole resource is not needed.
        const DISCARD_WHOLE_RESOURCE = 1 << 12;

        const _ = !0;
    }
}

bitflags! {
    /// Which attachments a clear writes.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ClearBuffers: u32 {
        /// The depth attachment.
        const DEPTH = 1 << 0;
        /// The stencil attachment.
        const STENCIL = 1 << 1;
        /// The first colour attachment; seven more follow.
        const COLOR0 = 1 << 2;
        /// All eight colour attachments.
        const COLOR = 0xff << 2;

        const _ = !0;
    }
}

impl ClearBuffers {
    /// True if colour attachment `index` (below 8) is cleared.
    #[inline]
    pub const fn color(self, index: u32) -> bool {
        index < 8 && self.bits() & (Self::COLOR0.bits() << index) != 0
    }
}

bitflags! {
    /// Which channels of a colour attachment are written.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ColorMask: u8 {
        /// Red.
        const RED = 1 << 0;
        /// Green.
        const GREEN = 1 << 1;
        /// Blue.
        const BLUE = 1 << 2;
        /// Alpha.
        const ALPHA = 1 << 3;
    }
}

bitflags! {
    /// What a `BLIT` copies.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct BlitMask: u32 {
        /// The red channel.
        const RED = 1 << 0;
        /// The green channel.
        const GREEN = 1 << 1;
        /// The blue channel.
        const BLUE = 1 << 2;
        /// The alpha channel.
        const ALPHA = 1 << 3;
        /// All colour channels.
        const COLOR = 0xf;
        /// Depth.
        const DEPTH = 1 << 4;
        /// Stencil.
        const STENCIL = 1 << 5;

        const _ = !0;
    }
}

bitflags! {
    /// What `MEMORY_BARRIER` orders.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct MemoryBarrier: u32 {
        /// Mapped buffers.
        const MAPPED_BUFFER = 1 << 0;
        /// Shader storage buffers.
        const SHADER_BUFFER = 1 << 1;
        /// Query results in buffers.
        const QUERY_BUFFER = 1 << 2;
        /// Vertex attributes.
        const VERTEX_BUFFER = 1 << 3;
        /// Indices.
        const INDEX_BUFFER = 1 << 4;
        /// Uniform blocks.
        const CONSTANT_BUFFER = 1 << 5;
        /// Arguments of indirect commands.
        const INDIRECT_BUFFER = 1 << 6;
        /// Texture reads.
        const TEXTURE = 1 << 7;
        /// Image reads and writes.
        const IMAGE = 1 << 8;
        /// Attachments.
        const FRAMEBUFFER = 1 << 9;
        /// Transform feedback.
        const STREAMOUT_BUFFER = 1 << 10;
        /// Memory global to a compute grid.
        const GLOBAL_BUFFER = 1 << 11;
        /// Transfers to buffers.
        const UPDATE_BUFFER = 1 << 12;
        /// Transfers to textures.
        const UPDATE_TEXTURE = 1 << 13;

        const _ = !0;
    }
}

bitflags! {
    /// What `TEXTURE_BARRIER` orders.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct TextureBarrier: u32 {
        /// Texture reads after attachment writes.
        const SAMPLER = 1 << 0;
        /// Framebuffer fetch and advanced blending.
        const FRAMEBUFFER = 1 << 1;

        const _ = !0;
    }
}

bitflags! {
    /// How shaders use an image.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct ImageAccess: u32 {
        /// Loads.
        const READ = 1 << 0;
        /// Stores.
        const WRITE = 1 << 1;

        const _ = !0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_buffers_color_counts_from_bit_two() {
        let buffers = ClearBuffers::from_bits_retain(0b1_0000_0101);
        assert!(buffers.contains(ClearBuffers::DEPTH));
        assert!(!buffers.contains(ClearBuffers::STENCIL));
        assert!(buffers.color(0) && buffers.color(6) && !buffers.color(1));
        assert!(!ClearBuffers::from_bits_retain(!0).color(8));
    }
}
