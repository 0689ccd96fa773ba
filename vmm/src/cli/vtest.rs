//! `maro vtest`: renders for Mesa's virpipe driver over a Unix socket, without a VM.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use clap::Args;
use maro_renderer::caps;
use maro_renderer::renderer::{StartError, VirglRenderer};
use maro_renderer::vtest::server::{DEFAULT_SOCKET_PATH, Server, ServerConfig, StopHandle};
use maro_renderer::vtest::{ServerError, SessionOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use super::host::HostOptions;
use crate::exit::ExitStatus;
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

    #[command(flatten)]
    host: HostOptions,

    /// End when the first client leaves
    #[arg(long)]
    once: bool,

    /// Record what clients send, for replay; the second one's file has .2 appended, and
    /// so on
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
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
        let renderer = self.host.config();
        // Tried here once, so that a host without GL is told of before a client comes.
        let level = describe(&VirglRenderer::headless(&renderer)?);
        let server = Server::bind(ServerConfig {
            socket_path: self.socket_path.clone(),
            once: self.once,
            session: SessionOptions {
                memory_limit: renderer.gpu_memory,
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
