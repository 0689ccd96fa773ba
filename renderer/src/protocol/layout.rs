//! The shape of a resource, and where its texels lie in guest memory.
//!
//! Guest memory holds the levels one after the other without padding, a level's layers
//! (or slices) one after the other, and their rows of blocks likewise. Multisampled
//! resources have no guest memory. All sizes are 64-bit and checked.

use maro_gpu::renderer::{Box3, Error, ResourceDesc, Transfer};

use super::formats::{Block, FormatId, FormatInfo};
use super::values::{InvalidValue, TextureTarget};

/// Why a resource or a transfer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A number that the protocol does not define.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// Extent, layers, levels and samples do not go together for this target.
    #[error("a resource of target {target:?} {rule}")]
    Rule {
        /// The target.
        target: TextureTarget,
        /// What it must keep to.
        rule: &'static str,
    },
    /// Its size in bytes does not fit 64 bits.
    #[error("the resource is too large to address")]
    TooLarge,
    /// The resource has fewer levels.
    #[error("level {level} of a resource with {levels} levels")]
    NoSuchLevel {
        /// The level asked for.
        level: u32,
        /// Levels there are.
        levels: u32,
    },
    /// The box leaves the level.
    #[error("box {region:?} leaves the level of {extent:?} texels")]
    OutsideLevel {
        /// The box.
        region: Box3,
        /// Width, height and depth or layers of the level.
        extent: [u32; 3],
    },
    /// The box cuts through blocks of compressed texels.
    #[error("box {region:?} is not made of whole blocks of {width}x{height} texels")]
    CutsBlocks {
        /// The box.
        region: Box3,
        /// Texels of a block in x.
        width: u8,
        /// Texels of a block in y.
        height: u8,
    },
    /// Rows or layers overlap.
    #[error("stride {stride} or layer stride {layer_stride} is too small for box {region:?}")]
    Strides {
        /// Bytes between rows.
        stride: u64,
        /// Bytes between layers.
        layer_stride: u64,
        /// The box.
        region: Box3,
    },
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::InvalidParameter(error.to_string())
    }
}

/// A sound description of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What kind of texture, or a buffer.
    pub target: TextureTarget,
    /// Texel format. Of a buffer it is only a hint: buffers are made of bytes.
    pub format: FormatId,
    /// Width of level 0 in texels, or bytes of a buffer.
    pub width: u32,
    /// Height of level 0.
    pub height: u32,
    /// Slices of level 0 of a 3D texture, else 1.
    pub depth: u32,
    /// Layers; faces count as layers.
    pub layers: u32,
    /// Number of mip levels.
    pub levels: u32,
    /// Samples a texel, at least 1.
    pub samples: u32,
    info: Option<&'static FormatInfo>,
    guest_size: u64,
}

/// A mip level and its place in guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Width in texels.
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// Slices, layers or faces.
    pub depth: u32,
    /// Bytes from the start of the guest memory.
    pub offset: u64,
    /// Bytes between rows of blocks.
    pub stride: u64,
    /// Bytes between layers or slices.
    pub layer_stride: u64,
    /// Bytes of the level.
    pub size: u64,
}

/// The memory that a transfer touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of a row of blocks of the box.
    pub row_bytes: u64,
    /// Rows of blocks.
    pub rows: u64,
    /// Layers or slices (of blocks).
    pub layers: u64,
    /// Bytes between rows.
    pub stride: u64,
    /// Bytes between layers.
    pub layer_stride: u64,
    /// Bytes from the start of the memory to the first texel.
    pub offset: u64,
    /// Bytes from the first to behind the last texel; 0 for an empty box.
    pub span: u64,
}

impl Footprint {
    /// True if rows follow each other without gaps within a layer, and so do layers.
    pub const fn is_tight(&self) -> bool {
        (self.rows <= 1 || self.stride == self.row_bytes)
            && (self.layers <= 1 || self.layer_stride == self.rows * self.row_bytes)
    }

    /// Bytes of the texels without the gaps.
    pub const fn tight_size(&self) -> u64 {
        // Each factor's product is at most `span`, which fits.
        self.row_bytes * self.rows * self.layers
    }

