//! A window of the host that is the guest's screen, keyboard and pointer.
//!
//! [`run`] takes the main thread: it opens the window, makes the GL contexts, hands one
//! to the caller for the renderer's thread and then serves events until the window or
//! the guest is closed. All drawing happens in the main thread, so the guest never waits
//! for the host's screen.
//!
//! The window keeps two key combinations for itself: Ctrl+Alt+F switches full screen on
//! and off, Ctrl+Alt+Q does what the close button does. All else goes to the guest.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use maro_gpu::renderer::{Rect, ScanoutId};
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::error::{EventLoopError, OsError};
use winit::event::{KeyEvent, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy};
use winit::keyboard::Key;
use winit::platform::modifier_supplement::KeyEventExtModifierSupplement;
use winit::platform::x11::WindowAttributesExtX11;
use winit::window::{Fullscreen, Window, WindowAttributes, WindowId};

use super::input::{Input, InputSink, KeyChange, Shortcut};
use super::painter::{Dirty, Painter, PainterError};
use super::placement::{Placement, Scaling};
use super::viewer::{Mailbox, Post, Wake};

pub use super::viewer::WindowViewer;
use crate::gl::platform::{Api, Context, Platform, PlatformError, WindowContext};

/// How long a window must keep its size before the guest is told: while its edge is
/// dragged, the old picture is scaled.
const SETTLE: Duration = Duration::from_millis(150);

/// How a window looks and behaves.
#[derive(Clone, Debug)]
pub struct WindowConfig {
    /// What the title bar says.
    pub title: String,
    /// Size to start with, in physical pixels; the window system may decide otherwise.
    pub size: (u32, u32),
    /// Start on the whole screen.
    pub fullscreen: bool,
    /// Draw in step with the screen's refresh. The guest does not wait either way.
    pub vsync: bool,
    /// How a picture of another size is fitted in.
    pub scaling: Scaling,
    /// The GL to ask for, for the window and the renderer alike.
    pub api: Api,
    /// The scanout to show.
    pub scanout: ScanoutId,
}

impl Default for WindowConfig {
    fn default() -> Self {
        Self {
            title: "maro".to_owned(),
            size: (1280, 800),
            fullscreen: false,
            vsync: true,
            scaling: Scaling::Smooth,
            api: Api::Auto,
            scanout: ScanoutId(0),
        }
    }
}

