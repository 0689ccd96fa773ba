//! The graphics card, and where it draws.

use std::sync::Arc;

use maro_gpu::backend::software::{CursorImage, FrameSink, SoftwareRenderer};
use maro_gpu::renderer::{Cursor, Error as RendererError, Image, Rect, Renderer, ScanoutId};
use maro_gpu::{Config as GpuConfig, Display as GpuDisplay, NewError, RendererFactory, VirtioGpu};
use maro_renderer::gl::platform::{Context, Platform};
use maro_renderer::present::window::WindowViewer;
use maro_renderer::present::{CursorShape, Frame, Picture, Viewer};
use maro_renderer::renderer::{Config as RendererConfig, StartError, VirglRenderer};

use crate::config::values::{GpuOption, Resolution};
use crate::config::{Display, MachineConfig};

/// The guest's one screen.
pub const SCREEN: ScanoutId = ScanoutId(0);

/// Where a graphics card draws.
pub enum Screen {
    /// Into memory, from where pictures can be read.
    Headless,
    /// As headless, with someone who is told when there is something new to read.
    Watched(Box<dyn Viewer>),
    /// Into a window.
    Window(Box<WindowScreen>),
}

/// What a graphics card needs of an open window.
pub struct WindowScreen {
    /// Makes further GL contexts.
    pub platform: Platform,
    /// The renderer's context; shares its objects with the window's.
    pub context: Context,
    /// Is told of frames.
    pub viewer: WindowViewer,
    /// Size of the window in physical pixels.
    pub size: (u32, u32),
}

/// Makes the graphics card that `config` asks for; `None` if it asks for none.
///
/// # Errors
/// If the host has no GL for it, or no thread.
pub fn create(config: &MachineConfig, screen: Screen) -> Result<Option<VirtioGpu>, NewError> {
    let displays = vec![first_mode(config, &screen)];
    let kind = match config.gpu {
        GpuOption::Off => return Ok(None),
        GpuOption::TwoD => Card::TwoD,
        GpuOption::Virgl => Card::Virgl {
            memory: config.gpu_memory.bytes,
        },
    };
    create_card(kind, displays, screen).map(Some)
}

/// A kind of graphics card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// A plain screen.
    TwoD,
    /// OpenGL through virgl.
    Virgl {
        /// Most bytes of host memory for what the guest makes.
        memory: u64,
    },
}

/// Makes a graphics card with a scanout for each of `displays`.
///
/// # Errors
/// As [`create`].
pub fn create_card(
    card: Card,
    displays: Vec<GpuDisplay>,
    screen: Screen,
) -> Result<VirtioGpu, NewError> {
    let factory = match card {
        Card::TwoD => software(screen),
        Card::Virgl { memory } => virgl(memory, screen),
    };
    let config = GpuConfig {
        displays,
        ..GpuConfig::default()
    };
    VirtioGpu::new(config, factory)
}

/// The mode that the guest finds at its start.
fn first_mode(config: &MachineConfig, screen: &Screen) -> GpuDisplay {
    let Resolution { width, height } = config.resolution;
    match (config.display, screen) {
        (Display::None, _) => GpuDisplay::new(0, 0),
        (_, Screen::Headless | Screen::Watched(_)) => GpuDisplay::new(width, height),
        (_, Screen::Window(window)) => GpuDisplay::new(window.size.0, window.size.1),
    }
}

fn software(screen: Screen) -> RendererFactory {
    Box::new(|| {
        let renderer: Box<dyn Renderer> = match screen {
            Screen::Headless => Box::new(SoftwareRenderer::new()),
            Screen::Watched(viewer) => with_viewer(viewer),
            Screen::Window(window) => with_viewer(Box::new(window.viewer)),
        };
        Ok(renderer)
    })
}

fn with_viewer(viewer: Box<dyn Viewer>) -> Box<dyn Renderer> {
    Box::new(SoftwareRenderer::with_sink(Box::new(ViewerSink(viewer))))
}

fn virgl(gpu_memory: u64, screen: Screen) -> RendererFactory {
    let config = RendererConfig {
        gpu_memory,
        ..RendererConfig::default()
    };
    Box::new(move || {
        let renderer = match screen {
            Screen::Headless => VirglRenderer::headless(&config),
            Screen::Watched(viewer) => virgl_watched(&config, viewer),
            Screen::Window(window) => virgl_in_window(&config, *window),
        };
        match renderer {
            Ok(renderer) => Ok(Box::new(renderer) as Box<dyn Renderer>),
            Err(error) => Err(RendererError::Host(error.to_string())),
        }
    })
}

fn virgl_watched(
    config: &RendererConfig,
    viewer: Box<dyn Viewer>,
) -> Result<VirglRenderer, StartError> {
    let platform = Platform::headless()?;
    let context = platform.create_context(config.api, None)?.make_current()?;
    VirglRenderer::on_context(&platform, context, config, Some(viewer))
}

fn virgl_in_window(
    config: &RendererConfig,
    window: WindowScreen,
) -> Result<VirglRenderer, StartError> {
    let context = window.context.make_current()?;
    VirglRenderer::on_context(
        &window.platform,
        context,
        config,
        Some(Box::new(window.viewer)),
    )
}

/// Shows a viewer what the 2D renderer draws.
struct ViewerSink(Box<dyn Viewer>);

impl FrameSink for ViewerSink {
    fn present(&mut self, scanout: ScanoutId, picture: &Image, damage: Rect) {
        let source = Rect {
            x: 0,
            y: 0,
            width: picture.width,
            height: picture.height,
        };
        let picture = Picture::Pixels(Arc::new(picture.clone()));
        self.0.frame(
            scanout,
            Some(Frame {
                picture,
                source,
                damage,
            }),
        );
    }

    fn blank(&mut self, scanout: ScanoutId) {
        self.0.frame(scanout, None);
    }

    fn set_cursor(&mut self, cursor: &Cursor, shape: Option<&CursorImage>) {
        let shape = shape.map(|shape| CursorShape {
            image: Arc::new(shape.image.clone()),
            hot_x: shape.hot_x,
            hot_y: shape.hot_y,
        });
        self.0.cursor_shape(cursor.scanout, shape);
        self.0.cursor_position(cursor.scanout, cursor.x, cursor.y);
    }

    fn move_cursor(&mut self, scanout: ScanoutId, x: i32, y: i32) {
        self.0.cursor_position(scanout, x, y);
    }
}
