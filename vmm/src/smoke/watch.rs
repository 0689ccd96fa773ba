//! Waits for a guest's picture: woken by its console, its frames and its end, never by
//! a poll.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use maro_gpu::renderer::Image;
use maro_gpu::{GpuHandle, HandleError};
use vmm_sys_util::epoll::{ControlOperation, Epoll, EpollEvent, EventSet};
use vmm_sys_util::eventfd::EventFd;

use super::console::Console;
use super::phases::{Phase, Phases};
use crate::machine::ending::{Ending, Outcome};
use crate::machine::graphics::SCREEN;
use crate::output::tell;

/// Least time between two pictures that are compared with each other.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(250);
/// How long a silent guest goes without a word from the test.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// What the guest's init prints when its command has ended, before the status.
const EXIT_MARK: &str = "maro-init: exit ";

/// Statuses of a command that could not be started: init's, and a shell's.
const NOT_STARTED: [&str; 2] = ["125", "127"];

/// When the picture is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// After this many frames.
    Frame(u64),
    /// When it has not changed for this long.
    Stable(Duration),
}

/// What is waited for.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The picture.
    pub until: Until,
    /// Texts on the console.
    pub texts: Vec<String>,
    /// The longest wait, from the start.
    pub timeout: Duration,
}

/// A text that is expected on the console.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// When it was seen, from the start.
    pub seen: Option<Duration>,
}

/// Why the wait ended.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Everything is there.
    Reached,
    /// The time is up.
    Timeout(Duration),
    /// The guest's command ended, with this status.
    CommandEnded(String),
    /// The machine ended.
    MachineEnded(Outcome),
}

/// What a wait led to.
pub struct Watched {
    /// Why it ended.
    pub stop: Stop,
    /// The picture, or the last one before the end.
    pub image: Option<Image>,
    /// The texts.
    pub texts: Vec<Text>,
    /// Frames that the guest has shown.
    pub frames: u64,
    /// All lines of the console.
    pub log: String,
}

/// Why a guest cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// A descriptor failed, or the console's log cannot be written.
    #[error("The guest cannot be watched, or its console not written to console.log: {0}")]
    Io(#[from] io::Error),
    /// The picture could not be read back.
    #[error("The guest's picture cannot be read: {0}")]
    Picture(#[from] HandleError),
}

/// Watches one guest.
pub struct Watch<'a> {
    gpu: &'a GpuHandle,
    ending: &'a Ending,
    console: &'a mut Console,
    phases: &'a mut Phases,
    goal: &'a Goal,
    flushed: EventFd,
    epoll: Epoll,
    state: State,
}

/// What is known of the guest so far.
#[derive(Debug, Default)]
struct State {
    texts: Vec<Text>,
    command_status: Option<String>,
    log: String,
    frames: u64,
    /// The guest has drawn since the last look.
    dirty: bool,
    image: Option<Image>,
    sampled: Option<Instant>,
    /// When the picture last changed.
    changed: Option<Instant>,
    /// The picture that the goal asks for is in `image`.
    final_image: bool,
}

impl<'a> Watch<'a> {
    /// Prepares to watch a machine.
    ///
    /// # Errors
    /// If the host has no descriptors left.
    pub fn new(
        gpu: &'a GpuHandle,
        ending: &'a Ending,
        console: &'a mut Console,
        phases: &'a mut Phases,
        goal: &'a Goal,
    ) -> Result<Self, WatchError> {
        let flushed = gpu.flush_event()?;
        let epoll = Epoll::new()?;
        let sources = [flushed.as_raw_fd(), ending.event().as_raw_fd()];
        let console_source = console.descriptor().map(|pipe| pipe.as_raw_fd());
        for fd in sources.into_iter().chain(console_source) {
            epoll.ctl(ControlOperation::Add, fd, EpollEvent::new(EventSet::IN, 0))?;
        }
        let texts = goal.texts.iter().map(|text| Text {
            text: text.clone(),
            seen: None,
        });
        let state = State {
            texts: texts.collect(),
            ..State::default()
        };
        Ok(Self {
            gpu,
            ending,
            console,
            phases,
            goal,
            flushed,
            epoll,
            state,
        })
    }

    /// Waits until the goal is reached or cannot be any more.
    ///
    /// # Errors
    /// If the picture cannot be read or a log not be written.
    pub fn wait(mut self) -> Result<Watched, WatchError> {
        let deadline = self.phases.started() + self.goal.timeout;
        let mut heartbeat = Instant::now() + HEARTBEAT;
        let mut console_open = true;
        let stop = loop {
            if console_open {
                let lines = self.state.log.len();
                console_open = self.read_console()?;
                if self.state.log.len() != lines {
                    heartbeat = Instant::now() + HEARTBEAT;
                }
                if let (false, Some(pipe)) = (console_open, self.console.descriptor()) {
                    let event = EpollEvent::default();
                    self.epoll
                        .ctl(ControlOperation::Delete, pipe.as_raw_fd(), event)?;
                }
            }
            self.look_at_frames()?;
            let now = Instant::now();
            if let Some(stop) = self.stop(now, deadline) {
                break stop;
            }
            if now >= heartbeat {
                self.say_what_is_missing();
                heartbeat = now + HEARTBEAT;
            }
            let next = self.state.next_look(self.goal.until);
            let wake = next
                .map_or(heartbeat, |next| next.min(heartbeat))
                .min(deadline);
            self.sleep(wake.saturating_duration_since(now))?;
        };
        self.finish(stop)
    }

