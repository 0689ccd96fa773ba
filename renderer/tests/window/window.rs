//! The process with the window, seen from outside.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::{LIMIT, Result, child};

/// How long nothing must happen to believe that nothing will.
const QUIET: Duration = Duration::from_millis(500);

/// A running window. It is ended with this value.
pub struct TestWindow {
    process: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
}

impl TestWindow {
    /// Starts this test once more as the process with the window.
    pub fn start(environment: impl FnOnce(&mut Command)) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg(child::ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        environment(&mut command);
        let mut process = command.spawn()?;
        let commands = process.stdin.take().ok_or("no input")?;
        let output = process.stdout.take().ok_or("no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output)
                .lines()
                .map_while(std::result::Result::ok)
            {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            process,
            commands,
            lines,
        })
    }

    /// What the window's process writes to standard error, if that was asked for.
    pub fn errors(&mut self) -> Option<ChildStderr> {
        self.process.stderr.take()
    }

    /// Tells the test's guest what to do.
    pub fn send(&mut self, command: &str) -> Result {
        Ok(writeln!(self.commands, "{command}")?)
    }

    /// What happens next in the window.
    pub fn next(&mut self) -> Result<String> {
        self.lines
            .recv_timeout(LIMIT)
            .map_err(|_| "the window reports nothing more".to_owned().into())
    }

    /// The next thing that happens must be this.
    pub fn expect(&mut self, line: &str) -> Result {
        match self
            .next()
            .map_err(|e| format!("{line:?} is expected: {e}"))?
        {
            next if next == line => Ok(()),
            next => Err(format!("{line:?} is expected, the window reports {next:?}").into()),
        }
    }

    /// The next thing that happens must start so.
    pub fn expect_start(&mut self, start: &str) -> Result {
        match self.next()? {
            next if next.starts_with(start) => Ok(()),
            next => Err(format!("{start:?} is expected, the window reports {next:?}").into()),
        }
    }

    /// Nothing more may happen.
    pub fn expect_nothing(&mut self) -> Result {
        match self.lines.recv_timeout(QUIET) {
            Ok(line) => Err(format!("nothing is expected, the window reports {line:?}").into()),
            Err(_) => Ok(()),
        }
    }

    /// The process must end by itself, and well.
    pub fn expect_exit(&mut self) -> Result {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.process.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(status.to_string().into())
                };
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("the window's process does not end".into())
    }
}

impl Drop for TestWindow {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
