//! The socket that vtest clients connect to.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use maro_gpu::Renderer;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::session::{Session, SessionOptions};
use super::transport::{SocketTransport, Transport};
use crate::record::{self, Recorder};

/// Where Mesa's clients look unless told otherwise.
pub const DEFAULT_SOCKET_PATH: &str = "/tmp/.virgl_test";

/// Clients served at a time.
const MAX_CLIENTS: usize = 256;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The socket's path; clients name it in `VTEST_SOCKET_NAME`.
    pub socket_path: PathBuf,
    /// Serve one client, then end.
    pub once: bool,
    /// What each session may do.
    pub session: SessionOptions,
    /// Record what the first client sends into this file, what the next ones send into
    /// files with a number appended. Data then travel within the socket's bytes.
    pub record: Option<PathBuf>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            socket_path: DEFAULT_SOCKET_PATH.into(),
            once: false,
            session: SessionOptions::default(),
            record: None,
        }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another server answers on the path.
    #[error("Another server listens on {0}; stop it or choose another --socket-path")]
    InUse(PathBuf),
    /// Something that is no socket has that path.
    #[error("{0} exists and is not a socket; choose another --socket-path")]
    NotASocket(PathBuf),
    /// The socket cannot be made.
    #[error("Cannot listen on {path}: {source}")]
    Listen {
        /// The path.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// The process is out of file descriptors or threads.
    #[error("Cannot serve clients: {0}")]
    Resources(#[from] io::Error),
}

/// A listening socket. Its file goes when it does.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    config: ServerConfig,
    stop: StopHandle,
}

/// Ends a running server, from any thread.
#[derive(Clone, Debug)]
pub struct StopHandle(Arc<OwnedFd>);

impl StopHandle {
    fn new() -> io::Result<Self> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(event)))
    }

    /// Tells the server to take no more clients and return.
    pub fn stop(&self) {
        // Fails only if the event was set 2^64 times, and then it is set.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }
}

impl Server {
    /// Listens on the path. A socket file that nobody answers on is replaced.
    ///
    /// # Errors
    /// If the path is taken or cannot be used.
    pub fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        let stop = StopHandle::new()?;
        let listener = listen(&config.socket_path)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            config,
            stop,
        })
    }

    /// What ends [`run`](Self::run).
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Serves clients, each in a thread of its own with a renderer that `make_renderer`
    /// makes there, until a [`StopHandle`] ends it or, with `once`,
    /// the first client left. Clients still there then are not waited for.
    ///
    /// # Errors
    /// If the socket fails. What happens to one client does not concern the others.
    pub fn run<R, E>(
        self,
        make_renderer: impl Fn() -> Result<R, E> + Send + Sync + 'static,
    ) -> Result<(), ServerError>
    where
        R: Renderer,
        E: std::fmt::Display,
    {
        let make_renderer = Arc::new(make_renderer);
        let clients = Arc::new(AtomicUsize::new(0));
        let mut number = 0u64;
        while let Some(stream) = self.accept()? {
            if clients.load(Ordering::Relaxed) >= MAX_CLIENTS {
                log::warn!("vtest: {MAX_CLIENTS} clients are served, one more is turned away");
                continue;
            }
            number += 1;
            let ticket = Ticket::new(&clients);
            let make_renderer = Arc::clone(&make_renderer);
            let options = self.config.session;
            let record = self
                .config
                .record
                .as_deref()
                .map(|path| numbered(path, number));
            let client = move || {
                let _ticket = ticket;
                serve_client(stream, options, record.as_deref(), &*make_renderer);
            };
            let thread = thread::Builder::new()
                .name(format!("vtest-{number}"))
                .spawn(client)?;
            if self.config.once {
                join(thread);
                break;
            }
        }
        Ok(())
    }

    /// The next client; `None` when told to stop.
    fn accept(&self) -> Result<Option<UnixStream>, ServerError> {
        loop {
            let mut events = [
                PollFd::new(&self.listener, PollFlags::IN),
                PollFd::new(&self.stop.0, PollFlags::IN),
            ];
            match poll(&mut events, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            if !events[1].revents().is_empty() {
                return Ok(None);
            }
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(Some(stream));
                }
                // The client may have left before it was welcomed.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock
                            | io::ErrorKind::Interrupted
                            | io::ErrorKind::ConnectionAborted
                    ) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.config.socket_path) {
            log::debug!("{}: {error}", self.config.socket_path.display());
        }
    }
}

/// Binds and runs a server.
///
/// # Errors
/// As [`Server::bind`] and [`Server::run`].
pub fn serve<R, E>(
    config: ServerConfig,
    make_renderer: impl Fn() -> Result<R, E> + Send + Sync + 'static,
) -> Result<(), ServerError>
where
    R: Renderer,
    E: std::fmt::Display,
{
    Server::bind(config)?.run(make_renderer)
}

/// Counts a client for as long as it lives, also if its thread panics.
struct Ticket(Arc<AtomicUsize>);

impl Ticket {
    fn new(clients: &Arc<AtomicUsize>) -> Self {
        clients.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(clients))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        log::error!("vtest: the client's thread panicked");
    }
}

