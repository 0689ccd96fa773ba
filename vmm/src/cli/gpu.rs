//! `maro gpu`: the graphics card alone, in a process of its own, for another monitor's
//! guest.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{fs, thread};

use clap::{Args, ValueEnum};
use maro_gpu::config::{Display as GpuDisplay, MAX_SCANOUTS};
use maro_gpu::renderer::ScanoutId;
use maro_gpu::vhost_user::{BackEnd, PointerShape, Screen as FrontEndScreen, ServeError};
use maro_gpu::{GpuHandle, VirtioGpu};
use maro_renderer::present::window::{
    self, CloseAnswer, WindowCallbacks, WindowConfig, WindowError, WindowSetup,
};
use maro_renderer::present::{CursorShape, Frame, Viewer};
use maro_renderer::vtest::ServerError;
use maro_renderer::vtest::server::listen;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::run::NoInput;
use crate::config::values::MemorySize;
use crate::doctor::host_display;
use crate::exit::{self, ExitStatus};
use crate::machine::error::{HostContext, MachineError};
use crate::machine::graphics::{Card, Screen, WindowScreen, create_card};
use crate::machine::screenshot::PictureKeeper;
use crate::memory::default_gpu_memory;
use crate::output;

/// The arguments of `maro gpu`.
#[derive(Debug, Args)]
#[command(after_help = exit::GPU_HELP)]
pub struct GpuCommand {
    /// Where the monitor connects
    #[arg(long, value_name = "PATH")]
    socket_path: PathBuf,

    /// Where the guest's screen is shown
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = DisplayOption::Auto)]
    display: DisplayOption,

    /// Graphics card
    #[arg(long, value_name = "KIND", value_enum, default_value_t = CardOption::Virgl)]
    gpu: CardOption,

    /// Most host memory for what the guest's GPU makes [default: half of the host's memory]
    #[arg(long, value_name = "SIZE")]
    gpu_memory: Option<MemorySize>,

    /// Write the guest's last picture to this PNG file at the end
    #[arg(long, value_name = "PNG")]
    screenshot: Option<PathBuf>,
}

/// Where the screen of another monitor's guest is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DisplayOption {
    /// A window where the host has a display, else headless
    Auto,
    /// A window of maro's; the monitor has the keyboard and the pointer
    Window,
    /// Nowhere, but a picture can be taken
    Headless,
    /// The monitor shows it: every frame is copied to it
    Monitor,
}

/// The graphics card of another monitor's guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CardOption {
    /// A plain screen: the guest draws with its CPU
    #[value(name = "2d")]
    TwoD,
    /// OpenGL through the guest's virgl driver and the host's OpenGL ES
    Virgl,
}

