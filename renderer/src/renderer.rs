//! The renderer: [`maro_gpu::Renderer`] on the host's GL.

use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::sync::Arc;

use maro_gpu::Renderer;
use maro_gpu::renderer::{
    Backing, Capset, ContextId, Cursor, Direction, Error, FenceId, FenceStatus, Image, Rect,
    ResourceDesc, ResourceId, ScanoutId, Transfer,
};

use crate::caps;
use crate::context::object::IdMap;
use crate::context::{Context, ResourceTable};
use crate::gl::Gl;
use crate::gl::fence::Fences;
use crate::gl::host::Limit;
use crate::gl::platform::{Api, CurrentContext, Platform, PlatformError};
use crate::host::Host;
use crate::present::Viewer;
use crate::resource::{Resource, readback, upload};
use crate::scanout::Scanouts;

/// Host memory for a guest's resources unless told otherwise: 2 GiB.
pub const DEFAULT_GPU_MEMORY: u64 = 2 << 30;
/// Resources that may exist at a time.
const MAX_RESOURCES: usize = 1 << 20;
/// Contexts that may exist at a time.
const MAX_CONTEXTS: usize = 1 << 12;

/// What a renderer is made with.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The GL to ask the host for.
    pub api: Api,
    /// A poorer host than there is.
    pub limit: Limit,
    /// Bytes of host memory for all resources.
    pub gpu_memory: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            api: Api::Auto,
            limit: Limit::default(),
            gpu_memory: DEFAULT_GPU_MEMORY,
        }
    }
}

