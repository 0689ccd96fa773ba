//! The picture that the test's guest shows, and what becomes of it in a window.

use maro_gpu::renderer::{Image, Rect};
use maro_renderer::present::placement::{Placement, Scaling};

/// The quarters: upper left, upper right, lower left, lower right. No turn or mirroring
/// of the picture looks like it.
pub const QUARTERS: [[u8; 4]; 4] = [
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 255, 255],
    [255, 255, 0, 255],
];
/// What the guest paints over its pixels.
pub const REPAINTED: [u8; 4] = [255, 0, 255, 255];

/// A picture of one colour.
pub fn plain((width, height): (u32, u32), color: [u8; 4]) -> Image {
    Image {
        width,
        height,
        rgba: color.repeat((width * height) as usize),
    }
}

/// The quarters of a picture of this size, in the order of [`QUARTERS`].
pub fn quarters((width, height): (u32, u32)) -> [(u32, u32, u32, u32); 4] {
    let (x, y) = (width / 2, height / 2);
    [
        (0, 0, x, y),
        (x, 0, width - x, y),
        (0, y, x, height - y),
        (x, y, width - x, height - y),
    ]
}

/// The pattern as the guest draws it.
pub fn image(size: (u32, u32)) -> Image {
    let mut image = plain(size, [0; 4]);
    for (area, color) in quarters(size).into_iter().zip(QUARTERS) {
        fill(&mut image, area, color);
    }
    image
}

/// Fills x, y, width, height.
pub fn fill(image: &mut Image, (x, y, width, height): (u32, u32, u32, u32), color: [u8; 4]) {
    for row in y..y + height {
        let start = ((row * image.width + x) * 4) as usize;
        let line = &mut image.rgba[start..start + width as usize * 4];
        line.copy_from_slice(&color.repeat(width as usize));
    }
}

/// A part of a picture.
pub fn crop(image: &Image, x: u32, y: u32, width: u32, height: u32) -> Image {
    let rgba = (y..y + height)
        .flat_map(|row| {
            let start = ((row * image.width + x) * 4) as usize;
            image.rgba[start..start + width as usize * 4].to_vec()
        })
        .collect();
    Image {
        width,
        height,
        rgba,
    }
}

/// The pattern of a guest's screen as a window shows it: scaled and between bars.
pub fn scaled(screen: (u32, u32), window: (u32, u32)) -> Image {
    let Rect {
        x,
        y,
        width,
        height,
    } = Placement::fit(screen, window, Scaling::Smooth)
        .expect("neither is empty")
        .area;
    let mut picture = plain(window, [0, 0, 0, 255]);
    for (area, color) in quarters((width, height)).into_iter().zip(QUARTERS) {
        fill(
            &mut picture,
            (area.0 + x, area.1 + y, area.2, area.3),
            color,
        );
    }
    picture
}

/// A picture in the middle of a larger window.
pub fn in_bars(image: &Image, window: (u32, u32)) -> Image {
    let (x, y) = ((window.0 - image.width) / 2, (window.1 - image.height) / 2);
    let mut picture = plain(window, [0, 0, 0, 255]);
    for row in 0..image.height {
        let from = (row * image.width * 4) as usize;
        let to = (((row + y) * window.0 + x) * 4) as usize;
        let len = image.width as usize * 4;
        picture.rgba[to..to + len].copy_from_slice(&image.rgba[from..from + len]);
    }
    picture
}