/// Why `maro gpu` failed.
#[derive(Debug, thiserror::Error)]
enum GpuError {
    /// The graphics card, the window or the screenshot cannot be had.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The monitor cannot connect.
    #[error(transparent)]
    Socket(#[from] ServerError),
    /// The monitor breaks the protocol.
    #[error("vhost-user: {0}")]
    FrontEnd(#[from] ServeError),
}

impl GpuError {
    fn status(&self) -> ExitStatus {
        match self {
            Self::Machine(error) => error.status(),
            Self::Socket(_) | Self::FrontEnd(_) => ExitStatus::FrontEnd,
        }
    }
}

impl From<WindowError> for GpuError {
    /// An error of what started with the window is what it was.
    fn from(error: WindowError) -> Self {
        match error {
            WindowError::Setup(inner) => match inner.downcast() {
                Ok(own) => *own,
                Err(other) => Self::Machine(WindowError::Setup(other).into()),
            },
            other => Self::Machine(other.into()),
        }
    }
}

/// Why the card is not needed any more.
#[derive(Debug)]
enum End {
    /// The monitor has left, or was sent away.
    Left(Result<(), GpuError>),
    /// A signal asked for the end.
    Signal(i32),
    /// The window was closed.
    Window,
}

impl GpuCommand {
    /// Serves one monitor until it leaves; says on standard error what went wrong.
    pub fn execute(self) -> ExitStatus {
        let result = match self.in_window() {
            true => self.run_in_window(),
            false => self.run(),
        };
        match result {
            Ok(End::Left(Ok(())) | End::Window) => ExitStatus::Success,
            Ok(End::Signal(number)) => ExitStatus::Signal(u8::try_from(number).unwrap_or(0)),
            Ok(End::Left(Err(error))) | Err(error) => {
                output::tell(format_args!("maro: {error}"));
                error.status()
            }
        }
    }

    fn in_window(&self) -> bool {
        match self.display {
            DisplayOption::Auto => host_display().is_some(),
            DisplayOption::Window => true,
            DisplayOption::Headless | DisplayOption::Monitor => false,
        }
    }

    fn run(&self) -> Result<End, GpuError> {
        let news = Arc::<FrontEndScreen>::default();
        let screen = match self.display {
            DisplayOption::Monitor => Screen::Watched(Box::new(FrontEndViewer(news.clone()))),
            _ => Screen::Headless,
        };
        let server = Server::open(self, screen, news)?;
        let end = server.ends.recv();
        server.close(self, end.unwrap_or(End::Window))
    }

    /// Shows the guest in a window, which has the main thread.
    fn run_in_window(&self) -> Result<End, GpuError> {
        let mut running = None;
        let served = window::run(WindowConfig::default(), |setup| {
            let WindowSetup {
                platform,
                context,
                viewer,
                closer,
                size,
            } = setup;
            let screen = WindowScreen {
                platform,
                context,
                viewer,
                size,
            };
            let mut server = Server::open(self, Screen::Window(Box::new(screen)), Arc::default())?;
            let ends = std::mem::replace(&mut server.ends, channel().1);
            let watcher = thread::Builder::new()
                .name("ending".into())
                .spawn(move || {
                    let end = ends.recv().unwrap_or(End::Window);
                    closer.close();
                    end
                })?;
            running = Some((server, watcher));
            Ok(WindowCallbacks {
                input: Box::new(NoInput),
                // The guest's mode is the monitor's to choose: the window scales.
                on_resize: Box::new(|_, _, _| ()),
                on_close: Box::new(|| CloseAnswer::Exit),
            })
        });
        let Some((server, watcher)) = running else {
            served?;
            return Ok(End::Window);
        };
        // Heard only if nothing else ended the window.
        let _ = server.end.send(End::Window);
        let end = watcher.join().unwrap_or(End::Window);
        let end = server.close(self, end)?;
        served?;
        Ok(end)
    }
}

/// A card that a monitor may connect to. All that it needs of the host is open before
/// the monitor's, and so the guest's, first byte is read.
struct Server {
    gpu: GpuHandle,
    keeper: Option<PictureKeeper>,
    end: Sender<End>,
    ends: Receiver<End>,
    _socket: SocketFile,
}

impl Server {
    fn open(
        command: &GpuCommand,
        screen: Screen,
        news: Arc<FrontEndScreen>,
    ) -> Result<Self, GpuError> {
        let card = match command.gpu {
            CardOption::TwoD => Card::TwoD,
            CardOption::Virgl => Card::Virgl {
                memory: command
                    .gpu_memory
                    .map_or_else(default_gpu_memory, |size| size.bytes),
            },
        };
        // How many screens there are, and their sizes, is what the monitor says.
        let displays = vec![GpuDisplay::new(0, 0); MAX_SCANOUTS];
        let card = create_card(card, displays, screen).map_err(MachineError::from)?;
        let gpu = card.handle();
        let keeper = command
            .screenshot
            .as_ref()
            .map(|_| PictureKeeper::start(gpu.clone()))
            .transpose()
            .host("a thread for screenshots")?;
        let listener = listen(&command.socket_path)?;
        let socket = SocketFile(command.socket_path.clone());
        let (end, ends) = channel();
        end_on_signal(end.clone()).host("signal handlers")?;
        start_serving(listener, card, news, end.clone()).host("a thread for the socket")?;
        let listening = format!("Listening on {}\n", command.socket_path.display());
        if output::print(listening).is_err() {
            log::warn!("Nobody was told that the socket is there");
        }
        Ok(Self {
            gpu,
            keeper,
            end,
            ends,
            _socket: socket,
        })
    }

    /// Writes the screenshot and takes the card down.
    fn close(self, command: &GpuCommand, end: End) -> Result<End, GpuError> {
        let written = match (self.keeper, &command.screenshot) {
            (Some(keeper), Some(path)) => keeper.write(path),
            _ => Ok(()),
        };
        self.gpu.shutdown();
        match (end, written) {
            // What went wrong first is what counts.
            (end @ End::Left(Err(_)), _) => Ok(end),
            (end, Ok(())) => Ok(end),
            (_, Err(error)) => Err(MachineError::from(error).into()),
        }
    }
}

/// Removes the socket from the file system in the end.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        remove_socket(&self.0);
    }
}

fn remove_socket(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        log::debug!("{}: {error}", path.display());
    }
}

/// Serves the first monitor that asks for something, on a thread of its own: a card has
/// one guest.
fn start_serving(
    listener: UnixListener,
    card: VirtioGpu,
    screen: Arc<FrontEndScreen>,
    end: Sender<End>,
) -> io::Result<()> {
    let serve = move || {
        let back_end = BackEnd::new(card, screen);
        let result = serve_one(&listener, &back_end);
        // Nobody listens once something else has ended it.
        let _ = end.send(End::Left(result));
    };
    thread::Builder::new()
        .name("vhost-user".into())
        .spawn(serve)?;
    Ok(())
}

fn serve_one(listener: &UnixListener, back_end: &BackEnd) -> Result<(), GpuError> {
    while !back_end.serve(accept(listener)?)? {}
    Ok(())
}

fn accept(listener: &UnixListener) -> Result<UnixStream, GpuError> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ServerError::from(error).into()),
        }
    }
}

fn end_on_signal(end: Sender<End>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            let _ = end.send(End::Signal(signal));
        }
    };
    thread::Builder::new().name("signals".into()).spawn(wait)?;
    Ok(())
}

/// Tells the thread of the display socket what there is to show.
struct FrontEndViewer(Arc<FrontEndScreen>);

impl Viewer for FrontEndViewer {
    fn samples_textures(&self) -> bool {
        false
    }

    fn frame(&mut self, scanout: ScanoutId, frame: Option<Frame>) {
        match frame {
            Some(_) => self.0.flushed(scanout),
            None => self.0.switched_off(scanout),
        }
    }

    fn cursor_shape(&mut self, scanout: ScanoutId, shape: Option<CursorShape>) {
        let shape = shape.map(|shape| PointerShape {
            image: shape.image,
            hot_x: shape.hot_x,
            hot_y: shape.hot_y,
        });
        self.0.pointer_shape(scanout, shape);
    }

    fn cursor_position(&mut self, scanout: ScanoutId, x: i32, y: i32) {
        self.0.pointer_position(scanout, x, y);
    }
}
