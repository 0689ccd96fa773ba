//! An X client that looks at the screen and acts as the user.

use std::time::{Duration, Instant};

use maro_gpu::renderer::Image;
use x11rb::connection::Connection;
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ClientMessageEvent, ConfigureWindowAux,
    ConnectionExt as _, EventMask, ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::{CURRENT_TIME, NONE};

use crate::{LIMIT, Result};

/// A connection to the server, and the window under test on it.
pub struct Screen {
    x: RustConnection,
    root: Window,
    window: Window,
}

impl Screen {
    /// Connects, and waits for the window to be on the screen.
    pub fn connect(display: &str) -> Result<Self> {
        let (x, number) = x11rb::connect(Some(display))?;
        let root = x.setup().roots[number].root;
        x.xfixes_query_version(5, 0)?.reply()?;
        let start = Instant::now();
        loop {
            if let Some(window) = find_window(&x, root)? {
                return Ok(Self { x, root, window });
            }
            if start.elapsed() > LIMIT {
                return Err("there is no window on the screen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A screenshot of the part of the screen where the window is.
    pub fn window_picture(&self) -> Result<Image> {
        let size = self.x.get_geometry(self.window)?.reply()?;
        let place = self
            .x
            .translate_coordinates(self.window, self.root, 0, 0)?
            .reply()?;
        let (x, y) = (place.dst_x, place.dst_y);
        let shot = self
            .x
            .get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                x,
                y,
                size.width,
                size.height,
                !0,
            )?
            .reply()?;
        // Depth 24 on a little-endian server: blue, green, red, nothing.
        let rgba = shot
            .data
            .chunks_exact(4)
            .flat_map(|p| [p[2], p[1], p[0], 255])
            .collect();
        Ok(Image {
            width: size.width.into(),
            height: size.height.into(),
            rgba,
        })
    }

    pub fn resize_window(&self, width: u32, height: u32) -> Result {
        let size = ConfigureWindowAux::new().width(width).height(height);
        Ok(self.x.configure_window(self.window, &size)?.check()?)
    }

    pub fn focus_window(&self) -> Result {
        self.focus(self.window)
    }

    pub fn focus_nothing(&self) -> Result {
        self.focus(NONE)
    }

    fn focus(&self, window: Window) -> Result {
        Ok(self
            .x
            .set_input_focus(InputFocus::NONE, window, CURRENT_TIME)?
            .check()?)
    }

    pub fn key(&self, keycode: u8, press: bool) -> Result {
        let event = if press {
            KEY_PRESS_EVENT
        } else {
            KEY_RELEASE_EVENT
        };
        self.fake(event, keycode, (0, 0))
    }

    pub fn button(&self, button: u8, press: bool) -> Result {
        let event = if press {
            BUTTON_PRESS_EVENT
        } else {
            BUTTON_RELEASE_EVENT
        };
        self.fake(event, button, (0, 0))
    }

    /// Moves the host's pointer to a place of the window.
    pub fn point(&self, x: i16, y: i16) -> Result {
        let place = self
            .x
            .translate_coordinates(self.window, self.root, x, y)?
            .reply()?;
        self.fake(MOTION_NOTIFY_EVENT, 0, (place.dst_x, place.dst_y))
    }

    fn fake(&self, event: u8, detail: u8, (x, y): (i16, i16)) -> Result {
        let request = self
            .x
            .xtest_fake_input(event, detail, CURRENT_TIME, self.root, x, y, 0)?;
        Ok(request.check()?)
    }

    /// Does the host show a pointer at the place where it is?
    pub fn pointer_is_visible(&self) -> Result<bool> {
        let cursor = self.x.xfixes_get_cursor_image()?.reply()?;
        Ok(cursor.cursor_image.iter().any(|pixel| pixel >> 24 != 0))
    }

    /// What a window manager does when the close button is pressed.
    pub fn close_window(&self) -> Result {
        let atom = |name: &str| -> Result<u32> {
            Ok(self.x.intern_atom(false, name.as_bytes())?.reply()?.atom)
        };
        let data = [atom("WM_DELETE_WINDOW")?, CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, self.window, atom("WM_PROTOCOLS")?, data);
        Ok(self
            .x
            .send_event(false, self.window, EventMask::NO_EVENT, event)?
            .check()?)
    }
}

fn find_window(x: &RustConnection, root: Window) -> Result<Option<Window>> {
    for window in x.query_tree(root)?.reply()?.children {
        let class = x
            .get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?
            .reply()?;
        let attributes = x.get_window_attributes(window)?.reply()?;
        if class.value.starts_with(b"maro\0") && attributes.map_state == MapState::VIEWABLE {
            return Ok(Some(window));
        }
    }
    Ok(None)
}
