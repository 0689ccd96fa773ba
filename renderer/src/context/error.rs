//! Why a command was not executed.

use maro_gpu::renderer::ResourceId;

use crate::glsl::TranslateError;
use crate::protocol::ids::{ObjectHandle, SubContextId};
use crate::protocol::values::InvalidValue;
use crate::tgsi;

/// A command that was skipped. The guest is not told (the protocol has no way to); the
/// first error of each kind in a context is logged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// No object of the wanted type has this handle.
    #[error("object {} is no {wanted}", .handle.0)]
    NoObject {
        /// The handle.
        handle: ObjectHandle,
        /// The type that the command needs.
        wanted: &'static str,
    },
    /// The resource does not exist or is not attached to the context.
    #[error("resource {} is not known to this context", .0.0)]
    NoResource(ResourceId),
    /// The resource exists but is not what the command needs.
    #[error("resource {} is no {wanted}", .id.0)]
    WrongResource {
        /// The resource.
        id: ResourceId,
        /// What the command needs.
        wanted: &'static str,
    },
    /// There is no such sub-context.
    #[error("sub-context {} does not exist", .0.0)]
    NoSubContext(SubContextId),
    /// A number lies outside the range that its use allows.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// A field holds a number that the protocol does not define.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// A limit that protects the host was reached.
    #[error("the limit of {0} is reached")]
    Limit(&'static str),
    /// The host or this renderer cannot do it.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A draw lacks a part of its state.
    #[error("nothing is drawn without {0}")]
    Incomplete(&'static str),
    /// A shader's text could not be read.
    #[error("shader: {0}")]
    Parse(#[from] tgsi::ParseError),
    /// A shader breaks a rule of its language.
    #[error("shader: {0}")]
    Validate(#[from] tgsi::ValidateError),
    /// A shader cannot be expressed in the host's language.
    #[error("shader: {0}")]
    Translate(#[from] TranslateError),
    /// The host's driver refused.
    #[error("the host's driver refused: {0}")]
    Host(String),
    /// A transfer could not be done.
    #[error(transparent)]
    Transfer(#[from] maro_gpu::renderer::Error),
}

impl CommandError {
    /// A number that is the same for errors of one kind, for logging each kind once.
    pub(crate) fn kind(&self) -> u8 {
        match self {
            Self::NoObject { .. } => 0,
            Self::NoResource(_) => 1,
            Self::WrongResource { .. } => 2,
            Self::NoSubContext(_) => 3,
            Self::OutOfRange(_) => 4,
            Self::Value(_) => 5,
            Self::Limit(_) => 6,
            Self::Unsupported(_) => 7,
            Self::Incomplete(_) => 8,
            Self::Parse(_) => 9,
            Self::Validate(_) => 10,
            Self::Translate(_) => 11,
            Self::Host(_) => 12,
            Self::Transfer(_) => 13,
        }
    }
}
