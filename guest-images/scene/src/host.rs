//! The scene on the host, without a screen: the reference picture.

use std::fs::File;
use std::io::BufWriter;

use anyhow::{Context, Result};

use crate::Options;
use crate::sys::egl::Egl;
use crate::sys::gl::Painter;

/// Draws the frames and writes the last one as a PNG.
pub fn run(options: &Options) -> Result<()> {
    let path = options.png.as_ref().context("host needs --png FILE")?;
    let (width, height) = options.size;
    let egl = Egl::offscreen(width, height)?;
    let painter = Painter::new(&egl, width, height)?;
    println!("GL_RENDERER: {}", painter.renderer());
    println!("GL_VERSION: {}", painter.version());
    for frame in 0..options.frames {
        painter.draw(frame)?;
    }
    let pixels = painter.read_pixels()?;

    let file = File::create(path).with_context(|| path.display().to_string())?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    println!("maro-scene: wrote {}", path.display());
    Ok(())
}
