//! Where a scanout's picture lies in a window: pure arithmetic on sizes in physical
//! pixels, with the origin in the upper left corner.

use maro_gpu::renderer::Rect;

/// Largest value of the absolute pointer's axes.
pub const AXIS_MAX: u32 = 32767;

/// How a picture is fitted into a window of another size. Its shape is always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// As large as the window allows, smoothly interpolated.
    #[default]
    Smooth,
    /// The largest whole multiple that fits, pixels staying sharp; a picture larger than
    /// the window is shrunk smoothly.
    Integer,
}

/// The rectangle of a window that shows a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The rectangle, in the window's pixels.
    pub area: Rect,
    /// Size of the picture in its own pixels.
    pub picture: (u32, u32),
}

impl Placement {
    /// Fits a picture into the middle of a window. `None` if either is empty.
    pub fn fit(picture: (u32, u32), window: (u32, u32), scaling: Scaling) -> Option<Self> {
        if picture.0 == 0 || picture.1 == 0 || window.0 == 0 || window.1 == 0 {
            return None;
        }
        let factor = (window.0 / picture.0).min(window.1 / picture.1);
        let (width, height) = match scaling {
            Scaling::Integer if factor > 0 => (picture.0 * factor, picture.1 * factor),
            _ => fill(picture, window),
        };
        let area = Rect {
            x: (window.0 - width) / 2,
            y: (window.1 - height) / 2,
            width,
            height,
        };
        Some(Self { area, picture })
    }

    /// True if each pixel of the picture covers a whole number of the window's.
    pub fn is_whole_multiple(&self) -> bool {
        self.area.width.is_multiple_of(self.picture.0)
            && self.area.height.is_multiple_of(self.picture.1)
    }

    /// Is a place of the window within the picture?
    pub fn contains(&self, x: f64, y: f64) -> bool {
        let Rect {
            x: left,
            y: top,
            width,
            height,
        } = self.area;
        (f64::from(left)..f64::from(left) + f64::from(width)).contains(&x)
            && (f64::from(top)..f64::from(top) + f64::from(height)).contains(&y)
    }

    /// The value of the absolute pointer's axes for a place of the window; places
    /// outside of the picture count as its nearest edge.
    pub fn to_axes(&self, x: f64, y: f64) -> (u32, u32) {
        (
            axis(x, self.area.x, self.area.width),
            axis(y, self.area.y, self.area.height),
        )
    }

    /// The place in the window of a point of the picture, which may lie outside.
    pub fn to_window(&self, x: f64, y: f64) -> (f64, f64) {
        (
            f64::from(self.area.x) + x * self.scale_x(),
            f64::from(self.area.y) + y * self.scale_y(),
        )
    }

    /// Window pixels a pixel of the picture, across.
    pub fn scale_x(&self) -> f64 {
        f64::from(self.area.width) / f64::from(self.picture.0)
    }

    /// Window pixels a pixel of the picture, down.
    pub fn scale_y(&self) -> f64 {
        f64::from(self.area.height) / f64::from(self.picture.1)
    }

    /// The part of the window that changes when `part` of the picture does, with a pixel
    /// around it for the interpolation; never larger than the picture's area.
    pub fn damage(&self, part: Rect) -> Rect {
        let (x, width) = stretch((part.x, part.width), self.picture.0, self.area.width);
        let (y, height) = stretch((part.y, part.height), self.picture.1, self.area.height);
        Rect {
            x: self.area.x + x,
            y: self.area.y + y,
            width,
            height,
        }
    }
}

/// The largest size of the picture's shape that fits into the window.
fn fill(picture: (u32, u32), window: (u32, u32)) -> (u32, u32) {
    let [pw, ph, ww, wh] = [picture.0, picture.1, window.0, window.1].map(u64::from);
    let scaled = |edge: u64, to: u64, from: u64, limit: u32| {
        let rounded = (edge * to + from / 2) / from;
        u32::try_from(rounded).unwrap_or(limit).clamp(1, limit)
    };
    if ww * ph <= wh * pw {
        (window.0, scaled(ph, ww, pw, window.1))
    } else {
        (scaled(pw, wh, ph, window.0), window.1)
    }
}

/// The axis value of the middle of the window pixel at `place`, so that a guest which
/// scales it to its screen finds the very pixel under the pointer.
fn axis(place: f64, start: u32, length: u32) -> u32 {
    let middle = (place - f64::from(start)).floor() + 0.5;
    let value = middle * (f64::from(AXIS_MAX) + 1.0) / f64::from(length);
    // A float is cut to the integer's range, and NaN becomes 0.
    (value as u32).min(AXIS_MAX)
}

