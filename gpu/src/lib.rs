//! virtio-gpu (virtio 1.3, section 5.7): wire structures, the device's state machine
//! and the trait [`Renderer`] behind which all drawing happens.
//!
//! Data flow: a request is gathered from its descriptor chain and copied out of guest
//! memory once, decoded, executed by the device (an error becomes the protocol's own
//! reply) with the help of a [`Renderer`], and completed, at once or when its fence has
//! passed. No GL and no KVM here.
//!
//! | module | what it is |
//! |---|---|
//! | [`protocol`] | the wire as data: structures, commands, responses, formats |
//! | [`device`] | the state machine; one method a command |
//! | [`control`] | the two queues and their fences, generic over queue and memory |
//! | [`virtio`] | the device as a transport sees it |
//! | [`vhost_user`] | the device in a process of its own, for another monitor |
//! | [`handle`] | what the monitor asks of a running device |
//! | [`renderer`], [`backend`] | the trait that draws, and two that need no GL |
//! | [`backing`], [`edid`] | guest memory behind a resource; what a display says of itself |
#![forbid(unsafe_code)]

pub mod backend;
pub mod backing;
pub mod config;
pub mod control;
pub mod device;
pub mod edid;
pub mod handle;
mod kick;
pub mod protocol;
mod queue;
pub mod renderer;
pub mod stats;
pub mod vhost_user;
pub mod virtio;
mod worker;

pub use config::{Config, Display, Limits};
pub use device::Device;
pub use handle::{GpuHandle, HandleError};
pub use renderer::Renderer;
pub use stats::Stats;
pub use virtio::{NewError, RendererFactory, VirtioGpu};
