//! Renderers that need no GL.

pub mod null;
pub mod software;

pub use null::NullRenderer;
pub use software::SoftwareRenderer;
