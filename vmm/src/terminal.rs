//! The terminal that `maro` runs in: raw while a guest has it, as it was afterwards.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr,
    tcsetattr,
};

use crate::machine::ending::Control;
use crate::output::tell;

/// What the terminal was like before a guest had it.
static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

/// Puts the terminal back as it was; without effect if it is.
fn restore() {
    let saved = SAVED.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(saved) = saved {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &saved);
    }
}

/// A raw terminal; dropping it, and any panic, puts the terminal back.
#[derive(Debug)]
pub struct RawTerminal(());

impl RawTerminal {
    /// Makes the terminal on standard input raw: keys go to the guest one by one, those
    /// that make signals too. `None` if standard input is no terminal. Output keeps its
    /// treatment, so that messages of `maro` itself stay readable.
    ///
    /// # Errors
    /// Those of `tcsetattr(3)`.
    pub fn enter() -> io::Result<Option<Self>> {
        static PANIC_HOOK: Once = Once::new();
        let stdin = io::stdin();
        if !isatty(&stdin) {
            return Ok(None);
        }
        let before = tcgetattr(&stdin)?;
        let mut raw = before.clone();
        raw.local_modes -=
            LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.input_modes -=
            InputModes::ICRNL | InputModes::IXON | InputModes::BRKINT | InputModes::INLCR;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        *SAVED.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        PANIC_HOOK.call_once(|| {
            let inner = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                restore();
                inner(info);
            }));
        });
        tcsetattr(&stdin, OptionalActions::Now, &raw)?;
        Ok(Some(Self(())))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// The key that begins a command to `maro`: Ctrl-A.
const ESCAPE: u8 = 1;

/// What the keys at the terminal ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Quit,
    PowerButton,
    Help,
}

/// Tells commands from what is typed to the guest.
#[derive(Debug, Default)]
struct Keys {
    escaped: bool,
}

impl Keys {
    /// Appends what belongs to the guest to `typed`; returns the first command.
    fn take(&mut self, input: &[u8], typed: &mut Vec<u8>) -> Option<Command> {
        for &byte in input {
            if !std::mem::take(&mut self.escaped) {
                self.escaped = byte == ESCAPE;
                if !self.escaped {
                    typed.push(byte);
                }
                continue;
            }
            match byte {
                b'x' | b'X' => return Some(Command::Quit),
                b'p' | b'P' => return Some(Command::PowerButton),
                b'h' | b'H' | b'?' => return Some(Command::Help),
                ESCAPE | b'a' => typed.push(ESCAPE),
                other => typed.extend([ESCAPE, other]),
            }
        }
        None
    }
}

const HELP: &str = "maro: Ctrl-A X ends the guest, Ctrl-A P presses its power button, \
                    Ctrl-A Ctrl-A types Ctrl-A";

/// A thread that reads standard input for the guest; dropping it ends the thread.
#[derive(Debug)]
pub struct InputThread {
    stop: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

impl InputThread {
    /// Starts reading; `sink` gets what is typed to the guest.
    ///
    /// # Errors
    /// Those of making a thread or an event.
    pub fn start(
        control: Arc<Control>,
        sink: impl FnMut(&[u8]) + Send + 'static,
    ) -> io::Result<Self> {
        let stop = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        let stopped = stop.try_clone()?;
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        let thread = thread::Builder::new()
            .name("terminal".into())
            .spawn(move || {
                if let Err(error) = read_keys(&stdin, &stopped, &control, sink) {
                    log::warn!("The terminal's input ends: {error}");
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for InputThread {
    fn drop(&mut self) {
        if let (Ok(_), Some(thread)) = (
            rustix::io::write(&self.stop, &1u64.to_ne_bytes()),
            self.thread.take(),
        ) {
            let _ = thread.join();
        }
    }
}

fn read_keys(
    stdin: &OwnedFd,
    stop: &OwnedFd,
    control: &Control,
    mut sink: impl FnMut(&[u8]),
) -> io::Result<()> {
    let (mut keys, mut buffer, mut typed) = (Keys::default(), [0; 256], Vec::new());
    loop {
        let mut fds = [
            PollFd::new(stdin, PollFlags::IN),
            PollFd::new(stop, PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !fds[1].revents().is_empty() {
            return Ok(());
        }
        if fds[0].revents().is_empty() {
            continue;
        }
        let count = rustix::io::read(stdin, &mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        typed.clear();
        let command = keys.take(&buffer[..count], &mut typed);
        sink(&typed);
        match command {
            Some(Command::Quit) => control.quit(),
            Some(Command::PowerButton) => control.press_power_button(),
            Some(Command::Help) => tell(format_args!("\n{HELP}")),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(input: &[u8]) -> (Option<Command>, Vec<u8>) {
        let mut typed = Vec::new();
        let command = Keys::default().take(input, &mut typed);
        (command, typed)
    }

    #[test]
    fn ordinary_keys_go_to_the_guest() {
        assert_eq!(take(b"ls\r\x03"), (None, b"ls\r\x03".to_vec()));
    }

    #[test]
    fn escape_and_x_quits() {
        assert_eq!(take(b"ab\x01xcd"), (Some(Command::Quit), b"ab".to_vec()));
        assert_eq!(take(b"\x01P"), (Some(Command::PowerButton), vec![]));
        assert_eq!(take(b"\x01?"), (Some(Command::Help), vec![]));
    }

    #[test]
    fn escape_twice_types_it_once() {
        assert_eq!(take(b"\x01\x01"), (None, vec![1]));
        assert_eq!(take(b"\x01k"), (None, vec![1, b'k']));
    }

    #[test]
    fn escape_and_command_may_come_apart() {
        let (mut keys, mut typed) = (Keys::default(), Vec::new());
        assert_eq!(keys.take(b"\x01", &mut typed), None);
        assert_eq!(keys.take(b"x", &mut typed), Some(Command::Quit));
        assert!(typed.is_empty());
    }
}
