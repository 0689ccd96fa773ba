//! A current GLES 2 context: on a GBM surface, or off screen.

use std::ffi::c_void;

use anyhow::{Context, Result};
use khronos_egl as egl;

use super::gbm::Screen;

const PLATFORM_GBM: egl::Enum = 0x31D7;
const PLATFORM_SURFACELESS: egl::Enum = 0x31DD;

type Instance = egl::DynamicInstance<egl::EGL1_5>;

/// An EGL display with one context, current in this thread, and its surface.
/// It lives as long as the program and is never torn down before its end.
pub struct Egl<'a> {
    instance: Instance,
    display: egl::Display,
    surface: egl::Surface,
    /// The native surface that EGL draws to.
    _screen: Option<&'a Screen>,
}

impl<'a> Egl<'a> {
    /// A context whose frames go to a screen.
    pub fn on_screen(screen: &'a Screen) -> Result<Self> {
        let instance = load()?;
        // SAFETY: the native display is a GBM device that outlives `Self`.
        let display = unsafe {
            instance.get_platform_display(PLATFORM_GBM, screen.device(), &[egl::ATTRIB_NONE])
        }
        .context("EGL on GBM")?;
        instance.initialize(display).context("eglInitialize")?;
        println!("maro-scene: egl ready");
        let visual = egl::Int::try_from(Screen::FORMAT)?;
        let config = configs(&instance, display, egl::WINDOW_BIT)?
            .into_iter()
            .find(|&config| {
                instance.get_config_attrib(display, config, egl::NATIVE_VISUAL_ID) == Ok(visual)
            })
            .context("no EGL configuration for XRGB8888")?;
        // SAFETY: the native window is a GBM surface of that device, with the
        // configuration's format, and outlives `Self`.
        let surface = unsafe {
            instance.create_platform_window_surface(
                display,
                config,
                screen.surface(),
                &[egl::ATTRIB_NONE],
            )
        }
        .context("EGL surface")?;
        make_current(&instance, display, config, surface)?;
        Ok(Self {
            instance,
            display,
            surface,
            _screen: Some(screen),
        })
    }

    /// A context without a screen. A pixel buffer rather than a framebuffer
    /// object, so that the driver turns the picture as it does on a screen and
    /// both round alike.
    pub fn offscreen(width: u32, height: u32) -> Result<Self> {
        let instance = load()?;
        // SAFETY: the surfaceless platform takes no native display.
        let display = unsafe {
            instance.get_platform_display(
                PLATFORM_SURFACELESS,
                egl::DEFAULT_DISPLAY,
                &[egl::ATTRIB_NONE],
            )
        }
        .context("EGL without a screen")?;
        instance.initialize(display).context("eglInitialize")?;
        let config = *configs(&instance, display, egl::PBUFFER_BIT)?
            .first()
            .context("no EGL configuration for a pixel buffer")?;
        let size = [
            egl::WIDTH,
            egl::Int::try_from(width)?,
            egl::HEIGHT,
            egl::Int::try_from(height)?,
            egl::NONE,
        ];
        let surface = instance
            .create_pbuffer_surface(display, config, &size)
            .context("EGL pixel buffer")?;
        make_current(&instance, display, config, surface)?;
        Ok(Self {
            instance,
            display,
            surface,
            _screen: None,
        })
    }

    /// Ends a frame.
    pub fn swap_buffers(&self) -> Result<()> {
        self.instance
            .swap_buffers(self.display, self.surface)
            .context("eglSwapBuffers")
    }

    /// The address of a GL function, null if it is not known.
    pub fn function(&self, name: &str) -> *const c_void {
        self.instance
            .get_proc_address(name)
            .map_or(std::ptr::null(), |f| f as *const c_void)
    }
}

fn load() -> Result<Instance> {
    // SAFETY: libEGL's initialisers have no conditions.
    let instance = unsafe { Instance::load_required() };
    instance.map_err(|error| anyhow::anyhow!("libEGL.so.1 with EGL 1.5: {error}"))
}

fn configs(instance: &Instance, display: egl::Display, kind: egl::Int) -> Result<Vec<egl::Config>> {
    let wanted = [
        egl::SURFACE_TYPE,
        kind,
        egl::RENDERABLE_TYPE,
        egl::OPENGL_ES2_BIT,
        egl::RED_SIZE,
        8,
        egl::GREEN_SIZE,
        8,
        egl::BLUE_SIZE,
        8,
        egl::ALPHA_SIZE,
        0,
        egl::DEPTH_SIZE,
        24,
        egl::SAMPLES,
        0,
        egl::NONE,
    ];
    let mut configs = Vec::with_capacity(64);
    instance
        .choose_config(display, &wanted, &mut configs)
        .context("eglChooseConfig")?;
    Ok(configs)
}

fn make_current(
    instance: &Instance,
    display: egl::Display,
    config: egl::Config,
    surface: egl::Surface,
) -> Result<()> {
    instance
        .bind_api(egl::OPENGL_ES_API)
        .context("eglBindAPI")?;
    let version = [egl::CONTEXT_CLIENT_VERSION, 2, egl::NONE];
    let context = instance
        .create_context(display, config, None, &version)
        .context("eglCreateContext for GLES 2")?;
    instance
        .make_current(display, Some(surface), Some(surface), Some(context))
        .context("eglMakeCurrent")
}
