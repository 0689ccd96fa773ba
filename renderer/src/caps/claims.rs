//! The guest capabilities that are a matter of yes or no: one table of what each needs
//! of the host and what stands in where the host lacks it.

use bitflags::bitflags;

use super::wire::{Bset, Caps, Caps2};
use crate::gl::host::Feature;

/// One switch of a capability set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    /// In `bset`.
    Bset(Bset),
    /// In `capability_bits`.
    Caps(Caps),
    /// In `capability_bits_v2`.
    Caps2(Caps2),
}

/// Switches of all three words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// `bset`.
    pub bset: Bset,
    /// `capability_bits`.
    pub caps: Caps,
    /// `capability_bits_v2`.
    pub caps2: Caps2,
}

impl Bits {
    /// True if the switch is among them.
    pub const fn contains(&self, bit: Bit) -> bool {
        match bit {
            Bit::Bset(bit) => self.bset.contains(bit),
            Bit::Caps(bit) => self.caps.contains(bit),
            Bit::Caps2(bit) => self.caps2.contains(bit),
        }
    }

    /// Adds a switch.
    pub fn insert(&mut self, bit: Bit) {
        match bit {
            Bit::Bset(bit) => self.bset.insert(bit),
            Bit::Caps(bit) => self.caps.insert(bit),
            Bit::Caps2(bit) => self.caps2.insert(bit),
        }
    }
}

bitflags! {
    /// Parts of the renderer that scalars of the sets depend on.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Parts: u32 {
        /// Geometry shaders.
        const GEOMETRY = 1 << 0;
        /// Tessellation shaders.
        const TESSELLATION = 1 << 1;
        /// Compute shaders.
        const COMPUTE = 1 << 2;
        /// Storage buffers.
        const STORAGE_BUFFERS = 1 << 3;
        /// Shader images.
        const IMAGES = 1 << 4;
        /// Buffer textures.
        const TEXTURE_BUFFERS = 1 << 5;
        /// Transform feedback.
        const STREAM_OUTPUT = 1 << 6;
        /// Dual-source blending.
        const DUAL_SOURCE = 1 << 7;
        /// Multisampled textures and their resolve.
        const MULTISAMPLE = 1 << 8;
        /// Several viewports.
        const VIEWPORTS = 1 << 9;
        /// `textureGather`.
        const GATHER = 1 << 10;
    }
}

/// What this renderer executes besides what [`CLAIMS`] says of hosts that have all that a
/// row asks for.
#[derive(Clone, Copy, Debug)]
pub struct Implemented {
    /// Done whatever the host has, from OpenGL ES 3.0 on.
    pub emulated: Bits,
    /// Done by hosts of OpenGL ES 2.0 that have these.
    pub emulated_es20: &'static [(Bit, &'static [Feature])],
    /// What scalars depend on.
    pub parts: Parts,
}

/// What a capability needs of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: OpenGL ES 2.0 has it.
    Always,
    /// OpenGL ES 3.0.
    Core,
    /// All of these.
    Features(&'static [Feature]),
    /// Desktop OpenGL, whose shaders have more than those of OpenGL ES.
    Desktop,
    /// No host of ours has it.
    Nothing,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The guest's switch.
    pub guest: Bit,
    /// What it needs.
    pub needs: Needs,
    /// What can stand in for that; empty if nothing can.
    pub emulation: &'static str,
}

const fn bset(guest: Bset, needs: Needs, emulation: &'static str) -> Claim {
    let guest = Bit::Bset(guest);
    Claim {
        guest,
        needs,
        emulation,
    }
}

const fn caps(guest: Caps, needs: Needs, emulation: &'static str) -> Claim {
    let guest = Bit::Caps(guest);
    Claim {
        guest,
        needs,
        emulation,
    }
}

const fn caps2(guest: Caps2, needs: Needs, emulation: &'static str) -> Claim {
    let guest = Bit::Caps2(guest);
    Claim {
        guest,
        needs,
        emulation,
    }
}

macro_rules! features {
    ($($feature:ident),+) => {
        Needs::Features(&[$(Feature::$feature),+])
    };
}

