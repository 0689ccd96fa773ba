//! One client of the vtest protocol.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use maro_gpu::Renderer;
use maro_gpu::renderer::{
    Backing, Box3, ContextId, Direction, Error, FenceId, FenceStatus, ResourceDesc, ResourceId,
    Transfer,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zerocopy::IntoBytes;

use super::inline::{self, Plan};
use super::memory::Memory;
use super::protocol::{
    BUSY_WAIT_FLAG_WAIT, Header, Message, NEWEST_VERSION, PARAM_MAX_TIMELINE_COUNT,
    SERVER_IDS_VERSION,
};
use super::transport::Transport;
use crate::protocol::flags::Bind;
use crate::protocol::layout::Shape;

/// The client's only context.
const CONTEXT: ContextId = ContextId(1);
/// Longest command stream, in words; Mesa's are below 70,000.
const MAX_SUBMIT_WORDS: u32 = 1 << 24;
/// Words read at a time, so that a length alone allocates nothing.
const READ_WORDS: usize = 1 << 16;
/// Most resources of a client.
const MAX_RESOURCES: usize = 1 << 18;
/// Longest name that is kept.
const MAX_NAME: usize = 64;
/// Refusals that are logged one by one.
const MAX_COMPLAINTS: u32 = 32;
/// A host that takes longer has hung; its client then goes on unanswered by the GPU.
const FENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a session ended other than by the client's leave.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The connection broke, or ended within a message.
    #[error("The connection broke: {0}")]
    Io(#[from] io::Error),
    /// A message is shorter than its fields.
    #[error("{message} came with {words} words")]
    Malformed {
        /// The message.
        message: &'static str,
        /// Its length.
        words: u32,
    },
    /// A message is longer than any that makes sense.
    #[error("{message} of {words} words is too long")]
    TooLong {
        /// The message.
        message: &'static str,
        /// Its length.
        words: u32,
    },
    /// A message that is not served but wants an answer.
    #[error("{0} is not served here; only OpenGL clients are (GALLIUM_DRIVER=virpipe)")]
    Unsupported(&'static str),
    /// The client cannot be given the memory that it waits for.
    #[error("No {size} bytes of memory for a resource ({used} of {limit} are in use)")]
    Memory {
        /// Bytes asked for.
        size: u64,
        /// Bytes in use.
        used: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The client does not drop what it no longer needs.
    #[error("More than {MAX_RESOURCES} resources at a time")]
    TooManyResources,
    /// The renderer has no context for the client.
    #[error("No rendering context: {0}")]
    Context(#[source] Error),
}

/// What a session may do.
#[derive(Clone, Copy, Debug)]
pub struct SessionOptions {
    /// Newest protocol version to agree to.
    pub newest_version: u32,
    /// Bytes of memory behind all resources together.
    pub memory_limit: u64,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            newest_version: NEWEST_VERSION,
            memory_limit: 2 << 30,
        }
    }
}

/// What a client has just read back.
pub struct ReadBack<'a> {
    /// The resource.
    pub desc: &'a ResourceDesc,
    /// All of it, level after level, rows without gaps. Beyond what was read back now it
    /// is as the client last saw it.
    pub memory: &'a Memory,
}

/// Called after each read-back; `Break` ends the session as if the client had left.
pub type Observer<'a> = Box<dyn FnMut(ReadBack<'_>) -> ControlFlow<()> + 'a>;

/// What the session knows of a resource.
struct Resource {
    desc: ResourceDesc,
    /// `None` if the description is not sound.
    shape: Option<Shape>,
    bind: Bind,
    memory: Option<Arc<Memory>>,
}

/// One client, served by a renderer of its own.
pub struct Session<'a, R, T> {
    renderer: R,
    transport: T,
    options: SessionOptions,
    version: u32,
    name: String,
    capset: u32,
    has_context: bool,
    resources: HashMap<u32, Resource>,
    next_resource: u32,
    memory_used: u64,
    /// Work was handed over that no fence covers yet.
    unfenced_work: bool,
    pending_fence: Option<FenceId>,
    next_fence: u64,
    /// Reused for command streams.
    words: Vec<u32>,
    complaints: u32,
    observer: Option<Observer<'a>>,
    stopped: bool,
}

