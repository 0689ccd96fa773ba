//! Resources: buffers and textures on the host, and the guest memory behind them.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use maro_gpu::renderer::{Backing, Error, ResourceDesc, ResourceId};

use crate::gl::{Buffer, Gl};
use crate::host::Host;
use crate::protocol::flags::Bind;
use crate::protocol::formats::FormatId;
use crate::protocol::layout::Shape;
use crate::protocol::values::TextureTarget;

pub mod budget;
pub mod copy;
pub mod es20;
pub mod memory;
pub mod mirror;
pub mod readback;
pub mod sampler;
pub mod support;
pub mod texture;
pub mod upload;
pub mod view;

use budget::Charge;
use texture::TextureStorage;

thread_local! {
    static NEXT_SERIAL: Cell<u64> = const { Cell::new(1) };
}

/// A number that no other resource, view or surface of this thread has had.
pub(crate) fn next_serial() -> u64 {
    NEXT_SERIAL.with(|next| next.replace(next.get() + 1))
}

/// Where a resource's content lives.
pub enum Storage {
    /// In guest memory alone: query results, vtest's fences, staging buffers.
    Guest,
    /// In a GL buffer.
    Buffer(Buffer),
    /// In a GL texture.
    Texture(TextureStorage),
}

/// A buffer or texture of a guest.
pub struct Resource {
    id: ResourceId,
    serial: u64,
    desc: ResourceDesc,
    shape: Shape,
    storage: Storage,
    backing: RefCell<Option<Arc<dyn Backing>>>,
    /// A buffer's content on hosts that cannot read buffers, where only commands write it.
    shadow: Option<RefCell<Vec<u8>>>,
    /// How often commands changed the content; `None` once shaders or stream output may.
    changes: Cell<Option<u64>>,
    _charge: Charge,
}

impl Resource {
    /// Makes a resource whose content is zero.
    ///
    /// # Errors
    /// If the description is not sound, the host has no such texture, or the memory
    /// budget is spent.
    pub fn new(host: &Host, id: ResourceId, desc: &ResourceDesc) -> Result<Rc<Self>, Error> {
        let shape = Shape::new(desc)?;
        let (storage, charge) = match shape.target {
            TextureTarget::Buffer if is_guest_only(Bind::from_bits_retain(desc.bind)) => {
                (Storage::Guest, Charge::none())
            }
            TextureTarget::Buffer => {
                let charge = host.budget.charge(u64::from(desc.width))?;
                (Storage::Buffer(new_buffer(&host.gl, desc.width)?), charge)
            }
            _ => {
                let texture = TextureStorage::new(host, &shape)?;
                let charge = host.budget.charge(texture.bytes(&shape))?;
                texture.clear(host, &shape);
                (Storage::Texture(texture), charge)
            }
        };
        let shadow = match &storage {
            Storage::Buffer(_) if host.gl.is_es20() => {
                Some(RefCell::new(vec![0; desc.width as usize]))
            }
            _ => None,
        };
        Ok(Rc::new(Self {
            id,
            serial: next_serial(),
            desc: *desc,
            shape,
            storage,
            backing: RefCell::new(None),
            shadow,
            changes: Cell::new(Some(0)),
            _charge: charge,
        }))
    }

    /// The guest's name for it, for messages.
    pub fn id(&self) -> ResourceId {
        self.id
    }

    /// A number that no other resource of this thread has had; the guest reuses its own.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// What the guest asked for.
    pub fn desc(&self) -> &ResourceDesc {
        &self.desc
    }

    /// Its shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Its format.
    pub fn format(&self) -> FormatId {
        self.shape.format
    }

    /// Where its content lives.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The GL buffer, if it is one.
    pub fn gl_buffer(&self) -> Option<glow::Buffer> {
        match &self.storage {
            Storage::Buffer(buffer) => Some(buffer.name()),
            _ => None,
        }
    }

    /// The texture, if it is one.
    pub fn texture(&self) -> Option<&TextureStorage> {
        match &self.storage {
            Storage::Texture(texture) => Some(texture),
            _ => None,
        }
    }

    /// A number that differs whenever the content may have; `None` if the GPU may write
    /// it at any time.
    pub fn changes(&self) -> Option<u64> {
        self.changes.get()
    }

