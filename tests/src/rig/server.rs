//! Who renders: one server for each worker, so that what it logs belongs to one test.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use super::room::{Room, SHARED};

/// Long enough for a machine that is busy with other things.
const START: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);
/// How long a client's end may be ahead of the end of the server that caused it.
const GRACE: Duration = Duration::from_millis(200);

/// The renderer under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renderer {
    /// The host's driver, without a server.
    Direct,
    /// `maro vtest`, with these arguments besides the socket.
    Maro {
        /// The program.
        program: PathBuf,
        /// Arguments.
        arguments: Vec<String>,
    },
    /// Debian's `virgl_test_server`, with these arguments besides the socket.
    Virglrenderer {
        /// Arguments.
        arguments: Vec<String>,
    },
}

/// The host's driver.
const HOST_DRIVER: &str = "llvmpipe";
/// What all programs get: no GPU, and no shader kept from one test for another.
pub const MESA: [(&str, &str); 2] = [
    ("LIBGL_ALWAYS_SOFTWARE", "1"),
    ("MESA_SHADER_CACHE_DISABLE", "true"),
];

impl Renderer {
    /// The driver of the clients.
    pub fn client_driver(&self) -> &'static str {
        match self {
            Self::Direct => HOST_DRIVER,
            Self::Maro { .. } | Self::Virglrenderer { .. } => "virpipe",
        }
    }

    /// Program and arguments inside the room; none without a server.
    fn command(&self) -> Option<Vec<String>> {
        let (program, arguments) = match self {
            Self::Direct => return None,
            Self::Maro { arguments, .. } => {
                (vec![format!("{SHARED}/maro"), "vtest".into()], arguments)
            }
            Self::Virglrenderer { arguments } => (
                vec!["virgl_test_server".into(), "--use-egl-surfaceless".into()],
                arguments,
            ),
        };
        Some([program, arguments.clone()].concat())
    }
}

/// A server at work.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its number in the room.
    inside: String,
    log: File,
}

impl Server {
    /// Starts the renderer's server and waits for its socket; without one there is
    /// nothing to start.
    ///
    /// # Errors
    /// [`Error::Server`] if there is no socket after a while.
    pub fn start(room: &Room, renderer: &Renderer, socket: &str) -> Result<Option<Self>, Error> {
        let Some(command) = renderer.command() else {
            return Ok(None);
        };
        let log_path = room
            .shared()
            .join(format!("{}.log", socket.replace('/', "_")));
        let file = |e| Error::File(log_path.clone(), e);
        let output = File::create(&log_path).map_err(file)?;
        let mut environment = MESA.to_vec();
        environment.push(("GALLIUM_DRIVER", HOST_DRIVER));
        // One that crashed has left its socket.
        let socket_outside = room.path(socket);
        fs::remove_file(&socket_outside).unwrap_or_default();
        let child = room
            .command(&environment)
            .args(["sh", "-c", "echo $$; exec \"$@\"", "sh"])
            .args(&command)
            .args(["--socket-path", socket])
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(file)?)
            .stderr(output)
            .spawn()
            .map_err(|e| Error::Server(e.to_string()))?;
        let mut server = Self {
            child,
            inside: String::new(),
            log: File::open(&log_path).map_err(file)?,
        };
        let start = Instant::now();
        while !socket_outside.exists() {
            let ended = server.has_ended();
            if ended || start.elapsed() > START {
                let why = if ended {
                    "it ended"
                } else {
                    "there is no socket"
                };
                return Err(Error::Server(format!("{why}; {}", server.new_log())));
            }
            thread::sleep(POLL);
        }
        let log = server.new_log();
        server.inside = log.lines().next().unwrap_or_default().to_owned();
        Ok(Some(server))
    }

    /// Whether the server is no more.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The same, of a server whose client has just ended badly.
    pub fn ends_soon(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < GRACE {
            if self.has_ended() {
                return true;
            }
            thread::sleep(POLL);
        }
        false
    }

    /// What it has logged since the last call.
    pub fn new_log(&mut self) -> String {
        let mut text = Vec::new();
        // A log that cannot be read is an empty one.
        let _ = self.log.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Ends the server.
    pub fn stop(mut self, room: &Room) {
        let kill = room
            .command(&[])
            .args(["sh", "-c", "kill -KILL \"$0\"", &self.inside])
            .stderr(Stdio::null())
            .status();
        if kill.is_ok_and(|status| status.success()) || self.has_ended() {
            // Only its end counts.
            let _ = self.child.wait();
        }
    }
}

/// The lines of maro's log that say of a problem.
pub fn complaints(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter(|line| {
        line.starts_with("[WARN") || line.starts_with("[ERROR") || line.contains("panicked")
    })
}

/// Starts a display for tests that need a window, with Xvfb's options besides.
///
/// # Errors
/// [`Error::Server`] if it does not come up.
pub fn start_display(room: &Room, number: usize, options: &[&str]) -> Result<(), Error> {
    let mut child = room
        .command(&[])
        .args(["Xvfb", &format!(":{number}"), "-screen", "0", "1024x768x24"])
        .args(options)
        // Else it starts afresh when its last client leaves, and the next finds it so.
        .args(["-noreset", "-nolisten", "tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| Error::Server(format!("Xvfb: {e}")))?;
    let socket = room.path(&format!("/tmp/.X11-unix/X{number}"));
    let start = Instant::now();
    while !socket.exists() {
        let ended = !matches!(child.try_wait(), Ok(None));
        if ended || start.elapsed() > START {
            return Err(Error::Server("Xvfb does not start".to_owned()));
        }
        thread::sleep(POLL);
    }
    // It ends with the room.
    Ok(())
}

/// Puts the renderer's program where the room finds it: a copy, so that a new build
/// meanwhile changes nothing.
///
/// # Errors
/// [`Error::File`] if it cannot be copied.
pub fn install(renderer: &Renderer, shared: &Path) -> Result<(), Error> {
    if let Renderer::Maro { program, .. } = renderer {
        fs::copy(program, shared.join("maro")).map_err(|e| Error::File(program.clone(), e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_problems_are_complaints() {
        let log = "17\n[INFO ] fine\n[WARN ] skipped\nthread 'x' panicked at y\n[ERROR] bad\n";
        assert_eq!(complaints(log).count(), 3);
    }

    #[test]
    fn the_server_is_told_what_the_renderer_says() {
        assert_eq!(Renderer::Direct.command(), None);
        let maro = Renderer::Maro {
            program: "/x/maro".into(),
            arguments: vec!["--host".into(), "gl".into()],
        };
        assert_eq!(
            maro.command().unwrap().join(" "),
            "/mnt/maro vtest --host gl"
        );
    }
}
