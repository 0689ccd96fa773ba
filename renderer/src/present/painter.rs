//! Draws a scanout and its pointer into a window with GL.
//!
//! The scanout's texture belongs to the renderer's thread. It is sampled as it is, with
//! sampler objects of the window's own, so that none of its parameters change; and it is
//! bound anew for each picture, which is what makes another context's writes visible.

use std::rc::Rc;

use maro_gpu::renderer::{Image, Rect};

use super::placement::{Placement, Scaling};
use super::quads::{Quad, Quads};
use super::viewer::{Post, union};
use super::{CursorShape, Frame, Hold, Picture};
use crate::gl::fence::SharedFence;
use crate::gl::{Gl, ImageStorage, TexRegion, TexelKind, TexelLayout, Texture};

/// What the window shows while the scanout is off.
const PLACEHOLDER: [f32; 4] = [0.09, 0.09, 0.11, 1.0];
/// What is beside a picture of another shape than the window.
const BARS: [f32; 4] = [0.0, 0.0, 0.0, 1.0];
/// Why nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PainterError {
    /// The context's version is too old.
    #[error("The window needs OpenGL ES 2.0 or OpenGL 3.3, and the host offers {0}")]
    Version(String),
    /// The driver refused the window's own shader or an object.
    #[error("The host's GL driver cannot draw the window: {0}")]
    Driver(String),
}

/// A texture of the window's own, filled from pixels in memory.
struct Upload {
    texture: Texture,
    size: (u32, u32),
}

impl Upload {
    /// A texture that holds `image`. `None` if GL has no room for it.
    fn new(gl: &Rc<Gl>, image: &Image) -> Option<Self> {
        let size = (image.width, image.height);
        let (width, height) = (i32::try_from(size.0).ok()?, i32::try_from(size.1).ok()?);
        let texture = Texture::new(gl).inspect_err(|e| log::error!("{e}")).ok()?;
        gl.edit_texture(glow::TEXTURE_2D, texture.name());
        gl.take_error();
        if gl.is_es20() {
            let image = ImageStorage {
                target: glow::TEXTURE_2D,
                level: 0,
                format: glow::RGBA,
                ty: glow::UNSIGNED_BYTE,
                size: [width, height, 1],
                bytes: 0,
            };
            gl.tex_image(&image, None);
        } else {
            gl.tex_storage_2d(glow::TEXTURE_2D, 1, glow::RGBA8, width, height);
        }
        if let Some(error) = gl.take_error() {
            log::error!("the host has no texture of {width} by {height} pixels: {error:#x}");
            return None;
        }
        let upload = Self { texture, size };
        upload.update(
            gl,
            image,
            Rect {
                x: 0,
                y: 0,
                width: size.0,
                height: size.1,
            },
        );
        Some(upload)
    }

    /// Copies a part of `image`, which has the texture's size.
    fn update(&self, gl: &Gl, image: &Image, part: Rect) {
        let Rect {
            x,
            y,
            width,
            height,
        } = clip(part, self.size);
        if width == 0 || height == 0 {
            return;
        }
        let start = (u64::from(y) * u64::from(self.size.0) + u64::from(x)) * 4;
        let Some(data) = usize::try_from(start)
            .ok()
            .and_then(|at| image.rgba.get(at..))
        else {
            return;
        };
        let kind = TexelKind::Plain {
            format: glow::RGBA,
            ty: glow::UNSIGNED_BYTE,
        };
        let layout = TexelLayout {
            pixel_bytes: 4,
            row_pixels: self.size.0,
            image_rows: height,
            width,
            height,
            depth: 1,
        };
        let region = TexRegion {
            target: glow::TEXTURE_2D,
            level: 0,
            x: x as i32,
            y: y as i32,
            z: 0,
            width: width as i32,
            height: height as i32,
            depth: 1,
        };
        gl.edit_texture(glow::TEXTURE_2D, self.texture.name());
        if !gl.upload_slice(&region, kind, &layout, data) {
            log::error!(
                "a picture of {:?} pixels came with too few bytes",
                self.size
            );
        }
    }
}

