//! The device's state machine: what exists for the guest, and what each command does.
//!
//! A command is one method that answers with a [`Response`] or an [`Error`]; either is
//! exactly one reply of the protocol. The device checks names, rectangles and limits,
//! and so is the gate in front of a [`Renderer`]. It knows no queue and no thread.

mod context;
pub(crate) mod display;
mod error;
mod resource;

use std::collections::HashMap;
use std::sync::Arc;

use crate::backing::Memory;
use crate::config::{Config, Display, Limits};
use crate::protocol::wire::CtrlHeader;
use crate::protocol::{Command, Features, Request, Response};
use crate::renderer::{Capset, Direction, FenceId, FenceStatus, Renderer};
use crate::stats::Counters;

use context::Context;
use display::{DisplaySource, Shown};
use resource::Resource;

pub use error::Error;

/// What a command ends in.
pub type Outcome<'a> = Result<Response<'a>, Error>;

/// A virtio-gpu device without its queues.
pub struct Device {
    renderer: Box<dyn Renderer>,
    capsets: Vec<Capset>,
    /// What the driver accepted.
    features: Features,
    limits: Limits,
    displays: Vec<Display>,
    /// Who knows the displays, if it is not the monitor.
    display_source: DisplaySource,
    /// What a display's owner says of it, in place of what the device makes up.
    edids: Vec<Option<Vec<u8>>>,
    /// One entry a display.
    scanouts: Vec<Option<Shown>>,
    resources: HashMap<u32, Resource>,
    contexts: HashMap<u32, Context>,
    usage: Usage,
    edid: Vec<u8>,
    last_fence: u64,
    counters: Arc<Counters>,
}

/// What became of a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// All work so far is done, and all earlier fences have passed.
    Passed,
    /// [`Device::passed_fence`] will name this fence or a later one.
    Pending(FenceId),
    /// There is none to wait for: the host's driver failed.
    Failed,
}

/// What the guest uses of its [`Limits`], beyond the lengths of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Usage {
    attachments: usize,
    backing_pieces: usize,
    bytes_2d: u64,
}

impl Device {
    /// A device that draws with `renderer`, before any driver.
    pub fn new(renderer: Box<dyn Renderer>, config: Config, counters: Arc<Counters>) -> Self {
        Self {
            capsets: renderer.capsets().to_vec(),
            renderer,
            features: Features::empty(),
            limits: config.limits,
            scanouts: vec![None; config.displays.len()],
            edids: vec![None; config.displays.len()],
            displays: config.displays,
            display_source: DisplaySource::Monitor,
            resources: HashMap::new(),
            contexts: HashMap::new(),
            usage: Usage::default(),
            edid: Vec::new(),
            last_fence: 0,
            counters,
        }
    }

    /// The features that this device can offer: 3D only if the renderer has capability
    /// sets.
    pub fn offered_features(&self) -> Features {
        let mut features = Features::EDID;
        if !self.capsets.is_empty() {
            features |= Features::VIRGL | Features::CONTEXT_INIT;
        }
        features
    }

    /// Number of capability sets.
    pub fn capsets(&self) -> usize {
        self.capsets.len()
    }

    /// The renderer.
    pub fn renderer(&mut self) -> &mut dyn Renderer {
        &mut *self.renderer
    }

    /// Begins to serve a driver that accepted `features`; bits of the transport are
    /// ignored.
    pub fn start(&mut self, features: u64) {
        self.features = Features::from_bits_truncate(features) & self.offered_features();
    }

    /// Forgets everything that the driver made; displays stay plugged in.
    pub fn reset(&mut self) {
        self.renderer.reset();
        self.features = Features::empty();
        self.scanouts.fill(None);
        self.resources.clear();
        self.contexts.clear();
        self.usage = Usage::default();
        Counters::add(&self.counters.resets, 1);
    }