    /// The byte after the last one touched; `None` if it cannot be addressed.
    pub const fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.span)
    }
}

const BYTE: Block = Block {
    width: 1,
    height: 1,
    depth: 1,
    bytes: 1,
};

impl Shape {
    /// Checks a description (protocol rules, not the host's limits). A missing height,
    /// depth, layer or sample count reads as 1; levels below 1x1 are dropped.
    ///
    /// # Errors
    /// Any but those about levels and boxes.
    pub fn new(desc: &ResourceDesc) -> Result<Self, ShapeError> {
        let target = TextureTarget::try_from(desc.target)?;
        let format = FormatId(desc.format);
        let info = match target {
            TextureTarget::Buffer => format.info(),
            _ => Some(format.check()?),
        };
        let mut shape = Self {
            target,
            format,
            width: desc.width,
            height: desc.height.max(1),
            depth: desc.depth.max(1),
            layers: desc.array_size.max(1),
            levels: 1,
            samples: desc.nr_samples.max(1),
            info,
            guest_size: 0,
        };
        shape.check(desc.last_level)?;
        let largest = shape.width.max(shape.height).max(shape.depth);
        shape.levels = desc.last_level.min(largest.ilog2()) + 1;
        if shape.samples == 1 {
            shape.guest_size = shape.sum_levels().ok_or(ShapeError::TooLarge)?;
        }
        Ok(shape)
    }

    fn check(&self, last_level: u32) -> Result<(), ShapeError> {
        use TextureTarget as T;
        let target = self.target;
        let flat = matches!(target, T::Buffer | T::Texture1d | T::Texture1dArray);
        let array = matches!(
            target,
            T::Cube | T::CubeArray | T::Texture1dArray | T::Texture2dArray
        );
        let rules = [
            (self.width != 0, "needs a width"),
            (!flat || self.height == 1, "has a height of 1"),
            (
                target == T::Texture3d || self.depth == 1,
                "has a depth of 1",
            ),
            (array || self.layers == 1, "has one layer"),
            (target != T::Cube || self.layers == 6, "has six faces"),
            (
                target != T::CubeArray || self.layers.is_multiple_of(6),
                "has six faces a cube",
            ),
            (
                !matches!(target, T::Cube | T::CubeArray) || self.width == self.height,
                "is square",
            ),
            (
                last_level == 0 || !matches!(target, T::Buffer | T::Rectangle),
                "has one level",
            ),
            (
                self.samples == 1 || matches!(target, T::Texture2d | T::Texture2dArray),
                "is not multisampled",
            ),
            (
                self.samples == 1 || last_level == 0,
                "has one level when multisampled",
            ),
        ];
        match rules.iter().find(|(kept, _)| !kept) {
            Some(&(_, rule)) => Err(ShapeError::Rule { target, rule }),
            None => Ok(()),
        }
    }

