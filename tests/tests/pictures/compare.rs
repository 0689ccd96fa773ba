//! Two pictures, pixel by pixel.

use std::path::Path;

use maro_gpu::renderer::Image;
use maro_renderer::present::png;

use crate::Result;

/// Steps of 255 by which a channel may differ: shaders that were translated may round
/// otherwise.
const TOLERANCE: u8 = 2;
/// Of so many pixels one may differ by more: an edge that falls to the neighbour.
const PIXELS_PER_OUTLIER: usize = 5000;

/// How far two pictures are from each other.
#[derive(Debug, Default)]
pub struct Difference {
    /// Pixels beyond the tolerance.
    outliers: usize,
    /// Largest difference of a channel.
    largest: u8,
    pixels: usize,
}

impl Difference {
    /// Compares two pictures of one size.
    pub fn new(left: &Image, right: &Image) -> Result<Self> {
        let size = |image: &Image| (image.width, image.height);
        if size(left) != size(right) {
            return Err(format!("sizes {:?} and {:?}", size(left), size(right)).into());
        }
        let mut difference = Self::default();
        for (a, b) in left.rgba.chunks(4).zip(right.rgba.chunks(4)) {
            let color = a.iter().zip(b).take(3);
            let largest = color.map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
            difference.pixels += 1;
            difference.outliers += usize::from(largest > TOLERANCE);
            difference.largest = difference.largest.max(largest);
        }
        Ok(difference)
    }

    /// Whether they are the same to an eye.
    pub const fn is_small(&self) -> bool {
        self.outliers <= self.pixels / PIXELS_PER_OUTLIER
    }

    /// Whether they are the same to the bit.
    pub const fn is_none(&self) -> bool {
        self.largest == 0
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} of {} pixels beyond {TOLERANCE}/255, largest {}",
            self.outliers, self.pixels, self.largest
        )
    }
}

/// Whether a picture is of one colour, and so says nothing.
pub fn is_plain(image: &Image) -> bool {
    let mut pixels = image.rgba.chunks(4).map(|pixel| pixel.get(..3));
    let first = pixels.next();
    pixels.all(|pixel| Some(pixel) == first)
}

/// Keeps both pictures of a failure.
pub fn keep(out: &Path, name: &str, direct: &Image, maro: &Image) -> Result {
    png::write_file(&out.join(format!("{name}-direct.png")), direct)?;
    png::write_file(&out.join(format!("{name}-maro.png")), maro)?;
    Ok(())
}