/// Every switch that may ever be claimed.
#[rustfmt::skip] // A row a line reads as a table.
pub const CLAIMS: &[Claim] = &[
    bset(Bset::INDEP_BLEND_ENABLE, features![DrawBuffersIndexed], "the draw is repeated for each group of attachments with equal blending"),
    bset(Bset::INDEP_BLEND_FUNC, features![DrawBuffersIndexed], "as above"),
    bset(Bset::CUBE_MAP_ARRAY, features![CubeMapArray], ""),
    bset(Bset::CONDITIONAL_RENDER, features![OcclusionQuery], "the query's result is asked for and the draw left out"),
    bset(Bset::START_INSTANCE, features![BaseInstance], "attribute offsets"),
    bset(Bset::PRIMITIVE_RESTART, Needs::Core, "indices are rewritten unless they restart at all ones"),
    bset(Bset::BLEND_EQ_SEP, Needs::Always, ""),
    bset(Bset::INSTANCEID, Needs::Core, ""),
    bset(Bset::VERTEX_ELEMENT_INSTANCE_DIVISOR, Needs::Core, ""),
    bset(Bset::SEAMLESS_CUBE_MAP, Needs::Core, ""),
    bset(Bset::OCCLUSION_QUERY, features![OcclusionCount], "any-samples queries, times a factor"),
    bset(Bset::TIMER_QUERY, features![TimerQuery], "the host's clock once the GPU has finished: late by the way back, and elapsed times count the work of others"),
    bset(Bset::STREAMOUT_PAUSE_RESUME, Needs::Core, ""),
    bset(Bset::TEXTURE_MULTISAMPLE, features![TextureMultisample], "textures of one sample, which the guest takes for several"),
    bset(Bset::DEPTH_CLIP_DISABLE, features![DepthClamp], "depth is kept from the clipper and clamped in the fragment shader: without polygon offset, one depth for all samples"),
    bset(Bset::UBO, Needs::Core, ""),
    bset(Bset::MIRROR_CLAMP, features![MirrorClampToEdge], ""),
    bset(Bset::TEXTURE_QUERY_LOD, features![TextureQueryLod], "derivatives in the shader"),
    bset(Bset::HAS_FP64, Needs::Desktop, "shaders compute with integers"),
    bset(Bset::HAS_TESSELLATION_SHADERS, features![TessellationShader], ""),
    bset(Bset::HAS_INDIRECT_DRAW, features![DrawIndirect], "arguments are read back"),
    bset(Bset::HAS_SAMPLE_SHADING, features![SampleShading, SampleVariables], ""),
    bset(Bset::HAS_CULL, features![ClipCullDistance], ""),
    bset(Bset::CONDITIONAL_RENDER_INVERTED, features![OcclusionQuery], "as conditional rendering"),
    bset(Bset::DERIVATIVE_CONTROL, features![FineDerivatives], ""),
    bset(Bset::POLYGON_OFFSET_CLAMP, features![PolygonOffsetClamp], ""),

    caps(Caps::TGSI_INVARIANT, Needs::Always, ""),
    caps(Caps::TEXTURE_VIEW, features![TextureView], "copies where a swizzle does not do"),
    caps(Caps::SET_MIN_SAMPLES, features![SampleShading], ""),
    caps(Caps::COPY_IMAGE, features![CopyImage], ""),
    caps(Caps::TGSI_PRECISE, features![GpuShader5], ""),
    caps(Caps::TXQS, features![TextureMultisample], ""),
    caps(Caps::MEMORY_BARRIER, features![Compute], ""),
    caps(Caps::COMPUTE_SHADER, features![Compute], ""),
    caps(Caps::FB_NO_ATTACH, features![FramebufferNoAttachments], ""),
    caps(Caps::ROBUST_BUFFER_ACCESS, features![RobustBufferAccess], "indices are clamped in the shader"),
    caps(Caps::TEXTURE_BARRIER, features![TextureBarrier], ""),
    caps(Caps::TGSI_FBFETCH, features![FramebufferFetch], ""),
    caps(Caps::TGSI_COMPONENTS, Needs::Core, ""),
    caps(Caps::GUEST_MAY_INIT_LOG, Needs::Always, ""),
    caps(Caps::SRGB_WRITE_CONTROL, features![SrgbWriteControl], "texture views, else the shader undoes the encoding: blending then works on other values"),
    caps(Caps::QBO, Needs::Nothing, "results go through the CPU"),
    caps(Caps::TRANSFER, Needs::Always, ""),
    caps(Caps::FBO_MIXED_COLOR_FORMATS, Needs::Core, ""),
    caps(Caps::BIND_COMMAND_ARGS, features![DrawIndirect], ""),
    caps(Caps::INDIRECT_PARAMS, features![DrawIndirect], "the number of draws is read back"),
    caps(Caps::MULTI_DRAW_INDIRECT, features![DrawIndirect], "one indirect draw after the other"),
    caps(Caps::INDIRECT_INPUT_ADDR, Needs::Core, ""),
    caps(Caps::COPY_TRANSFER, Needs::Always, ""),
    caps(Caps::CLIP_HALFZ, features![ClipControl], "depth is mapped in the last vertex stage"),
    caps(Caps::APP_TWEAK_SUPPORT, Needs::Always, ""),
    caps(Caps::BGRA_SRGB_IS_EMULATED, Needs::Core, ""),
    caps(Caps::CLEAR_TEXTURE, features![ClearTexture], "framebuffer clears and uploads"),

    caps2(Caps2::BLEND_EQUATION, features![BlendEquationAdvanced], ""),
    caps2(Caps2::STRING_MARKER, features![Debug], ""),
    caps2(Caps2::COPY_TRANSFER_BOTH_DIRECTIONS, Needs::Always, ""),
    caps2(Caps2::DRAW_PARAMETERS, Needs::Core, "arguments of indirect draws are read back"),
    caps2(Caps2::GROUP_VOTE, features![GroupVote], ""),
    caps2(Caps2::TEXTURE_SHADOW_LOD, features![TextureShadowLod], ""),
    caps2(Caps2::MIRROR_CLAMP_TO_EDGE, features![MirrorClampToEdge], ""),
];