    /// The format's description; `None` only for buffers of a format not known.
    pub const fn info(&self) -> Option<&'static FormatInfo> {
        self.info
    }

    /// The unit in which the guest's memory is laid out.
    pub const fn block(&self) -> Block {
        match (self.target, self.info) {
            (TextureTarget::Buffer, _) | (_, None) => BYTE,
            (_, Some(info)) => info.block,
        }
    }

    /// Bytes of guest memory for all levels; 0 if multisampled.
    pub const fn guest_size(&self) -> u64 {
        self.guest_size
    }

    /// Width, height and depth or layers of a level that may lie beyond the last one.
    const fn extent(&self, level: u32) -> [u32; 3] {
        let depth = match self.target {
            TextureTarget::Texture3d => minify(self.depth, level),
            _ => self.layers,
        };
        [minify(self.width, level), minify(self.height, level), depth]
    }

    fn sum_levels(&self) -> Option<u64> {
        let mut offset = 0;
        for level in 0..self.levels {
            let level = self.place(level, offset)?;
            offset = level.offset.checked_add(level.size)?;
        }
        Some(offset)
    }

    /// The layout of a level that begins at `offset`.
    fn place(&self, level: u32, offset: u64) -> Option<Level> {
        let block = self.block();
        let [width, height, depth] = self.extent(level);
        let stride = blocks(width, block.width) * u64::from(block.bytes);
        let layer_stride = stride.checked_mul(blocks(height, block.height))?;
        Some(Level {
            width,
            height,
            depth,
            offset,
            stride,
            layer_stride,
            size: layer_stride.checked_mul(blocks(depth, block.depth))?,
        })
    }

    /// A mip level.
    ///
    /// # Errors
    /// If the resource has fewer levels.
    pub fn level(&self, level: u32) -> Result<Level, ShapeError> {
        if level >= self.levels {
            return Err(ShapeError::NoSuchLevel {
                level,
                levels: self.levels,
            });
        }
        let mut offset = 0;
        for smaller in 0..level {
            let place = self.place(smaller, offset).ok_or(ShapeError::TooLarge)?;
            offset = place.offset + place.size;
        }
        self.place(level, offset).ok_or(ShapeError::TooLarge)
    }

    /// Checks that a box lies within a level, and returns the level.
    ///
    /// # Errors
    /// If it does not or the level does not exist.
    pub fn check_box(&self, level: u32, region: &Box3) -> Result<Level, ShapeError> {
        let level = self.level(level)?;
        let within =
            |at: u32, size: u32, extent: u32| u64::from(at) + u64::from(size) <= u64::from(extent);
        if within(region.x, region.width, level.width)
            && within(region.y, region.height, level.height)
            && within(region.z, region.depth, level.depth)
        {
            Ok(level)
        } else {
            Err(ShapeError::OutsideLevel {
                region: *region,
                extent: [level.width, level.height, level.depth],
            })
        }
    }

    /// Bytes from the start of the guest memory to the first texel of a box in a level
    /// (which begins on a block).
    ///
    /// # Errors
    /// If the box leaves the level or the level does not exist.
    pub fn offset_of(&self, level: u32, region: &Box3) -> Result<u64, ShapeError> {
        let level = self.check_box(level, region)?;
        let block = self.block();
        let x = u64::from(region.x / u32::from(block.width)) * u64::from(block.bytes);
        let y = u64::from(region.y / u32::from(block.height)) * level.stride;
        let z = u64::from(region.z / u32::from(block.depth)) * level.layer_stride;
        Ok(level.offset + z + y + x)
    }

    /// The memory that a transfer touches. A stride of 0 is that of the whole level
    /// (not of the box). That the memory is there is for the caller to check, by
    /// [`Footprint::end`].
    ///
    /// # Errors
    /// If the box leaves the level or cuts blocks, or the strides are too small for it.
    pub fn footprint(&self, transfer: &Transfer) -> Result<Footprint, ShapeError> {
        let region = transfer.region;
        let level = self.check_box(transfer.level, &region)?;
        let block = self.block();
        let whole = |at: u32, size: u32, unit: u8, extent: u32| {
            let unit = u32::from(unit);
            at.is_multiple_of(unit) && (size.is_multiple_of(unit) || at + size == extent)
        };
        if !whole(region.x, region.width, block.width, level.width)
            || !whole(region.y, region.height, block.height, level.height)
            || !whole(region.z, region.depth, block.depth, level.depth)
        {
            return Err(ShapeError::CutsBlocks {
                region,
                width: block.width,
                height: block.height,
            });
        }
        let row_bytes = blocks(region.width, block.width) * u64::from(block.bytes);
        let rows = blocks(region.height, block.height);
        let layers = blocks(region.depth, block.depth);
        let stride = match transfer.stride {
            0 => level.stride,
            given => given.into(),
        };
        let layer_stride = match transfer.layer_stride {
            0 => stride * blocks(level.height, block.height),
            given => given.into(),
        };
        let empty = row_bytes == 0 || rows == 0 || layers == 0;
        let layer = stride
            .checked_mul(rows.saturating_sub(1))
            .and_then(|before| before.checked_add(row_bytes))
            .ok_or(ShapeError::TooLarge)?;
        if !empty && (rows > 1 && stride < row_bytes || layers > 1 && layer_stride < layer) {
            return Err(ShapeError::Strides {
                stride,
                layer_stride,
                region,
            });
        }
        let span = layer_stride
            .checked_mul(layers.saturating_sub(1))
            .and_then(|before| before.checked_add(layer))
            .ok_or(ShapeError::TooLarge)?;
        Ok(Footprint {
            row_bytes,
            rows,
            layers,
            stride,
            layer_stride,
            offset: transfer.offset,
            span: if empty { 0 } else { span },
        })
    }
}

