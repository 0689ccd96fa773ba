//! `maro smoke`: boots a guest, takes a picture of its screen and judges it, for CI.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use maro_renderer::present::compare::Tolerance;
use maro_renderer::present::png::{self, PngError};

use crate::config::values::{GpuOption, MemorySize, Resolution};
use crate::exit::{ExitStatus, SMOKE_HELP};
use crate::kvm::KvmError;
use crate::machine::stats::Summary;
use crate::output::tell;
use crate::smoke::check::{self, Judgement, Reference};
use crate::smoke::guest::{GuestError, GuestOptions, ImageOption, KernelOption, RootOption};
use crate::smoke::junit::{self, Case, Verdict};
use crate::smoke::watch::{Goal, Until};
use crate::smoke::{self, Run, SmokeError};

/// Name of the test suite in JUnit's XML.
const SUITE: &str = "maro smoke";

/// How long a picture has to stay the same. A guest on a software KVM may take seconds
/// from its first frame to the second.
const DEFAULT_STABLE: Duration = Duration::from_secs(5);

/// The arguments of `maro smoke`.
#[derive(Debug, Args)]
#[command(after_help = SMOKE_HELP)]
pub struct SmokeCommand {
    /// Guest image: a folder with vmlinux or vmlinuz, root.erofs and perhaps initrd, or
    /// auto for the one that is made from Debian's packages and kept
    #[arg(long, value_name = "DIR|auto", default_value = "auto")]
    image: ImageOption,

    /// Kernel: the one that suits this host, one of the image recipe's, or a file
    #[arg(long, value_name = "auto|stock|small|PATH", default_value = "auto")]
    kernel: KernelOption,

    /// Root disk of the image that is made
    #[arg(long, value_enum, default_value_t = RootOption::Auto)]
    root: RootOption,

    /// What the guest runs: a program that draws on its screen and stays
    #[arg(long, value_name = "COMMAND")]
    run: String,

    /// A variable for the command, may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    env: Vec<(String, String)>,

    /// Picture that the guest's screen is compared with
    #[arg(long, value_name = "PNG")]
    expect: Option<PathBuf>,

    /// How much a channel of a pixel may differ, of 255
    #[arg(long, value_name = "N", default_value_t = 2, requires = "expect")]
    tolerance: u8,

    /// How many of the pixels may differ by more
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0, requires = "expect",
          value_parser = parse_percent)]
    max_differing: f64,

    /// Take the picture after this many frames
    #[arg(long, value_name = "N", conflicts_with = "stable",
          value_parser = clap::value_parser!(u64).range(1..))]
    frame: Option<u64>,

    /// Take the picture when it has not changed for this long [the default, with 5s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true,
          default_missing_value = "5s", value_parser = parse_time)]
    stable: Option<Duration>,

    /// Text that has to appear on the guest's console, may be given several times
    #[arg(long, value_name = "TEXT")]
    expect_console: Vec<String>,

    /// Longest time from the guest's start to its picture: a number with ms, s or m
    #[arg(long, value_name = "TIME", default_value = "240s", value_parser = parse_time)]
    timeout: Duration,

    /// Size of the guest's screen
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "640x480")]
    resolution: Resolution,

    /// Guest memory [default: 1G; 256M on a software KVM]
    #[arg(long, value_name = "SIZE")]
    memory: Option<MemorySize>,

    /// Graphics card
    #[arg(long, value_enum, default_value_t = Card::Virgl)]
    gpu: Card,

    /// Folder for picture.png, diff.png and console.log
    #[arg(long, value_name = "DIR", default_value = "maro-smoke")]
    out: PathBuf,

    /// Write the results as JUnit XML
    #[arg(long, value_name = "XML")]
    junit: Option<PathBuf>,

    /// Succeed without a test where there is no /dev/kvm
    #[arg(long)]
    allow_no_kvm: bool,

    /// The KVM device, for tests
    #[arg(long, hide = true, value_name = "PATH", default_value = "/dev/kvm")]
    kvm_device: PathBuf,
}

/// The graphics cards that have a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Card {
    /// A plain screen
    #[value(name = "2d")]
    TwoD,
    /// OpenGL through the guest's virgl driver
    Virgl,
}

impl SmokeCommand {
    /// Makes the test; says on standard error how it went.
    pub fn execute(self) -> ExitStatus {
        let reference = match self.reference() {
            Ok(reference) => reference,
            Err(error) => {
                tell(format_args!("maro: expect: {error}"));
                return ExitStatus::Usage;
            }
        };
        let done = self
            .test(reference.as_ref())
            .or_else(|error| self.fail(&error));
        done.unwrap_or_else(|error| {
            tell(format_args!("maro: {error}"));
            status_of(&error)
        })
    }