/// The part of a rectangle that lies within a picture.
fn clip(part: Rect, (width, height): (u32, u32)) -> Rect {
    let (x, y) = (part.x.min(width), part.y.min(height));
    Rect {
        x,
        y,
        width: part.width.min(width - x),
        height: part.height.min(height - y),
    }
}

/// The guest's pointer.
#[derive(Default)]
struct Pointer {
    shape: Option<(Upload, (u32, u32))>,
    position: (i32, i32),
}

impl Pointer {
    fn set_shape(&mut self, gl: &Rc<Gl>, shape: Option<&CursorShape>) {
        self.shape = shape.and_then(|shape| {
            if shape.image.width == 0 || shape.image.height == 0 {
                return None;
            }
            Some((Upload::new(gl, &shape.image)?, (shape.hot_x, shape.hot_y)))
        });
    }

    /// Left, upper, right and lower edge in the window.
    fn edges(&self, placement: &Placement) -> Option<[f64; 4]> {
        let (upload, hot) = self.shape.as_ref()?;
        let left = f64::from(self.position.0) - f64::from(hot.0);
        let top = f64::from(self.position.1) - f64::from(hot.1);
        let (x0, y0) = placement.to_window(left, top);
        let right = left + f64::from(upload.size.0);
        let lower = top + f64::from(upload.size.1);
        let (x1, y1) = placement.to_window(right, lower);
        Some([x0, y0, x1, y1])
    }

    /// The part of the window that the pointer covers.
    fn cover(&self, placement: &Placement) -> Rect {
        let Some([x0, y0, x1, y1]) = self.edges(placement) else {
            return Rect::default();
        };
        // A float is cut to the integer's range, so what lies outside has no width.
        let (left, top) = (x0.floor() as u32, y0.floor() as u32);
        let (right, lower) = (x1.ceil() as u32, y1.ceil() as u32);
        Rect {
            x: left,
            y: top,
            width: right.saturating_sub(left),
            height: lower.saturating_sub(top),
        }
    }
}

/// A frame on its way to the screen or there.
struct Shown {
    content: Content,
    /// The part of the content that is shown.
    source: Rect,
}

/// Where the pixels of a frame are.
enum Content {
    /// In a texture of the renderer's.
    Shared {
        name: glow::Texture,
        size: (u32, u32),
        ready: Option<SharedFence>,
        _hold: Hold,
    },
    /// In a texture of the window's own. The memory that they came from is free again.
    Uploaded(Upload),
    /// Nowhere, for GL had no room for them.
    Lost,
}

impl Content {
    /// Takes a picture over; `old` is what the window showed before.
    fn new(gl: &Rc<Gl>, picture: Picture, damage: Rect, old: Option<Self>) -> Self {
        match (picture, old) {
            (
                Picture::Texture {
                    name,
                    size,
                    ready,
                    hold,
                },
                _,
            ) => Self::Shared {
                name,
                size,
                ready,
                _hold: hold,
            },
            (Picture::Pixels(image), Some(Self::Uploaded(upload)))
                if upload.size == (image.width, image.height) =>
            {
                upload.update(gl, &image, damage);
                Self::Uploaded(upload)
            }
            (Picture::Pixels(image), _) => {
                Upload::new(gl, &image).map_or(Self::Lost, Self::Uploaded)
            }
        }
    }

    /// Deletes the fence of a frame that was never drawn.
    fn drop_fence(&mut self, gl: &Gl) {
        if let Self::Shared { ready, .. } = self
            && let Some(fence) = ready.take()
        {
            gl.delete_sync(fence.into_fence());
        }
    }
}

/// What differs from the picture that the window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dirty {
    /// Perhaps everything.
    All,
    /// A rectangle of the window; empty if nothing.
    Part(Rect),
}

impl Dirty {
    const NOTHING: Self = Self::Part(Rect {
        x: 0,
        y: 0,
        width: 0,
        height: 0,
    });