impl<'a, R: Renderer, T: Transport> Session<'a, R, T> {
    /// A session that has not begun.
    pub fn new(renderer: R, transport: T, options: SessionOptions) -> Self {
        Self {
            renderer,
            transport,
            options,
            version: 0,
            name: String::from("client"),
            capset: 0,
            has_context: false,
            resources: HashMap::new(),
            next_resource: 1,
            memory_used: 0,
            unfenced_work: false,
            pending_fence: None,
            next_fence: 1,
            words: Vec::new(),
            complaints: 0,
            observer: None,
            stopped: false,
        }
    }

    /// Lets `observer` see what the client reads back.
    pub fn observe(&mut self, observer: Observer<'a>) {
        self.observer = Some(observer);
    }

    /// Serves the client until it leaves, then gives up all that it had.
    ///
    /// # Errors
    /// What the renderer refuses is no error; see [`SessionError`].
    pub fn run(&mut self) -> Result<(), SessionError> {
        let result = self.serve();
        self.release();
        result
    }

    /// The name that the client gave.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The renderer, after the session.
    pub fn into_renderer(self) -> R {
        self.renderer
    }

    fn serve(&mut self) -> Result<(), SessionError> {
        while !self.stopped
            && let Some(header) = self.read_header()?
        {
            match Message::from_number(header.number) {
                Some(message) => self.message(message, header)?,
                None => {
                    let number = header.number;
                    self.complain(&format_args!("message {number} is unknown"));
                    inline::receive(&mut self.transport, header.payload_bytes(), None)?;
                }
            }
        }
        Ok(())
    }

    fn release(&mut self) {
        let ids: Vec<u32> = self.resources.keys().copied().collect();
        for id in ids {
            self.remove(id);
        }
        if std::mem::take(&mut self.has_context)
            && let Err(error) = self.renderer.destroy_context(CONTEXT)
        {
            self.complain(&error);
        }
    }

    fn message(&mut self, message: Message, header: Header) -> Result<(), SessionError> {
        let fixed = message.words() as u32;
        if header.length < fixed {
            return Err(SessionError::Malformed {
                message: message.name(),
                words: header.length,
            });
        }
        // Whatever follows the fields that are known here is passed over, but for the
        // messages whose data it is.
        let surplus = header.payload_bytes() - u64::from(fixed) * 4;
        match message {
            Message::CreateRenderer => return self.create_renderer(header.length),
            Message::SubmitCmd => return self.submit(header.length),
            Message::TransferPut => return self.transfer_put(),
            Message::GetCaps => self.send_caps(1)?,
            Message::GetCaps2 => self.send_caps(2)?,
            Message::ResourceCreate => self.resource_create()?,
            Message::ResourceCreate2 => self.resource_create2()?,
            Message::ResourceUnref => {
                let [id] = self.read_words()?;
                self.remove(id);
            }
            Message::TransferGet => self.transfer_get()?,
            Message::TransferGet2 => self.transfer_shared(Direction::FromHost)?,
            // For window surfaces, Mesa adds the texels to the length but sends none: they
            // lie in the shared memory.
            Message::TransferPut2 => return self.transfer_shared(Direction::ToHost),
            Message::ResourceBusyWait => self.busy_wait()?,
            Message::PingProtocolVersion => self.reply(message, &[])?,
            Message::ProtocolVersion => {
                let [offered] = self.read_words()?;
                let version = offered.min(self.options.newest_version);
                // Version 1 was never in use: clients take it for 0, and so do we.
                self.version = if version == 1 { 0 } else { version };
                self.reply(message, &[version])?;
            }
            Message::GetParam => {
                let [parameter] = self.read_words()?;
                let known = parameter == PARAM_MAX_TIMELINE_COUNT;
                self.reply(message, &[known.into(), 0])?;
            }
            Message::GetCapset => self.send_capset()?,
            Message::ContextInit => {
                let [capset] = self.read_words()?;
                let known = self.renderer.capsets().iter().any(|set| set.id == capset);
                if !known {
                    return Err(SessionError::Unsupported("another kind of context"));
                }
                self.capset = capset;
            }
            Message::SyncUnref | Message::SyncWrite | Message::SubmitCmd2 => {
                self.complain(&format_args!("{} is not served", message.name()));
                return self.skip(header.payload_bytes());
            }
            Message::ResourceCreateBlob
            | Message::SyncCreate
            | Message::SyncRead
            | Message::SyncWait => return Err(SessionError::Unsupported(message.name())),
        }
        self.skip(surplus)
    }

