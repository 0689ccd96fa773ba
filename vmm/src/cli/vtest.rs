//! `maro vtest`: renders for Mesa's virpipe driver over a Unix socket, without a VM.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use clap::{Args, ValueEnum};
use maro_renderer::caps;
use maro_renderer::gl::host::{Feature, FeatureSet, Limit, Version};
use maro_renderer::gl::platform::Api;
use maro_renderer::renderer::{Config, StartError, VirglRenderer};
use maro_renderer::vtest::server::{DEFAULT_SOCKET_PATH, Server, ServerConfig, StopHandle};
use maro_renderer::vtest::{ServerError, SessionOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::config::values::MemorySize;
use crate::exit::ExitStatus;
use crate::memory::default_gpu_memory;
use crate::output;

/// What `--help` says after the options.
const EXAMPLE: &str = "\
A client (any OpenGL or OpenGL ES program on Mesa):
  LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=virpipe VTEST_SOCKET_NAME=SOCKET PROGRAM";

/// The arguments of `maro vtest`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct VtestCommand {
    /// Where clients connect (Mesa 22 knows only the default)
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET_PATH)]
    socket_path: PathBuf,

    /// The GL to render with
    #[arg(long, value_name = "API", value_enum, default_value_t = HostApi::Auto)]
    host: HostApi,

    /// Use no more of the host than this version of OpenGL ES: 3.0, 3.1 or 3.2
    #[arg(long, value_name = "VERSION", value_parser = parse_gles_version)]
    gles_version: Option<Version>,

    /// Do without these features of the host, to try what stands in for them
    #[arg(long, value_name = "FEATURE,…", value_delimiter = ',', value_parser = parse_feature)]
    without: Vec<Feature>,

    /// End when the first client leaves
    #[arg(long)]
    once: bool,

    /// Host memory for a client's resources [default: half of the host's]
    #[arg(long, value_name = "SIZE")]
    gpu_memory: Option<MemorySize>,

    /// Record what clients send, for replay; the second one's file has .2 appended, and
    /// so on
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Which GL a host is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HostApi {
    /// OpenGL ES if there is any, else desktop OpenGL
    Auto,
    /// OpenGL ES
    Gles,
    /// Desktop OpenGL
    Gl,
}

impl From<HostApi> for Api {
    fn from(api: HostApi) -> Self {
        match api {
            HostApi::Auto => Self::Auto,
            HostApi::Gles => Self::Gles,
            HostApi::Gl => Self::Gl,
        }
    }
}

fn parse_gles_version(text: &str) -> Result<Version, String> {
    match text {
        "3.0" => Ok(Version::new(3, 0)),
        "3.1" => Ok(Version::new(3, 1)),
        "3.2" => Ok(Version::new(3, 2)),
        _ => Err(format!("`{text}` is not one of 3.0, 3.1 and 3.2")),
    }
}

fn parse_feature(text: &str) -> Result<Feature, String> {
    Feature::from_name(text).ok_or_else(|| {
        let names: Vec<String> = Feature::all().map(Feature::name).collect();
        format!("there are {}", names.join(", "))
    })
}

/// Why `maro vtest` ended.
#[derive(Debug, thiserror::Error)]
enum VtestError {
    /// The host has no GL to render with.
    #[error(transparent)]
    Renderer(#[from] StartError),
    /// Clients cannot connect.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Signals cannot be waited for.
    #[error("Cannot take over signals: {0}")]
    Signals(#[source] io::Error),
}

impl VtestError {
    fn status(&self) -> ExitStatus {
        match self {
            Self::Renderer(_) => ExitStatus::Graphics,
            Self::Server(_) | Self::Signals(_) => ExitStatus::Failure,
        }
    }
}

impl VtestCommand {
    /// Serves clients until a signal, or with `--once` the first client's leave.
    pub fn execute(self) -> ExitStatus {
        match self.serve() {
            Ok(status) => status,
            Err(error) => {
                output::tell(format_args!("maro: {error}"));
                error.status()
            }
        }
    }

    fn serve(self) -> Result<ExitStatus, VtestError> {
        let gpu_memory = self
            .gpu_memory
            .map_or_else(default_gpu_memory, |size| size.bytes);
        let renderer = Config {
            api: self.host.into(),
            limit: Limit {
                gles: self.gles_version,
                without: self.without.iter().copied().collect::<FeatureSet>(),
            },
            gpu_memory,
        };
        // Tried here once, so that a host without GL is told of before a client comes.
        let level = describe(&VirglRenderer::headless(&renderer)?);
        let server = Server::bind(ServerConfig {
            socket_path: self.socket_path.clone(),
            once: self.once,
            session: SessionOptions {
                memory_limit: gpu_memory,
                ..SessionOptions::default()
            },
            record: self.record,
        })?;
        let signal = stop_on_signal(server.stop_handle()).map_err(VtestError::Signals)?;
        let listening = format!("{level}\nListening on {}\n", self.socket_path.display());
        if let Err(status) = output::print(listening) {
            return Ok(status);
        }
        server.run(move || VirglRenderer::headless(&renderer))?;
        Ok(match signal.load(Ordering::Relaxed) {
            0 => ExitStatus::Success,
            number => ExitStatus::Signal(number),
        })
    }
}

/// The host's GL and what clients make of it.
fn describe(renderer: &VirglRenderer) -> String {
    let host = renderer.host();
    let level =
        host.with_caps_input(|input| caps::guest_level(&caps::build(input, &caps::IMPLEMENTED)));
    format!(
        "Host: {} ({})\nClients: OpenGL {}\n         OpenGL ES {}",
        host.caps.version_string, host.caps.renderer, level.gl, level.gles
    )
}

/// Stops the server at the first signal that asks to end; its number is then in the
/// result.
fn stop_on_signal(server: StopHandle) -> io::Result<Arc<AtomicU8>> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
    let received = Arc::new(AtomicU8::new(0));
    let number = Arc::clone(&received);
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                number.store(signal as u8, Ordering::Relaxed);
                server.stop();
            }
        })?;
    Ok(received)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_gles_version_takes_those_that_there_are() {
        assert_eq!(parse_gles_version("3.1"), Ok(Version::new(3, 1)));
        for wrong in ["2.0", "3.3", "3", ""] {
            assert!(parse_gles_version(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parse_feature_unknown_lists_those_that_there_are() {
        assert_eq!(parse_feature("texture-buffer"), Ok(Feature::TextureBuffer));
        let error = parse_feature("teapots").unwrap_err();
        assert!(
            error.contains("draw-buffers-indexed, copy-image"),
            "{error}"
        );
    }
}
