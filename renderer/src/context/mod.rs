//! Guest contexts: each has resources that it may use and sub-contexts, and each
//! sub-context has its own objects and bound state.
//!
//! All of them share one GL context, whose state is compared with what a sub-context has
//! bound (see ARCHITECTURE.md for the reason). When another sub-context takes over,
//! everything counts as unseen once; what GL already has costs a comparison each.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use maro_gpu::renderer::{Error, ResourceId};

use crate::decode;
use crate::draw::DrawState;
use crate::draw::program::LinkedProgram;
use crate::draw::shader::PendingShader;
use crate::host::Host;
use crate::protocol::ids::{ObjectHandle, SubContextId};
use crate::protocol::values::PrimitiveMode;
use crate::query::ActiveQueries;
use crate::resource::Resource;
use crate::streamout::StreamOutputState;

pub mod error;
mod execute;
pub mod gl_enums;
pub mod image;
pub mod object;
pub mod state;

use error::CommandError;
use object::{IdMap, ObjectTable};
use state::State;

/// Sub-contexts of one context.
const MAX_SUB_CONTEXTS: usize = 256;

/// Resources by the guest's identifier.
pub(crate) type ResourceTable = IdMap<ResourceId, Rc<Resource>>;

/// One of a context's independent sets of objects and state (Gallium's `pipe_context`).
pub struct SubContext {
    /// Objects by handle.
    pub objects: ObjectTable,
    /// Bound state.
    pub state: State,
    /// What draws left in GL.
    pub draw: DrawState,
    /// A shader text that is still arriving.
    pending_shader: Option<(ObjectHandle, PendingShader)>,
    stream_output: StreamOutputState,
    /// Running queries.
    pub queries: ActiveQueries,
    resources: Rc<RefCell<ResourceTable>>,
}

impl SubContext {
    fn new(resources: &Rc<RefCell<ResourceTable>>) -> Self {
        Self {
            objects: ObjectTable::default(),
            state: State::default(),
            draw: DrawState::default(),
            pending_shader: None,
            stream_output: StreamOutputState::default(),
            queries: ActiveQueries::default(),
            resources: Rc::clone(resources),
        }
    }

    /// A resource of the context.
    ///
    /// # Errors
    /// If the context has none of that name.
    pub fn resource(&self, id: ResourceId) -> Result<Rc<Resource>, CommandError> {
        self.resources
            .borrow()
            .get(&id)
            .cloned()
            .ok_or(CommandError::NoResource(id))
    }

    /// Does conditional rendering let draws through?
    pub fn passes_condition(&self, host: &Host) -> bool {
        match &self.state.condition {
            Some(condition) => (condition.query.result(host) != 0) != condition.inverted,
            None => true,
        }
    }

    /// Starts capturing a draw's vertices; false if nothing is captured.
    ///
    /// # Errors
    /// If the program does not say what to capture.
    pub fn begin_capture(&self, host: &Host, mode: PrimitiveMode) -> Result<bool, CommandError> {
        match self.draw.capture(mode) {
            Some((program, primitives)) => {
                Ok(self.stream_output.resume(&host.gl, program, primitives))
            }
            None => Ok(false),
        }
    }

    /// Ends what [`begin_capture`](Self::begin_capture) began.
    pub fn pause_capture(&self, host: &Host) {
        self.stream_output.pause(&host.gl);
    }

    /// How many vertices were captured last; waits for the GPU.
    ///
    /// # Errors
    /// If capturing has not ended.
    pub fn captured_vertices(&self, host: &Host) -> Result<u64, CommandError> {
        self.stream_output
            .captured_vertices(host)
            .ok_or(CommandError::Incomplete("captured vertices"))
    }

    /// Binds what a compute program reads.
    ///
    /// # Errors
    /// If its constants do not fit the stream.
    pub fn bind_compute(
        &mut self,
        host: &Host,
        program: &LinkedProgram,
    ) -> Result<(), CommandError> {
        self.draw.bind_compute(host, &mut self.state, program)
    }

    /// Another sub-context used GL since this one did.
    fn enter(&mut self, host: &Host) {
        self.state.mark_all();
        self.queries.resume(&host.gl);
    }

    /// Another sub-context will use GL.
    fn leave(&mut self, host: &Host) {
        self.queries.pause(&host.gl);
    }
}