    fn reference(&self) -> Result<Option<Reference>, PngError> {
        let tolerance = Tolerance {
            channel: self.tolerance,
            pixels: self.max_differing / 100.0,
        };
        let read = |path: &PathBuf| {
            let image = png::read_file(path)?;
            Ok(Reference {
                path: path.clone(),
                image,
                tolerance,
            })
        };
        self.expect.as_ref().map(read).transpose()
    }

    fn test(&self, reference: Option<&Reference>) -> Result<ExitStatus, SmokeError> {
        fs::create_dir_all(&self.out).map_err(SmokeError::write(&self.out))?;
        self.remove_old_results()?;
        let run = smoke::run(&self.guest(), &self.goal(), &self.out.join("console.log"))?;
        let judgement = check::judge(&run, reference);
        self.write_pictures(&run, &judgement)?;
        self.write_junit(run.phases.elapsed(), &judgement.cases, &run.watched.log)?;
        self.print(&run, &judgement);
        Ok(judgement.status)
    }

    fn guest(&self) -> GuestOptions {
        GuestOptions {
            image: self.image.clone(),
            kernel: self.kernel.clone(),
            root: self.root,
            run: self.run.clone(),
            env: self.env.clone(),
            memory: self.memory,
            gpu: match self.gpu {
                Card::TwoD => GpuOption::TwoD,
                Card::Virgl => GpuOption::Virgl,
            },
            resolution: self.resolution,
            kvm_device: self.kvm_device.clone(),
        }
    }

    fn goal(&self) -> Goal {
        let stable = self.stable.unwrap_or(DEFAULT_STABLE);
        Goal {
            until: self.frame.map_or(Until::Stable(stable), Until::Frame),
            texts: self.expect_console.clone(),
            timeout: self.timeout,
        }
    }

