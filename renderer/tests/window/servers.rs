//! Display servers without a display, started for one test and ended with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{LIMIT, Result};

/// An X server that draws into memory.
pub struct Xvfb {
    process: Child,
    number: u32,
}

impl Xvfb {
    /// Starts a server on a display that is free.
    pub fn start() -> Result<Self> {
        let mut process = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x1024x24",
                "-noreset",
            ])
            .args(["-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("Xvfb does not start ({e}); install it (Debian: xvfb)"))?;
        let stdout = process.stdout.take().ok_or("Xvfb has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        match line.trim().parse() {
            Ok(number) => Ok(Self { process, number }),
            Err(_) => {
                end(&mut process);
                Err("Xvfb found no free display".into())
            }
        }
    }

    /// What `DISPLAY` has to be.
    pub fn display(&self) -> String {
        format!(":{}", self.number)
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// A Wayland compositor that draws into memory.
pub struct Weston {
    process: Child,
    directory: PathBuf,
}

const SOCKET: &str = "wayland-test";

impl Weston {
    /// Starts it; `None` if there is none on this machine.
    pub fn start() -> Result<Option<Self>> {
        let directory = std::env::temp_dir().join(format!("maro-weston-{}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        // Without pixman it would not read what its clients draw.
        let started = Command::new("weston")
            .args([
                "--backend=headless-backend.so",
                "--use-pixman",
                "--no-config",
                "--idle-time=0",
            ])
            .args(["--width=1024", "--height=768"])
            .arg(format!("--socket={SOCKET}"))
            .env("XDG_RUNTIME_DIR", &directory)
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = match started {
            Ok(process) => process,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e.into()),
        };
        let server = Self { process, directory };
        let start = Instant::now();
        while !server.directory.join(SOCKET).exists() {
            if start.elapsed() > LIMIT {
                return Err("weston made no socket".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(server))
    }

    /// Makes a program connect to this compositor.
    pub fn environment(&self, command: &mut Command) {
        command
            .env("XDG_RUNTIME_DIR", &self.directory)
            .env("WAYLAND_DISPLAY", SOCKET);
    }
}

impl Drop for Weston {
    fn drop(&mut self) {
        end(&mut self.process);
        // Only a socket and a lock are left in it.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn end(process: &mut Child) {
    // It may have ended by itself, and then there is nothing to do.
    let _ = process.kill();
    let _ = process.wait();
}
