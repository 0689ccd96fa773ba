//! Why the device refused a request.

use crate::protocol::{DecodeError, ErrorCode};
use crate::renderer;

/// A refused request; [`code`](Self::code) is the reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request's bytes are no command.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The renderer refused.
    #[error(transparent)]
    Renderer(#[from] renderer::Error),
    /// The request's descriptors cannot be followed or hold too much.
    #[error("malformed request: {0}")]
    Chain(&'static str),
    /// The command belongs to a feature that the driver did not accept.
    #[error("{0} was not negotiated")]
    NotNegotiated(&'static str),
    /// The command came by the wrong queue.
    #[error("{0} does not belong on this queue")]
    WrongQueue(&'static str),
    /// The guest's share of the host is used up.
    #[error("the limit of {limit} {what} is reached")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The most there may be.
        limit: u64,
    },
    /// There is no such resource.
    #[error("resource {0} does not exist")]
    NoResource(u32),
    /// A resource of that name exists, or the name is 0.
    #[error("{0} cannot name a new resource")]
    ResourceName(u32),
    /// The resource is not attached to the context.
    #[error("resource {resource} is not attached to context {context}")]
    NotAttached {
        /// The resource.
        resource: u32,
        /// The context.
        context: u32,
    },
    /// The resource has no backing.
    #[error("resource {0} has no backing")]
    NoBacking(u32),
    /// There is no such context.
    #[error("context {0} does not exist")]
    NoContext(u32),
    /// A context of that name exists, or the name is 0.
    #[error("{0} cannot name a new context")]
    ContextName(u32),
    /// There is no such scanout.
    #[error("scanout {0} does not exist")]
    NoScanout(u32),
    /// A value lies outside what the protocol allows.
    #[error("{what} of {value} is not possible")]
    Value {
        /// Which value.
        what: &'static str,
        /// What it is.
        value: u64,
    },
    /// A rectangle does not lie within its resource.
    #[error("rectangle {rect:?} is not within {width}x{height}")]
    Rectangle {
        /// The rectangle.
        rect: renderer::Rect,
        /// Width of the resource.
        width: u32,
        /// Height of the resource.
        height: u32,
    },
}

impl Error {
    /// The protocol's reply.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Decode(DecodeError::Unknown(_) | DecodeError::NoHeader(_))
            | Self::NotNegotiated(_)
            | Self::WrongQueue(_) => ErrorCode::Unspec,
            Self::Decode(
                DecodeError::TooShort { .. }
                | DecodeError::TooLittleData { .. }
                | DecodeError::NotWords(_),
            )
            | Self::Chain(_)
            | Self::NoBacking(_)
            | Self::Value { .. }
            | Self::Rectangle { .. } => ErrorCode::InvalidParameter,
            Self::Limit { .. } => ErrorCode::OutOfMemory,
            Self::NoResource(_) | Self::ResourceName(_) | Self::NotAttached { .. } => {
                ErrorCode::InvalidResourceId
            }
            Self::NoContext(_) | Self::ContextName(_) => ErrorCode::InvalidContextId,
            Self::NoScanout(_) => ErrorCode::InvalidScanoutId,
            Self::Renderer(error) => renderer_code(error),
        }
    }
}

const fn renderer_code(error: &renderer::Error) -> ErrorCode {
    match error {
        renderer::Error::OutOfMemory(_) => ErrorCode::OutOfMemory,
        renderer::Error::InvalidContext(_) => ErrorCode::InvalidContextId,
        renderer::Error::InvalidResource(_) => ErrorCode::InvalidResourceId,
        renderer::Error::InvalidScanout(_) => ErrorCode::InvalidScanoutId,
        renderer::Error::InvalidParameter(_) => ErrorCode::InvalidParameter,
        renderer::Error::Unsupported(_) | renderer::Error::Host(_) => ErrorCode::Unspec,
    }
}
