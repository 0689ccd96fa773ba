//! Pixel formats of 2D resources (5.7.6.8, `enum virtio_gpu_formats`).
//!
//! The numbers are those of virgl, and the names give the order of the bytes in memory.

/// A format of four bytes a pixel: which byte holds which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Number on the wire.
    pub number: u32,
    /// Name, without the specification's prefix and suffix.
    pub name: &'static str,
    /// The bytes of red, green and blue within a pixel.
    pub rgb: [usize; 3],
    /// The byte of alpha; `None` if the pixel is opaque and the fourth byte unused.
    pub alpha: Option<usize>,
}

/// Bytes of a pixel in every 2D format.
pub const PIXEL_SIZE: u32 = 4;

impl Format {
    /// Every format of the protocol.
    pub const ALL: [Self; 8] = [
        Self::new(1, "B8G8R8A8", [2, 1, 0], Some(3)),
        Self::new(2, "B8G8R8X8", [2, 1, 0], None),
        Self::new(3, "A8R8G8B8", [1, 2, 3], Some(0)),
        Self::new(4, "X8R8G8B8", [1, 2, 3], None),
        Self::new(67, "R8G8B8A8", [0, 1, 2], Some(3)),
        Self::new(68, "X8B8G8R8", [3, 2, 1], None),
        Self::new(121, "A8B8G8R8", [3, 2, 1], Some(0)),
        Self::new(134, "R8G8B8X8", [0, 1, 2], None),
    ];

    const fn new(number: u32, name: &'static str, rgb: [usize; 3], alpha: Option<usize>) -> Self {
        Self {
            number,
            name,
            rgb,
            alpha,
        }
    }

    /// The format of a number on the wire.
    pub fn from_number(number: u32) -> Option<&'static Self> {
        const ALL: &[Format] = &Format::ALL;
        ALL.iter().find(|format| format.number == number)
    }

    /// Red, green, blue and alpha of a pixel; an opaque format has an alpha of 255.
    pub fn rgba(&self, pixel: [u8; PIXEL_SIZE as usize]) -> [u8; 4] {
        let [r, g, b] = self.rgb;
        let alpha = self.alpha.map_or(u8::MAX, |a| pixel[a]);
        [pixel[r], pixel[g], pixel[b], alpha]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgba_of_every_format_follows_its_name() {
        for format in &Format::ALL {
            let channels: Vec<u8> = format
                .name
                .bytes()
                .filter(u8::is_ascii_alphabetic)
                .collect();
            let pixel: [u8; 4] = channels.try_into().expect("four channels");
            let alpha = if pixel.contains(&b'A') { b'A' } else { 255 };
            assert_eq!(
                format.rgba(pixel),
                [b'R', b'G', b'B', alpha],
                "{}",
                format.name
            );
            assert_eq!(Format::from_number(format.number), Some(format));
        }
    }

    #[test]
    fn from_number_of_no_format_is_none() {
        for number in [0, 5, 66, 69, u32::MAX] {
            assert_eq!(Format::from_number(number), None);
        }
    }
}
