//! What the tests with a real Mesa stand on: Debian's tree, and in it `maro vtest`,
//! `virgl_test_server` or none, on the same driver.

pub mod room;
pub mod server;

use std::io;
use std::path::PathBuf;

pub use room::Room;
pub use server::{Renderer, Server};

/// Why tests could not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be used.
    #[error("{}: {_1}", _0.display())]
    File(PathBuf, io::Error),
    /// A line of a file is not of the form `test = status`.
    #[error("{}: this line is not of the form `test = status`: {_1}", _0.display())]
    Line(PathBuf, String),
    /// A list of piglit's is missing or unreadable.
    #[error("{}: {_1}; does this package of piglit fit this rig?", _0.display())]
    Profile(PathBuf, String),
    /// No namespaces.
    #[error(
        "no namespaces for the tests ({_0}); run this as root, or allow unprivileged user \
         namespaces: sysctl kernel.unprivileged_userns_clone=1"
    )]
    NoRoom(String),
    /// A server or a display did not start.
    #[error("the server does not start: {_0}")]
    Server(String),
    /// A thread that runs tests panicked.
    #[error("a thread that runs tests panicked")]
    Worker,
}
