//! The protocol's pixel formats: a number, a name and the layout of a block of texels.
//!
//! Gallium's rule holds for every plain format: the channels are named from the least
//! significant bit of the little-endian texel, which for channels of whole bytes is the
//! order in memory.

use std::fmt;

use super::values::InvalidValue;

/// Number of format numbers; some in between are not in use.
pub const COUNT: usize = 443;

/// A format's number on the wire; any number, also one that is not defined.
///
/// The associated constants bear the protocol's names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FormatId(pub u32);

impl FormatId {
    /// The format's description; `None` for a number that is not defined (and for
    /// number 0, which means "no format").
    #[inline]
    pub fn info(self) -> Option<&'static FormatInfo> {
        TABLE
            .get(self.0 as usize)
            .filter(|info| info.block.bytes != 0)
    }

    /// As [`info`](Self::info), with an error that names the number.
    ///
    /// # Errors
    /// If the number is not defined.
    #[inline]
    pub fn check(self) -> Result<&'static FormatInfo, InvalidValue> {
        self.info().ok_or(InvalidValue {
            field: "format",
            value: self.0,
        })
    }

    /// Every defined format.
    pub fn all() -> impl Iterator<Item = (Self, &'static FormatInfo)> {
        (0u32..)
            .map(Self)
            .zip(&TABLE)
            .filter(|(_, info)| info.block.bytes != 0)
    }
}

impl fmt::Debug for FormatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for FormatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => f.write_str(info.name),
            None => write!(f, "format {}", self.0),
        }
    }
}

/// The smallest piece of memory that stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Texels in x.
    pub width: u8,
    /// Texels in y.
    pub height: u8,
    /// Texels in z; above 1 for sliced 3D compression alone.
    pub depth: u8,
    /// Bytes.
    pub bytes: u8,
}

/// How a block is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// One texel of fixed-size channels.
    Plain,
    /// Fixed-size block compression.
    Compressed,
    /// Two texels that share their chroma.
    Subsampled,
    /// One texel of luma and chroma.
    PackedYuv,
    /// Luma and chroma in planes of their own; the block is that of the first plane.
    Planar,
}

/// What a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Alpha.
    Alpha,
    /// Luminance: reads as red, green and blue.
    Luminance,
    /// Intensity: reads as all four.
    Intensity,
    /// Depth.
    Depth,
    /// Stencil.
    Stencil,
    /// Nothing.
    Void,
}

/// How a channel's bits become a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Unsigned, 0..=1.
    Unorm,
    /// Signed, -1..=1.
    Snorm,
    /// Unsigned integer.
    Uint,
    /// Signed integer.
    Sint,
    /// Unsigned integer read as a float.
    Uscaled,
    /// Signed integer read as a float.
    Sscaled,
    /// Floating point.
    Float,
    /// Signed 16.16 fixed point.
    Fixed,
    /// Unsigned, 0..=1, with the sRGB transfer function.
    Srgb,
}

impl ChannelKind {
    /// True for integers that shaders read as such.
    #[inline]
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Uint | Self::Sint)
    }
}

/// A channel of a texel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    /// What it holds.
    pub component: Component,
    /// How its bits are read.
    pub kind: ChannelKind,
    /// Size in bits; 0 in formats that are not plain.
    pub bits: u8,
}

/// Everything known of a format.
#[derive(Clone, Copy, Debug)]
pub struct FormatInfo {
    /// The protocol's name, without its prefix.
    pub name: &'static str,
    /// The block.
    pub block: Block,
    /// How the block is packed.
    pub packing: Packing,
    channels: [Channel; 4],
    channel_count: u8,
}

impl FormatInfo {
    /// The channels, from the least significant bit.
    #[inline]
    pub fn channels(&self) -> &[Channel] {
        &self.channels[..usize::from(self.channel_count).min(4)]
    }

    /// The channel of a component, if there is one.
    pub fn channel(&self, component: Component) -> Option<&Channel> {
        self.channels().iter().find(|c| c.component == component)
    }

    /// How the first channel that holds something is read. Decides how a shader sees
    /// the format; for depth-stencil formats see [`is_depth`](Self::is_depth).
    pub fn kind(&self) -> ChannelKind {
        self.channels()
            .iter()
            .find(|c| c.component != Component::Void)
            .map_or(ChannelKind::Unorm, |c| c.kind)
    }

