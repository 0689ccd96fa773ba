//! The guest's last picture.
//!
//! A guest that shuts down switches its screen off, so the picture at the very end is
//! none. While the guest runs, a thread therefore reads the picture whenever the guest
//! has drawn, at most every [`INTERVAL`]; the newest one is what is written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use maro_gpu::GpuHandle;
use maro_gpu::renderer::Image;
use maro_renderer::present::png::{self, PngError};

use super::graphics::SCREEN;

/// Least time between two readings: what a screenshot may be older than the last frame.
const INTERVAL: Duration = Duration::from_millis(100);

/// Why there is no screenshot.
#[derive(Debug, thiserror::Error)]
pub enum ScreenshotError {
    /// The guest never drew.
    #[error("screenshot: the guest has not shown a picture, so {0} was not written")]
    NoPicture(PathBuf),
    /// The file could not be written.
    #[error("screenshot: {0}")]
    Png(#[from] PngError),
}

/// Keeps a guest's newest picture.
pub struct PictureKeeper {
    gpu: GpuHandle,
    stop: Sender<()>,
    thread: JoinHandle<Option<Image>>,
}

impl PictureKeeper {
    /// Starts to watch `gpu`.
    ///
    /// # Errors
    /// If the host refuses a thread.
    pub fn start(gpu: GpuHandle) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let watched = gpu.clone();
        let thread = thread::Builder::new()
            .name("screenshot".into())
            .spawn(move || {
                let (mut newest, mut frames) = (None, 0);
                while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    let now = watched.stats().frames_of(SCREEN);
                    if now != frames {
                        frames = now;
                        newest = watched.screenshot(SCREEN).ok().flatten().or(newest);
                    }
                }
                newest
            })?;
        Ok(Self { gpu, stop, thread })
    }

    /// Writes the newest picture to `path`. The GPU must still run.
    ///
    /// # Errors
    /// If there never was a picture, or the file cannot be written.
    pub fn write(self, path: &Path) -> Result<(), ScreenshotError> {
        let last = self.gpu.screenshot(SCREEN).ok().flatten();
        drop(self.stop);
        let kept = self.thread.join().ok().flatten();
        let image = last
            .or(kept)
            .ok_or_else(|| ScreenshotError::NoPicture(path.to_owned()))?;
        png::write_file(path, &image)?;
        log::info!(
            "Wrote a screenshot of {}x{} pixels to {}",
            image.width,
            image.height,
            path.display()
        );
        Ok(())
    }
}
