//! Texture targets: how TGSI lays out coordinates, and which GLSL sampler stands for
//! each.
//!
//! GLSL ES has neither one-dimensional nor rectangle textures. The former become
//! two-dimensional ones of height 1, the latter ordinary ones whose coordinates are
//! divided by their size.

use super::helpers::Kind;
use super::profile::Features;
use crate::tgsi::semantic::{SampledType, TextureTarget};

/// Where a shadow comparison's reference value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// There is none.
    None,
    /// In this component of the coordinate.
    Component(u8),
    /// In x of the second operand, for lack of room in the first.
    Extra,
}

/// One texture target.
#[derive(Debug)]
pub(super) struct TargetRow {
    target: TextureTarget,
    /// The sampler or image type without its prefix.
    pub(super) suffix: &'static str,
    /// Components that say where in a layer, and that gradients have.
    pub(super) place: usize,
    /// Component with the layer.
    pub(super) layer: Option<u8>,
    pub(super) reference: Reference,
    /// One dimension stands in for two.
    pub(super) one_dimensional: bool,
    /// Coordinates count texels.
    pub(super) rectangle: bool,
    /// Components of `textureSize`.
    pub(super) size: usize,
    pub(super) feature: Features,
}

const fn row(
    target: TextureTarget,
    suffix: &'static str,
    place: usize,
    layer: Option<u8>,
    reference: Reference,
) -> TargetRow {
    TargetRow {
        target,
        suffix,
        place,
        layer,
        reference,
        one_dimensional: matches!(
            target,
            TextureTarget::D1
                | TextureTarget::Shadow1D
                | TextureTarget::Array1D
                | TextureTarget::ShadowArray1D
        ),
        rectangle: matches!(target, TextureTarget::Rect | TextureTarget::ShadowRect),
        size: match target {
            TextureTarget::Buffer => 1,
            TextureTarget::D3 => 3,
            _ if layer.is_some() => 3,
            _ => 2,
        },
        feature: match target {
            TextureTarget::Buffer => Features::TEXTURE_BUFFER,
            TextureTarget::D3 => Features::TEXTURE_3D,
            TextureTarget::CubeArray | TextureTarget::ShadowCubeArray => {
                Features::TEXTURE_CUBE_MAP_ARRAY
            }
            TextureTarget::Multisample2D => Features::TEXTURE_MULTISAMPLE,
            TextureTarget::MultisampleArray2D => Features::MULTISAMPLE_2D_ARRAY,
            _ => Features::empty(),
        },
    }
}

static TARGETS: &[TargetRow] = {
    use Reference::{Component, Extra, None as Plain};
    use TextureTarget as T;
    &[
        row(T::D2, "2D", 2, None, Plain),
        row(T::Cube, "Cube", 3, None, Plain),
        row(T::D3, "3D", 3, None, Plain),
        row(T::Array2D, "2DArray", 2, Some(2), Plain),
        row(T::Shadow2D, "2DShadow", 2, None, Component(2)),
        row(T::ShadowCube, "CubeShadow", 3, None, Component(3)),
        row(T::ShadowArray2D, "2DArrayShadow", 2, Some(2), Component(3)),
        row(T::D1, "2D", 1, None, Plain),
        row(T::Rect, "2D", 2, None, Plain),
        row(T::Array1D, "2DArray", 1, Some(1), Plain),
        row(T::Shadow1D, "2DShadow", 1, None, Component(2)),
        row(T::ShadowRect, "2DShadow", 2, None, Component(2)),
        row(T::ShadowArray1D, "2DArrayShadow", 1, Some(1), Component(2)),
        row(T::Buffer, "Buffer", 1, None, Plain),
        row(T::Multisample2D, "2DMS", 2, None, Plain),
        row(T::MultisampleArray2D, "2DMSArray", 2, Some(2), Plain),
        row(T::CubeArray, "CubeArray", 3, Some(3), Plain),
        row(T::ShadowCubeArray, "CubeArrayShadow", 3, Some(3), Extra),
    ]
};

/// The row of a target; `None` for `UNKNOWN`.
pub(super) fn lookup(target: TextureTarget) -> Option<&'static TargetRow> {
    TARGETS.iter().find(|row| row.target == target)
}

impl TargetRow {
    /// The sampler type that stands in for this one on a host without it. Buffers are
    /// mirrored by two-dimensional textures, and where there are no multisample textures
    /// all texels have one sample.
    pub(super) const fn substitute(&self) -> Option<&'static str> {
        match self.target {
            TextureTarget::Buffer | TextureTarget::Multisample2D => Some("2D"),
            TextureTarget::MultisampleArray2D => Some("2DArray"),
            _ => None,
        }
    }

    /// The target the row is about.
    pub(super) const fn target(&self) -> TextureTarget {
        self.target
    }

    /// True if coordinates need no change: the components stand in the order GLSL wants.
    pub(super) const fn is_direct(&self) -> bool {
        !self.one_dimensional && !self.rectangle
    }

    /// Components of the coordinate up to and with the layer.
    pub(super) const fn located(&self) -> usize {
        self.place + if self.layer.is_some() { 1 } else { 0 }
    }

    /// True if GLSL ES has no explicit level of detail or bias for it.
    pub(super) const fn lacks_lod(&self) -> bool {
        matches!(
            self.target,
            TextureTarget::ShadowArray1D
                | TextureTarget::ShadowArray2D
                | TextureTarget::ShadowCube
                | TextureTarget::ShadowCubeArray
        )
    }

    /// True for arrays of two-dimensional textures that are compared.
    pub(super) const fn is_shadow_array(&self) -> bool {
        matches!(
            self.target,
            TextureTarget::ShadowArray1D | TextureTarget::ShadowArray2D
        )
    }

    /// True for cube maps, which have no texel offsets.
    pub(super) const fn is_cube(&self) -> bool {
        self.place == 3 && !matches!(self.target, TextureTarget::D3)
    }
}

/// What a texture of this type returns.
pub(super) const fn sampled_kind(sampled: SampledType) -> Kind {
    match sampled {
        SampledType::Sint => Kind::Int,
        SampledType::Uint => Kind::Uint,
        SampledType::Unorm | SampledType::Snorm | SampledType::Float => Kind::Float,
    }
}

/// Prefix of sampler and image types.
pub(super) const fn type_prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Float => "",
        Kind::Int => "i",
        Kind::Uint => "u",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_but_unknown_has_a_row() {
        for &target in TextureTarget::ALL {
            assert_eq!(lookup(target).is_none(), target == TextureTarget::Unknown);
        }
    }
}
