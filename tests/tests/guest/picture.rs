//! What a window's content has to be.

use maro_gpu::renderer::{Image, Rect};

/// A picture scaled smoothly into `area` of a black window, as OpenGL's linear filter
/// does it: a pixel of the window is the mean, by distance, of the four pixels around
/// its place in the picture.
pub fn in_window(picture: &Image, area: Rect, (width, height): (u32, u32)) -> Image {
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            let inside = (area.x..area.x + area.width).contains(&x)
                && (area.y..area.y + area.height).contains(&y);
            rgba.extend(if inside {
                let along = between(x - area.x, area.width, picture.width);
                let down = between(y - area.y, area.height, picture.height);
                mean(picture, along, down)
            } else {
                [0, 0, 0, 255]
            });
        }
    }
    Image {
        width,
        height,
        rgba,
    }
}

/// The two pixels of a picture's edge that the middle of a window's pixel lies between,
/// and the weight of the second.
fn between(pixel: u32, window: u32, picture: u32) -> (u32, u32, f32) {
    let place = (pixel as f32 + 0.5) * picture as f32 / window as f32 - 0.5;
    let place = place.clamp(0.0, (picture - 1) as f32);
    let first = place as u32;
    (first, (first + 1).min(picture - 1), place.fract())
}

fn mean(picture: &Image, (x0, x1, wx): (u32, u32, f32), (y0, y1, wy): (u32, u32, f32)) -> [u8; 4] {
    let value = |x: u32, y: u32, channel: usize| {
        f32::from(picture.rgba[((y * picture.width + x) * 4) as usize + channel])
    };
    let mix = |a: f32, b: f32, weight: f32| a + (b - a) * weight;
    [0, 1, 2, 3].map(|c| {
        let upper = mix(value(x0, y0, c), value(x1, y0, c), wx);
        let lower = mix(value(x0, y1, c), value(x1, y1, c), wx);
        mix(upper, lower, wy).round() as u8
    })
}