    /// Executes a request of the control queue.
    ///
    /// # Errors
    /// What the guest gets to know as an error reply.
    pub fn execute<M: Memory>(&mut self, request: &Request<'_>, memory: &Arc<M>) -> Outcome<'_> {
        use Command as C;
        let context = request.header.ctx_id.get();
        self.check_feature(&request.command)?;
        match request.command {
            C::GetDisplayInfo => Ok(Response::DisplayInfo(&self.displays)),
            C::GetEdid(get) => self.get_edid(get),
            C::SetScanout(set) => self.set_scanout(set),
            C::ResourceFlush(flush) => self.flush(flush),
            C::ResourceCreate2d(create) => self.create_2d(create),
            C::ResourceCreate3d(create) => self.create_3d(create),
            C::ResourceUnref(which) => self.unref(which),
            C::ResourceAttachBacking(attach, entries) => {
                self.attach_backing(attach, entries, memory)
            }
            C::ResourceDetachBacking(which) => self.detach_backing(which),
            C::TransferToHost2d(transfer) => self.transfer_2d(transfer),
            C::TransferToHost3d(transfer) => self.transfer_3d(context, transfer, Direction::ToHost),
            C::TransferFromHost3d(transfer) => {
                self.transfer_3d(context, transfer, Direction::FromHost)
            }
            C::GetCapsetInfo(get) => self.get_capset_info(get),
            C::GetCapset(get) => self.get_capset(get),
            C::CtxCreate(create) => self.create_context(context, create),
            C::CtxDestroy => self.destroy_context(context),
            C::CtxAttachResource(which) => self.attach_resource(context, which),
            C::CtxDetachResource(which) => self.detach_resource(context, which),
            C::Submit3d(words) => self.submit(context, words),
            // Their features are never offered, so the check above has refused them.
            C::ResourceAssignUuid(_)
            | C::ResourceCreateBlob(..)
            | C::SetScanoutBlob(_)
            | C::ResourceMapBlob(_)
            | C::ResourceUnmapBlob(_) => Err(Error::NotNegotiated("this command's feature")),
            C::UpdateCursor(_) | C::MoveCursor(_) => {
                Err(Error::WrongQueue(request.command.type_().name()))
            }
        }
    }

    /// Executes a request of the cursor queue, which has no reply.
    ///
    /// # Errors
    /// For the log.
    pub fn execute_cursor(&mut self, request: &Request<'_>) -> Result<(), Error> {
        match request.command {
            Command::UpdateCursor(cursor) => self.update_cursor(cursor),
            Command::MoveCursor(cursor) => self.move_cursor(cursor),
            command => Err(Error::WrongQueue(command.type_().name())),
        }
    }

    /// Refuses a command whose feature the driver did not accept.
    fn check_feature(&self, command: &Command<'_>) -> Result<(), Error> {
        use Command as C;
        let (feature, name) = match command {
            C::GetEdid(_) => (Features::EDID, "EDID"),
            C::ResourceAssignUuid(_) => (Features::RESOURCE_UUID, "RESOURCE_UUID"),
            C::ResourceCreateBlob(..)
            | C::SetScanoutBlob(_)
            | C::ResourceMapBlob(_)
            | C::ResourceUnmapBlob(_) => (Features::RESOURCE_BLOB, "RESOURCE_BLOB"),
            C::CtxCreate(_)
            | C::CtxDestroy
            | C::CtxAttachResource(_)
            | C::CtxDetachResource(_)
            | C::ResourceCreate3d(_)
            | C::TransferToHost3d(_)
            | C::TransferFromHost3d(_)
            | C::Submit3d(_)
            | C::GetCapsetInfo(_)
            | C::GetCapset(_) => (Features::VIRGL, "VIRGL"),
            _ => return Ok(()),
        };
        if self.features.contains(feature) {
            Ok(())
        } else {
            Err(Error::NotNegotiated(name))
        }
    }

    /// Counts and logs a refused request. Guests may fail as often as they like, so
    /// only the first few reach the log's upper levels.
    pub(crate) fn report(&self, header: Option<&CtrlHeader>, error: &Error) {
        const LOUD: u64 = 32;
        let before = self
            .counters
            .errors
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let level = if before < LOUD {
            log::Level::Warn
        } else {
            log::Level::Debug
        };
        let number = header.map_or(0, |header| header.type_.get());
        let name = crate::protocol::CommandType::from_number(number)
            .map_or("unknown", crate::protocol::CommandType::name);
        log::log!(level, "guest command {number:#x} ({name}) refused: {error}");
        if before + 1 == LOUD {
            log::warn!("further refused commands are logged at level debug only");
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Places a fence behind all work so far.
    pub fn fence(&mut self) -> Fence {
        self.last_fence += 1;
        let id = FenceId(self.last_fence);
        match self.renderer.create_fence(id) {
            Ok(FenceStatus::Pending) => Fence::Pending(id),
            Ok(FenceStatus::Signaled) => Fence::Passed,
            Err(error) => {
                log::error!("no fence could be placed, so the guest does not wait: {error}");
                Fence::Failed
            }
        }
    }

    /// The newest fence that has passed since the last call; all earlier ones have too.
    pub fn passed_fence(&mut self) -> Option<FenceId> {
        let mut newest = None;
        self.renderer
            .poll_fences(&mut |id| newest = newest.max(Some(id)));
        newest
    }
}
