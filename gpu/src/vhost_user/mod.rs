//! The device in a process of its own: a vhost-user back end, for a monitor such as QEMU.
//!
//! The front end's requests ([`requests`]) say where guest memory and the two rings are;
//! with both rings ready, the device gets them as it gets those of the in-process
//! transport. From then on the guest's doorbells wake the GPU thread itself and its
//! interrupts go straight to the front end's events.
//!
//! A second socket, which the front end hands over when a driver starts, is about
//! displays: QEMU's vhost-user-gpu protocol. There the back end asks ([`link`](mod@link)):
//! for the size of each display, and, if the front end shows the guest's screen, to show
//! pictures and the pointer, which come by way of a [`Screen`].
//!
//! | thread | waits for | never waits for |
//! |---|---|---|
//! | of the caller of [`BackEnd::serve`] | requests, then the GPU thread | the display socket |
//! | GPU | doorbells, fences | either socket |
//! | link | work for the display socket, and its replies | requests |
//!
//! So a front end that waits for the answer to a request cannot be waited for by it.

mod link;
mod memory;
mod picture;
mod requests;
mod ring;
mod screen;

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use vhost::vhost_user::{BackendReqHandler, Error as ProtocolError};

use crate::virtio::VirtioGpu;
use requests::Requests;

pub use screen::{PointerShape, Screen};

/// Why a front end is served no more.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A request makes no sense, or the device could not do what it asks.
    #[error("the front end's request was refused: {0}")]
    Request(#[source] ProtocolError),
    /// The socket failed.
    #[error("the front end's socket failed: {0}")]
    Socket(#[source] ProtocolError),
}

/// A virtio-gpu device for front ends, of which it serves one at a time.
pub struct BackEnd {
    requests: Arc<Mutex<Requests>>,
}

impl BackEnd {
    /// A back end around `gpu`. What the front end is to show comes through `screen`.
    pub fn new(gpu: VirtioGpu, screen: Arc<Screen>) -> Self {
        Self {
            requests: Arc::new(Mutex::new(Requests::new(gpu, screen))),
        }
    }

    /// Serves the front end at the other end of `stream` until it leaves, and forgets all
    /// that its guest made. False if it never asked for anything: then it only looked
    /// whether someone listens.
    ///
    /// # Errors
    /// If it breaks the protocol. It is served no more then.
    pub fn serve(&self, stream: UnixStream) -> Result<bool, ServeError> {
        let mut handler = BackendReqHandler::from_stream(stream, Arc::clone(&self.requests));
        let mut asked = false;
        let result = loop {
            match handler.handle_request() {
                Ok(()) => asked = true,
                Err(ProtocolError::SocketRetry(_)) => {}
                // Left, if not politely.
                Err(
                    ProtocolError::Disconnected
                    | ProtocolError::PartialMessage
                    | ProtocolError::SocketBroken(_),
                ) => break Ok(asked),
                Err(error @ ProtocolError::SocketError(_)) => break Err(ServeError::Socket(error)),
                Err(error) => break Err(ServeError::Request(error)),
            }
        };
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .front_end_left();
        result
    }
}
