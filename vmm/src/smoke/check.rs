//! What a guest's run is judged by.

use std::path::{Path, PathBuf};
use std::time::Duration;

use maro_gpu::renderer::Image;
use maro_renderer::present::compare::{CompareError, Comparison, Tolerance, compare};

use super::Run;
use super::junit::{Case, Verdict};
use super::phases::Phase;
use super::watch::Stop;
use crate::exit::ExitStatus;

/// The picture that is expected.
pub struct Reference {
    /// Where it is from.
    pub path: PathBuf,
    /// The picture.
    pub image: Image,
    /// How far from it a guest's may be.
    pub tolerance: Tolerance,
}

/// What a run is worth.
pub struct Judgement {
    /// The checks, in order.
    pub cases: Vec<Case>,
    /// The exit code that tells it.
    pub status: ExitStatus,
    /// Where the picture differs, if it does.
    pub diff: Option<Image>,
}

/// Judges a run.
pub fn judge(run: &Run, reference: Option<&Reference>) -> Judgement {
    let mut cases = vec![boots(run)];
    cases.extend(run.watched.texts.iter().map(|text| Case {
        name: format!("console says {}", text.text),
        time: text.seen.unwrap_or_else(|| run.phases.elapsed()),
        verdict: match text.seen {
            Some(_) => Verdict::Passed,
            None => Verdict::Failed(format!(
                "the console never said `{}`: {}",
                text.text, run.watched.stop
            )),
        },
    }));
    cases.push(draws(run));
    let mut status = stop_status(&run.watched.stop);
    let mut diff = None;
    if let Some(reference) = reference {
        let (case, found) = matches(run, reference);
        if status == ExitStatus::Success && case.verdict != Verdict::Passed {
            status = ExitStatus::PictureDiffers;
        }
        cases.push(case);
        diff = found;
    }
    Judgement {
        cases,
        status,
        diff,
    }
}

fn stop_status(stop: &Stop) -> ExitStatus {
    match stop {
        Stop::Reached => ExitStatus::Success,
        Stop::Timeout(_) => ExitStatus::Timeout,
        Stop::CommandEnded(_) => ExitStatus::EndedEarly,
        // A crash or a signal has a code of its own.
        Stop::MachineEnded(outcome) => match outcome.status(ExitStatus::EndedEarly.code()) {
            ExitStatus::Success | ExitStatus::GuestReset(_) => ExitStatus::EndedEarly,
            other => other,
        },
    }
}

/// The time between two phases, as far as they were reached.
fn between(run: &Run, from: Phase, to: Phase) -> Duration {
    let end = run.phases.at(to).unwrap_or_else(|| run.phases.elapsed());
    end.saturating_sub(run.phases.at(from).unwrap_or_default())
}

fn boots(run: &Run) -> Case {
    let ready = run.phases.at(Phase::InitReady).is_some() || run.watched.frames > 0;
    Case {
        name: "guest boots".into(),
        time: run
            .phases
            .at(Phase::InitReady)
            .unwrap_or_else(|| run.phases.elapsed()),
        verdict: if ready {
            Verdict::Passed
        } else {
            Verdict::Failed(format!("its init never came: {}", run.watched.stop))
        },
    }
}

fn draws(run: &Run) -> Case {
    Case {
        name: "guest draws".into(),
        time: between(run, Phase::InitReady, Phase::Picture),
        verdict: match run.phases.at(Phase::Picture) {
            Some(_) => Verdict::Passed,
            None => Verdict::Failed(format!(
                "the picture was not there after {} frames: {}",
                run.watched.frames, run.watched.stop
            )),
        },
    }
}

