//! QEMU's control socket: a line of JSON for each command, event and answer.

use std::io::{BufRead, BufReader};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vmm_sys_util::sock_ctrl_msg::ScmSocket;

use crate::{LIMIT, Result};

/// A connection, ready for commands.
pub struct Qmp {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Qmp {
    /// Connects as soon as QEMU listens.
    pub fn connect(path: &Path) -> Result<Self> {
        let start = Instant::now();
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(error) if start.elapsed() > LIMIT => return Err(error.into()),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        };
        stream.set_read_timeout(Some(LIMIT))?;
        let mut qmp = Self {
            lines: BufReader::new(stream.try_clone()?),
            stream,
        };
        qmp.line()?;
        qmp.command("qmp_capabilities", &json!({}))?;
        Ok(qmp)
    }

    fn line(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Err("QEMU has closed its control socket".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Executes a command; what it returns.
    pub fn command(&mut self, name: &str, arguments: &Value) -> Result<Value> {
        self.command_with_files(name, arguments, &[])
    }

    fn command_with_files(
        &mut self,
        name: &str,
        arguments: &Value,
        files: &[RawFd],
    ) -> Result<Value> {
        let command = json!({"execute": name, "arguments": arguments});
        let line = format!("{command}\n");
        self.stream
            .send_with_fds(&[line.as_bytes()], files)
            .map_err(std::io::Error::from)?;
        loop {
            let answer = self.line()?;
            if let Some(error) = answer.get("error") {
                return Err(format!("QEMU refuses {name}: {error}").into());
            }
            if let Some(returned) = answer.get("return") {
                return Ok(returned.clone());
            }
        }
    }

    /// Writes what QEMU shows to a PNG file.
    pub fn screendump(&mut self, file: &Path) -> Result {
        self.command("screendump", &json!({"filename": file, "format": "png"}))?;
        Ok(())
    }

    /// Hands QEMU's D-Bus display one end of a connection; the other end.
    pub fn dbus_display(&mut self) -> Result<UnixStream> {
        let (ours, theirs) = UnixStream::pair()?;
        let name = json!({"fdname": "display"});
        self.command_with_files("getfd", &name, &[theirs.as_raw_fd()])?;
        self.command(
            "add_client",
            &json!({"protocol": "@dbus-display", "fdname": "display"}),
        )?;
        ours.set_read_timeout(Some(LIMIT))?;
        Ok(ours)
    }
}