/// Scales a range of a picture's edge to the window, outwards by a pixel of the picture.
fn stretch((start, length): (u32, u32), from: u32, to: u32) -> (u32, u32) {
    let scale = |value: u64| value * u64::from(to) / u64::from(from);
    let end = (u64::from(start) + u64::from(length) + 1).min(u64::from(from));
    let start = u64::from(start.saturating_sub(1)).min(end);
    let (first, last) = (scale(start), (scale(end) + 1).min(u64::from(to)));
    // Both are at most `to`, which is 32 bits.
    (first as u32, (last - first) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(picture: (u32, u32), window: (u32, u32)) -> Placement {
        Placement::fit(picture, window, Scaling::Smooth).expect("neither is empty")
    }

    #[test]
    fn picture_of_the_windows_size_covers_it() {
        let placement = fit((640, 480), (640, 480));
        assert_eq!(
            placement.area,
            Rect {
                x: 0,
                y: 0,
                width: 640,
                height: 480
            }
        );
        assert!(placement.is_whole_multiple());
    }

    #[test]
    fn wide_window_gets_bars_at_the_sides() {
        let placement = fit((640, 480), (1000, 480));
        assert_eq!(
            placement.area,
            Rect {
                x: 180,
                y: 0,
                width: 640,
                height: 480
            }
        );
    }

    #[test]
    fn tall_window_gets_bars_above_and_below() {
        let placement = fit((640, 480), (320, 480));
        assert_eq!(
            placement.area,
            Rect {
                x: 0,
                y: 120,
                width: 320,
                height: 240
            }
        );
        assert!(!placement.is_whole_multiple());
    }

    #[test]
    fn integer_scaling_takes_the_largest_multiple_that_fits() {
        let placement =
            Placement::fit((100, 50), (350, 250), Scaling::Integer).expect("neither is empty");
        assert_eq!(
            placement.area,
            Rect {
                x: 25,
                y: 50,
                width: 300,
                height: 150
            }
        );
    }

    #[test]
    fn integer_scaling_of_a_larger_picture_shrinks_it() {
        let placement =
            Placement::fit((400, 200), (100, 100), Scaling::Integer).expect("neither is empty");
        assert_eq!(
            placement.area,
            Rect {
                x: 0,
                y: 25,
                width: 100,
                height: 50
            }
        );
    }

    #[test]
    fn empty_picture_or_window_has_no_placement() {
        assert_eq!(Placement::fit((0, 480), (10, 10), Scaling::Smooth), None);
        assert_eq!(Placement::fit((640, 480), (10, 0), Scaling::Smooth), None);
    }

    #[test]
    fn extreme_shapes_keep_at_least_a_pixel_and_stay_inside() {
        assert_eq!(fit((u32::MAX, 1), (100, 100)).area.height, 1);
        assert_eq!(fit((1, u32::MAX), (100, 100)).area.width, 1);
        let largest = fit((1, 1), (u32::MAX, u32::MAX));
        assert_eq!(
            (largest.area.width, largest.area.height),
            (u32::MAX, u32::MAX)
        );
    }

    #[test]
    fn pointer_hits_the_same_pixel_after_the_guest_scales_it_back() {
        let placement = fit((1366, 768), (1366, 768));
        for pixel in 0..1366 {
            let (x, _) = placement.to_axes(f64::from(pixel), 0.0);
            assert_eq!(
                u64::from(x) * 1366 / u64::from(AXIS_MAX + 1),
                u64::from(pixel as u32)
            );
        }
    }

    #[test]
    fn pointer_outside_of_the_picture_counts_as_its_edge() {
        let placement = fit((640, 480), (1000, 480));
        assert_eq!(placement.to_axes(0.0, 479.0).0, 0);
        assert_eq!(placement.to_axes(999.0, -5.0), (AXIS_MAX, 0));
        assert_eq!(placement.to_axes(f64::NAN, f64::INFINITY), (0, AXIS_MAX));
        assert!(!placement.contains(100.0, 100.0));
        assert!(placement.contains(180.0, 0.0));
        assert!(!placement.contains(820.0, 0.0));
    }

    #[test]
    fn damage_grows_by_a_pixel_and_stays_in_the_area() {
        let placement = fit((100, 100), (300, 200));
        let part = placement.damage(Rect {
            x: 10,
            y: 10,
            width: 5,
            height: 5,
        });
        assert_eq!(
            part,
            Rect {
                x: 50 + 18,
                y: 18,
                width: 15,
                height: 15
            }
        );
        let all = placement.damage(Rect {
            x: 0,
            y: 0,
            width: u32::MAX,
            height: 100,
        });
        assert_eq!(all, placement.area);
        let outside = placement.damage(Rect {
            x: u32::MAX,
            y: 200,
            width: 5,
            height: 5,
        });
        assert!(outside.x + outside.width <= 250 && outside.y + outside.height <= 200);
    }
}
