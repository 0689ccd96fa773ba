//! How much two pictures differ. Alpha is left out: a screen shows none.

use maro_gpu::renderer::Image;

/// How far a picture may be from the one that is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// A pixel counts as equal if none of its channels differs by more.
    pub channel: u8,
    /// Share of the pixels, from 0 to 1, that may differ by more than that.
    pub pixels: f64,
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The largest difference of any channel of any pixel.
    pub max_difference: u8,
    /// Number of pixels that differ by more than the tolerance of a channel.
    pub differing: u64,
    /// Number of pixels that were compared.
    pub pixels: u64,
    /// Is it within the tolerance?
    pub matches: bool,
    /// The expected picture in dark grey, with red where pixels differ: the brighter the
    /// more.
    pub diff: Image,
}

impl Comparison {
    /// Share of the pixels that differ, from 0 to 1.
    pub fn share(&self) -> f64 {
        if self.pixels == 0 {
            0.0
        } else {
            self.differing as f64 / self.pixels as f64
        }
    }
}

/// Why two pictures cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// They have different sizes.
    #[error(
        "The picture has {} by {} pixels, {} by {} are expected",
        actual.0, actual.1, expected.0, expected.1
    )]
    Size {
        /// Size of the picture at hand.
        actual: (u32, u32),
        /// Size of the picture that is expected.
        expected: (u32, u32),
    },
    /// One has fewer bytes than its size needs.
    #[error("A picture has not as many bytes as its size needs")]
    Truncated,
}

/// Compares a picture with the one that is expected.
///
/// # Errors
/// If their sizes differ.
pub fn compare(
    actual: &Image,
    expected: &Image,
    tolerance: Tolerance,
) -> Result<Comparison, CompareError> {
    let size = |image: &Image| (image.width, image.height);
    if size(actual) != size(expected) {
        return Err(CompareError::Size {
            actual: size(actual),
            expected: size(expected),
        });
    }
    let pixels = u64::from(actual.width) * u64::from(actual.height);
    if [actual, expected]
        .iter()
        .any(|image| image.rgba.len() as u64 != pixels * 4)
    {
        return Err(CompareError::Truncated);
    }
    let mut result = Comparison {
        max_difference: 0,
        differing: 0,
        pixels,
        matches: false,
        diff: Image {
            rgba: Vec::with_capacity(expected.rgba.len()),
            ..*expected
        },
    };
    for (a, e) in actual
        .rgba
        .chunks_exact(4)
        .zip(expected.rgba.chunks_exact(4))
    {
        let difference = (0..3).map(|c| a[c].abs_diff(e[c])).max().unwrap_or(0);
        result.max_difference = result.max_difference.max(difference);
        if difference > tolerance.channel {
            result.differing += 1;
            result.diff.rgba.extend([difference.max(96), 0, 0, 255]);
        } else {
            let sum = u16::from(e[0]) + u16::from(e[1]) + u16::from(e[2]);
            let grey = (sum / 9) as u8;
            result.diff.rgba.extend([grey, grey, grey, 255]);
        }
    }
    result.matches = result.share() <= tolerance.pixels;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(pixels: &[[u8; 4]]) -> Image {
        Image {
            width: pixels.len() as u32,
            height: 1,
            rgba: pixels.concat(),
        }
    }

    #[test]
    fn equal_pictures_match_whatever_their_alpha() {
        let found = compare(
            &image(&[[1, 2, 3, 0]]),
            &image(&[[1, 2, 3, 255]]),
            Tolerance::default(),
        )
        .expect("the sizes are equal");
        assert!(found.matches);
        assert_eq!(
            (found.max_difference, found.differing, found.pixels),
            (0, 0, 1)
        );
        assert_eq!(found.diff.rgba, [0, 0, 0, 255]);
    }

    #[test]
    fn difference_within_a_channels_tolerance_matches() {
        let (a, b) = (image(&[[10, 0, 0, 255]]), image(&[[12, 0, 0, 255]]));
        let found = |channel| {
            compare(
                &a,
                &b,
                Tolerance {
                    channel,
                    pixels: 0.0,
                },
            )
        };
        assert!(found(2).is_ok_and(|c| c.matches && c.max_difference == 2));
        assert!(found(1).is_ok_and(|c| !c.matches && c.differing == 1));
    }

    #[test]
    fn share_of_differing_pixels_decides() {
        let a = image(&[[0; 4], [0; 4], [0; 4], [255; 4]]);
        let b = image(&[[0; 4]; 4]);
        let found = |pixels| compare(&a, &b, Tolerance { channel: 0, pixels });
        assert!(found(0.25).is_ok_and(|c| c.matches && c.share() == 0.25));
        assert!(found(0.2).is_ok_and(|c| !c.matches));
    }

    #[test]
    fn diff_shows_differences_in_red_over_grey() {
        let a = image(&[[90, 90, 90, 255], [200, 0, 0, 255]]);
        let b = image(&[[90, 90, 90, 255], [0, 0, 0, 255]]);
        let found = compare(&a, &b, Tolerance::default()).expect("the sizes are equal");
        assert_eq!(found.diff.rgba, [30, 30, 30, 255, 200, 0, 0, 255]);
    }

    #[test]
    fn pictures_of_different_sizes_are_not_compared() {
        let error = compare(
            &image(&[[0; 4]]),
            &image(&[[0; 4]; 2]),
            Tolerance::default(),
        );
        assert_eq!(
            error.err(),
            Some(CompareError::Size {
                actual: (1, 1),
                expected: (2, 1)
            })
        );
        let broken = Image {
            width: 1,
            height: 1,
            rgba: vec![0; 3],
        };
        let error = compare(&broken, &broken, Tolerance::default());
        assert_eq!(error.err(), Some(CompareError::Truncated));
    }
}