    /// True if alpha is stored (also as part of intensity).
    pub fn has_alpha(&self) -> bool {
        self.channels()
            .iter()
            .any(|c| matches!(c.component, Component::Alpha | Component::Intensity))
    }

    /// True if depth is stored.
    pub fn is_depth(&self) -> bool {
        self.channel(Component::Depth).is_some()
    }

    /// True if stencil is stored.
    pub fn is_stencil(&self) -> bool {
        self.channel(Component::Stencil).is_some()
    }

    /// True if depth or stencil is stored: the format attaches as such.
    pub fn is_depth_stencil(&self) -> bool {
        self.is_depth() || self.is_stencil()
    }

    /// True for block compression.
    pub const fn is_compressed(&self) -> bool {
        matches!(self.packing, Packing::Compressed)
    }

    /// True if colours are stored with the sRGB transfer function.
    pub fn is_srgb(&self) -> bool {
        self.channels().iter().any(|c| c.kind == ChannelKind::Srgb)
    }

    /// True for colour formats that shaders read as integers.
    pub fn is_integer(&self) -> bool {
        self.kind().is_integer() && !self.is_depth_stencil()
    }

    /// True for colour formats that shaders read as signed integers.
    pub fn is_signed_integer(&self) -> bool {
        self.kind() == ChannelKind::Sint && !self.is_depth_stencil()
    }

    /// How a vertex shader's input is fetched in this format; `None` where OpenGL ES 3
    /// has no way.
    pub fn vertex_format(&self) -> Option<VertexFormat> {
        VertexFormat::of(self)
    }
}

/// Type of a vertex attribute's components in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VertexType {
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Signed 16.16 fixed point.
    Fixed,
    /// 16-bit float.
    F16,
    /// 32-bit float.
    F32,
    /// Unsigned 10, 10, 10 and 2 bits, the first component lowest.
    U2_10_10_10,
    /// Signed 10, 10, 10 and 2 bits, the first component lowest.
    I2_10_10_10,
}

/// How an attribute is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VertexFormat {
    /// Components in memory, 1 to 4.
    pub components: u8,
    /// Their type.
    pub ty: VertexType,
    /// Integers become 0..=1 or -1..=1.
    pub normalized: bool,
    /// The shader reads integers.
    pub integer: bool,
    /// The first and third component change places: BGRA in memory.
    pub swap_red_blue: bool,
    /// Bytes of the attribute.
    pub bytes: u8,
}

impl VertexFormat {
    fn of(info: &FormatInfo) -> Option<Self> {
        let channels = info.channels();
        let first = *channels.first()?;
        if info.packing != Packing::Plain || channels.iter().any(|c| c.kind != first.kind) {
            return None;
        }
        let sizes = |wanted: &[u8]| channels.iter().map(|c| c.bits).eq(wanted.iter().copied());
        let uniform = channels.iter().all(|c| c.bits == first.bits);
        let signed = matches!(
            first.kind,
            ChannelKind::Snorm | ChannelKind::Sint | ChannelKind::Sscaled
        );
        let integer = first.kind.is_integer();
        let ty = match (first.kind, first.bits) {
            (ChannelKind::Srgb, _) => return None,
            (ChannelKind::Float, 32) if uniform => VertexType::F32,
            (ChannelKind::Float, 16) if uniform => VertexType::F16,
            (ChannelKind::Float, _) => return None,
            (ChannelKind::Fixed, 32) if uniform => VertexType::Fixed,
            (_, 8) if uniform && signed => VertexType::I8,
            (_, 8) if uniform => VertexType::U8,
            (_, 16) if uniform && signed => VertexType::I16,
            (_, 16) if uniform => VertexType::U16,
            (_, 32) if uniform && signed => VertexType::I32,
            (_, 32) if uniform => VertexType::U32,
            (_, 10) if sizes(&[10, 10, 10, 2]) && !integer && signed => VertexType::I2_10_10_10,
            (_, 10) if sizes(&[10, 10, 10, 2]) && !integer => VertexType::U2_10_10_10,
            _ => return None,
        };
        let order = [
            Component::Red,
            Component::Green,
            Component::Blue,
            Component::Alpha,
        ];
        let in_order = |at: usize, c: &Channel| order.get(at) == Some(&c.component);
        let mut named = channels.iter().enumerate();
        let swap_red_blue = channels.len() >= 3 && first.component == Component::Blue;
        let matches = if swap_red_blue {
            named.all(|(at, c)| in_order([2, 1, 0, 3][at.min(3)], c))
        } else {
            named.all(|(at, c)| in_order(at, c))
        };
        matches.then_some(Self {
            components: info.channel_count,
            ty,
            normalized: matches!(first.kind, ChannelKind::Unorm | ChannelKind::Snorm),
            integer,
            swap_red_blue,
            bytes: info.block.bytes,
        })
    }
}

