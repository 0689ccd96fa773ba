//! A guest that `maro run` boots, seen through its console.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use maro_guest_images::{GuestTask, HostKind, Request, RootKind, Terminal};

use crate::{LIMIT, Result, host};

/// The longest life of a guest. On a software KVM a test takes half a minute, and five
/// times as long when the host is busy with others.
const LIFETIME: Duration = Duration::from_secs(480);
/// The line with which init tells what it starts: a command is not its own output.
const STARTED: &str = "maro-init: run ";
/// How many lines of the console an error shows.
const SHOWN_LINES: usize = 20;

/// Makes the command that boots the trimmed image for `task`; `parameters` come at the
/// end of the kernel's command line. The guest's console is the command's input and output.
pub fn command(task: &GuestTask, parameters: &str) -> Result<Command> {
    let (kind, info) = host::kvm()?;
    let request = Request {
        root: RootKind::Trimmed,
        ..Request::new(kind)
    };
    let image = maro_guest_images::prepare(&request, &mut Terminal::default())?;
    let line = image.cmdline(&info, task)?;
    let mut disk = image.disk.into_os_string();
    disk.push(",ro");
    let (cpus, memory) = size(kind);
    let mut command = Command::new(host::maro());
    command
        .args(["run", "--serial", "stdio", "--cpus", cpus])
        .args(["--memory", memory, "--cmdline"])
        .arg(format!("{line} {parameters}"))
        .arg("--kernel")
        .arg(&image.kernel)
        .arg("--disk")
        .arg(disk);
    if let Some(initrd) = &image.initrd {
        command.arg("--initrd").arg(initrd);
    }
    Ok(command)
}

/// CPUs and memory. A software KVM runs one CPU, and takes long for much memory.
fn size(host: HostKind) -> (&'static str, &'static str) {
    match host {
        HostKind::HardwareKvm => ("2", "1G"),
        HostKind::SoftwareKvm => ("1", "256M"),
    }
}

/// A running guest; it is ended with this value.
pub struct Guest {
    process: Child,
    keyboard: ChildStdin,
    console: Receiver<String>,
    lines: Vec<String>,
    deadline: Instant,
}

impl Guest {
    /// Boots it. Its console, with times, and what maro says are kept in `folder`.
    pub fn boot(command: &mut Command, folder: &Path) -> Result<Self> {
        let log = File::create(folder.join("console.log"))?;
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("maro.log"))?)
            .spawn()?;
        let keyboard = process.stdin.take().ok_or("maro has no input")?;
        let output = process.stdout.take().ok_or("maro has no output")?;
        let (sender, console) = channel();
        thread::spawn(move || read_console(output, log, &sender));
        Ok(Self {
            process,
            keyboard,
            console,
            lines: Vec::new(),
            deadline: Instant::now() + LIFETIME,
        })
    }

    /// Waits for a line with this text on the console.
    pub fn wait_for(&mut self, text: &str) -> Result<String> {
        self.wait_until(text, self.deadline)
    }

    /// As [`wait_for`](Self::wait_for), with a deadline of its own.
    pub fn wait_until(&mut self, text: &str, deadline: Instant) -> Result<String> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.console.recv_timeout(left) {
                Ok(line) => {
                    self.lines.push(line.clone());
                    if line.contains(text) && !line.starts_with(STARTED) {
                        return Ok(line);
                    }
                }
                Err(why) => {
                    let why = match why {
                        RecvTimeoutError::Timeout => "the time is up",
                        RecvTimeoutError::Disconnected => "the guest has ended",
                    };
                    let shown = self.lines.len().saturating_sub(SHOWN_LINES);
                    let shown = self.lines[shown..].join("\n");
                    return Err(format!("{why}, without {text:?} on its console:\n{shown}").into());
                }
            }
        }
    }

    /// What comes after `key` and a blank in each line of the console so far that starts
    /// with them.
    pub fn values(&self, key: &str) -> Vec<&str> {
        self.lines
            .iter()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
            .collect()
    }

    /// Types a line on the console.
    pub fn type_line(&mut self, line: &str) -> Result {
        Ok(writeln!(self.keyboard, "{line}")?)
    }

    /// It must be there still.
    pub fn expect_alive(&mut self) -> Result {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("maro has ended: {status}").into()),
        }
    }

    /// Waits for maro's end, which must have this exit code.
    pub fn expect_exit(&mut self, code: i32) -> Result {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.process.try_wait()? {
                return if status.code() == Some(code) {
                    Ok(())
                } else {
                    Err(format!("exit code {code} is expected, not {status}").into())
                };
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("maro does not end".into())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Hands on each line, and writes it to `log` with its time since the start.
fn read_console(output: ChildStdout, mut log: File, lines: &Sender<String>) {
    let start = Instant::now();
    for line in BufReader::new(output)
        .split(b'\n')
        .map_while(|line| line.ok())
    {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let seconds = start.elapsed().as_secs_f64();
        // A log that cannot be written is no reason to stop a test.
        let _ = writeln!(log, "[{seconds:7.2}] {line}");
        if lines.send(line).is_err() {
            return;
        }
    }
}