/// Why there is no window, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// There is no window system to connect to.
    #[error(
        "No window can be opened: {0}. Run it in a desktop session (DISPLAY or WAYLAND_DISPLAY \
         must be set), or without a window by --display headless"
    )]
    EventLoop(#[from] EventLoopError),
    /// The window system refused the window.
    #[error("The window system made no window: {0}")]
    Create(#[from] OsError),
    /// There is no GL for the window.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// GL cannot draw the window's content.
    #[error(transparent)]
    Painter(#[from] PainterError),
    /// What the caller wanted to start with the window did not start.
    #[error(transparent)]
    Setup(SetupError),
}

/// An error of the caller's own.
pub type SetupError = Box<dyn std::error::Error + Send + Sync>;

/// What a caller gets to start the guest with, once the window is open.
pub struct WindowSetup {
    /// Makes further contexts; may go to other threads.
    pub platform: Platform,
    /// A context for the renderer's thread, which shares its objects with the window's.
    /// The renderer's own further contexts must share with it.
    pub context: Context,
    /// To be told of frames by the renderer.
    pub viewer: WindowViewer,
    /// Closes the window from another thread.
    pub closer: WindowCloser,
    /// Size of the window in physical pixels: the guest's first mode.
    pub size: (u32, u32),
}

/// Closes a window from any thread, for example because the guest has ended.
#[derive(Clone, Debug)]
pub struct WindowCloser(EventLoopProxy<Wake>);

impl WindowCloser {
    /// Makes [`run`] return. Without effect if it has already.
    pub fn close(&self) {
        // The only error is that the loop has ended.
        let _ = self.0.send_event(Wake::Close);
    }
}

/// What becomes of a window that the user wants to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseAnswer {
    /// It stays: the guest was asked to shut down and will end by itself.
    Stay,
    /// It goes, and [`run`] returns.
    Exit,
}

/// Whom the window tells what its user does. All are called in the main thread and must
/// not block.
pub struct WindowCallbacks {
    /// The guest's input devices.
    pub input: Box<dyn InputSink>,
    /// The scanout has a new size in physical pixels, which the guest may take for its
    /// mode.
    pub on_resize: Box<dyn FnMut(ScanoutId, u32, u32)>,
    /// The user wants to close the window.
    pub on_close: Box<dyn FnMut() -> CloseAnswer>,
}

/// Opens a window, calls `setup` with what the guest's GPU needs and serves the window's
/// events until it is closed. Must be called in the main thread, and once in a process.
///
/// # Errors
/// If there is no window system or no GL for it, if `setup` fails, or if the driver can
/// no longer draw.
pub fn run(
    config: WindowConfig,
    setup: impl FnOnce(WindowSetup) -> Result<WindowCallbacks, SetupError>,
) -> Result<(), WindowError> {
    let event_loop = EventLoop::<Wake>::with_user_event().build()?;
    let proxy = event_loop.create_proxy();
    let mut app = App {
        config,
        setup: Some(setup),
        proxy,
        open: None,
        failure: None,
    };
    event_loop.run_app(&mut app)?;
    app.failure.map_or(Ok(()), Err)
}

/// The application before and after its window is open.
struct App<S> {
    config: WindowConfig,
    setup: Option<S>,
    proxy: EventLoopProxy<Wake>,
    open: Option<Open>,
    failure: Option<WindowError>,
}

/// An open window. The painter's GL objects go before the context, and that before the
/// window.
struct Open {
    painter: Painter,
    context: WindowContext,
    window: Arc<Window>,
    input: Input,
    on_resize: Box<dyn FnMut(ScanoutId, u32, u32)>,
    on_close: Box<dyn FnMut() -> CloseAnswer>,
    scanout: ScanoutId,
    mailbox: Arc<Mailbox>,
    /// Its memory goes back and forth between here and the mailbox.
    post: Post,
    size: (u32, u32),
    resize: Resize,
    /// On Wayland the compositor says when to draw, and what a window shows stays.
    wayland: bool,
    vsync: bool,
    cursor_visible: bool,
    place: (f64, f64),
    /// A picture was asked for because of what was posted, not by the window system.
    drawing: bool,
}

/// Waits until a window's size has settled.
#[derive(Debug)]
struct Resize {
    told: (u32, u32),
    next: Option<((u32, u32), Instant)>,
}

impl Resize {
    fn note(&mut self, size: (u32, u32), now: Instant) {
        self.next = (size != self.told).then_some((size, now + SETTLE));
    }

    fn deadline(&self) -> Option<Instant> {
        self.next.map(|(_, deadline)| deadline)
    }

    /// The size to tell, once, when its time has come.
    fn due(&mut self, now: Instant) -> Option<(u32, u32)> {
        let (size, deadline) = self.next?;
        if now < deadline {
            return None;
        }
        self.next = None;
        self.told = size;
        Some(size)
    }
}

impl<S> App<S>
where
    S: FnOnce(WindowSetup) -> Result<WindowCallbacks, SetupError>,
{
    fn open(&mut self, event_loop: &ActiveEventLoop) -> Result<(), WindowError> {
        let Some(setup) = self.setup.take() else {
            return Ok(());
        };
        let config = &self.config;
        let platform = Platform::for_display(Arc::new(event_loop.owned_display_handle()))?;
        let window = Arc::new(event_loop.create_window(attributes(config, &platform))?);
        let size = window.inner_size();
        let (width, height) = (at_least_one(size.width), at_least_one(size.height));
        let own = platform.create_context(config.api, None)?;
        let renderers = platform.create_context(config.api, Some(&own))?;
        let context =
            platform.make_current_in_window(own, Arc::<Window>::clone(&window), width, height)?;
        let wayland = matches!(
            window.window_handle().map(|h| h.as_raw()),
            Ok(RawWindowHandle::Wayland(_))
        );
        // A swap that waits for a compositor would last as long as the window is covered;
        // there, redraws come at the compositor's pace instead.
        context.set_vsync(config.vsync && !wayland);
        let size = (width.get(), height.get());
        let painter = Painter::new(context.gl(), size, config.scaling)?;
        let mailbox = Arc::new(Mailbox::default());
        let viewer = WindowViewer::new(Arc::clone(&mailbox), self.proxy.clone(), config.scanout);
        let closer = WindowCloser(self.proxy.clone());
        let callbacks = setup(WindowSetup {
            platform,
            context: renderers,
            viewer,
            closer,
            size,
        })
        .map_err(WindowError::Setup)?;
        window.request_redraw();
        self.open = Some(Open {
            painter,
            context,
            window,
            input: Input::new(callbacks.input),
            on_resize: callbacks.on_resize,
            on_close: callbacks.on_close,
            scanout: config.scanout,
            mailbox,
            post: Post::default(),
            size,
            resize: Resize {
                told: size,
                next: None,
            },
            wayland,
            vsync: config.vsync,
            cursor_visible: true,
            place: (-1.0, -1.0),
            drawing: false,
        });
        Ok(())
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, error: WindowError) {
        self.failure.get_or_insert(error);
        event_loop.exit();
    }
}

fn attributes(config: &WindowConfig, platform: &Platform) -> WindowAttributes {
    let attributes = Window::default_attributes()
        .with_title(&config.title)
        .with_inner_size(PhysicalSize::new(
            config.size.0.max(1),
            config.size.1.max(1),
        ))
        .with_fullscreen(config.fullscreen.then_some(Fullscreen::Borderless(None)))
        .with_name("maro", "maro");
    match platform.x11_visual() {
        Some(visual) => attributes.with_x11_visual(visual),
        None => attributes,
    }
}

fn at_least_one(edge: u32) -> NonZeroU32 {
    NonZeroU32::new(edge).unwrap_or(NonZeroU32::MIN)
}

impl<S> ApplicationHandler<Wake> for App<S>
where
    S: FnOnce(WindowSetup) -> Result<WindowCallbacks, SetupError>,
{
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if let Err(e) = self.open(event_loop) {
            self.fail(event_loop, e);
        }
    }

    fn new_events(&mut self, _: &ActiveEventLoop, _: StartCause) {
        if let Some(open) = &mut self.open {
            open.tell_size();
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: Wake) {
        match (event, &mut self.open) {
            (Wake::Close, _) => event_loop.exit(),
            (Wake::Posted, Some(open)) => open.collect(),
            (Wake::Posted, None) => {}
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(open) = &mut self.open else { return };
        if let Err(e) = open.event(event_loop, event) {
            self.fail(event_loop, e);
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let deadline = self.open.as_ref().and_then(|open| open.resize.deadline());
        event_loop.set_control_flow(deadline.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }

    fn exiting(&mut self, _: &ActiveEventLoop) {
        if let Some(open) = &mut self.open {
            open.input.release_all();
        }
        self.open = None;
    }
}

impl Open {
    fn event(
        &mut self,
        event_loop: &ActiveEventLoop,
        event: WindowEvent,
    ) -> Result<(), WindowError> {
        match event {
            WindowEvent::CloseRequested => self.close(event_loop),
            WindowEvent::RedrawRequested => self.draw()?,
            WindowEvent::Resized(size) => self.resized(size),
            WindowEvent::Focused(false) => self.input.release_all(),
            WindowEvent::KeyboardInput {
                event,
                is_synthetic,
                ..
            } => {
                self.key(event_loop, &event, is_synthetic);
            }
            WindowEvent::CursorMoved { position, .. } => self.pointer(position.x, position.y),
            WindowEvent::CursorLeft { .. } => {
                self.place = (-1.0, -1.0);
                self.show_cursor();
            }
            WindowEvent::MouseInput { button, state, .. } => self.input.button(button, state),
            WindowEvent::MouseWheel { delta, .. } => self.input.scroll(delta),
            _ => {}
        }
        Ok(())
    }

    /// Takes over what the renderer's thread posted.
    fn collect(&mut self) {
        self.mailbox.collect(&mut self.post);
        if self.painter.accept(&mut self.post) {
            self.drawing = true;
            self.window.request_redraw();
        }
        self.show_cursor();
    }

    fn draw(&mut self) -> Result<(), WindowError> {
        let asked = std::mem::take(&mut self.drawing);
        let damage = match self.painter.draw() {
            Dirty::Part(part) if self.wayland && asked => upwards(part, self.size.1),
            _ => None,
        };
        if self.vsync {
            self.window.pre_present_notify();
        }
        Ok(self.context.swap_buffers(damage.as_slice())?)
    }

    fn resized(&mut self, size: PhysicalSize<u32>) {
        // A minimised window has no size; the guest keeps its mode.
        let (Some(width), Some(height)) =
            (NonZeroU32::new(size.width), NonZeroU32::new(size.height))
        else {
            return;
        };
        self.size = (size.width, size.height);
        self.context.resize(width, height);
        self.painter.resize(self.size);
        self.resize.note(self.size, Instant::now());
        self.window.request_redraw();
    }

    fn tell_size(&mut self) {
        if let Some((width, height)) = self.resize.due(Instant::now()) {
            (self.on_resize)(self.scanout, width, height);
        }
    }

    fn key(&mut self, event_loop: &ActiveEventLoop, event: &KeyEvent, synthetic: bool) {
        let bare: Key = event.key_without_modifiers();
        match self.input.key(&KeyChange::new(event, &bare, synthetic)) {
            Some(Shortcut::Fullscreen) => self.toggle_fullscreen(),
            Some(Shortcut::Close) => self.close(event_loop),
            None => {}
        }
    }

    fn pointer(&mut self, x: f64, y: f64) {
        self.place = (x, y);
        let area = self.area();
        // X11 tells of places outside of the window when the focus comes, and while a button
        // is held; only the latter are the guest's business.
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        if (0.0..width).contains(&x) && (0.0..height).contains(&y) || self.input.is_dragging() {
            self.input.pointer(area.to_axes(x, y));
        }
        self.show_cursor();
    }

    fn close(&mut self, event_loop: &ActiveEventLoop) {
        if (self.on_close)() == CloseAnswer::Exit {
            event_loop.exit();
        }
    }

    fn toggle_fullscreen(&self) {
        let next = match self.window.fullscreen() {
            Some(_) => None,
            None => Some(Fullscreen::Borderless(None)),
        };
        self.window.set_fullscreen(next);
    }

    /// The part of the window that stands for the guest's screen: all of it as long as
    /// there is no picture.
    fn area(&self) -> Placement {
        let (width, height) = self.size;
        self.painter.placement().unwrap_or(Placement {
            area: Rect {
                x: 0,
                y: 0,
                width,
                height,
            },
            picture: self.size,
        })
    }

    /// Hides the host's pointer over the picture, where the guest shows its own.
    fn show_cursor(&mut self) {
        let over = self
            .painter
            .placement()
            .is_some_and(|placement| placement.contains(self.place.0, self.place.1));
        if self.cursor_visible == over {
            self.cursor_visible = !over;
            self.window.set_cursor_visible(!over);
        }
    }
}

/// A part of a window in EGL's coordinates, whose rows start at the bottom; `None` if it
/// is empty.
fn upwards(part: Rect, window_height: u32) -> Option<glutin::surface::Rect> {
    let lower = part.y.checked_add(part.height)?;
    let y = window_height.checked_sub(lower)?;
    let [x, y, width, height] =
        [part.x, y, part.width, part.height].map(|v| i32::try_from(v).unwrap_or(i32::MAX));
    (width > 0 && height > 0).then(|| glutin::surface::Rect::new(x, y, width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_told_once_after_it_has_settled() {
        let start = Instant::now();
        let mut resize = Resize {
            told: (10, 10),
            next: None,
        };
        resize.note((20, 10), start);
        resize.note((30, 10), start + SETTLE / 2);
        assert_eq!(resize.due(start + SETTLE), None);
        assert_eq!(resize.deadline(), Some(start + SETTLE / 2 + SETTLE));
        assert_eq!(resize.due(start + SETTLE * 2), Some((30, 10)));
        assert_eq!(resize.due(start + SETTLE * 3), None);
    }

    #[test]
    fn size_that_comes_back_is_not_told() {
        let start = Instant::now();
        let mut resize = Resize {
            told: (10, 10),
            next: None,
        };
        resize.note((20, 10), start);
        resize.note((10, 10), start);
        assert_eq!(resize.deadline(), None);
    }

    #[test]
    fn damage_is_counted_from_the_lower_edge() {
        let part = Rect {
            x: 3,
            y: 10,
            width: 5,
            height: 20,
        };
        assert_eq!(
            upwards(part, 100),
            Some(glutin::surface::Rect::new(3, 70, 5, 20))
        );
        assert_eq!(upwards(Rect { width: 0, ..part }, 100), None);
        // Larger than the window: everything is damaged then.
        assert_eq!(
            upwards(
                Rect {
                    height: 200,
                    ..part
                },
                100
            ),
            None
        );
    }
}
