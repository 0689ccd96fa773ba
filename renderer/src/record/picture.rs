//! Frames of a recording.
//!
//! The vtest protocol has no word for a frame. Its clients show a picture by reading it
//! back, so a read-back of a picture ends a frame.

use maro_gpu::protocol::format::{Format, PIXEL_SIZE};
use maro_gpu::renderer::{Backing, Image};

use crate::protocol::flags::Bind;
use crate::protocol::values::TextureTarget;
use crate::vtest::ReadBack;

/// What can be drawn into, and so be a picture.
const PICTURE_BINDS: Bind = Bind::RENDER_TARGET
    .union(Bind::DISPLAY_TARGET)
    .union(Bind::SCANOUT)
    .union(Bind::SHARED);

/// The picture that was read back, the topmost row first as the client has it; `None` for
/// anything that is no colour picture of 8 bits a channel.
pub fn picture(read_back: &ReadBack<'_>) -> Option<Image> {
    let desc = read_back.desc;
    let target = TextureTarget::try_from(desc.target).ok()?;
    let flat = matches!(target, TextureTarget::Texture2d | TextureTarget::Rectangle);
    if !flat || !Bind::from_bits_retain(desc.bind).intersects(PICTURE_BINDS) {
        return None;
    }
    let format = Format::from_number(desc.format)?;
    let pixels = u64::from(desc.width) * u64::from(desc.height);
    let size = pixels.checked_mul(PIXEL_SIZE.into())?;
    if size > read_back.memory.len() {
        return None;
    }
    let mut rgba = vec![0; usize::try_from(size).ok()?];
    read_back.memory.read(0, &mut rgba).ok()?;
    for pixel in rgba.as_chunks_mut().0 {
        *pixel = format.rgba(*pixel);
    }
    Some(Image {
        width: desc.width,
        height: desc.height,
        rgba,
    })
}

#[cfg(test)]
mod tests {
    use maro_gpu::renderer::ResourceDesc;

    use super::*;
    use crate::vtest::memory::Memory;

    const BGRA: u32 = 1;

    fn desc() -> ResourceDesc {
        ResourceDesc {
            target: TextureTarget::Texture2d as u32,
            format: BGRA,
            bind: Bind::RENDER_TARGET.bits(),
            width: 2,
            height: 1,
            depth: 1,
            array_size: 1,
            ..ResourceDesc::default()
        }
    }

    fn picture_of(desc: &ResourceDesc) -> Option<Image> {
        let memory = Memory::private(8).unwrap();
        memory.write(0, &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
        let memory = &memory;
        picture(&ReadBack { desc, memory })
    }

    #[test]
    fn picture_has_red_first() {
        let image = picture_of(&desc()).unwrap();
        assert_eq!((image.width, image.height), (2, 1));
        assert_eq!(image.rgba, [3, 2, 1, 4, 7, 6, 5, 8]);
    }

    #[test]
    fn picture_of_what_is_none_is_none() {
        let change = |change: fn(&mut ResourceDesc)| {
            let mut desc = desc();
            change(&mut desc);
            picture_of(&desc)
        };
        assert!(change(|d| d.format = 0).is_none());
        assert!(change(|d| d.target = 0).is_none());
        assert!(change(|d| d.bind = Bind::VERTEX_BUFFER.bits()).is_none());
        // More than its memory holds.
        assert!(change(|d| d.width = 3).is_none());
    }
}
