//! Runs tests, several at a time, each in a process of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;
use super::outcome::{self, Ending, Status};
use super::profile::{ROOT, Surface, Test};
use super::results::{self, Results, SUBTESTS, TESTS};
use crate::rig::server::{self, MESA, Server};
use crate::rig::{Renderer, Room};

/// What is run, and how.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Debian's tree with piglit.
    pub tree: &'a Path,
    /// Who renders.
    pub renderer: Renderer,
    /// How many tests run at a time.
    pub jobs: usize,
    /// When a test is stopped.
    pub timeout: Duration,
    /// Where results and the output of tests that do not pass go.
    pub out: PathBuf,
    /// What stands above the results.
    pub comment: String,
}

/// What came of one test.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub status: Status,
    /// Its parts.
    pub subtests: BTreeMap<String, Status>,
    /// What the test printed, and then what its server logged.
    pub output: String,
    /// How long it took.
    pub time: Duration,
}

/// Tests by name, in the order in which they run.
pub type Tests<'a> = Vec<(&'a str, &'a Test)>;

/// Runs the tests and writes their results into the plan's folder. Each report is shown
/// as soon as it is there.
///
/// # Errors
/// If the room or a server cannot be started, or results cannot be written.
pub fn run(
    plan: &Plan<'_>,
    tests: &Tests<'_>,
    show: &(dyn Fn(&str, &Report) + Sync),
) -> Result<Results, Error> {
    prepare_folder(&plan.out)?;
    let shared = tempfile::tempdir().map_err(|e| Error::File(std::env::temp_dir(), e))?;
    server::install(&plan.renderer, shared.path())?;
    let room = Room::open(plan.tree, shared.path())?;
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let worked: Result<(), Error> = thread::scope(|scope| {
        let work = |number| {
            let mut worker = Worker::new(plan, &room, number);
            while let Some((name, test)) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let report = worker.run(test)?;
                show(name, &report);
                write_details(&plan.out, name, &report)?;
                let mut done = done.lock().unwrap_or_else(|e| e.into_inner());
                done.insert((*name).to_owned(), report);
            }
            Ok(())
        };
        let workers: Vec<_> = (0..plan.jobs.max(1))
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Result<(), Error>>| {
            worker.join().unwrap_or(Err(Error::Worker))
        };
        // All of them end before the first error counts.
        let ended: Vec<_> = workers.into_iter().map(join).collect();
        ended.into_iter().collect()
    });
    let reports = done.into_inner().unwrap_or_else(|e| e.into_inner());
    // What has been run is worth keeping even if not all could be.
    let results = write_results(plan, &reports)?;
    worked.map(|()| results)
}

/// One of those that run tests, with a server and a display of its own.
struct Worker<'a> {
    plan: &'a Plan<'a>,
    room: &'a Room,
    number: usize,
    socket: String,
    server: Option<Server>,
    has_display: bool,
}

impl<'a> Worker<'a> {
    fn new(plan: &'a Plan<'a>, room: &'a Room, number: usize) -> Self {
        Self {
            plan,
            room,
            number,
            socket: format!("/tmp/vtest-{number}"),
            server: None,
            has_display: false,
        }
    }

    fn run(&mut self, test: &Test) -> Result<Report, Error> {
        if self.server.is_none() {
            self.server = Server::start(self.room, &self.plan.renderer, &self.socket)?;
        }
        if test.surface == Surface::Window && !self.has_display {
            server::start_display(self.room, self.number, &[])?;
            self.has_display = true;
        }
        let start = Instant::now();
        let (ending, mut output) = self.run_process(test)?;
        let time = start.elapsed();
        let said = outcome::read(&output);
        let mut status = outcome::judge(&said, ending);
        if let Some(log) = self.look_after_server(&mut status)
            && !log.is_empty()
        {
            output.push_str("--- the server's log\n");
            output.push_str(&log);
        }
        Ok(Report {
            status,
            subtests: said.subtests,
            output,
            time,
        })
    }

