//! The shader translator on what Mesa's virgl driver sends.
//!
//! `corpus/*.tgsi` was captured from Mesa 22.3 running GLES 2 to 3.2 and desktop GL
//! programs; `NAME.STAGE.tgsi` files of one name form a program.

mod compile;
mod corpus;
mod doubles;
mod execute;
mod fuzz;
mod golden;
mod oracle;
mod registers;