    /// Tells that a command changed the content.
    pub fn note_change(&self) {
        self.changes
            .set(self.changes.get().map(|count| count.wrapping_add(1)));
    }

    /// Tells that shaders or stream output may write the content from now on.
    pub fn note_gpu_writes(&self) {
        self.changes.set(None);
    }

    /// The guest memory behind it.
    ///
    /// # Errors
    /// If there is none.
    pub fn backing(&self) -> Result<Arc<dyn Backing>, Error> {
        self.backing.borrow().clone().ok_or_else(|| {
            Error::InvalidParameter(format!("resource {} has no backing", self.id.0))
        })
    }

    /// Gives it guest memory, or takes it away.
    pub fn set_backing(&self, backing: Option<Arc<dyn Backing>>) {
        *self.backing.borrow_mut() = backing;
    }

    /// A buffer's content, on hosts that cannot read it from GL.
    pub fn shadow(&self) -> Option<Ref<'_, Vec<u8>>> {
        self.shadow.as_ref().map(RefCell::borrow)
    }

    /// Reads bytes of a buffer from `offset` on; false if they cannot be had.
    pub fn read_bytes(&self, gl: &Gl, offset: u32, out: &mut [u8]) -> bool {
        if let Some(shadow) = self.shadow() {
            let start = offset as usize;
            let end = start.saturating_add(out.len());
            let bytes = shadow.get(start..end);
            if let Some(bytes) = bytes {
                out.copy_from_slice(bytes);
            }
            return bytes.is_some();
        }
        let (Some(buffer), Ok(offset)) = (self.gl_buffer(), i32::try_from(offset)) else {
            return false;
        };
        gl.bind_buffer(glow::COPY_READ_BUFFER, Some(buffer));
        gl.read_buffer_data(glow::COPY_READ_BUFFER, offset, out)
    }

    /// Writes bytes of a buffer from `offset` on.
    pub fn write_bytes(&self, gl: &Gl, offset: u32, bytes: &[u8]) {
        let Some(buffer) = self.gl_buffer() else {
            return;
        };
        if let Some(shadow) = &self.shadow {
            let start = offset as usize;
            let end = start.saturating_add(bytes.len());
            match shadow.borrow_mut().get_mut(start..end) {
                Some(place) => place.copy_from_slice(bytes),
                None => return,
            }
        }
        gl.bind_buffer(glow::COPY_WRITE_BUFFER, Some(buffer));
        gl.buffer_sub_data(glow::COPY_WRITE_BUFFER, offset as i32, bytes);
    }

    /// Sixteen bytes of a buffer from `offset`, zeros beyond its end.
    pub fn read_prefix(&self, gl: &Gl, offset: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        let Some(buffer) = self.gl_buffer() else {
            return bytes;
        };
        let available = self.desc.width.saturating_sub(offset).min(16) as usize;
        if let Some(shadow) = &self.shadow {
            let shadow = shadow.borrow();
            let from = (offset as usize).min(shadow.len());
            bytes[..available].copy_from_slice(&shadow[from..from + available]);
            return bytes;
        }
        gl.bind_buffer(glow::COPY_READ_BUFFER, Some(buffer));
        if let Ok(offset) = i32::try_from(offset) {
            gl.read_buffer_data(glow::COPY_READ_BUFFER, offset, &mut bytes[..available]);
        }
        bytes
    }
}

/// Buffers with no use but these have no copy on the host. One without any use is the
/// source or target of copies.
fn is_guest_only(bind: Bind) -> bool {
    let guest = Bind::CUSTOM | Bind::STAGING;
    bind.intersects(guest) && guest.contains(bind)
}

fn new_buffer(gl: &Rc<Gl>, size: u32) -> Result<Buffer, Error> {
    let length = i32::try_from(size)
        .map_err(|_| Error::InvalidParameter(format!("a buffer of {size} bytes")))?;
    let buffer = Buffer::new(gl).map_err(Error::OutOfMemory)?;
    gl.bind_buffer(glow::COPY_WRITE_BUFFER, Some(buffer.name()));
    gl.take_error();
    // New storage may hold what another guest's buffer held.
    gl.buffer_data_zeroed(glow::COPY_WRITE_BUFFER, length, glow::DYNAMIC_DRAW);
    match gl.take_error() {
        None => Ok(buffer),
        Some(_) => Err(Error::OutOfMemory(format!("a buffer of {size} bytes"))),
    }
}
