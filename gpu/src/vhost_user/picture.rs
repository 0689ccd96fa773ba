//! Pictures as the display socket carries them: rows of 32-bit pixels, blue in the lowest
//! byte (pixman's `x8r8g8b8` and `a8r8g8b8`).

use crate::renderer::{Image, Rect};

/// Edge of the pointer's picture.
pub(super) const POINTER_EDGE: usize = 64;
/// Bytes of the pointer's picture.
pub(super) const POINTER_BYTES: usize = 4 * POINTER_EDGE * POINTER_EDGE;

/// The whole rows of `new` from the first to the last that differ from `old`, which has
/// the same size; `None` if none does.
pub(super) fn changed_rows(old: &Image, new: &Image) -> Option<Rect> {
    let stride = new.width as usize * 4;
    if stride == 0 {
        return None;
    }
    let differs = |(old, new): (&[u8], &[u8])| old != new;
    let rows = || old.rgba.chunks(stride).zip(new.rgba.chunks(stride));
    let first = rows().position(differs)?;
    let last = rows().rposition(differs)?;
    Some(Rect {
        x: 0,
        y: first as u32,
        width: new.width,
        height: (last - first + 1) as u32,
    })
}

/// Appends the pixels of whole `rows` of an image.
pub(super) fn write_rows(image: &Image, rows: Rect, to: &mut Vec<u8>) {
    let stride = image.width as usize * 4;
    let bytes = stride * rows.y as usize..stride * (rows.y + rows.height) as usize;
    let pixels = image.rgba.get(bytes).unwrap_or_default().as_chunks().0;
    to.extend(pixels.iter().flat_map(|[r, g, b, a]| [*b, *g, *r, *a]));
}

/// The pointer's picture: the upper left part of an image.
pub(super) fn pointer(image: &Image) -> Box<[u8; POINTER_BYTES]> {
    let mut all = Box::new([0; POINTER_BYTES]);
    let stride = image.width as usize * 4;
    if stride == 0 {
        return all;
    }
    let rows = all.chunks_exact_mut(4 * POINTER_EDGE);
    for (to, from) in rows.zip(image.rgba.chunks_exact(stride)) {
        let to = to.as_chunks_mut().0;
        for ([to_b, to_g, to_r, to_a], [r, g, b, a]) in to.iter_mut().zip(from.as_chunks().0) {
            (*to_b, *to_g, *to_r, *to_a) = (*b, *g, *r, *a);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32) -> Image {
        let rgba = (0..width * height * 4).map(|i| i as u8).collect();
        Image {
            width,
            height,
            rgba,
        }
    }

    #[test]
    fn changed_rows_are_those_from_the_first_to_the_last() {
        let old = image(3, 5);
        assert_eq!(changed_rows(&old, &old), None);
        let mut new = old.clone();
        new.rgba[3 * 4 + 5] ^= 1;
        new.rgba[3 * 4 * 3] ^= 1;
        let rows = changed_rows(&old, &new).expect("a change");
        assert_eq!((rows.x, rows.y, rows.width, rows.height), (0, 1, 3, 3));
        assert_eq!(changed_rows(&image(0, 0), &image(0, 0)), None);
    }

    #[test]
    fn write_rows_puts_blue_first() {
        let mut bytes = Vec::new();
        let rows = Rect {
            x: 0,
            y: 1,
            width: 2,
            height: 1,
        };
        write_rows(&image(2, 2), rows, &mut bytes);
        assert_eq!(bytes, [10, 9, 8, 11, 14, 13, 12, 15]);
    }

    #[test]
    fn pointer_of_another_size_is_cut_or_filled_up() {
        let small = pointer(&image(2, 1));
        assert_eq!(small[..12], [2, 1, 0, 3, 6, 5, 4, 7, 0, 0, 0, 0]);
        assert!(small[12..].iter().all(|byte| *byte == 0));
        let large = pointer(&image(65, 65));
        // The second row begins after 65 pixels of the image.
        assert_eq!(large[256..260], [6, 5, 4, 7]);
    }
}
