//! Pictures as PNG files.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use maro_gpu::renderer::Image;
use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

/// Most memory that a file may ask for when it is read: 8192 by 8192 pixels.
const READ_LIMIT: usize = 8192 * 8192 * 4;

/// Why a picture could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The file could not be opened or made.
    #[error("Cannot open {path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The picture could not be encoded or written.
    #[error("Cannot write the picture: {0}")]
    Write(#[from] png::EncodingError),
    /// The file is no PNG, is damaged or too large.
    #[error("Cannot read the picture: {0}")]
    Read(#[from] png::DecodingError),
    /// The size and the number of bytes of a picture do not fit together.
    #[error("A picture of {width} by {height} pixels cannot have {bytes} bytes")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes that there are.
        bytes: usize,
    },
}

/// Writes a picture, alpha left out: what a screen shows is opaque.
///
/// # Errors
/// If the file cannot be written or the picture is empty.
pub fn write_file(path: &Path, image: &Image) -> Result<(), PngError> {
    let file = File::create(path).map_err(|e| open_error(path, e))?;
    encode(BufWriter::new(file), image)
}

/// Reads a picture of any kind of PNG as RGBA, 8 bits a channel.
///
/// # Errors
/// If the file cannot be read or is no PNG.
pub fn read_file(path: &Path) -> Result<Image, PngError> {
    let file = File::open(path).map_err(|e| open_error(path, e))?;
    decode(BufReader::new(file))
}

fn open_error(path: &Path, source: io::Error) -> PngError {
    PngError::Open {
        path: path.display().to_string(),
        source,
    }
}

/// As [`write_file`], to anything that takes bytes.
///
/// # Errors
/// If the picture is empty or the writer fails.
pub fn encode(to: impl Write, image: &Image) -> Result<(), PngError> {
    let Image {
        width,
        height,
        rgba,
    } = image;
    let pixels = rgba.chunks_exact(4);
    if u64::from(*width) * u64::from(*height) * 4 != rgba.len() as u64 || rgba.is_empty() {
        return Err(PngError::Size {
            width: *width,
            height: *height,
            bytes: rgba.len(),
        });
    }
    let rgb: Vec<u8> = pixels
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    let mut encoder = Encoder::new(to, *width, *height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    Ok(writer.finish()?)
}

/// As [`read_file`], from anything that gives bytes.
///
/// # Errors
/// If it is no PNG or the reader fails.
pub fn decode(from: impl io::BufRead + io::Seek) -> Result<Image, PngError> {
    let mut decoder = Decoder::new_with_limits(from, Limits { bytes: READ_LIMIT });
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    let (width, height) = reader.info().size();
    let Some(len) = reader.output_buffer_size().filter(|len| *len <= READ_LIMIT) else {
        return Err(PngError::Read(png::DecodingError::LimitsExceeded));
    };
    let mut pixels = vec![0; len];
    let frame = reader.next_frame(&mut pixels)?;
    let rgba = match frame.color_type {
        ColorType::GrayscaleAlpha => pixels
            .chunks_exact(2)
            .flat_map(|p| [p[0], p[0], p[0], p[1]])
            .collect(),
        // The transformations turn everything else into RGBA.
        _ => pixels,
    };
    if u64::from(width) * u64::from(height) * 4 != rgba.len() as u64 {
        return Err(PngError::Size {
            width,
            height,
            bytes: rgba.len(),
        });
    }
    Ok(Image {
        width,
        height,
        rgba,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn image(width: u32, height: u32) -> Image {
        let rgba = (0..width * height)
            .flat_map(|i| [i as u8, (i / 3) as u8, 7, 255])
            .collect();
        Image {
            width,
            height,
            rgba,
        }
    }

    fn encoded(color: ColorType, depth: BitDepth, data: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().expect("the header is valid");
        writer
            .write_image_data(data)
            .expect("the data fit the header");
        writer.finish().expect("a vector takes all");
        file
    }

    #[test]
    fn picture_survives_a_file() {
        let picture = image(17, 5);
        let mut file = Vec::new();
        encode(&mut file, &picture).expect("a vector takes all");
        assert_eq!(
            decode(Cursor::new(file)).expect("it was just written"),
            picture
        );
    }

    #[test]
    fn grey_and_sixteen_bit_files_are_read_as_rgba() {
        let grey = encoded(ColorType::Grayscale, BitDepth::Eight, &[9, 200]);
        let read = decode(Cursor::new(grey)).expect("it is a valid file");
        assert_eq!(read.rgba, [9, 9, 9, 255, 200, 200, 200, 255]);
        let deep = encoded(
            ColorType::Rgb,
            BitDepth::Sixteen,
            &[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0],
        );
        let read = decode(Cursor::new(deep)).expect("it is a valid file");
        assert_eq!(read.rgba, [1, 2, 3, 255, 4, 5, 6, 255]);
    }

    #[test]
    fn picture_with_too_few_bytes_is_refused() {
        let broken = Image {
            width: 4,
            height: 4,
            rgba: vec![0; 60],
        };
        assert!(matches!(
            encode(Vec::new(), &broken),
            Err(PngError::Size { bytes: 60, .. })
        ));
        assert!(matches!(
            encode(Vec::new(), &Image::default()),
            Err(PngError::Size { .. })
        ));
    }

    #[test]
    fn file_that_is_no_png_is_refused() {
        let read = decode(Cursor::new(b"not a picture at all".to_vec()));
        assert!(matches!(read, Err(PngError::Read(_))));
        let missing = read_file(Path::new("/nonexistent/picture.png"));
        assert!(missing.is_err_and(|e| e.to_string().contains("/nonexistent/picture.png")));
    }

    #[test]
    fn cut_off_file_is_refused() {
        let mut file = Vec::new();
        encode(&mut file, &image(64, 64)).expect("a vector takes all");
        file.truncate(file.len() / 2);
        assert!(matches!(decode(Cursor::new(file)), Err(PngError::Read(_))));
    }
}
