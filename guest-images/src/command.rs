//! The tools that do the work: started with their output in the log, with a
//! sign of life each second.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::cache::Workspace;

const POLL: Duration = Duration::from_millis(100);
const TICK: Duration = Duration::from_secs(1);
/// How many lines of a log an error shows.
const TAIL_LINES: usize = 15;

/// One command of a recipe.
pub struct Step {
    name: String,
    command: Command,
    program: String,
}

impl Step {
    /// A command that a person sees under the given name.
    pub fn new(name: &str, program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        // Messages are searched and shown, and sorting must not depend on
        // where this runs.
        command.env("LC_ALL", "C.UTF-8");
        Self {
            name: name.to_owned(),
            command,
            program: program.to_string_lossy().into_owned(),
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Hides a variable of this process.
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Starts the command in a folder.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs the command to its end.
    pub fn run(mut self, workspace: &mut Workspace<'_>) -> Result<(), Error> {
        let log_path = workspace.log.clone();
        let open_log = || {
            let log = OpenOptions::new().append(true).create(true).open(&log_path);
            log.map_err(|e| Error::file(&log_path, e))
        };
        self.command
            .stdin(Stdio::null())
            .stdout(open_log()?)
            .stderr(open_log()?);
        workspace.progress.begin(&self.name);
        let start = Instant::now();
        let cannot = |source| Error::CannotStart {
            program: self.program.clone(),
            source,
        };
        let mut child = self.command.spawn().map_err(cannot)?;
        let mut ticked = start;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(cannot)? {
                break status;
            }
            thread::sleep(POLL);
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                workspace.progress.tick(&self.name, start.elapsed());
            }
        };
        if !status.success() {
            let tail = tail(&log_path);
            let status = status.to_string();
            let (step, program) = (self.name, self.program);
            return Err(Error::ToolFailed {
                step,
                program,
                status,
                log: log_path,
                tail,
            });
        }
        workspace.progress.end(&self.name, start.elapsed());
        Ok(())
    }
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().rev().take(TAIL_LINES).collect();
    lines
        .into_iter()
        .rev()
        .map(|line| format!("    {line}\n"))
        .collect()
}

/// Runs a quick command and returns what it prints; its messages are not shown.
pub fn output(program: &str, args: &[&OsStr]) -> Result<(bool, String), Error> {
    let mut command = Command::new(program);
    command
        .args(args)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let output = command.output().map_err(|source| Error::CannotStart {
        program: program.to_owned(),
        source,
    })?;
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    ))
}

/// The parallel jobs for a build.
pub fn jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// `name=path` as one argument.
pub fn assignment(name: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(name);
    argument.push(path);
    argument
}

/// The only entry of a folder whose name begins and ends as given.
pub fn find(folder: &Path, prefix: &str, suffix: &str) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(folder).map_err(|e| Error::file(folder, e))?;
    let mut found = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(prefix) && name.ends_with(suffix)
        });
    found.next().ok_or_else(|| Error::NotInPackage {
        package: folder.display().to_string(),
        what: format!("{prefix}*{suffix}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;

    #[test]
    fn a_failing_tool_names_its_log_and_shows_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut workspace = Workspace {
            folder: folder.path().to_owned(),
            log: log.clone(),
            progress: &mut Quiet,
        };
        let script = "for i in $(seq 40); do echo line $i; done; exit 3";
        let error = Step::new("counting", "sh")
            .args(["-c", script])
            .run(&mut workspace);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("counting: sh failed"), "{text}");
        assert!(text.contains(&log.display().to_string()), "{text}");
        assert!(
            text.contains("line 40") && !text.contains("line 20\n"),
            "{text}"
        );

        let missing = Step::new("x", "no-such-tool-here").run(&mut workspace);
        assert!(matches!(missing, Err(Error::CannotStart { .. })));
    }
}