    /// Runs the test's process to its end.
    fn run_process(&self, test: &Test) -> Result<(Ending, String), Error> {
        let display = format!(":{}", self.number);
        let mut environment = MESA.to_vec();
        environment.extend([
            ("GALLIUM_DRIVER", self.plan.renderer.client_driver()),
            ("PIGLIT_PLATFORM", test.surface.platform()),
            ("PIGLIT_SOURCE_DIR", ROOT),
        ]);
        if self.server.is_some() {
            environment.push(("VTEST_SOCKET_NAME", &self.socket));
        }
        if test.surface == Surface::Window {
            environment.push(("DISPLAY", &display));
        }
        let path = self.room.shared().join(format!("output-{}", self.number));
        let file = |e| Error::File(path.clone(), e);
        // A file, because a process that outlives the test would keep a pipe open.
        let output = File::create(&path).map_err(file)?;
        let limit = self.plan.timeout.as_secs().to_string();
        let start = Instant::now();
        let status = self
            .room
            .command(&environment)
            .args(["timeout", "--signal=KILL", &limit])
            .args(["env", "--chdir", ROOT])
            .args(&test.command)
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(file)?)
            .stderr(output)
            .status()
            .map_err(|e| Error::NoRoom(e.to_string()))?;
        let output = fs::read(&path).map_err(file)?;
        let ending = match (status.signal(), status.code()) {
            _ if start.elapsed() >= self.plan.timeout => Ending::TimedOut,
            // A shell's way to say that a signal ended a process.
            (None, Some(code)) if code < 128 => Ending::Code(code),
            _ => Ending::Signal,
        };
        Ok((ending, String::from_utf8_lossy(&output).into_owned()))
    }

    /// Sees how the server took the test; one that is gone or stuck is done with.
    fn look_after_server(&mut self, status: &mut Status) -> Option<String> {
        let mut server = self.server.take()?;
        let ended = match status {
            Status::Crash => server.ends_soon(),
            _ => server.has_ended(),
        };
        let log = server.new_log();
        if ended {
            *status = Status::ServerCrash;
            return Some(log);
        }
        let is_maro = matches!(self.plan.renderer, Renderer::Maro { .. });
        if *status < Status::ServerError && is_maro && server::complaints(&log).next().is_some() {
            *status = Status::ServerError;
        }
        if *status == Status::Timeout {
            server.stop(self.room);
        } else {
            self.server = Some(server);
        }
        Some(log)
    }
}

/// Makes the folder, and clears it of an earlier run's details.
fn prepare_folder(out: &Path) -> Result<(), Error> {
    let details = out.join("details");
    if details.exists() {
        fs::remove_dir_all(&details).map_err(|e| Error::File(details.clone(), e))?;
    }
    fs::create_dir_all(&details).map_err(|e| Error::File(details, e))
}

/// Keeps what a test that did not pass has printed.
fn write_details(out: &Path, name: &str, report: &Report) -> Result<(), Error> {
    if matches!(report.status, Status::Pass) {
        return Ok(());
    }
    let file = name.replace(['/', ' '], "_");
    // Long names end where file names do.
    let file: String = file.chars().take(200).collect();
    let path = out.join("details").join(format!("{file}.txt"));
    let text = format!("{name} = {}\n\n{}", report.status, report.output);
    fs::write(&path, text).map_err(|e| Error::File(path, e))
}

fn write_results(plan: &Plan<'_>, reports: &BTreeMap<String, Report>) -> Result<Results, Error> {
    let statuses: Results = reports
        .iter()
        .map(|(name, report)| (name.clone(), report.status))
        .collect();
    let subtests: Results = reports
        .iter()
        .flat_map(|(name, report)| {
            let parts = report.subtests.iter();
            parts.map(move |(part, status)| (format!("{name} > {part}"), *status))
        })
        .collect();
    let mut times: Vec<(&String, Duration)> = reports
        .iter()
        .map(|(name, report)| (name, report.time))
        .collect();
    times.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    let times: String = times
        .iter()
        .map(|(name, time)| format!("{:8.2} {name}\n", time.as_secs_f32()))
        .collect();
    for (file, text) in [
        (TESTS, results::format(&plan.comment, &statuses)),
        (SUBTESTS, results::format(&plan.comment, &subtests)),
        ("times.txt", times),
    ] {
        let path = plan.out.join(file);
        fs::write(&path, text).map_err(|e| Error::File(path, e))?;
    }
    Ok(statuses)
}
