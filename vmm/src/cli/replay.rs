//! `maro replay`: renders a recorded vtest stream, without Mesa.

use std::fs::File;
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use maro_renderer::present::png::{self, PngError};
use maro_renderer::record;
use maro_renderer::renderer::{StartError, VirglRenderer};
use maro_renderer::vtest::{ReadBack, SessionError, SessionOptions};

use super::host::HostOptions;
use crate::exit::ExitStatus;
use crate::output;

/// What `--help` says after the options.
const EXAMPLE: &str = "\
A frame ends where the client read a picture back. Recordings come from
  maro vtest --once --record FILE
and from Mesa's VTEST_SAVE.";

/// The arguments of `maro replay`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct ReplayCommand {
    /// The recording
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    host: HostOptions,

    /// End after this many frames [default: all]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Write the last frame to this PNG; if it is a folder, every frame as 0001.png and so
    /// on
    #[arg(long, value_name = "PATH")]
    png: Option<PathBuf>,
}

/// Why a replay ended early.
#[derive(Debug, thiserror::Error)]
enum ReplayError {
    /// The recording cannot be read.
    #[error("Cannot open the recording {path}: {source}")]
    Open {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The host has no GL to render with.
    #[error(transparent)]
    Renderer(#[from] StartError),
    /// The recording is cut off, or none.
    #[error("{path} is no whole recording of vtest: {source}")]
    Recording {
        /// Where.
        path: PathBuf,
        /// Why.
        source: SessionError,
    },
    /// A picture cannot be written.
    #[error(transparent)]
    Picture(#[from] PngError),
    /// There is no picture to write.
    #[error("No picture was read back in {0}, so there is none to write")]
    NoPicture(PathBuf),
}

impl ReplayError {
    fn status(&self) -> ExitStatus {
        match self {
            Self::Renderer(_) => ExitStatus::Graphics,
            Self::Picture(_) | Self::NoPicture(_) => ExitStatus::Output,
            Self::Open { .. } | Self::Recording { .. } => ExitStatus::Failure,
        }
    }
}

impl ReplayCommand {
    /// Plays the recording to its end, or to the last frame that was asked for.
    pub fn execute(self) -> ExitStatus {
        match self.play() {
            Ok((frames, time)) => {
                let seconds = time.as_secs_f64();
                match output::print(format_args!("{frames} frames in {seconds:.3} s\n")) {
                    Ok(()) => ExitStatus::Success,
                    Err(status) => status,
                }
            }
            Err(error) => {
                output::tell(format_args!("maro: {error}"));
                error.status()
            }
        }
    }

    /// The frames, and the time without the renderer's own start.
    fn play(&self) -> Result<(u64, Duration), ReplayError> {
        let stream = File::open(&self.file).map_err(|source| ReplayError::Open {
            path: self.file.clone(),
            source,
        })?;
        let config = self.host.config();
        let renderer = VirglRenderer::headless(&config)?;
        let options = SessionOptions {
            memory_limit: config.gpu_memory,
            ..SessionOptions::default()
        };
        let mut frames = Frames::new(self);
        let start = Instant::now();
        let observer = Box::new(|read_back: ReadBack<'_>| frames.see(&read_back));
        let stream = BufReader::new(stream);
        let played = record::replay(stream, io::sink(), renderer, options, observer);
        let time = start.elapsed();
        // A recording that breaks off has shown its pictures until then.
        let finished = frames.finish(&self.file);
        played.map_err(|source| ReplayError::Recording {
            path: self.file.clone(),
            source,
        })?;
        Ok((finished?, time))
    }
}

/// Counts frames and writes them.
struct Frames<'a> {
    count: u64,
    most: Option<u64>,
    png: Option<&'a Path>,
    /// The newest, if only the last is to be written.
    last: Option<maro_gpu::renderer::Image>,
    error: Option<PngError>,
}

impl<'a> Frames<'a> {
    fn new(command: &'a ReplayCommand) -> Self {
        Self {
            count: 0,
            most: command.frames,
            png: command.png.as_deref(),
            last: None,
            error: None,
        }
    }

    fn see(&mut self, read_back: &ReadBack<'_>) -> ControlFlow<()> {
        let Some(image) = record::picture(read_back) else {
            return ControlFlow::Continue(());
        };
        self.count += 1;
        match self.png {
            Some(folder) if folder.is_dir() => {
                let path = folder.join(format!("{:04}.png", self.count));
                self.error = png::write_file(&path, &image).err();
            }
            Some(_) => self.last = Some(image),
            None => {}
        }
        if self.error.is_some() || self.most == Some(self.count) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// The number of frames, after the last is written.
    fn finish(self, recording: &Path) -> Result<u64, ReplayError> {
        if let Some(error) = self.error {
            return Err(error.into());
        }
        match (self.png, self.last) {
            (Some(path), Some(image)) => png::write_file(path, &image)?,
            (Some(_), None) if self.count == 0 => {
                return Err(ReplayError::NoPicture(recording.to_owned()));
            }
            _ => {}
        }
        Ok(self.count)
    }
}