    fn sleep(&self, time: Duration) -> io::Result<()> {
        // Rounded up, so that the last wait is not a busy one.
        let millis = i32::try_from(time.as_millis() + 1).unwrap_or(i32::MAX);
        match self.epoll.wait(millis, &mut [EpollEvent::default(); 3]) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn read_console(&mut self) -> io::Result<bool> {
        let Self {
            console,
            phases,
            state,
            ..
        } = self;
        console.read(|line| {
            tell(format_args!(
                "[{:7.2}] {line}",
                phases.elapsed().as_secs_f64()
            ));
            phases.read_line(line);
            state.read_line(line, phases.elapsed());
        })
    }

    fn look_at_frames(&mut self) -> Result<(), WatchError> {
        // Read only to make it unreadable; the counter tells more.
        if self.flushed.read().is_ok() {
            self.state.frames = self.gpu.stats().frames_of(SCREEN);
            self.state.dirty = true;
        }
        if self.state.frames > 0 {
            self.phases.reach(Phase::FirstFrame);
        }
        let now = Instant::now();
        if self.state.wants_picture(self.goal.until, now) {
            let image = self.gpu.screenshot(SCREEN)?;
            self.state.take_picture(image, self.goal.until, now);
        }
        if !self.state.final_image
            && self
                .state
                .has_final_picture(self.goal.until, Instant::now())
        {
            self.state.final_image = true;
        }
        if self.state.final_image {
            self.phases.reach(Phase::Picture);
        }
        Ok(())
    }

    fn stop(&self, now: Instant, deadline: Instant) -> Option<Stop> {
        let State {
            command_status,
            final_image,
            ..
        } = &self.state;
        if *final_image && self.state.texts_seen() {
            return Some(Stop::Reached);
        }
        // The guest's own words come before what its machine did next.
        if let Some(status) = command_status {
            return Some(Stop::CommandEnded(status.clone()));
        }
        if let Some(outcome) = self.ending.outcome() {
            return Some(Stop::MachineEnded(outcome));
        }
        (now >= deadline).then_some(Stop::Timeout(self.goal.timeout))
    }

    fn say_what_is_missing(&self) {
        let missing = self
            .phases
            .next()
            .unwrap_or("the expected text on the console");
        tell(format_args!(
            "[{:7.2}] maro: still waiting, next is: {missing}; {} frames so far",
            self.phases.elapsed().as_secs_f64(),
            self.state.frames
        ));
    }

    /// The last words and the last picture of the guest.
    fn finish(mut self, stop: Stop) -> Result<Watched, WatchError> {
        self.read_console()?;
        if !self.state.final_image {
            // A guest that is going down may have switched its screen off already.
            let last = self.gpu.screenshot(SCREEN).ok().flatten();
            self.state.image = last.or(self.state.image.take());
        }
        let State {
            image, texts, log, ..
        } = self.state;
        let frames = self.gpu.stats().frames_of(SCREEN);
        Ok(Watched {
            stop,
            image,
            texts,
            frames,
            log,
        })
    }
}

impl State {
    fn read_line(&mut self, line: &str, at: Duration) {
        // As much as a CI system shows of a test; the file has more.
        const MAX_LOG: usize = 256 << 10;
        if self.log.len() + line.len() < MAX_LOG {
            self.log.push_str(line);
            self.log.push('\n');
        }
        for text in &mut self.texts {
            if line.contains(&text.text) {
                text.seen.get_or_insert(at);
            }
        }
        if let Some((_, status)) = line.split_once(EXIT_MARK) {
            self.command_status.get_or_insert(status.trim().to_owned());
        }
    }

    fn texts_seen(&self) -> bool {
        self.texts.iter().all(|text| text.seen.is_some())
    }

    fn wants_picture(&self, until: Until, now: Instant) -> bool {
        match until {
            Until::Frame(number) => !self.final_image && self.frames >= number,
            Until::Stable(_) => {
                self.dirty && !self.final_image && self.next_sample().is_none_or(|at| now >= at)
            }
        }
    }

    fn next_sample(&self) -> Option<Instant> {
        self.sampled.map(|last| last + SAMPLE_INTERVAL)
    }

    fn take_picture(&mut self, image: Option<Image>, until: Until, now: Instant) {
        (self.dirty, self.sampled) = (false, Some(now));
        // A screen that is off shows nothing to wait for.
        if image.is_some() && image != self.image {
            self.changed = Some(now);
        }
        self.final_image = image.is_some() && matches!(until, Until::Frame(_));
        self.image = image.or(self.image.take());
    }

