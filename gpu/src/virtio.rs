//! The device as a transport sees it: identity, features, configuration space, and the
//! way from the transport's thread to the GPU thread.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread::JoinHandle;

use maro_devices::virtio::{ActivateError, Activation, VirtioDevice};

use crate::config::{Config, MAX_SCANOUTS};
use crate::handle::GpuHandle;
use crate::protocol::{DEVICE_TYPE, Features, QUEUE_SIZES};
use crate::renderer::{self, Renderer};
use crate::worker::{self, Start};

/// Makes the renderer, on the thread that will use it: GL contexts belong to a thread.
pub type RendererFactory =
    Box<dyn FnOnce() -> Result<Box<dyn Renderer>, renderer::Error> + Send + 'static>;

/// Why a device could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The configuration asks for no scanout or for more than the protocol knows.
    #[error("A GPU has 1 to {MAX_SCANOUTS} scanouts, not {0}")]
    Scanouts(usize),
    /// The thread or its events could not be made.
    #[error("The GPU thread could not be started")]
    Thread(#[source] io::Error),
    /// The renderer could not be made.
    #[error("The GPU's renderer could not be started")]
    Renderer(#[source] renderer::Error),
    /// The thread ended before it was ready.
    #[error("The GPU thread ended while it started; the log tells more")]
    Died,
}

/// A virtio-gpu device (virtio 1.3, 5.7) whose work is done on a thread of its own.
pub struct VirtioGpu {
    handle: GpuHandle,
    thread: Option<JoinHandle<()>>,
    features: Features,
    scanouts: u32,
    capsets: u32,
}

impl VirtioGpu {
    /// Starts the GPU thread, makes the renderer on it and waits until that is ready.
    /// 3D is offered to the guest if the renderer has capability sets.
    ///
    /// # Errors
    /// If the configuration is not sound, or the thread or the renderer cannot start.
    pub fn new(config: Config, factory: RendererFactory) -> Result<Self, NewError> {
        let scanouts = config.displays.len();
        if !(1..=MAX_SCANOUTS).contains(&scanouts) {
            return Err(NewError::Scanouts(scanouts));
        }
        let started = worker::spawn(config, factory)?;
        Ok(Self {
            handle: started.handle,
            thread: Some(started.thread),
            features: started.features,
            scanouts: scanouts as u32,
            capsets: started.capsets,
        })
    }

    /// A handle to the running device, which may outlive it.
    pub fn handle(&self) -> GpuHandle {
        self.handle.clone()
    }

    fn config_space(&self) -> [u8; 16] {
        let fields = [
            self.handle.shared.events.load(Acquire),
            0, // events_clear is write-only
            self.scanouts,
            self.capsets,
        ];
        let mut bytes = [0; 16];
        for (bytes, field) in bytes.chunks_exact_mut(4).zip(fields) {
            bytes.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }
}

impl VirtioDevice for VirtioGpu {
    fn device_type(&self) -> u32 {
        DEVICE_TYPE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn features(&self) -> u64 {
        self.features.bits()
    }

    fn read_config(&self, offset: u64, data: &mut [u8]) {
        let space = self.config_space();
        data.fill(0);
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if let Some(rest) = space.get(start..) {
            let n = rest.len().min(data.len());
            data[..n].copy_from_slice(&rest[..n]);
        }
    }

    fn write_config(&mut self, offset: u64, data: &[u8]) {
        const EVENTS_CLEAR: u64 = 4;
        // Narrower writes clear the bits of their byte.
        let Some(first) = offset.checked_sub(EVENTS_CLEAR).filter(|first| *first < 4) else {
            return;
        };
        let mut mask = [0; 4];
        for (to, from) in mask[first as usize..].iter_mut().zip(data) {
            *to = *from;
        }
        let clear = u32::from_le_bytes(mask);
        self.handle.shared.events.fetch_and(!clear, Release);
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        let start = Start::from_activation(activation).map_err(ActivateError::MissingQueue)?;
        self.handle.activate(start).map_err(ActivateError::Worker)
    }

    fn reset(&mut self) {
        self.handle.reset();
        self.handle.shared.events.store(0, Release);
    }
}

impl Drop for VirtioGpu {
    fn drop(&mut self) {
        self.handle.shutdown();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already printed by the panic hook.
            let _ = thread.join();
        }
    }
}