    fn add(&mut self, rect: Rect) {
        if let Self::Part(part) = self
            && rect.width > 0
            && rect.height > 0
        {
            *part = union(*part, rect);
        }
    }
}

/// The window's picture.
pub(super) struct Painter {
    quads: Quads,
    scaling: Scaling,
    window: (u32, u32),
    shown: Option<Shown>,
    pointer: Pointer,
    dirty: Dirty,
    gl: Rc<Gl>,
}

impl Painter {
    pub(super) fn new(
        gl: &Rc<Gl>,
        window: (u32, u32),
        scaling: Scaling,
    ) -> Result<Self, PainterError> {
        Ok(Self {
            quads: Quads::new(gl)?,
            scaling,
            window,
            shown: None,
            pointer: Pointer::default(),
            dirty: Dirty::All,
            gl: Rc::clone(gl),
        })
    }

    /// Follows the window's size in physical pixels.
    pub(super) fn resize(&mut self, window: (u32, u32)) {
        self.window = window;
        self.dirty = Dirty::All;
    }

    /// Where the scanout is shown; `None` while it is off.
    pub(super) fn placement(&self) -> Option<Placement> {
        let source = self.shown.as_ref()?.source;
        Placement::fit((source.width, source.height), self.window, self.scaling)
    }

    /// Takes in what was posted; true if the window has to be drawn.
    pub(super) fn accept(&mut self, post: &mut Post) -> bool {
        for fence in post.retired.drain(..) {
            self.gl.delete_sync(fence.into_fence());
        }
        if let Some(frame) = post.frame.take() {
            self.take_frame(frame);
        }
        let shape = post.shape.take();
        let position = post.position.take();
        if shape.is_some() || position.is_some() {
            self.mark_pointer();
            if let Some(shape) = shape {
                self.pointer.set_shape(&self.gl, shape.as_ref());
            }
            self.pointer.position = position.unwrap_or(self.pointer.position);
            self.mark_pointer();
        }
        self.dirty != Dirty::NOTHING
    }

    fn mark_pointer(&mut self) {
        if let Some(placement) = self.placement() {
            self.dirty.add(self.pointer.cover(&placement));
        }
    }

    fn take_frame(&mut self, new: Option<Frame>) {
        let before = self.placement();
        let old = self.shown.take().map(|mut old| {
            old.content.drop_fence(&self.gl);
            old.content
        });
        let Some(Frame {
            picture,
            source,
            damage,
        }) = new
        else {
            self.dirty = Dirty::All;
            return;
        };
        let content = Content::new(&self.gl, picture, damage, old);
        self.shown = Some(Shown { content, source });
        match self.placement() {
            Some(placement) if before == Some(placement) => {
                self.dirty.add(placement.damage(within(damage, source)));
            }
            _ => self.dirty = Dirty::All,
        }
    }

    /// Draws everything; returns what differs from what was drawn last.
    pub(super) fn draw(&mut self) -> Dirty {
        let gl = Rc::clone(&self.gl);
        let placement = self.placement();
        gl.bind_draw_framebuffer(None);
        gl.viewport(0, 0, signed(self.window.0), signed(self.window.1));
        gl.set_enabled(glow::SCISSOR_TEST, false);
        gl.set_enabled(glow::BLEND, false);
        let background = if placement.is_some() {
            BARS
        } else {
            PLACEHOLDER
        };
        gl.clear_buffer_color(0, &background);
        if let Some(placement) = placement {
            self.draw_picture(&placement);
            self.draw_pointer(&placement);
        }
        std::mem::replace(&mut self.dirty, Dirty::NOTHING)
    }