/// Makes the constants of [`FormatId`] and the table from rows of number, name and
/// layout.
macro_rules! format_table {
    ($($number:literal $name:ident = $layout:expr;)+) => {
        /// Indexed by number; numbers not in use have blocks of 0 bytes.
        pub(super) static TABLE: [super::formats::FormatInfo; super::formats::COUNT] = {
            let mut table = [NOTHING; super::formats::COUNT];
            $(table[$number] = $layout.named(stringify!($name));)+
            table
        };

        impl super::formats::FormatId {
            $(
                #[doc = concat!("Format ", stringify!($number), ".")]
                pub const $name: Self = Self($number);
            )+
        }
    };
}
pub(super) use format_table;

use super::format_table::TABLE;

/// What the rows of the table are written in; evaluated by the compiler.
pub(super) mod build {
    use super::{Block, Channel, ChannelKind, Component, FormatInfo, Packing};

    const VOID: Channel = Channel {
        component: Component::Void,
        kind: ChannelKind::Unorm,
        bits: 0,
    };

    /// A number that is not in use.
    pub const NOTHING: FormatInfo = FormatInfo {
        name: "",
        block: Block {
            width: 1,
            height: 1,
            depth: 1,
            bytes: 0,
        },
        packing: Packing::Plain,
        channels: [VOID; 4],
        channel_count: 0,
    };

    impl FormatInfo {
        /// The description with its name.
        pub const fn named(mut self, name: &'static str) -> Self {
            self.name = name;
            self
        }

        /// The channels in `text`, such as `"R5 G6 B5"`, and the block that they fill.
        const fn parse(mut self, text: &str, kind: ChannelKind) -> Self {
            let text = text.as_bytes();
            let (mut at, mut bits) = (0, 0);
            while at < text.len() {
                let component = component(text[at]);
                at += 1;
                let mut size = 0;
                while at < text.len() && text[at].is_ascii_digit() {
                    size = size * 10 + (text[at] - b'0') as u32;
                    at += 1;
                }
                if at < text.len() && text[at] == b' ' {
                    at += 1;
                }
                self.channels[self.channel_count as usize] = Channel {
                    component,
                    kind: kind_of(component, kind),
                    bits: size as u8,
                };
                self.channel_count += 1;
                bits += size;
            }
            assert!(bits % 8 == 0, "a texel fills whole bytes");
            self.block.bytes = (bits / 8) as u8;
            self
        }

        const fn block(mut self, extent: [u8; 3], bytes: u8, packing: Packing) -> Self {
            let [width, height, depth] = extent;
            self.block = Block {
                width,
                height,
                depth,
                bytes,
            };
            self.packing = packing;
            self
        }
    }

    const fn component(letter: u8) -> Component {
        match letter {
            b'R' => Component::Red,
            b'G' => Component::Green,
            b'B' => Component::Blue,
            b'A' => Component::Alpha,
            b'L' => Component::Luminance,
            b'I' => Component::Intensity,
            b'Z' => Component::Depth,
            b'S' => Component::Stencil,
            b'X' => Component::Void,
            _ => panic!("no such component"),
        }
    }

    /// Stencil is an integer beside any depth, alpha linear beside sRGB.
    const fn kind_of(component: Component, kind: ChannelKind) -> ChannelKind {
        match (component, kind) {
            (Component::Stencil, _) => ChannelKind::Uint,
            (Component::Alpha, ChannelKind::Srgb) => ChannelKind::Unorm,
            _ => kind,
        }
    }