    // --- bytes in and out ---

    /// The next header; `None` if the client left between messages.
    fn read_header(&mut self) -> io::Result<Option<Header>> {
        let mut bytes = [0; Header::BYTES];
        let mut at = 0;
        while at < bytes.len() {
            match self.transport.read(&mut bytes[at..]) {
                Ok(0) if at == 0 => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => at += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(Header::from_bytes(bytes)))
    }

    fn read_words<const N: usize>(&mut self) -> io::Result<[u32; N]> {
        let mut words = [0u32; N];
        self.transport.read_exact(words.as_mut_bytes())?;
        Ok(words)
    }

    fn skip(&mut self, size: u64) -> Result<(), SessionError> {
        Ok(inline::receive(&mut self.transport, size, None)?)
    }

    fn reply(&mut self, message: Message, words: &[u32]) -> io::Result<()> {
        let mut reply = Vec::with_capacity(2 + words.len());
        reply.extend([words.len() as u32, message as u32]);
        reply.extend_from_slice(words);
        self.transport.write_all(reply.as_bytes())
    }

    /// Logs what was refused; a broken client must not fill the disk.
    fn complain(&mut self, what: &dyn std::fmt::Display) {
        self.complaints = self.complaints.saturating_add(1);
        match self.complaints {
            0..MAX_COMPLAINTS => log::warn!("vtest client {}: {what}", self.name),
            MAX_COMPLAINTS => {
                log::warn!("vtest client {}: {what}; no more is shown", self.name);
            }
            _ => {}
        }
    }

    // --- the session itself ---

    fn create_renderer(&mut self, bytes: u32) -> Result<(), SessionError> {
        let mut name = [0; MAX_NAME];
        let kept = MAX_NAME.min(bytes as usize);
        self.transport.read_exact(&mut name[..kept])?;
        self.skip(u64::from(bytes) - kept as u64)?;
        let text = name[..kept].split(|b| *b == 0).next().unwrap_or_default();
        self.name = String::from_utf8_lossy(text)
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        log::info!("vtest client {} began", self.name);
        Ok(())
    }

    /// The older messages count the set in bytes, and one more.
    fn send_caps(&mut self, id: u32) -> Result<(), SessionError> {
        let sets = self.renderer.capsets();
        let set = sets
            .iter()
            .find(|set| set.id == id)
            .or_else(|| sets.iter().find(|set| set.id == 1));
        let (id, data) = set.map_or((1, &[][..]), |set| (set.id, &set.data));
        let mut reply = [data.len() as u32 + 1, id].as_bytes().to_vec();
        reply.extend_from_slice(data);
        Ok(self.transport.write_all(&reply)?)
    }

    fn send_capset(&mut self) -> Result<(), SessionError> {
        let [id, _version] = self.read_words()?;
        let set = self.renderer.capsets().iter().find(|set| set.id == id);
        let Some(data) = set.map(|set| &set.data) else {
            return Ok(self.reply(Message::GetCapset, &[0])?);
        };
        let words = data.len().div_ceil(4);
        let mut reply = [words as u32 + 1, Message::GetCapset as u32, 1]
            .as_bytes()
            .to_vec();
        reply.extend_from_slice(data);
        reply.resize((3 + words) * 4, 0);
        Ok(self.transport.write_all(&reply)?)
    }

    /// The client's context, made when it is first needed.
    fn context(&mut self) -> Result<ContextId, SessionError> {
        if !self.has_context {
            self.renderer
                .create_context(CONTEXT, self.capset, &self.name)
                .map_err(SessionError::Context)?;
            self.has_context = true;
        }
        Ok(CONTEXT)
    }

    fn submit(&mut self, length: u32) -> Result<(), SessionError> {
        let context = self.context()?;
        if length > MAX_SUBMIT_WORDS {
            return Err(SessionError::TooLong {
                message: Message::SubmitCmd.name(),
                words: length,
            });
        }
        let length = length as usize;
        self.words.clear();
        while self.words.len() < length {
            let before = self.words.len();
            self.words.resize(length.min(before + READ_WORDS), 0);
            self.transport
                .read_exact(self.words[before..].as_mut_bytes())?;
        }
        self.unfenced_work = true;
        if let Err(error) = self.renderer.submit(context, &self.words) {
            self.complain(&error);
        }
        Ok(())
    }

    // --- resources ---

    fn resource_create(&mut self) -> Result<(), SessionError> {
        let [handle, words @ ..] = self.read_words::<10>()?;
        let desc = resource_desc(words);
        let shape = Shape::new(&desc).ok();
        // Without shared memory, private memory keeps what the guest sees.
        let size = shape.map_or(0, |shape| shape.guest_size());
        let memory = match size {
            0 => None,
            _ => self
                .reserve(size, Memory::private)
                .map_err(|error| self.complain(&error))
                .ok(),
        };
        let id = self.add(handle, &desc, memory)?;
        if self.version >= SERVER_IDS_VERSION {
            self.reply(Message::ResourceCreate, &[id])?;
        }
        Ok(())
    }

    fn resource_create2(&mut self) -> Result<(), SessionError> {
        let [handle, rest @ ..] = self.read_words::<11>()?;
        let [words @ .., size] = rest;
        let size = u64::from(size);
        let shared = match size {
            0 => None,
            _ => Some(self.reserve(size, Memory::shared)?),
        };
        let (memory, file) = shared.unzip();
        let id = self.add(handle, &resource_desc(words), memory)?;
        if self.version >= SERVER_IDS_VERSION {
            self.reply(Message::ResourceCreate2, &[id])?;
        }
        if let Some(file) = file {
            self.transport.send_file(file.as_fd())?;
        }
        Ok(())
    }

    /// Makes memory and counts it.
    fn reserve<M>(
        &mut self,
        size: u64,
        make: impl FnOnce(u64) -> io::Result<M>,
    ) -> Result<M, SessionError> {
        let used = self.memory_used.saturating_add(size);
        let memory = if used <= self.options.memory_limit {
            make(size).ok()
        } else {
            None
        };
        let memory = memory.ok_or(SessionError::Memory {
            size,
            used: self.memory_used,
            limit: self.options.memory_limit,
        })?;
        self.memory_used = used;
        Ok(memory)
    }

    /// Makes a resource and returns its number. A resource that the renderer refuses is
    /// kept, for the client will name it.
    fn add(
        &mut self,
        handle: u32,
        desc: &ResourceDesc,
        memory: Option<Memory>,
    ) -> Result<u32, SessionError> {
        let context = self.context()?;
        let id = if self.version >= SERVER_IDS_VERSION {
            self.free_number()
        } else {
            handle
        };
        self.remove_quietly(id);
        if self.resources.len() >= MAX_RESOURCES {
            return Err(SessionError::TooManyResources);
        }
        let memory = memory.map(Arc::new);
        let resource = Resource {
            desc: *desc,
            shape: Shape::new(desc).ok(),
            bind: Bind::from_bits_retain(desc.bind),
            memory: memory.clone(),
        };
        if let Err(error) = self.create(context, ResourceId(id), desc, memory) {
            self.complain(&format_args!("resource {id} ({desc:?}): {error}"));
        }
        self.resources.insert(id, resource);
        Ok(id)
    }

    fn create(
        &mut self,
        context: ContextId,
        id: ResourceId,
        desc: &ResourceDesc,
        memory: Option<Arc<Memory>>,
    ) -> Result<(), Error> {
        self.renderer.create_resource(id, desc)?;
        self.renderer.attach_resource(context, id)?;
        match memory {
            Some(memory) => self.renderer.attach_backing(id, memory),
            None => Ok(()),
        }
    }

    /// A number that no resource has.
    fn free_number(&mut self) -> u32 {
        loop {
            let id = self.next_resource;
            self.next_resource = id.checked_add(1).unwrap_or(1);
            if !self.resources.contains_key(&id) {
                return id;
            }
        }
    }

    fn remove(&mut self, id: u32) {
        if !self.remove_quietly(id) {
            self.complain(&format_args!("resource {id} is not there to be dropped"));
        }
    }

    fn remove_quietly(&mut self, id: u32) -> bool {
        let Some(resource) = self.resources.remove(&id) else {
            return false;
        };
        self.memory_used -= resource.memory.map_or(0, |memory| memory.len());
        // A resource that was refused when it was made is refused again here.
        if let Err(error) = self.renderer.destroy_resource(ResourceId(id)) {
            log::debug!("vtest client {}: {error}", self.name);
        }
        true
    }

    // --- transfers ---

    /// Transfers from and to the memory that the client shares.
    fn transfer_shared(&mut self, direction: Direction) -> Result<(), SessionError> {
        let [id, level, x, y, z, width, height, depth, _size, offset] = self.read_words()?;
        let context = self.context()?;
        let transfer = Transfer {
            level,
            stride: 0,
            layer_stride: 0,
            region: Box3 {
                x,
                y,
                z,
                width,
                height,
                depth,
            },
            offset: offset.into(),
        };
        self.transfer(context, id, &transfer, direction);
        Ok(())
    }

    fn transfer(
        &mut self,
        context: ContextId,
        id: u32,
        transfer: &Transfer,
        direction: Direction,
    ) -> bool {
        self.unfenced_work |= direction == Direction::ToHost;
        match self
            .renderer
            .transfer(Some(context), ResourceId(id), transfer, direction)
        {
            Ok(()) => {
                if direction == Direction::FromHost {
                    self.show(id);
                }
                true
            }
            Err(error) => {
                self.complain(&format_args!("transfer of resource {id}: {error}"));
                false
            }
        }
    }

    /// Shows the observer what was read back.
    fn show(&mut self, id: u32) {
        if let Some(observer) = &mut self.observer
            && let Some(resource) = self.resources.get(&id)
            && let Some(memory) = &resource.memory
        {
            let desc = &resource.desc;
            self.stopped |= observer(ReadBack { desc, memory }).is_break();
        }
    }

    fn transfer_put(&mut self) -> Result<(), SessionError> {
        let (id, transfer, size) = self.read_inline_transfer()?;
        let context = self.context()?;
        // The texels end with `size` bytes, whatever the header's length says.
        match self.inline_plan(id, &transfer, size) {
            Some((plan, memory)) => {
                inline::receive(&mut self.transport, size, Some((&plan, &memory)))?;
                let transfer = tight(&transfer, &plan);
                self.transfer(context, id, &transfer, Direction::ToHost);
            }
            None => inline::receive(&mut self.transport, size, None)?,
        }
        Ok(())
    }

    fn transfer_get(&mut self) -> Result<(), SessionError> {
        let (id, transfer, size) = self.read_inline_transfer()?;
        let context = self.context()?;
        let mut plan = self.inline_plan(id, &transfer, size);
        if let Some((found, _)) = &plan
            && !self.transfer(context, id, &tight(&transfer, found), Direction::FromHost)
        {
            plan = None;
        }
        let plan = plan.as_ref().map(|(plan, memory)| (plan, &**memory));
        Ok(inline::send(&mut self.transport, size, plan)?)
    }

    fn read_inline_transfer(&mut self) -> Result<(u32, Transfer, u64), SessionError> {
        let [
            id,
            level,
            stride,
            layer_stride,
            x,
            y,
            z,
            width,
            height,
            depth,
            size,
        ] = self.read_words()?;
        let transfer = Transfer {
            level,
            stride,
            layer_stride,
            region: Box3 {
                x,
                y,
                z,
                width,
                height,
                depth,
            },
            offset: 0,
        };
        Ok((id, transfer, size.into()))
    }

    /// How `size` bytes of inline data meet the resource's memory, if they do.
    fn inline_plan(
        &mut self,
        id: u32,
        transfer: &Transfer,
        size: u64,
    ) -> Option<(Plan, Arc<Memory>)> {
        let Some(resource) = self.resources.get(&id) else {
            self.complain(&format_args!("resource {id} does not exist"));
            return None;
        };
        let (Some(shape), Some(memory)) = (resource.shape, resource.memory.clone()) else {
            self.complain(&format_args!("resource {id} has no memory to transfer"));
            return None;
        };
        match Plan::new(&shape, transfer) {
            Ok(plan) if plan.inline_bytes() <= size => Some((plan, memory)),
            Ok(plan) => {
                let needed = plan.inline_bytes();
                self.complain(&format_args!(
                    "transfer of resource {id}: {size} bytes where {needed} are needed"
                ));
                None
            }
            Err(error) => {
                self.complain(&format_args!("transfer of resource {id}: {error}"));
                None
            }
        }
    }

    // --- waiting ---

    /// Transfers are done when their message is; only resources that stand for fences
    /// and query results can be busy.
    fn busy_wait(&mut self) -> Result<(), SessionError> {
        let [id, flags] = self.read_words()?;
        let wait = flags & BUSY_WAIT_FLAG_WAIT != 0;
        let stands_for_work = self
            .resources
            .get(&id)
            .is_some_and(|resource| resource.bind.contains(Bind::CUSTOM));
        let busy = (wait && id != 0 || stands_for_work) && !self.work_is_done(wait);
        Ok(self.reply(Message::ResourceBusyWait, &[busy.into()])?)
    }

    /// Whether all work so far is done; with `wait`, after it is.
    fn work_is_done(&mut self, wait: bool) -> bool {
        if std::mem::take(&mut self.unfenced_work) {
            let id = FenceId(self.next_fence);
            self.next_fence += 1;
            self.pending_fence = match self.renderer.create_fence(id) {
                Ok(FenceStatus::Signaled) => None,
                Ok(FenceStatus::Pending) => Some(id),
                Err(error) => {
                    self.complain(&error);
                    None
                }
            };
        }
        let deadline = Instant::now() + FENCE_TIMEOUT;
        while let Some(pending) = self.pending_fence {
            let mut passed = false;
            self.renderer.poll_fences(&mut |id| passed |= id >= pending);
            if passed {
                self.pending_fence = None;
            } else if !wait {
                return false;
            } else if Instant::now() >= deadline || !self.await_fence_event() {
                self.complain(&"the GPU does not answer; going on without");
                self.pending_fence = None;
            }
        }
        true
    }

    /// Sleeps until a fence may have passed; false if that will never be told.
    fn await_fence_event(&self) -> bool {
        let Some(event) = self.renderer.fence_event() else {
            return false;
        };
        let second = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        let polled = poll(&mut [PollFd::new(&event, PollFlags::IN)], Some(&second));
        matches!(polled, Ok(_) | Err(rustix::io::Errno::INTR))
    }
}

/// The words that follow the handle in both messages that make resources.
fn resource_desc(words: [u32; 9]) -> ResourceDesc {
    let [
        target,
        format,
        bind,
        width,
        height,
        depth,
        array_size,
        last_level,
        nr_samples,
    ] = words;
    ResourceDesc {
        target,
        format,
        bind,
        width,
        height,
        depth,
        array_size,
        last_level,
        nr_samples,
        flags: 0,
    }
}

/// A transfer between the resource and its tightly laid out memory.
fn tight(transfer: &Transfer, plan: &Plan) -> Transfer {
    Transfer {
        stride: 0,
        layer_stride: 0,
        offset: plan.memory_offset(),
        ..*transfer
    }
}
