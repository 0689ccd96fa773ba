//! The guest's keyboard and pointer, played by the window.

use maro_devices::virtio::input::{ABS_X, ABS_Y, InputEvent, InputHandle, REL_HWHEEL, REL_WHEEL};
use maro_renderer::present::input::InputSink;

/// Hands the window's events to the guest's input devices, a frame at a time.
#[derive(Debug)]
pub struct GuestInput {
    keyboard: InputHandle,
    tablet: InputHandle,
    keys: Vec<InputEvent>,
    pointer: Vec<InputEvent>,
}

impl GuestInput {
    /// Plays these two devices.
    pub fn new(keyboard: InputHandle, tablet: InputHandle) -> Self {
        Self {
            keyboard,
            tablet,
            keys: Vec::new(),
            pointer: Vec::new(),
        }
    }
}

/// An axis value of the window, which shares the tablet's range.
fn axis(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

impl InputSink for GuestInput {
    fn key(&mut self, code: u16, pressed: bool) {
        self.keys.push(InputEvent::key(code, pressed));
    }

    fn pointer_move(&mut self, x: u32, y: u32) {
        self.pointer.push(InputEvent::absolute(ABS_X, axis(x)));
        self.pointer.push(InputEvent::absolute(ABS_Y, axis(y)));
    }

    fn button(&mut self, code: u16, pressed: bool) {
        self.pointer.push(InputEvent::key(code, pressed));
    }

    fn wheel(&mut self, horizontal: i32, vertical: i32) {
        for (axis, steps) in [(REL_HWHEEL, horizontal), (REL_WHEEL, vertical)] {
            if steps != 0 {
                self.pointer.push(InputEvent::relative(axis, steps));
            }
        }
    }

    fn sync(&mut self) {
        for (device, events) in [
            (&self.keyboard, &mut self.keys),
            (&self.tablet, &mut self.pointer),
        ] {
            if !events.is_empty() {
                device.send(events);
                events.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use maro_devices::virtio::input::ABS_MAX;
    use maro_renderer::present::placement::AXIS_MAX;

    #[test]
    fn window_and_tablet_agree_on_the_axes() {
        assert_eq!(i64::from(AXIS_MAX), i64::from(ABS_MAX));
    }
}