    fn draw_picture(&mut self, placement: &Placement) {
        let Some(shown) = &mut self.shown else { return };
        let (texture, size) = match &mut shown.content {
            Content::Shared {
                name, size, ready, ..
            } => {
                if let Some(fence) = ready.take().map(SharedFence::into_fence) {
                    self.gl.wait_sync(fence);
                    self.gl.delete_sync(fence);
                }
                (*name, *size)
            }
            Content::Uploaded(upload) => (upload.texture.name(), upload.size),
            Content::Lost => return,
        };
        let smooth = !placement.is_whole_multiple()
            || (self.scaling == Scaling::Smooth && placement.area.width != placement.picture.0);
        let quad = Quad {
            texture,
            size,
            source: shown.source,
            smooth,
            opaque: true,
        };
        self.quads.draw(&quad, edges(placement.area), self.window);
    }

    fn draw_pointer(&self, placement: &Placement) {
        let (Some((upload, _)), Some(edges)) = (&self.pointer.shape, self.pointer.edges(placement))
        else {
            return;
        };
        let gl = &self.gl;
        let Rect {
            x,
            y,
            width,
            height,
        } = placement.area;
        // GL's rows start at the bottom.
        let lower = signed(self.window.1) - signed(y) - signed(height);
        gl.scissor(signed(x), lower, signed(width), signed(height));
        gl.set_enabled(glow::SCISSOR_TEST, true);
        gl.set_enabled(glow::BLEND, true);
        // The shape's colours are multiplied by alpha already; the window stays opaque.
        gl.blend_func_separate(glow::ONE, glow::ONE_MINUS_SRC_ALPHA, glow::ZERO, glow::ONE);
        let (width, height) = upload.size;
        let quad = Quad {
            texture: upload.texture.name(),
            size: upload.size,
            source: Rect {
                x: 0,
                y: 0,
                width,
                height,
            },
            smooth: !placement.is_whole_multiple(),
            opaque: false,
        };
        self.quads.draw(&quad, edges, self.window);
    }
}

/// Left, upper, right and lower edge.
fn edges(area: Rect) -> [f64; 4] {
    let (x, y) = (f64::from(area.x), f64::from(area.y));
    [x, y, x + f64::from(area.width), y + f64::from(area.height)]
}

/// A part of a picture in the coordinates of the part `source` that is shown.
fn within(part: Rect, source: Rect) -> Rect {
    let (x, y) = (part.x.max(source.x), part.y.max(source.y));
    let right = part
        .x
        .saturating_add(part.width)
        .min(source.x.saturating_add(source.width));
    let lower = part
        .y
        .saturating_add(part.height)
        .min(source.y.saturating_add(source.height));
    Rect {
        x: x - source.x,
        y: y - source.y,
        width: right.saturating_sub(x),
        height: lower.saturating_sub(y),
    }
}

fn signed(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_cut_to_the_part_that_is_shown() {
        let source = Rect {
            x: 100,
            y: 50,
            width: 20,
            height: 10,
        };
        let inside = within(
            Rect {
                x: 90,
                y: 55,
                width: 15,
                height: 100,
            },
            source,
        );
        assert_eq!(
            inside,
            Rect {
                x: 0,
                y: 5,
                width: 5,
                height: 5
            }
        );
        assert_eq!(
            within(
                Rect {
                    x: 0,
                    y: 0,
                    width: 9,
                    height: 9
                },
                source
            )
            .width,
            0
        );
    }

    #[test]
    fn clip_never_leaves_the_picture() {
        let part = Rect {
            x: 5,
            y: 90,
            width: u32::MAX,
            height: 1,
        };
        assert_eq!(
            clip(part, (8, 8)),
            Rect {
                x: 5,
                y: 8,
                width: 3,
                height: 0
            }
        );
    }

    #[test]
    fn everything_dirty_stays_so_and_parts_add_up() {
        let part = Rect {
            x: 1,
            y: 1,
            width: 2,
            height: 2,
        };
        let mut dirty = Dirty::NOTHING;
        dirty.add(Rect {
            x: 4,
            y: 4,
            width: 0,
            height: 1,
        });
        assert_eq!(dirty, Dirty::NOTHING);
        dirty.add(part);
        assert_eq!(dirty, Dirty::Part(part));
        dirty = Dirty::All;
        dirty.add(part);
        assert_eq!(dirty, Dirty::All);
    }
}