fn serve_client<R, E>(
    stream: UnixStream,
    options: SessionOptions,
    record: Option<&Path>,
    make_renderer: &impl Fn() -> Result<R, E>,
) where
    R: Renderer,
    E: std::fmt::Display,
{
    let renderer = match make_renderer() {
        Ok(renderer) => renderer,
        Err(error) => return log::error!("vtest: no renderer for a client: {error}"),
    };
    let transport = match SocketTransport::new(stream) {
        Ok(transport) => transport,
        Err(error) => return log::error!("vtest: {error}"),
    };
    match record {
        None => run_session(Session::new(renderer, transport, options)),
        Some(path) => match File::create(path) {
            Ok(file) => {
                let transport = Recorder::new(transport, BufWriter::new(file));
                run_session(Session::new(renderer, transport, record::options(options)));
            }
            Err(error) => log::error!("vtest: cannot record to {}: {error}", path.display()),
        },
    }
}

fn run_session<R: Renderer, T: Transport>(mut session: Session<R, T>) {
    match session.run() {
        Ok(()) => log::info!("vtest client {} left", session.name()),
        Err(error) => log::warn!("vtest client {} ended: {error}", session.name()),
    }
}

/// The path of client `number`'s recording.
fn numbered(path: &Path, number: u64) -> PathBuf {
    match number {
        1 => path.to_owned(),
        _ => {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{number}"));
            name.into()
        }
    }
}

/// Listens at `path`, in place of a socket there at which nobody listens any more.
///
/// # Errors
/// [`ServerError::Listen`], [`ServerError::NotASocket`] or [`ServerError::InUse`].
pub fn listen(path: &Path) -> Result<UnixListener, ServerError> {
    let failed = |source| ServerError::Listen {
        path: path.to_owned(),
        source,
    };
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
        result => return result.map_err(failed),
    }
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    if !metadata.file_type().is_socket() {
        return Err(ServerError::NotASocket(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        // An answer, or a refusal that says nothing of whether someone listens.
        _ => return Err(ServerError::InUse(path.to_owned())),
    }
    fs::remove_file(path).map_err(failed)?;
    UnixListener::bind(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use maro_gpu::backend::NullRenderer;

    use super::*;

    fn config(name: &str, once: bool) -> ServerConfig {
        let path = std::env::temp_dir().join(format!("maro-vtest-{name}-{}", std::process::id()));
        ServerConfig {
            socket_path: path,
            once,
            ..ServerConfig::default()
        }
    }

    fn renderer() -> Result<NullRenderer, String> {
        Ok(NullRenderer::default())
    }

    /// Asks for the protocol's version and returns the answer's words.
    fn negotiate(stream: &mut UnixStream) -> Vec<u8> {
        stream
            .write_all(&[1, 0, 0, 0, 11, 0, 0, 0, 9, 0, 0, 0])
            .unwrap();
        let mut reply = vec![0; 12];
        stream.read_exact(&mut reply).unwrap();
        reply
    }

    #[test]
    fn bind_path_in_use_is_refused_and_stale_is_replaced() {
        let config = config("stale", false);
        let server = Server::bind(config.clone()).unwrap();
        let error = Server::bind(config.clone()).unwrap_err();
        assert!(matches!(&error, ServerError::InUse(path) if *path == config.socket_path));
        assert!(error.to_string().contains("--socket-path"));
        // Leave the file behind, as a server that was killed does.
        drop(server);
        drop(UnixListener::bind(&config.socket_path).unwrap());
        assert!(config.socket_path.exists());
        let server = Server::bind(config.clone()).unwrap();
        drop(server);
        assert!(!config.socket_path.exists());
    }

    #[test]
    fn bind_on_a_file_leaves_it_alone() {
        let config = config("file", false);
        fs::write(&config.socket_path, b"precious").unwrap();
        let error = Server::bind(config.clone()).unwrap_err();
        assert!(matches!(error, ServerError::NotASocket(_)));
        assert_eq!(fs::read(&config.socket_path).unwrap(), b"precious");
        fs::remove_file(&config.socket_path).unwrap();
    }

    #[test]
    fn bind_in_no_folder_names_the_path() {
        let mut config = config("none", false);
        config.socket_path = "/nonexistent/socket".into();
        let error = Server::bind(config).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/socket"));
    }

    #[test]
    fn run_once_ends_with_its_client_and_removes_the_socket() {
        let config = config("once", true);
        let path = config.socket_path.clone();
        let server = Server::bind(config).unwrap();
        let thread = thread::spawn(|| server.run(renderer));
        let mut client = UnixStream::connect(&path).unwrap();
        assert_eq!(
            negotiate(&mut client)[..],
            [1, 0, 0, 0, 11, 0, 0, 0, 3, 0, 0, 0]
        );
        drop(client);
        thread.join().unwrap().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn run_serves_clients_at_a_time_until_stopped() {
        let config = config("many", false);
        let path = config.socket_path.clone();
        let server = Server::bind(config).unwrap();
        let stop = server.stop_handle();
        let thread = thread::spawn(|| server.run(renderer));
        let mut clients: Vec<_> = (0..3)
            .map(|_| UnixStream::connect(&path).unwrap())
            .collect();
        for client in clients.iter_mut().rev() {
            assert_eq!(negotiate(client).len(), 12);
        }
        stop.stop();
        thread.join().unwrap().unwrap();
    }

    #[test]
    fn run_without_renderer_turns_the_client_away() {
        let config = config("failing", true);
        let path = config.socket_path.clone();
        let server = Server::bind(config).unwrap();
        let thread = thread::spawn(|| server.run(|| Err::<NullRenderer, _>("no GPU")));
        let mut client = UnixStream::connect(&path).unwrap();
        assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
        thread.join().unwrap().unwrap();
    }
}