    macro_rules! plain {
        ($($name:ident: $kind:ident,)+) => {
            $(pub const fn $name(channels: &str) -> FormatInfo {
                NOTHING.parse(channels, ChannelKind::$kind)
            })+
        };
    }

    plain! {
        unorm: Unorm,
        snorm: Snorm,
        uint: Uint,
        sint: Sint,
        uscaled: Uscaled,
        sscaled: Sscaled,
        float: Float,
        fixed: Fixed,
        srgb: Srgb,
    }

    pub const fn depth_stencil(channels: &str, depth: ChannelKind) -> FormatInfo {
        NOTHING.parse(channels, depth)
    }

    /// The first `signed` channels are signed, the others not.
    pub const fn mixed(channels: &str, signed: usize) -> FormatInfo {
        let mut info = NOTHING.parse(channels, ChannelKind::Unorm);
        let mut i = 0;
        while i < signed {
            info.channels[i].kind = ChannelKind::Snorm;
            i += 1;
        }
        info
    }

    /// Three 9-bit mantissas and one 5-bit exponent.
    pub const fn shared_exponent() -> FormatInfo {
        NOTHING.parse("R9 G9 B9 X5", ChannelKind::Float)
    }

    /// Eight texels of one bit.
    pub const fn bitmap() -> FormatInfo {
        NOTHING
            .parse("R8", ChannelKind::Unorm)
            .block([8, 1, 1], 1, Packing::Plain)
    }

    pub const fn compressed(
        extent: [u8; 3],
        bytes: u8,
        channels: &str,
        kind: ChannelKind,
    ) -> FormatInfo {
        NOTHING
            .parse(channels, kind)
            .block(extent, bytes, Packing::Compressed)
    }

    pub const fn subsampled(bytes: u8) -> FormatInfo {
        NOTHING.block([2, 1, 1], bytes, Packing::Subsampled)
    }

    pub const fn packed_yuv(bytes: u8) -> FormatInfo {
        NOTHING.block([1, 1, 1], bytes, Packing::PackedYuv)
    }

    pub const fn planar(bytes: u8) -> FormatInfo {
        NOTHING.block([1, 1, 1], bytes, Packing::Planar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: FormatId) -> &'static FormatInfo {
        id.info().expect("a defined format")
    }

    #[test]
    fn table_has_every_number_of_the_protocol() {
        // Numbers that virgl_hw.h leaves out.
        let gaps = [0, 73, 78, 79, 80, 81, 86, 307, 309, 310];
        for number in 0..COUNT as u32 {
            assert_eq!(
                FormatId(number).info().is_none(),
                gaps.contains(&number),
                "{number}"
            );
        }
        assert!(FormatId(443).info().is_none());
        assert!(FormatId(u32::MAX).info().is_none());
        assert_eq!(FormatId::all().count(), 433);
        assert_eq!(FormatId(77_777).check().unwrap_err().value, 77_777);
    }

    #[test]
    fn names_agree_with_channels_and_sizes() {
        for (id, info) in FormatId::all().filter(|(_, i)| i.packing == Packing::Plain) {
            let mut rest = info.name;
            for channel in info.channels().iter().filter(|_| info.channel_count > 1) {
                let size = channel.bits.to_string();
                let Some(at) = rest.find(&size) else {
                    // The exponent and derived channels are not spelled out.
                    assert!(matches!(
                        id,
                        FormatId::R9G9B9E5_FLOAT | FormatId::Z16_UNORM_S8_UINT
                    ));
                    continue;
                };
                rest = &rest[at + size.len()..];
            }
            let bits: u32 = info.channels().iter().map(|c| u32::from(c.bits)).sum();
            assert_eq!(bits, u32::from(info.block.bytes) * 8, "{id}");
        }
    }