/// What this renderer executes today.
pub const IMPLEMENTED: Implemented = Implemented {
    emulated: Bits {
        bset: Bset::CONDITIONAL_RENDER
            .union(Bset::CONDITIONAL_RENDER_INVERTED)
            .union(Bset::OCCLUSION_QUERY)
            .union(Bset::INDEP_BLEND_ENABLE)
            .union(Bset::INDEP_BLEND_FUNC)
            .union(Bset::TEXTURE_MULTISAMPLE)
            .union(Bset::TIMER_QUERY)
            .union(Bset::HAS_INDIRECT_DRAW)
            .union(Bset::DEPTH_CLIP_DISABLE)
            .union(Bset::HAS_FP64),
        caps: Caps::QBO.union(Caps::SRGB_WRITE_CONTROL),
        caps2: Caps2::empty(),
    },
    emulated_es20: &[
        (Bit::Bset(Bset::OCCLUSION_QUERY), &[Feature::OcclusionQuery]),
        (Bit::Bset(Bset::TIMER_QUERY), &[]),
        (Bit::Bset(Bset::DEPTH_CLIP_DISABLE), &[Feature::FragDepth]),
    ],
    parts: Parts::all(),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_one_switch_and_none_twice() {
        let mut seen = Bits::default();
        for claim in CLAIMS {
            let ones = match claim.guest {
                Bit::Bset(bit) => bit.bits().count_ones(),
                Bit::Caps(bit) => bit.bits().count_ones(),
                Bit::Caps2(bit) => bit.bits().count_ones(),
            };
            assert_eq!(ones, 1, "{claim:?}");
            assert!(!seen.contains(claim.guest), "{claim:?}");
            seen.insert(claim.guest);
        }
        let emulated = IMPLEMENTED.emulated;
        assert!(seen.bset.contains(emulated.bset));
        assert!(seen.caps.contains(emulated.caps));
        assert!(seen.caps2.contains(emulated.caps2));
        for claim in CLAIMS.iter().filter(|claim| emulated.contains(claim.guest)) {
            assert!(!claim.emulation.is_empty(), "{claim:?} says not how");
        }
    }
}
