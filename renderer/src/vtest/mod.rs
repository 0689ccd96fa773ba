//! The vtest protocol: Mesa's `virpipe` driver renders over a Unix socket, no VM needed.
//!
//! - [`protocol`]: messages and their sizes
//! - [`memory`]: the memory behind resources, shared with the client or private
//! - [`session`]: one client, from first message to end of file
//! - [`transport`]: the bytes and files of a connection
//! - [`server`]: the socket; a thread and a renderer for each client
//!
//! A client treats a lost connection as fatal, so only what cannot be answered ends a
//! session: all that the renderer refuses is logged and passed over.
#![forbid(unsafe_code)]

mod inline;
pub mod memory;
pub mod protocol;
pub mod server;
pub mod session;
pub mod transport;

#[cfg(test)]
mod tests;

pub use server::{Server, ServerConfig, ServerError, StopHandle, serve};
pub use session::{Observer, ReadBack, Session, SessionError, SessionOptions};
pub use transport::{SocketTransport, Transport};
