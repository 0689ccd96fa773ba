//! From a scanout to someone who looks at it.
//!
//! The renderer owns the scanouts. A viewer in the same process (a window) is told of
//! every flush through a [`Viewer`] and gets a handle to the texture itself: nothing is
//! read back or copied, and the guest never waits for the viewer. Whoever wants pixels
//! (a screenshot, a test) asks the renderer to read them.

pub mod compare;
pub mod input;
pub mod keymap;
mod painter;
pub mod placement;
pub mod png;
mod quads;
mod viewer;
pub mod window;

use std::sync::Arc;

use maro_gpu::renderer::{Image, Rect, ScanoutId};

use crate::gl::fence::SharedFence;

/// Holds a texture alive in the renderer as long as a viewer may sample it.
#[derive(Clone, Debug, Default)]
pub struct Hold(Arc<()>);

impl Hold {
    /// True once no viewer has a clone any more.
    pub(crate) fn is_released(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// What a scanout shows.
#[derive(Debug)]
pub enum Picture {
    /// A texture of the renderer's share group: `GL_TEXTURE_2D`, level 0, whose row 0 is
    /// the top line. Sampling it yields RGBA in the right order; alpha is to be ignored.
    Texture {
        /// The texture's GL name.
        name: glow::Texture,
        /// Size of the texture in texels.
        size: (u32, u32),
        /// Passed once the frame is drawn; `None` if it is already. The viewer makes its
        /// GL (not its thread) wait for it and deletes it.
        ready: Option<SharedFence>,
        /// Keeps the texture alive.
        hold: Hold,
    },
    /// Pixels in memory, from a renderer without GL.
    Pixels(Arc<Image>),
}

/// A frame that a guest has finished.
#[derive(Debug)]
pub struct Frame {
    /// Where to find the pixels.
    pub picture: Picture,
    /// The part of the picture that the scanout shows.
    pub source: Rect,
    /// The part that changed since the last frame, in the picture's coordinates.
    pub damage: Rect,
}

/// The pointer's shape and its hot spot in pixels.
#[derive(Clone, Debug)]
pub struct CursorShape {
    /// The picture. Its colours are multiplied by alpha, as those of a cursor plane of
    /// Linux's DRM are ("Pre-multiplied" is the default of `pixel blend mode`).
    pub image: Arc<Image>,
    /// Hot spot from the left edge.
    pub hot_x: u32,
    /// Hot spot from the upper edge.
    pub hot_y: u32,
}

/// Someone who looks at scanouts. Called from the renderer's thread; must not block.
pub trait Viewer: Send {
    /// False if frames are news alone to this viewer: it never samples their textures,
    /// and so is given no fences.
    fn samples_textures(&self) -> bool {
        true
    }

    /// A frame is ready, or (`None`) the scanout was switched off.
    fn frame(&mut self, scanout: ScanoutId, frame: Option<Frame>);

    /// The pointer's shape changed; `None` hides it.
    fn cursor_shape(&mut self, scanout: ScanoutId, shape: Option<CursorShape>);

    /// The pointer moved; the place is that of the hot spot, in scanout pixels.
    fn cursor_position(&mut self, scanout: ScanoutId, x: i32, y: i32);
}
