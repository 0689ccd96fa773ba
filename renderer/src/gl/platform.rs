//! Where GL comes from: an EGL display and the contexts on it.
//!
//! Headless, the display is one of EGL's own devices, so neither a window system nor a
//! DRM node is needed (Mesa's software device included). With a window system, the
//! display is that of the window, and the same [`Platform`] serves both the renderer's
//! thread and the window's: contexts made with a common share group see each other's
//! textures, buffers and sync objects.

use std::ffi::{CStr, c_void};
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;

use glutin::api::egl;
use glutin::config::{ColorBufferType, ConfigSurfaceTypes, ConfigTemplateBuilder};
use glutin::context::{
    AsRawContext, ContextApi, ContextAttributesBuilder, RawContext, Robustness, Version,
};
use glutin::platform::x11::X11GlConfigExt;
use glutin::prelude::*;
use glutin::surface::{Rect, SurfaceAttributesBuilder, WindowSurface};
use raw_window_handle::{HasDisplayHandle, HasWindowHandle};

use super::Gl;

/// Which GL a host is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Api {
    /// OpenGL ES if there is any, else desktop OpenGL.
    #[default]
    Auto,
    /// OpenGL ES only.
    Gles,
    /// Desktop OpenGL only.
    Gl,
}

/// Why no GL context could be had.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// EGL itself is missing or offers no display.
    #[error(
        "No usable EGL display: {0}. Install the GL driver of this machine's GPU, or Mesa's \
         software renderer (Debian: libegl1 libgles2 libegl-mesa0 libgl1-mesa-dri)"
    )]
    NoDisplay(String),
    /// The display has no configuration of the wanted kind.
    #[error("The EGL display offers no configuration for {0}")]
    NoConfig(&'static str),
    /// No version of the wanted API could be made.
    #[error("The host's driver made no context of {api}: {source}")]
    NoContext {
        /// The API that was asked for.
        api: &'static str,
        /// What the driver said to the last attempt.
        source: glutin::error::Error,
    },
    /// The window system's connection or window is gone or of an unknown kind.
    #[error("The window system gave no handle: {0}")]
    Handle(#[from] raw_window_handle::HandleError),
    /// A context could not be made current in this thread.
    #[error("The GL context could not be used: {0}")]
    MakeCurrent(#[source] glutin::error::Error),
    /// A window's surface could not be made.
    #[error("The window's GL surface could not be made: {0}")]
    Surface(#[source] glutin::error::Error),
}

/// The window system's connection, kept open as long as EGL uses it.
type Connection = Option<Arc<dyn HasDisplayHandle + Send + Sync>>;

/// A display with one configuration that suits windows (if it has any) and off-screen
/// contexts. Cheap to clone; may go to other threads.
#[derive(Clone)]
pub struct Platform {
    display: egl::display::Display,
    config: egl::config::Config,
    connection: Connection,
}

/// A context that some thread will make current.
pub struct Context {
    inner: egl::context::NotCurrentContext,
    display: egl::display::Display,
    connection: Connection,
}

/// A context that is current in this thread, without a surface.
pub struct CurrentContext {
    inner: egl::context::PossiblyCurrentContext,
    display: egl::display::Display,
    _connection: Connection,
}

/// A context that is current in this thread and draws into a window.
pub struct WindowContext {
    gl: Rc<Gl>,
    surface: egl::surface::Surface<WindowSurface>,
    context: egl::context::PossiblyCurrentContext,
    // The surface needs the window, so they are dropped in this order.
    _window: Arc<dyn HasWindowHandle>,
    _connection: Connection,
}

/// A context whose objects another one can share, whether it is current or not.
pub trait ShareGroup: sealed::HasRawContext {}

impl ShareGroup for Context {}
impl ShareGroup for CurrentContext {}

mod sealed {
    use super::{AsRawContext, Context, CurrentContext, RawContext};

    pub trait HasRawContext {
        fn raw(&self) -> RawContext;
    }

    impl HasRawContext for Context {
        fn raw(&self) -> RawContext {
            self.inner.raw_context()
        }
    }

    impl HasRawContext for CurrentContext {
        fn raw(&self) -> RawContext {
            self.inner.raw_context()
        }
    }
}

/// A borrowed context in the form that glutin takes.
struct Shared(RawContext);

impl AsRawContext for Shared {
    fn raw_context(&self) -> RawContext {
        self.0
    }
}

impl Platform {
    /// Opens EGL without any window system.
    ///
    /// # Errors
    /// If EGL is missing or none of its devices can be used.
    pub fn headless() -> Result<Self, PlatformError> {
        let devices = egl::device::Device::query_devices()
            .map_err(|e| PlatformError::NoDisplay(e.to_string()))?;
        let mut last = "EGL lists no device".to_owned();
        for device in devices {
            // SAFETY: no raw display handle is passed, so there is nothing that must be valid.
            match unsafe { egl::display::Display::with_device(&device, None) } {
                Ok(display) => match Self::with_display(display, None) {
                    Ok(platform) => return Ok(platform),
                    Err(e) => last = e.to_string(),
                },
                Err(e) => last = e.to_string(),
            }
        }
        Err(PlatformError::NoDisplay(last))
    }

    /// Opens EGL on a window system's display, whose connection stays open as long as
    /// this platform and everything made from it.
    ///
    /// # Errors
    /// If that display has no EGL or no configuration for windows.
    pub fn for_display(
        connection: Arc<dyn HasDisplayHandle + Send + Sync>,
    ) -> Result<Self, PlatformError> {
        let handle = connection.display_handle()?.as_raw();
        // SAFETY: the handle is valid as long as `connection`, which whatever is made from
        // this display keeps.
        let display = unsafe { egl::display::Display::new(handle) }
            .map_err(|e| PlatformError::NoDisplay(e.to_string()))?;
        Self::with_display(display, Some(connection))
    }

    fn with_display(
        display: egl::display::Display,
        connection: Connection,
    ) -> Result<Self, PlatformError> {
        let (surfaces, purpose) = match connection {
            Some(_) => (ConfigSurfaceTypes::WINDOW, "windows"),
            None => (ConfigSurfaceTypes::empty(), "off-screen drawing"),
        };
        let template = ConfigTemplateBuilder::new()
            .with_surface_type(surfaces)
            .with_alpha_size(0)
            .with_depth_size(0)
            .with_stencil_size(0)
            .build();
        // SAFETY: the template names no native window or pixmap.
        let config = unsafe { display.find_configs(template) }
            .ok()
            .and_then(|configs| configs.min_by_key(config_excess))
            .ok_or(PlatformError::NoConfig(purpose))?;
        Ok(Self {
            display,
            config,
            connection,
        })
    }

    /// The X11 visual that a window must have for this platform to draw into it; `None`
    /// where there is no such thing.
    pub fn x11_visual(&self) -> Option<u32> {
        let visual = self.config.x11_visual()?;
        u32::try_from(visual.visual_id()).ok()
    }

    /// Makes a context of the newest version of `api` that the host has; it shares its
    /// objects with `share`.
    ///
    /// # Errors
    /// If the driver makes none.
    pub fn create_context(
        &self,
        api: Api,
        share: Option<&dyn ShareGroup>,
    ) -> Result<Context, PlatformError> {
        let candidates: &[(&'static str, ContextApi)] = match api {
            Api::Gles => &GLES[..],
            Api::Gl => &DESKTOP[..],
            Api::Auto => {
                return self
                    .create_context(Api::Gles, share)
                    .or_else(|_| self.create_context(Api::Gl, share));
            }
        };
        let mut last = None;
        for robustness in [Robustness::RobustLoseContextOnReset, Robustness::NotRobust] {
            for (name, version) in candidates {
                let mut attributes = ContextAttributesBuilder::new()
                    .with_context_api(*version)
                    .with_robustness(robustness);
                if let Some(share) = share {
                    attributes = attributes.with_sharing(&Shared(share.raw()));
                }
                // SAFETY: no raw window handle is passed; a shared context is alive, for it is
                // borrowed.
                match unsafe {
                    self.display
                        .create_context(&self.config, &attributes.build(None))
                } {
                    Ok(inner) => {
                        log::debug!("made a context of {name} ({robustness:?})");
                        return Ok(Context {
                            inner,
                            display: self.display.clone(),
                            connection: self.connection.clone(),
                        });
                    }
                    Err(e) => last = Some((*name, e)),
                }
            }
        }
        let (api, source) = last.expect("each API has at least one version to try");
        Err(PlatformError::NoContext { api, source })
    }

    /// Makes a window's surface and makes `context` current with it in this thread. The
    /// window must be of the display that this platform was opened on; the driver
    /// refuses others. Sizes are in physical pixels.
    ///
    /// # Errors
    /// If the surface or the switch fails.
    pub fn make_current_in_window(
        &self,
        context: Context,
        window: Arc<dyn HasWindowHandle>,
        width: NonZeroU32,
        height: NonZeroU32,
    ) -> Result<WindowContext, PlatformError> {
        let handle = window.window_handle()?.as_raw();
        let attributes =
            SurfaceAttributesBuilder::<WindowSurface>::new().build(handle, width, height);
        // SAFETY: the handle is valid as long as `window`, which the result keeps longer than
        // the surface.
        let surface = unsafe {
            self.display
                .create_window_surface(&self.config, &attributes)
        }
        .map_err(PlatformError::Surface)?;
        let connection = context.connection;
        let context = context
            .inner
            .make_current(&surface)
            .map_err(PlatformError::MakeCurrent)?;
        // SAFETY: the context is current in this thread; nothing in `WindowContext` changes that.
        let gl = unsafe { Gl::new(&mut |name| self.display.get_proc_address(name), None) };
        Ok(WindowContext {
            gl,
            surface,
            context,
            _window: window,
            _connection: connection,
        })
    }
}

/// How far a configuration is from 8 bits a channel without alpha, which would make a
/// window translucent under some compositors.
fn config_excess(config: &egl::config::Config) -> (bool, u8, u8) {
    let eight_bits = matches!(
        config.color_buffer_type(),
        Some(ColorBufferType::Rgb {
            r_size: 8,
            g_size: 8,
            b_size: 8
        })
    );
    (!eight_bits, config.alpha_size(), config.num_samples())
}

const GLES: [(&str, ContextApi); 4] = [
    ("OpenGL ES 3.2", ContextApi::Gles(Some(Version::new(3, 2)))),
    ("OpenGL ES 3.1", ContextApi::Gles(Some(Version::new(3, 1)))),
    ("OpenGL ES 3.0", ContextApi::Gles(Some(Version::new(3, 0)))),
    ("OpenGL ES 2.0", ContextApi::Gles(Some(Version::new(2, 0)))),
];

const DESKTOP: [(&str, ContextApi); 3] = [
    ("OpenGL 4.6", ContextApi::OpenGl(Some(Version::new(4, 6)))),
    ("OpenGL 4.5", ContextApi::OpenGl(Some(Version::new(4, 5)))),
    ("OpenGL 4.3", ContextApi::OpenGl(Some(Version::new(4, 3)))),
];

impl Context {
    /// Makes the context current in this thread, without a surface.
    ///
    /// # Errors
    /// If the driver refuses, for example because it lacks `EGL_KHR_surfaceless_context`.
    pub fn make_current(self) -> Result<CurrentContext, PlatformError> {
        let inner = self
            .inner
            .make_current_surfaceless()
            .map_err(PlatformError::MakeCurrent)?;
        Ok(CurrentContext {
            inner,
            display: self.display,
            _connection: self.connection,
        })
    }
}

impl CurrentContext {
    /// GL of this context. It may be used only as long as the context lives and is the
    /// one that is current in this thread.
    pub fn gl(&self) -> Rc<Gl> {
        Gl::current(self)
    }

    /// The address of a GL function, null if the driver has none of that name.
    pub fn get_proc_address(&self, name: &CStr) -> *const c_void {
        self.display.get_proc_address(name)
    }

    /// Is this still the thread's current context?
    pub fn is_current(&self) -> bool {
        self.inner.is_current()
    }
}

impl Drop for CurrentContext {
    /// A context that stays current in a thread outlives its handle, and the thread: let
    /// go of it, so that the driver frees what it holds.
    fn drop(&mut self) {
        if self.inner.is_current()
            && let Err(e) = self.inner.make_not_current_in_place()
        {
            log::debug!("a GL context is not freed: {e}");
        }
    }
}

impl WindowContext {
    /// GL of this context. It may be used only as long as the context lives and is the
    /// one that is current in this thread.
    pub fn gl(&self) -> &Rc<Gl> {
        &self.gl
    }

    /// Shows what was drawn. `damage`, in pixels from the lower left corner, tells which
    /// parts differ from the last picture; none means all.
    ///
    /// # Errors
    /// If the surface was lost.
    pub fn swap_buffers(&self, damage: &[Rect]) -> Result<(), PlatformError> {
        if damage.is_empty() {
            self.surface.swap_buffers(&self.context)
        } else {
            self.surface.swap_buffers_with_damage(&self.context, damage)
        }
        .map_err(PlatformError::Surface)
    }

    /// Follows the window's size, in physical pixels.
    pub fn resize(&self, width: NonZeroU32, height: NonZeroU32) {
        self.surface.resize(&self.context, width, height);
    }

    /// With `wait`, a swap waits for the screen's refresh; without, it does not.
    pub fn set_vsync(&self, wait: bool) {
        let interval = if wait {
            glutin::surface::SwapInterval::Wait(NonZeroU32::MIN)
        } else {
            glutin::surface::SwapInterval::DontWait
        };
        if let Err(e) = self.surface.set_swap_interval(&self.context, interval) {
            log::debug!("the window's swap interval stays as it is: {e}");
        }
    }
}