    #[test]
    fn block_sizes_are_those_of_the_formats() {
        for (id, extent, bytes) in [
            (FormatId::B8G8R8A8_UNORM, [1, 1, 1], 4),
            (FormatId::B5G6R5_UNORM, [1, 1, 1], 2),
            (FormatId::Z32_FLOAT_S8X24_UINT, [1, 1, 1], 8),
            (FormatId::R32G32B32A32_FLOAT, [1, 1, 1], 16),
            (FormatId::R64G64B64A64_FLOAT, [1, 1, 1], 32),
            (FormatId::DXT1_RGBA, [4, 4, 1], 8),
            (FormatId::DXT5_SRGBA, [4, 4, 1], 16),
            (FormatId::RGTC2_SNORM, [4, 4, 1], 16),
            (FormatId::ETC2_RGB8A1, [4, 4, 1], 8),
            (FormatId::ETC2_SRGBA8, [4, 4, 1], 16),
            (FormatId::ASTC_12X10, [12, 10, 1], 16),
            (FormatId::ASTC_6X6X5_SRGB, [6, 6, 5], 16),
            (FormatId::YUYV, [2, 1, 1], 4),
        ] {
            let block = info(id).block;
            assert_eq!([block.width, block.height, block.depth], extent, "{id}");
            assert_eq!(block.bytes, bytes, "{id}");
        }
    }

    #[test]
    fn predicates_follow_the_channels() {
        assert!(info(FormatId::B8G8R8A8_SRGB).has_alpha());
        assert!(info(FormatId::B8G8R8A8_SRGB).is_srgb());
        assert!(!info(FormatId::B8G8R8X8_UNORM).has_alpha());
        assert!(info(FormatId::I8_UNORM).has_alpha());
        assert!(info(FormatId::S8_UINT_Z24_UNORM).is_depth());
        assert!(info(FormatId::S8_UINT_Z24_UNORM).is_stencil());
        assert!(!info(FormatId::S8_UINT).is_depth());
        assert!(!info(FormatId::S8_UINT).is_integer());
        assert!(info(FormatId::R8G8B8A8_SINT).is_signed_integer());
        assert!(info(FormatId::DXT1_SRGB).is_compressed());
        assert!(!info(FormatId::DXT1_SRGB).has_alpha());
        assert_eq!(info(FormatId::X24S8_UINT).kind(), ChannelKind::Uint);
        let alpha = info(FormatId::B8G8R8A8_SRGB).channel(Component::Alpha);
        assert_eq!(alpha.map(|c| c.kind), Some(ChannelKind::Unorm));
    }

    #[test]
    fn vertex_format_maps_what_gles_fetches() {
        let vertex = |components, ty, normalized, integer, swap_red_blue, bytes| {
            Some(VertexFormat {
                components,
                ty,
                normalized,
                integer,
                swap_red_blue,
                bytes,
            })
        };
        for (id, expected) in [
            (
                FormatId::R32G32_FLOAT,
                vertex(2, VertexType::F32, false, false, false, 8),
            ),
            (
                FormatId::R16G16B16_FLOAT,
                vertex(3, VertexType::F16, false, false, false, 6),
            ),
            (
                FormatId::R8G8B8A8_UNORM,
                vertex(4, VertexType::U8, true, false, false, 4),
            ),
            (
                FormatId::B8G8R8A8_UNORM,
                vertex(4, VertexType::U8, true, false, true, 4),
            ),
            (
                FormatId::R16G16_SSCALED,
                vertex(2, VertexType::I16, false, false, false, 4),
            ),
            (
                FormatId::R32_UINT,
                vertex(1, VertexType::U32, false, true, false, 4),
            ),
            (
                FormatId::R32G32B32_SNORM,
                vertex(3, VertexType::I32, true, false, false, 12),
            ),
            (
                FormatId::R10G10B10A2_SNORM,
                vertex(4, VertexType::I2_10_10_10, true, false, false, 4),
            ),
            (
                FormatId::B10G10R10A2_UNORM,
                vertex(4, VertexType::U2_10_10_10, true, false, true, 4),
            ),
            (FormatId::R10G10B10X2_USCALED, None),
            (
                FormatId::R32_FIXED,
                vertex(1, VertexType::Fixed, false, false, false, 4),
            ),
            (FormatId::R64_FLOAT, None),
            (FormatId::R11G11B10_FLOAT, None),
            (FormatId::R9G9B9E5_FLOAT, None),
            (FormatId::R10G10B10A2_UINT, None),
            (FormatId::A8B8G8R8_UNORM, None),
            (FormatId::DXT1_RGB, None),
            (FormatId::Z16_UNORM, None),
            (FormatId::R8G8B8_SRGB, None),
        ] {
            assert_eq!(info(id).vertex_format(), expected, "{id}");
        }
    }
}