    /// A test that fails must not leave the pictures of one that did not.
    fn remove_old_results(&self) -> Result<(), SmokeError> {
        for name in ["picture.png", "diff.png"] {
            let path = self.out.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(SmokeError::write(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn write_pictures(&self, run: &Run, judgement: &Judgement) -> Result<(), SmokeError> {
        let pictures = [
            ("picture.png", &run.watched.image),
            ("diff.png", &judgement.diff),
        ];
        for (name, image) in pictures {
            let path = self.out.join(name);
            if let Some(image) = image {
                png::write_file(&path, image)
                    .map_err(io::Error::other)
                    .map_err(SmokeError::write(&path))?;
            }
        }
        Ok(())
    }

    fn write_junit(&self, time: Duration, cases: &[Case], log: &str) -> Result<(), SmokeError> {
        let Some(path) = &self.junit else {
            return Ok(());
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, junit::document(SUITE, time, cases, log)))
            .map_err(SmokeError::write(path))
    }

    fn print(&self, run: &Run, judgement: &Judgement) {
        tell("");
        for Case { name, verdict, .. } in &judgement.cases {
            match verdict {
                Verdict::Passed => tell(format_args!("ok       {name}")),
                Verdict::Skipped(reason) => tell(format_args!("skipped  {name}: {reason}")),
                Verdict::Failed(reason) => tell(format_args!("FAILED   {name}: {reason}")),
            }
        }
        tell(format_args!("\n{}", run.phases));
        tell(Summary {
            exits: run.exits,
            frames: run.watched.frames,
        });
        tell(format_args!("results in {}", self.out.display()));
    }

    /// Puts a test that could not be made into the results.
    fn fail(&self, error: &SmokeError) -> Result<ExitStatus, SmokeError> {
        let no_kvm = matches!(
            error,
            SmokeError::Guest(GuestError::Kvm(KvmError::Missing(_)))
        );
        let skip = no_kvm && self.allow_no_kvm;
        let reason = error.to_string();
        let (verdict, status) = if skip {
            tell(format_args!("maro: skipped: {reason}"));
            (Verdict::Skipped(reason), ExitStatus::Success)
        } else {
            tell(format_args!("maro: {reason}"));
            (Verdict::Failed(reason), status_of(error))
        };
        let case = Case {
            name: "guest boots".into(),
            time: Duration::ZERO,
            verdict,
        };
        self.write_junit(Duration::ZERO, &[case], "")?;
        Ok(status)
    }
}

fn status_of(error: &SmokeError) -> ExitStatus {
    match error {
        SmokeError::Guest(GuestError::Kvm(_)) => ExitStatus::Kvm,
        SmokeError::Guest(GuestError::Command(_) | GuestError::Config(_)) => ExitStatus::Usage,
        SmokeError::Guest(GuestError::Image(_) | GuestError::Incomplete(_)) => ExitStatus::Disk,
        SmokeError::Machine(error) => error.status(),
        SmokeError::Watch(_) => ExitStatus::Failure,
        SmokeError::Write { .. } => ExitStatus::Output,
    }
}

/// Units that a time may end in, in milliseconds; longer names first.
const TIME_UNITS: [(&str, u64); 3] = [("ms", 1), ("s", 1000), ("m", 60_000)];

fn parse_time(text: &str) -> Result<Duration, String> {
    let (digits, factor) = TIME_UNITS
        .iter()
        .find_map(|&(unit, factor)| text.strip_suffix(unit).map(|rest| (rest, factor)))
        .unwrap_or((text, 1000));
    // A day is longer than any test, and far from what clocks can add.
    digits
        .parse::<u32>()
        .ok()
        .map(|count| Duration::from_millis(u64::from(count) * factor))
        .filter(|time| (Duration::from_millis(1)..=Duration::from_secs(86_400)).contains(time))
        .ok_or_else(|| {
            format!("`{text}` is not a time: write a whole number and ms, s or m, for example 240s")
        })
}

fn parse_percent(text: &str) -> Result<f64, String> {
    text.trim_end_matches('%')
        .parse()
        .ok()
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| {
            format!("`{text}` is not a share of the pixels: write 0 to 100, for example 0.5")
        })
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        command: SmokeCommand,
    }

    fn command(words: &[&str]) -> SmokeCommand {
        let words = [&["smoke", "--run", "kmscube"], words].concat();
        Line::try_parse_from(words).expect("parses").command
    }

    #[test]
    fn times_have_units() {
        for (text, millis) in [("240s", 240_000), ("2m", 120_000), ("5ms", 5), ("3", 3000)] {
            assert_eq!(
                parse_time(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in ["", "s", "-1s", "1.5s", "0s", "9999999m", "2h"] {
            assert!(
                parse_time(text).is_err_and(|e| e.contains("240s")),
                "{text}"
            );
        }
    }

    #[test]
    fn share_of_pixels_is_a_percentage() {
        assert_eq!(parse_percent("0.5"), Ok(0.5));
        assert_eq!(parse_percent("2%"), Ok(2.0));
        for text in ["-1", "101", "NaN", "all"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }

    #[test]
    fn picture_is_a_frame_or_a_stable_one() {
        assert_eq!(command(&[]).goal().until, Until::Stable(DEFAULT_STABLE));
        assert_eq!(command(&["--frame", "60"]).goal().until, Until::Frame(60));
        let long = command(&["--stable=500ms"]).goal().until;
        assert_eq!(long, Until::Stable(Duration::from_millis(500)));
        let both = ["smoke", "--run", "x", "--stable", "--frame", "1"];
        assert!(Line::try_parse_from(both).is_err());
    }

    /// A test on a host without KVM; the status and the XML.
    fn without_kvm(words: &[&str]) -> (ExitStatus, String) {
        let folder = tempfile::tempdir().expect("tempdir");
        let mut command = command(words);
        command.kvm_device = "/nonexistent/kvm".into();
        command.out = folder.path().join("out");
        command.junit = Some(folder.path().join("ci/out.xml"));
        let status = command.execute();
        let xml = fs::read_to_string(folder.path().join("ci/out.xml")).expect("written");
        (status, xml)
    }

    #[test]
    fn missing_kvm_fails_the_test() {
        let (status, xml) = without_kvm(&[]);
        assert_eq!(status, ExitStatus::Kvm);
        assert!(
            xml.contains("failures=\"1\"") && xml.contains("/nonexistent/kvm"),
            "{xml}"
        );
    }

    #[test]
    fn missing_kvm_skips_the_test_where_that_is_allowed() {
        let (status, xml) = without_kvm(&["--allow-no-kvm"]);
        assert_eq!(status, ExitStatus::Success);
        assert!(
            xml.contains("skipped=\"1\"") && xml.contains("<skipped"),
            "{xml}"
        );
    }

    #[test]
    fn missing_reference_is_told_before_the_guest_boots() {
        let status = command(&["--expect", "/nonexistent/ref.png"]).execute();
        assert_eq!(status, ExitStatus::Usage);
    }
}