/// Size of a dimension at a mip level.
#[inline]
pub const fn minify(size: u32, level: u32) -> u32 {
    let minified = if level < u32::BITS { size >> level } else { 0 };
    if minified == 0 { 1 } else { minified }
}

#[inline]
const fn blocks(texels: u32, block: u8) -> u64 {
    (texels as u64).div_ceil(block as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desc(target: TextureTarget, format: FormatId, extent: [u32; 3]) -> ResourceDesc {
        let [width, height, depth] = extent;
        ResourceDesc {
            target: target as u32,
            format: format.0,
            width,
            height,
            depth,
            array_size: 1,
            ..ResourceDesc::default()
        }
    }

    fn rule(desc: &ResourceDesc) -> &'static str {
        match Shape::new(desc) {
            Err(ShapeError::Rule { rule, .. }) => rule,
            other => panic!("{desc:?} gave {other:?}"),
        }
    }

    #[test]
    fn guest_size_of_rgba_is_that_which_mesa_sends() {
        let shape = Shape::new(&desc(
            TextureTarget::Texture2d,
            FormatId::R8G8B8A8_UNORM,
            [64, 64, 1],
        ));
        assert_eq!(shape.map(|s| s.guest_size()), Ok(16384));
    }

    #[test]
    fn levels_follow_each_other_without_padding() {
        let mut desc = desc(TextureTarget::Texture2d, FormatId::B5G6R5_UNORM, [5, 3, 1]);
        desc.last_level = 9;
        let shape = Shape::new(&desc).unwrap();
        // 5x3, 2x1, 1x1: levels past the last are dropped.
        assert_eq!(shape.levels, 3);
        assert_eq!(shape.level(0).unwrap().size, 30);
        let level = shape.level(1).unwrap();
        assert_eq!((level.offset, level.stride, level.size), (30, 4, 4));
        assert_eq!(shape.level(2).unwrap().offset, 34);
        assert_eq!(shape.guest_size(), 36);
        assert_eq!(
            shape.level(3),
            Err(ShapeError::NoSuchLevel {
                level: 3,
                levels: 3
            })
        );
    }

    #[test]
    fn compressed_levels_are_made_of_whole_blocks() {
        let mut desc = desc(TextureTarget::Texture2d, FormatId::DXT1_RGBA, [10, 6, 1]);
        desc.last_level = 3;
        let shape = Shape::new(&desc).unwrap();
        let sizes: Vec<_> = (0..4).map(|l| shape.level(l).unwrap().size).collect();
        assert_eq!(sizes, [3 * 2 * 8, 2 * 8, 8, 8]);
        let sliced = [6, 6, 6];
        let desc = super::tests::desc(TextureTarget::Texture3d, FormatId::ASTC_3X3X3, sliced);
        assert_eq!(Shape::new(&desc).unwrap().guest_size(), 2 * 2 * 2 * 16);
    }

    #[test]
    fn layers_and_slices_minify_as_their_target_does() {
        let mut cube = desc(TextureTarget::Cube, FormatId::R8_UNORM, [4, 4, 1]);
        cube.array_size = 6;
        cube.last_level = 2;
        let cube = Shape::new(&cube).unwrap();
        assert_eq!(cube.guest_size(), 6 * (16 + 4 + 1));
        assert_eq!(cube.level(1).unwrap().offset, 96);

        let mut volume = desc(TextureTarget::Texture3d, FormatId::R8_UNORM, [4, 4, 4]);
        volume.last_level = 2;
        assert_eq!(Shape::new(&volume).unwrap().guest_size(), 64 + 8 + 1);

        let mut rows = desc(TextureTarget::Texture1dArray, FormatId::R8_UNORM, [4, 1, 1]);
        rows.array_size = 3;
        assert_eq!(Shape::new(&rows).unwrap().level(0).unwrap().depth, 3);
    }

    #[test]
    fn buffers_are_bytes_whatever_their_format() {
        for format in [
            FormatId::R8_UNORM,
            FormatId::R32G32B32A32_FLOAT,
            FormatId(9999),
        ] {
            let mut desc = desc(TextureTarget::Buffer, format, [8, 1, 1]);
            desc.array_size = 0;
            assert_eq!(Shape::new(&desc).unwrap().guest_size(), 8);
        }
    }

    #[test]
    fn new_unsound_description_names_the_rule() {
        use TextureTarget as T;
        let d = |target, extent| desc(target, FormatId::R8_UNORM, extent);
        assert_eq!(rule(&d(T::Texture2d, [0, 4, 1])), "needs a width");
        assert_eq!(rule(&d(T::Buffer, [4, 4, 1])), "has a height of 1");
        assert_eq!(rule(&d(T::Texture2d, [4, 4, 2])), "has a depth of 1");
        assert_eq!(rule(&d(T::Cube, [4, 4, 1])), "has six faces");
        let with = |mut desc: ResourceDesc, layers, last_level, nr_samples| {
            desc.array_size = layers;
            desc.last_level = last_level;
            desc.nr_samples = nr_samples;
            desc
        };
        assert_eq!(
            rule(&with(d(T::Texture2d, [4, 4, 1]), 2, 0, 0)),
            "has one layer"
        );
        assert_eq!(
            rule(&with(d(T::CubeArray, [4, 4, 1]), 9, 0, 0)),
            "has six faces a cube"
        );
        assert_eq!(rule(&with(d(T::Cube, [4, 2, 1]), 6, 0, 0)), "is square");
        assert_eq!(
            rule(&with(d(T::Buffer, [4, 1, 1]), 1, 1, 0)),
            "has one level"
        );
        assert_eq!(
            rule(&with(d(T::Texture3d, [4, 4, 4]), 1, 0, 4)),
            "is not multisampled"
        );
        assert_eq!(
            rule(&with(d(T::Texture2d, [4, 4, 1]), 1, 1, 4)),
            "has one level when multisampled"
        );
        let mut bad = d(T::Texture2d, [4, 4, 1]);
        bad.format = 78;
        assert!(matches!(Shape::new(&bad), Err(ShapeError::Value(_))));
        bad.target = 9;
        assert!(matches!(Shape::new(&bad), Err(ShapeError::Value(_))));
    }

    #[test]
    fn new_largest_numbers_do_not_overflow() {
        let mut huge = desc(
            TextureTarget::Texture3d,
            FormatId::R64G64B64A64_FLOAT,
            [u32::MAX; 3],
        );
        huge.last_level = u32::MAX;
        assert_eq!(Shape::new(&huge).unwrap_err(), ShapeError::TooLarge);
        let mut array = desc(
            TextureTarget::Texture2dArray,
            FormatId::R8_UNORM,
            [u32::MAX; 3],
        );
        array.depth = 1;
        array.array_size = u32::MAX;
        assert_eq!(Shape::new(&array).unwrap_err(), ShapeError::TooLarge);
    }

    #[test]
    fn multisampled_resource_has_no_guest_memory() {
        let mut desc = desc(TextureTarget::Texture2d, FormatId::R8_UNORM, [4, 4, 1]);
        desc.nr_samples = 4;
        assert_eq!(Shape::new(&desc).unwrap().guest_size(), 0);
    }

    fn texture() -> Shape {
        let mut desc = desc(
            TextureTarget::Texture2dArray,
            FormatId::R8G8B8A8_UNORM,
            [8, 4, 1],
        );
        desc.array_size = 3;
        Shape::new(&desc).unwrap()
    }

    fn boxed(x: u32, y: u32, z: u32, width: u32, height: u32, depth: u32) -> Box3 {
        Box3 {
            x,
            y,
            z,
            width,
            height,
            depth,
        }
    }

    fn transfer(region: Box3) -> Transfer {
        Transfer {
            region,
            ..Transfer::default()
        }
    }

    #[test]
    fn footprint_without_strides_takes_those_of_the_level() {
        let part = texture()
            .footprint(&transfer(boxed(2, 1, 1, 3, 2, 2)))
            .unwrap();
        assert_eq!((part.stride, part.layer_stride), (32, 128));
        assert_eq!((part.row_bytes, part.rows, part.layers), (12, 2, 2));
        assert_eq!(part.span, 128 + 32 + 12);
        assert!(!part.is_tight());
        let all = texture()
            .footprint(&transfer(boxed(0, 0, 0, 8, 4, 3)))
            .unwrap();
        assert!(all.is_tight());
        assert_eq!((all.span, all.tight_size()), (384, 384));
    }

    #[test]
    fn footprint_given_strides_are_kept() {
        let mut wanted = transfer(boxed(0, 0, 0, 2, 3, 2));
        wanted.stride = 10;
        wanted.layer_stride = 100;
        wanted.offset = u64::MAX;
        let footprint = texture().footprint(&wanted).unwrap();
        assert_eq!(footprint.span, 100 + 2 * 10 + 8);
        assert_eq!(footprint.end(), None);
        wanted.stride = 7;
        assert!(matches!(
            texture().footprint(&wanted),
            Err(ShapeError::Strides { .. })
        ));
        wanted.region.height = 1;
        wanted.layer_stride = 7;
        assert!(matches!(
            texture().footprint(&wanted),
            Err(ShapeError::Strides { .. })
        ));
        wanted.region.depth = 1;
        assert_eq!(texture().footprint(&wanted).unwrap().span, 8);
    }

    #[test]
    fn footprint_box_outside_is_refused() {
        for region in [
            boxed(1, 0, 0, 8, 1, 1),
            boxed(0, 4, 0, 1, 1, 1),
            boxed(0, 0, 2, 1, 1, 2),
            boxed(u32::MAX, 0, 0, u32::MAX, 1, 1),
        ] {
            assert!(
                matches!(
                    texture().footprint(&transfer(region)),
                    Err(ShapeError::OutsideLevel { .. })
                ),
                "{region:?}"
            );
        }
    }

    #[test]
    fn offset_of_counts_layers_rows_and_blocks() {
        let offset = texture().offset_of(0, &boxed(2, 1, 1, 1, 1, 1));
        assert_eq!(offset, Ok(128 + 32 + 8));
        assert!(texture().offset_of(0, &boxed(8, 0, 0, 1, 1, 1)).is_err());
        let mut desc = desc(TextureTarget::Texture2d, FormatId::DXT5_RGBA, [16, 16, 1]);
        desc.last_level = 1;
        let shape = Shape::new(&desc).unwrap();
        assert_eq!(
            shape.offset_of(1, &boxed(4, 4, 0, 4, 4, 1)),
            Ok(256 + 32 + 16)
        );
    }

    #[test]
    fn footprint_empty_box_touches_nothing() {
        let footprint = texture()
            .footprint(&transfer(boxed(8, 4, 0, 0, 0, 0)))
            .unwrap();
        assert_eq!((footprint.span, footprint.tight_size()), (0, 0));
    }

    #[test]
    fn footprint_compressed_box_keeps_to_blocks() {
        let desc = desc(TextureTarget::Texture2d, FormatId::DXT5_RGBA, [10, 10, 1]);
        let shape = Shape::new(&desc).unwrap();
        let edge = shape.footprint(&transfer(boxed(8, 4, 0, 2, 6, 1))).unwrap();
        assert_eq!((edge.row_bytes, edge.rows), (16, 2));
        for region in [boxed(2, 0, 0, 4, 4, 1), boxed(0, 0, 0, 3, 4, 1)] {
            assert!(matches!(
                shape.footprint(&transfer(region)),
                Err(ShapeError::CutsBlocks {
                    width: 4,
                    height: 4,
                    ..
                })
            ));
        }
    }

    #[test]
    fn footprint_largest_strides_do_not_overflow() {
        let mut wanted = transfer(boxed(0, 0, 0, 8, 4, 3));
        wanted.stride = u32::MAX;
        wanted.layer_stride = u32::MAX;
        assert!(texture().footprint(&wanted).is_err());
        wanted.layer_stride = 0;
        let stride = u64::from(u32::MAX);
        assert_eq!(
            texture().footprint(&wanted).unwrap().span,
            2 * 4 * stride + 3 * stride + 32
        );
    }
}
