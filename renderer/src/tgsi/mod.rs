//! TGSI, the shader text that Mesa's virgl driver sends: lexer → parser → [`ir`] →
//! validator.
//!
//! The parser accepts the whole grammar, leniently; [`validate`] is the one gate that
//! everything after it relies on. Both take time and memory in proportion to the text,
//! within the bounds of [`limits`].

pub mod ir;
pub mod limits;
pub mod opcode;
pub mod semantic;

mod buffers;
mod declaration;
mod instruction;
mod lexer;
mod parser;
mod validate;

pub use parser::{ParseError, ParseErrorKind, parse};
pub use validate::{ValidateError, validate};