/// Why a renderer could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// EGL gave no context.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The host's GL cannot serve.
    #[error(transparent)]
    Host(#[from] Error),
    /// The system is out of threads or descriptors.
    #[error("Fences cannot be waited for: {0}")]
    Fences(#[source] std::io::Error),
}

/// Executes virgl streams on the GL context of its thread.
pub struct VirglRenderer {
    // Fields drop in this order: what uses GL goes before the context.
    contexts: IdMap<ContextId, Context>,
    current: Option<ContextId>,
    resources: ResourceTable,
    scanouts: Scanouts,
    capsets: Vec<Capset>,
    fences: Fences,
    host: Host,
    _context: CurrentContext,
}

impl VirglRenderer {
    /// Starts a renderer in this thread, without a window system.
    ///
    /// # Errors
    /// If the host has no usable GL.
    pub fn headless(config: &Config) -> Result<Self, StartError> {
        let platform = Platform::headless()?;
        let context = platform.create_context(config.api, None)?.make_current()?;
        Self::on_context(&platform, context, config, None)
    }

    /// Starts a renderer on a context that is current in this thread; `viewer` is told of
    /// every frame.
    ///
    /// # Errors
    /// If the host's GL cannot serve.
    pub fn on_context(
        platform: &Platform,
        context: CurrentContext,
        config: &Config,
        viewer: Option<Box<dyn Viewer>>,
    ) -> Result<Self, StartError> {
        let gl = Gl::limited(&context, config.limit.gles);
        let host = Host::new(Rc::clone(&gl), config.limit, config.gpu_memory)?;
        let api = if host.caps.gles { Api::Gles } else { Api::Gl };
        let waiter = if gl.is_es20() {
            // Without sync objects, nothing can be waited for elsewhere.
            None
        } else {
            platform
                .create_context(api, Some(&context))
                .inspect_err(|e| log::warn!("fences are waited for in the renderer's thread: {e}"))
                .ok()
        };
        let fences = Fences::new(&gl, waiter).map_err(StartError::Fences)?;
        log::info!(
            "host GL: {} ({}){}",
            host.caps.version_string,
            host.caps.renderer,
            if host.caps.is_software() {
                ", a software renderer"
            } else {
                ""
            }
        );
        Ok(Self {
            contexts: IdMap::default(),
            current: None,
            resources: ResourceTable::default(),
            scanouts: Scanouts::new(viewer),
            capsets: host.with_caps_input(|input| {
                caps::capsets(&caps::build(input, &caps::IMPLEMENTED)).to_vec()
            }),
            fences,
            host,
            _context: context,
        })
    }

    /// The host, for those who report on it.
    pub fn host(&self) -> &Host {
        &self.host
    }

    fn resource(&self, id: ResourceId) -> Result<&Rc<Resource>, Error> {
        self.resources.get(&id).ok_or(Error::InvalidResource(id.0))
    }

    fn context(&mut self, id: ContextId) -> Result<&mut Context, Error> {
        self.contexts
            .get_mut(&id)
            .ok_or(Error::InvalidContext(id.0))
    }
}

impl Renderer for VirglRenderer {
    fn capsets(&self) -> &[Capset] {
        &self.capsets
    }

    fn create_context(&mut self, id: ContextId, capset_id: u32, name: &str) -> Result<(), Error> {
        if capset_id > 2 {
            return Err(Error::InvalidParameter(format!("capset {capset_id}")));
        }
        if self.contexts.contains_key(&id) {
            return Err(Error::InvalidContext(id.0));
        }
        if self.contexts.len() >= MAX_CONTEXTS {
            return Err(Error::OutOfMemory("contexts".to_owned()));
        }
        self.contexts.insert(id, Context::new(name));
        Ok(())
    }

    fn destroy_context(&mut self, id: ContextId) -> Result<(), Error> {
        let Some(mut context) = self.contexts.remove(&id) else {
            return Err(Error::InvalidContext(id.0));
        };
        if self.current == Some(id) {
            context.leave(&self.host);
            self.current = None;
        }
        self.host.framebuffers.borrow_mut().clear();
        Ok(())
    }

    fn create_resource(&mut self, id: ResourceId, desc: &ResourceDesc) -> Result<(), Error> {
        if id.0 == 0 || self.resources.contains_key(&id) {
            return Err(Error::InvalidResource(id.0));
        }
        if self.resources.len() >= MAX_RESOURCES {
            return Err(Error::OutOfMemory("resources".to_owned()));
        }
        let resource = Resource::new(&self.host, id, desc)?;
        // Clearing new storage changed masks and the scissor.
        if let Some(current) = self.current.and_then(|id| self.contexts.get_mut(&id)) {
            current.touch();
        }
        self.resources.insert(id, resource);
        Ok(())
    }

    fn destroy_resource(&mut self, id: ResourceId) -> Result<(), Error> {
        if self.resources.remove(&id).is_none() {
            return Err(Error::InvalidResource(id.0));
        }
        for context in self.contexts.values_mut() {
            context.detach(id);
        }
        Ok(())
    }

    fn attach_backing(&mut self, id: ResourceId, backing: Arc<dyn Backing>) -> Result<(), Error> {
        self.resource(id)?.set_backing(Some(backing));
        Ok(())
    }

    fn detach_backing(&mut self, id: ResourceId) -> Result<(), Error> {
        self.resource(id)?.set_backing(None);
        Ok(())
    }

    fn attach_resource(&mut self, context: ContextId, id: ResourceId) -> Result<(), Error> {
        let resource = Rc::clone(self.resource(id)?);
        self.context(context)?.attach(&resource);
        Ok(())
    }

    fn detach_resource(&mut self, context: ContextId, id: ResourceId) -> Result<(), Error> {
        self.resource(id)?;
        self.context(context)?.detach(id);
        Ok(())
    }

    fn transfer(
        &mut self,
        context: Option<ContextId>,
        id: ResourceId,
        transfer: &Transfer,
        direction: Direction,
    ) -> Result<(), Error> {
        let resource = match context {
            Some(context) => self
                .context(context)?
                .resource(id)
                .ok_or(Error::InvalidResource(id.0))?,
            None => Rc::clone(self.resource(id)?),
        };
        let backing = resource.backing()?;
        match direction {
            Direction::ToHost => upload::upload(&self.host, &resource, transfer, &*backing),
            Direction::FromHost => {
                self.host.deliver_results();
                readback::read_back(&self.host, &resource, transfer, &*backing)
            }
        }
    }

    fn submit(&mut self, context: ContextId, commands: &[u32]) -> Result<(), Error> {
        if self.current != Some(context) {
            if !self.contexts.contains_key(&context) {
                return Err(Error::InvalidContext(context.0));
            }
            if let Some(old) = self
                .current
                .take()
                .and_then(|id| self.contexts.get_mut(&id))
            {
                old.leave(&self.host);
            }
            if let Some(new) = self.contexts.get_mut(&context) {
                new.enter(&self.host);
            }
            self.current = Some(context);
        }
        let Some(current) = self.contexts.get_mut(&context) else {
            return Err(Error::InvalidContext(context.0));
        };
        current.submit(&self.host, commands)
    }

    fn create_fence(&mut self, id: FenceId) -> Result<FenceStatus, Error> {
        self.host.deliver_results();
        self.fences.create(id)
    }

    fn fence_event(&self) -> Option<BorrowedFd<'_>> {
        self.fences.event()
    }

    fn poll_fences(&mut self, retired: &mut dyn FnMut(FenceId)) {
        self.fences.poll(retired);
    }

    fn set_scanout(
        &mut self,
        scanout: ScanoutId,
        source: Option<(ResourceId, Rect)>,
    ) -> Result<(), Error> {
        let source = match source {
            Some((id, rect)) => Some((Rc::clone(self.resource(id)?), rect)),
            None => None,
        };
        self.scanouts.set(scanout, source)
    }

    fn flush(&mut self, id: ResourceId, damage: Rect) -> Result<(), Error> {
        let resource = Rc::clone(self.resource(id)?);
        self.scanouts.flush(&self.host, &resource, damage);
        Ok(())
    }

    fn update_cursor(&mut self, cursor: &Cursor) -> Result<(), Error> {
        let resource = match cursor.resource {
            Some(id) => Some(Rc::clone(self.resource(id)?)),
            None => None,
        };
        self.scanouts
            .update_cursor(&self.host, cursor, resource.as_deref())
    }

    fn move_cursor(&mut self, scanout: ScanoutId, x: i32, y: i32) -> Result<(), Error> {
        self.scanouts.move_cursor(scanout, x, y)
    }

    fn read_scanout(&mut self, scanout: ScanoutId) -> Result<Option<Image>, Error> {
        self.scanouts.read(&self.host, scanout)
    }

    fn reset(&mut self) {
        if let Some(current) = self
            .current
            .take()
            .and_then(|id| self.contexts.get_mut(&id))
        {
            current.leave(&self.host);
        }
        self.contexts.clear();
        self.scanouts.reset();
        self.resources.clear();
        self.host.forget_guests();
    }
}