/// A guest context.
pub struct Context {
    name: String,
    resources: Rc<RefCell<ResourceTable>>,
    sub_contexts: IdMap<u32, SubContext>,
    current: u32,
    /// Commands and kinds of error that were logged already.
    logged: HashSet<(u8, u8)>,
}

impl Context {
    /// Makes a context; `name` is for messages.
    pub fn new(name: &str) -> Self {
        let resources = Rc::default();
        let mut sub_contexts = IdMap::default();
        sub_contexts.insert(0, SubContext::new(&resources));
        Self {
            name: name.to_owned(),
            resources,
            sub_contexts,
            current: 0,
            logged: HashSet::new(),
        }
    }

    /// Lets the context use a resource.
    pub fn attach(&mut self, resource: &Rc<Resource>) {
        self.resources
            .borrow_mut()
            .insert(resource.id(), Rc::clone(resource));
    }

    /// Takes a resource away.
    pub fn detach(&mut self, id: ResourceId) {
        self.resources.borrow_mut().remove(&id);
    }

    /// A resource of the context.
    pub fn resource(&self, id: ResourceId) -> Option<Rc<Resource>> {
        self.resources.borrow().get(&id).cloned()
    }

    /// Another context used GL since this one did.
    pub fn enter(&mut self, host: &Host) {
        if let Some(sub) = self.sub_contexts.get_mut(&self.current) {
            sub.enter(host);
        }
    }

    /// Another context will use GL.
    pub fn leave(&mut self, host: &Host) {
        if let Some(sub) = self.sub_contexts.get_mut(&self.current) {
            sub.leave(host);
        }
    }

    /// The renderer itself drew or cleared something: fixed-function state is not what the
    /// current sub-context left.
    pub fn touch(&mut self) {
        if let Some(sub) = self.sub_contexts.get_mut(&self.current) {
            sub.state.dirty |= state::Dirty::all();
        }
    }

    /// Executes a command stream. A command that cannot be executed is skipped.
    ///
    /// # Errors
    /// If the stream breaks off within a command.
    pub fn submit(&mut self, host: &Host, words: &[u32]) -> Result<(), Error> {
        for item in decode::commands(words) {
            match item {
                Ok(command) => {
                    if let Err(e) = self.execute(host, &command) {
                        let key = (command.id() as u8, e.kind());
                        self.log_once(key, command.name(), &e);
                    }
                }
                Err(e) if e.ends_stream() => return Err(Error::InvalidParameter(e.to_string())),
                Err(e) => self.log_once((e.header.command, u8::MAX), "command", &e),
            }
        }
        Ok(())
    }

    fn log_once(&mut self, key: (u8, u8), command: &str, e: &dyn std::error::Error) {
        if self.logged.insert(key) {
            log::warn!("{}: {command} skipped: {e}", self.name);
        } else {
            log::trace!("{}: {command} skipped: {e}", self.name);
        }
    }

    fn sub(&mut self) -> Result<&mut SubContext, CommandError> {
        let id = self.current;
        self.sub_contexts
            .get_mut(&id)
            .ok_or(CommandError::NoSubContext(SubContextId(id)))
    }

    fn create_sub_context(&mut self, id: SubContextId) -> Result<(), CommandError> {
        if self.sub_contexts.len() >= MAX_SUB_CONTEXTS {
            return Err(CommandError::Limit("sub-contexts"));
        }
        let resources = &self.resources;
        self.sub_contexts
            .entry(id.0)
            .or_insert_with(|| SubContext::new(resources));
        Ok(())
    }

    fn set_sub_context(&mut self, host: &Host, id: SubContextId) -> Result<(), CommandError> {
        if id.0 == self.current {
            return Ok(());
        }
        if !self.sub_contexts.contains_key(&id.0) {
            return Err(CommandError::NoSubContext(id));
        }
        self.leave(host);
        self.current = id.0;
        self.enter(host);
        Ok(())
    }

    fn destroy_sub_context(&mut self, host: &Host, id: SubContextId) -> Result<(), CommandError> {
        // Sub-context 0 always exists.
        if id.0 == 0 {
            return Err(CommandError::NoSubContext(id));
        }
        if id.0 == self.current {
            self.set_sub_context(host, SubContextId(0))?;
        }
        match self.sub_contexts.remove(&id.0) {
            Some(_) => {
                host.framebuffers.borrow_mut().clear();
                Ok(())
            }
            None => Err(CommandError::NoSubContext(id)),
        }
    }
}
