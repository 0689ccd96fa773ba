//! Bytes of texels between guest memory and what OpenGL ES can take.

/// How texels in guest memory differ from those of the GL format that stores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// Not at all.
    None,
    /// Bytes 0 and 2 of four change places: BGRA.
    SwapBytes,
    /// The first and third 10-bit field of a word change places.
    SwapTens,
    /// Four bytes in reverse: ABGR.
    ReverseBytes,
    /// The last of four bytes comes first: ARGB.
    AlphaFirst,
    /// Depth in the low 24 bits, stencil above; GL has stencil lowest.
    StencilHigh,
    /// Depth in the low 24 bits, nothing above; GL has 32-bit depth.
    DepthLow24,
    /// 16-bit texels whose 1-bit alpha is on top; GL has it lowest.
    AlphaTop1,
    /// 16-bit texels whose 4-bit alpha is on top; GL has it lowest.
    AlphaTop4,
}

impl Conversion {
    /// Converts whole texels from the guest's form to GL's, in place.
    pub fn to_gl(self, texels: &mut [u8]) {
        match self {
            Self::None => {}
            Self::SwapBytes => swap_bytes(texels),
            Self::SwapTens => words(texels, swap_tens),
            Self::ReverseBytes => words(texels, u32::swap_bytes),
            Self::AlphaFirst => words(texels, |word| word.rotate_right(8)),
            Self::StencilHigh => words(texels, |word| word.rotate_left(8)),
            Self::DepthLow24 => words(texels, |word| word << 8 | word >> 16 & 0xff),
            Self::AlphaTop1 => halves(texels, |half| half.rotate_left(1)),
            Self::AlphaTop4 => halves(texels, |half| half.rotate_left(4)),
        }
    }

    /// Converts whole texels from GL's form to the guest's, in place.
    pub fn from_gl(self, texels: &mut [u8]) {
        match self {
            Self::None => {}
            Self::SwapBytes => swap_bytes(texels),
            Self::SwapTens => words(texels, swap_tens),
            Self::ReverseBytes => words(texels, u32::swap_bytes),
            Self::AlphaFirst => words(texels, |word| word.rotate_left(8)),
            Self::StencilHigh => words(texels, |word| word.rotate_right(8)),
            Self::DepthLow24 => words(texels, |word| word >> 8),
            Self::AlphaTop1 => halves(texels, |half| half.rotate_right(1)),
            Self::AlphaTop4 => halves(texels, |half| half.rotate_right(4)),
        }
    }
}

fn swap_bytes(texels: &mut [u8]) {
    for texel in texels.as_chunks_mut::<4>().0 {
        texel.swap(0, 2);
    }
}

fn words(texels: &mut [u8], convert: impl Fn(u32) -> u32) {
    for texel in texels.as_chunks_mut::<4>().0 {
        *texel = convert(u32::from_le_bytes(*texel)).to_le_bytes();
    }
}

fn halves(texels: &mut [u8], convert: impl Fn(u16) -> u16) {
    for texel in texels.as_chunks_mut::<2>().0 {
        *texel = convert(u16::from_le_bytes(*texel)).to_le_bytes();
    }
}

const fn swap_tens(word: u32) -> u32 {
    const TEN: u32 = 0x3ff;
    word & !(TEN | TEN << 20) | (word & TEN) << 20 | word >> 20 & TEN
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Conversion; 9] = [
        Conversion::None,
        Conversion::SwapBytes,
        Conversion::SwapTens,
        Conversion::ReverseBytes,
        Conversion::AlphaFirst,
        Conversion::StencilHigh,
        Conversion::DepthLow24,
        Conversion::AlphaTop1,
        Conversion::AlphaTop4,
    ];

    fn converted(conversion: Conversion, mut texel: [u8; 4]) -> [u8; 4] {
        conversion.to_gl(&mut texel);
        texel
    }

    #[test]
    fn to_gl_moves_channels_to_rgba() {
        let rgba = *b"RGBA";
        assert_eq!(converted(Conversion::SwapBytes, *b"BGRA"), rgba);
        assert_eq!(converted(Conversion::ReverseBytes, *b"ABGR"), rgba);
        assert_eq!(converted(Conversion::AlphaFirst, *b"ARGB"), rgba);
    }

    #[test]
    fn to_gl_moves_fields_of_packed_texels() {
        let bgr10 = 3u32 | 2 << 10 | 1 << 20 | 3 << 30;
        let rgb10 = 1u32 | 2 << 10 | 3 << 20 | 3 << 30;
        assert_eq!(
            converted(Conversion::SwapTens, bgr10.to_le_bytes()),
            rgb10.to_le_bytes()
        );
        let z24s8 = 0x00ab_cdef_u32 | 0x12 << 24;
        assert_eq!(
            converted(Conversion::StencilHigh, z24s8.to_le_bytes()),
            0xabcd_ef12_u32.to_le_bytes()
        );
        // B5G5R5A1 has blue lowest; GL's 5_5_5_1 has red on top.
        let mut texel = (1u16 << 15 | 2 << 10 | 3 << 5 | 4).to_le_bytes();
        Conversion::AlphaTop1.to_gl(&mut texel);
        assert_eq!(u16::from_le_bytes(texel), 2 << 11 | 3 << 6 | 4 << 1 | 1);
        let mut texel = argb().to_le_bytes();
        Conversion::AlphaTop4.to_gl(&mut texel);
        assert_eq!(u16::from_le_bytes(texel), 0x123a);
    }

    /// Alpha 10, red 1, green 2, blue 3.
    fn argb() -> u16 {
        0xa123
    }

    #[test]
    fn depth_of_24_bits_fills_the_range_and_comes_back() {
        let to_gl =
            |depth: u32| u32::from_le_bytes(converted(Conversion::DepthLow24, depth.to_le_bytes()));
        assert_eq!(to_gl(0), 0);
        assert_eq!(to_gl(0x00ff_ffff), u32::MAX);
        for depth in [0u32, 1, 0x80_0000, 0xff_fffe, 0xff_ffff] {
            let mut texel = to_gl(depth).to_le_bytes();
            Conversion::DepthLow24.from_gl(&mut texel);
            assert_eq!(u32::from_le_bytes(texel), depth);
        }
    }

    #[test]
    fn from_gl_undoes_to_gl() {
        for conversion in ALL {
            // The byte above 24-bit depth means nothing and is not kept.
            let top = if conversion == Conversion::DepthLow24 {
                0
            } else {
                0x99
            };
            let texels = [1, 0xfe, 3, top, 0x55, 6, 0xaa, top];
            let mut bytes = texels;
            conversion.to_gl(&mut bytes);
            conversion.from_gl(&mut bytes);
            assert_eq!(bytes, texels, "{conversion:?}");
        }
    }

    #[test]
    fn ragged_bytes_are_left_alone() {
        for conversion in ALL {
            let mut bytes = [7];
            conversion.to_gl(&mut bytes);
            conversion.from_gl(&mut bytes);
            assert_eq!(bytes, [7]);
        }
    }
}