    /// A picture is stable only once the console said what it should: before, the guest
    /// may still be on its way to it.
    fn has_final_picture(&self, until: Until, now: Instant) -> bool {
        match (until, self.changed) {
            (Until::Stable(time), Some(changed)) => {
                !self.dirty && self.texts_seen() && now.saturating_duration_since(changed) >= time
            }
            _ => self.final_image,
        }
    }

    /// When to look at the picture again, if the guest does nothing.
    fn next_look(&self, until: Until) -> Option<Instant> {
        let Until::Stable(time) = until else {
            return None;
        };
        if self.final_image {
            return None;
        }
        if self.dirty {
            return self.next_sample();
        }
        if self.texts_seen() {
            self.changed.map(|changed| changed + time)
        } else {
            None
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => write!(f, "everything is there"),
            Self::Timeout(time) => write!(
                f,
                "the time of {} s was up; see how far the guest came on its console, or give it more with \
                 --timeout",
                time.as_secs()
            ),
            Self::CommandEnded(status) => {
                write!(
                    f,
                    "the guest's command ended first, with status {status}; see the console for why, or \
                     let the command stay until it is ended"
                )?;
                if NOT_STARTED.contains(&status.as_str()) {
                    write!(f, ". If the root disk has no such program, try --root full")?;
                }
                Ok(())
            }
            Self::MachineEnded(Outcome::Stuck(report)) => {
                write!(f, "the guest's CPU cannot go on: {report}")
            }
            Self::MachineEnded(outcome) => write!(
                f,
                "the guest ended first ({}); see the console for why",
                match outcome {
                    Outcome::PowerOff => "it powered itself off",
                    Outcome::Reset => "it reset itself",
                    Outcome::Signal(_) => "a signal ended maro",
                    Outcome::Quit | Outcome::Stuck(_) => "it was ended",
                }
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STABLE: Until = Until::Stable(Duration::from_secs(2));

    fn image(shade: u8) -> Option<Image> {
        Some(Image {
            width: 1,
            height: 1,
            rgba: vec![shade; 4],
        })
    }

    fn state(texts: &[&str]) -> State {
        let texts = texts.iter().map(|&text| Text {
            text: text.to_owned(),
            seen: None,
        });
        State {
            texts: texts.collect(),
            ..State::default()
        }
    }

    #[test]
    fn picture_that_changes_is_not_stable() {
        let (mut state, start) = (state(&[]), Instant::now());
        let after = |millis| start + Duration::from_millis(millis);
        for (shade, millis) in [(1, 0), (2, 1000), (2, 1500)] {
            state.dirty = true;
            assert!(state.wants_picture(STABLE, after(millis)));
            state.take_picture(image(shade), STABLE, after(millis));
        }
        // It was last different at 1 s.
        assert!(!state.has_final_picture(STABLE, after(2900)));
        assert_eq!(state.next_look(STABLE), Some(after(3000)));
        assert!(state.has_final_picture(STABLE, after(3000)));
    }

    #[test]
    fn pictures_are_not_read_for_every_frame() {
        let (mut state, start) = (state(&[]), Instant::now());
        state.take_picture(image(1), STABLE, start);
        state.dirty = true;
        assert!(!state.wants_picture(STABLE, start + Duration::from_millis(10)));
        assert_eq!(state.next_look(STABLE), Some(start + SAMPLE_INTERVAL));
        assert!(state.wants_picture(STABLE, start + SAMPLE_INTERVAL));
    }

    #[test]
    fn picture_counts_as_stable_only_after_the_expected_texts() {
        let (mut state, start) = (state(&["virgl"]), Instant::now());
        state.take_picture(image(1), STABLE, start);
        let late = start + Duration::from_secs(60);
        assert!(!state.has_final_picture(STABLE, late));
        assert_eq!(state.next_look(STABLE), None);
        state.read_line("GL_RENDERER: virgl (x)", Duration::from_secs(3));
        assert!(state.has_final_picture(STABLE, late));
    }

    #[test]
    fn screen_that_is_off_is_no_picture() {
        let (mut state, start) = (state(&[]), Instant::now());
        state.take_picture(None, STABLE, start);
        assert!(!state.has_final_picture(STABLE, start + Duration::from_secs(60)));
        state.take_picture(None, Until::Frame(1), start);
        assert!(!state.final_image);
        state.take_picture(image(1), Until::Frame(1), start);
        state.take_picture(None, STABLE, start);
        assert!(state.image.is_some());
    }

    #[test]
    fn frame_is_taken_when_its_number_is_reached() {
        let mut state = state(&[]);
        state.frames = 9;
        assert!(!state.wants_picture(Until::Frame(10), Instant::now()));
        state.frames = 10;
        assert!(state.wants_picture(Until::Frame(10), Instant::now()));
    }

    #[test]
    fn end_of_the_command_is_read_from_the_console() {
        let mut state = state(&[]);
        state.read_line("maro-init: run true", Duration::ZERO);
        assert_eq!(state.command_status, None);
        state.read_line("maro-init: exit 127", Duration::ZERO);
        assert_eq!(state.command_status.as_deref(), Some("127"));
    }
}