fn matches(run: &Run, reference: &Reference) -> (Case, Option<Image>) {
    let case = |verdict| Case {
        name: format!("picture matches {}", file_name(&reference.path)),
        time: Duration::ZERO,
        verdict,
    };
    let Some(image) = &run.watched.image else {
        return (case(Verdict::Skipped("there is no picture".into())), None);
    };
    match compare(image, &reference.image, reference.tolerance) {
        Ok(found) if found.matches => (case(Verdict::Passed), None),
        Ok(found) => (
            case(Verdict::Failed(difference(&found, reference.tolerance))),
            Some(found.diff),
        ),
        Err(error @ CompareError::Size { .. }) => {
            let hint = "choose the guest's with --resolution";
            (case(Verdict::Failed(format!("{error}; {hint}"))), None)
        }
        Err(error) => (case(Verdict::Failed(error.to_string())), None),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn difference(found: &Comparison, tolerance: Tolerance) -> String {
    format!(
        "{} of {} pixels ({:.3} %) differ by more than {} of 255, at most by {}; {} % may. diff.png shows \
         them in red; if the guest's picture is right, make it the reference",
        found.differing,
        found.pixels,
        found.share() * 100.0,
        tolerance.channel,
        found.max_difference,
        tolerance.pixels * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::ending::Outcome;
    use crate::machine::stats::ExitTotals;
    use crate::smoke::phases::Phases;
    use crate::smoke::watch::{Text, Watched};

    fn image(shade: u8, width: u32) -> Image {
        Image {
            width,
            height: 1,
            rgba: vec![shade; 4 * width as usize],
        }
    }

    fn run(stop: Stop, image: Option<Image>) -> Run {
        let mut phases = Phases::start();
        if matches!(stop, Stop::Reached) {
            phases.reach(Phase::InitReady);
            phases.reach(Phase::Picture);
        }
        let text = Text {
            text: "virgl".into(),
            seen: phases.at(Phase::Picture),
        };
        let watched = Watched {
            stop,
            image,
            texts: vec![text],
            frames: 0,
            log: String::new(),
        };
        Run {
            watched,
            phases,
            exits: ExitTotals::default(),
        }
    }

    fn reference(shade: u8) -> Reference {
        let tolerance = Tolerance {
            channel: 2,
            pixels: 0.0,
        };
        Reference {
            path: "a/ref.png".into(),
            image: image(shade, 4),
            tolerance,
        }
    }

    fn failures(judgement: &Judgement) -> usize {
        judgement
            .cases
            .iter()
            .filter(|case| matches!(case.verdict, Verdict::Failed(_)))
            .count()
    }

    #[test]
    fn picture_within_the_tolerance_passes() {
        let judged = judge(
            &run(Stop::Reached, Some(image(10, 4))),
            Some(&reference(12)),
        );
        assert_eq!((judged.status, failures(&judged)), (ExitStatus::Success, 0));
        assert_eq!(judged.cases.len(), 4);
        assert!(judged.diff.is_none());
    }

    #[test]
    fn picture_that_differs_fails_with_a_diff() {
        let judged = judge(
            &run(Stop::Reached, Some(image(10, 4))),
            Some(&reference(13)),
        );
        assert_eq!(
            (judged.status, failures(&judged)),
            (ExitStatus::PictureDiffers, 1)
        );
        assert!(judged.diff.is_some());
    }

    #[test]
    fn picture_of_another_size_names_the_option() {
        let judged = judge(
            &run(Stop::Reached, Some(image(10, 5))),
            Some(&reference(10)),
        );
        assert_eq!(judged.status, ExitStatus::PictureDiffers);
        let text = format!("{:?}", judged.cases);
        assert!(text.contains("--resolution"), "{text}");
    }

    #[test]
    fn guest_that_never_draws_fails_each_check() {
        let timeout = Stop::Timeout(Duration::from_secs(5));
        let judged = judge(&run(timeout, None), Some(&reference(1)));
        assert_eq!((judged.status, failures(&judged)), (ExitStatus::Timeout, 3));
        let ended = Stop::CommandEnded("127".into());
        assert_eq!(
            judge(&run(ended, None), None).status,
            ExitStatus::EndedEarly
        );
    }

    #[test]
    fn machine_that_ends_early_keeps_the_code_of_a_signal() {
        for (outcome, status) in [
            (Outcome::Reset, ExitStatus::EndedEarly),
            (Outcome::PowerOff, ExitStatus::EndedEarly),
            (Outcome::Signal(15), ExitStatus::Signal(15)),
        ] {
            assert_eq!(stop_status(&Stop::MachineEnded(outcome)), status);
        }
    }
}
