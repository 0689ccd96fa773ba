//! Vertex input on hosts of OpenGL ES 2.0: attribute pointers of the one context-wide
//! vertex array, and formats that such hosts do not fetch.
//!
//! What each attribute points at is remembered, so that a draw sets only what differs.
//! Attributes of other formats are converted to floats on the CPU, once for each content
//! of their buffer.

use std::cell::RefCell;
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::context::state::{BoundVertexBuffer, State};
use crate::draw::vertex::{Attribute, VertexLayout, component};
use crate::gl::host::Feature;
use crate::gl::{Buffer, Gl};
use crate::host::Host;
use crate::protocol::formats::{VertexFormat, VertexType};
use crate::resource::{Resource, next_serial};

/// Attributes that are kept track of.
const MAX_ATTRIBUTES: usize = 16;
/// Most vertices of a buffer that are converted.
const MAX_CONVERTED: u64 = 1 << 22;

/// The format of converted attributes.
const CONVERTED: VertexFormat = VertexFormat {
    components: 4,
    ty: VertexType::F32,
    normalized: false,
    integer: false,
    swap_red_blue: false,
    bytes: 16,
};

/// What an attribute points at.
#[derive(Clone, Copy, PartialEq)]
struct Pointer {
    /// The buffer's serial number.
    serial: u64,
    offset: u32,
    stride: u32,
    divisor: u32,
    format: VertexFormat,
}

/// The attribute pointers that GL has.
pub struct AttributePointers {
    pointers: RefCell<[Option<Pointer>; MAX_ATTRIBUTES]>,
    count: usize,
    /// The corners of a square, for draws of the renderer's own.
    corners: Buffer,
}

/// An attribute as floats.
pub struct Converted {
    buffer: Buffer,
    serial: u64,
    /// Buffer, its state, first byte and stride.
    source: (u64, Option<u64>, u32, u32),
}

impl AttributePointers {
    /// Makes the renderer's own vertices.
    ///
    /// # Errors
    /// GL's own words when it has no buffer.
    pub fn new(gl: &Rc<Gl>, attributes: u32) -> Result<Self, String> {
        let corners = Buffer::new(gl)?;
        let positions = [0f32, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let bytes: Vec<u8> = positions.iter().flat_map(|v| v.to_le_bytes()).collect();
        gl.bind_buffer(glow::ARRAY_BUFFER, Some(corners.name()));
        gl.buffer_data(glow::ARRAY_BUFFER, &bytes, glow::STATIC_DRAW);
        Ok(Self {
            pointers: RefCell::new([None; MAX_ATTRIBUTES]),
            count: MAX_ATTRIBUTES.min(attributes as usize),
            corners,
        })
    }

    /// Makes attribute 0 the corners of the unit square, in the order of a strip, and
    /// leaves no other attribute on.
    pub fn bind_corners(&self, gl: &Gl) {
        let mut pointers = self.pointers.borrow_mut();
        for (index, pointer) in (0u32..).zip(pointers.iter_mut()).skip(1) {
            disable(gl, index, pointer);
        }
        pointers[0] = None;
        gl.bind_buffer(glow::ARRAY_BUFFER, Some(self.corners.name()));
        gl.vertex_attrib_pointer_f32(0, 2, glow::FLOAT, false, 8, 0);
        gl.vertex_attrib_divisor_if_known(0, 0);
        gl.enable_vertex_attrib_array(0);
    }

    /// Points the attributes of the bound layout at the bound buffers.
    ///
    /// # Errors
    /// If there are more attributes than the host has, or no memory for converted ones.
    pub fn bind(&self, host: &Host, state: &State, base_instance: u32) -> Result<(), CommandError> {
        let gl = &host.gl;
        let attributes = state
            .vertex_elements
            .as_ref()
            .map_or(&[][..], |layout| layout.attributes());
        if attributes.len() > self.count {
            return Err(CommandError::Limit("vertex attributes"));
        }
        let mut pointers = self.pointers.borrow_mut();
        for (index, pointer) in (0u32..).zip(pointers.iter_mut()) {
            let (Some(attribute), Some(layout)) =
                (attributes.get(index as usize), &state.vertex_elements)
            else {
                disable(gl, index, pointer);
                continue;
            };
            let bound = &state.vertex_buffers[attribute.buffer as usize];
            let wanted = wanted(host, layout, index, attribute, bound, base_instance)?;
            match wanted {
                Wanted::Pointer(wanted, buffer) => set(gl, index, pointer, wanted, buffer),
                Wanted::Constant(value) => {
                    disable(gl, index, pointer);
                    let [x, y, z, w] = value;
                    gl.vertex_attrib_4_f32(index, x, y, z, w);
                }
            }
        }
        Ok(())
    }
}

/// Where an attribute's values come from.
enum Wanted {
    Pointer(Pointer, glow::Buffer),
    Constant([f32; 4]),
}

fn wanted(
    host: &Host,
    layout: &VertexLayout,
    index: u32,
    attribute: &Attribute,
    bound: &BoundVertexBuffer,
    base_instance: u32,
) -> Result<Wanted, CommandError> {
    const NOTHING: Wanted = Wanted::Constant([0.0, 0.0, 0.0, 1.0]);
    let Some(resource) = &bound.resource else {
        return Ok(NOTHING);
    };
    let Some(name) = resource.gl_buffer() else {
        return Ok(NOTHING);
    };
    let skipped = base_instance.checked_div(attribute.divisor).unwrap_or(0);
    let offset = bound
        .offset
        .saturating_add(attribute.offset)
        .saturating_add(bound.stride.saturating_mul(skipped));
    let steps = attribute.divisor == 0 || host.caps.has(Feature::InstancedArrays);
    if bound.stride == 0 || !steps {
        let bytes = resource.read_prefix(&host.gl, offset);
        return Ok(Wanted::Constant(value(&attribute.format, &bytes)));
    }
    let pointer = Pointer {
        serial: resource.serial(),
        offset,
        stride: bound.stride,
        divisor: attribute.divisor,
        format: attribute.format,
    };
    if is_fetched(&attribute.format) {
        return Ok(Wanted::Pointer(pointer, name));
    }
    let mut converted = layout.converted().borrow_mut();
    let slot = &mut converted[index as usize];
    let (serial, buffer) = convert(host, slot, resource, &pointer)?;
    let pointer = Pointer {
        serial,
        offset: 0,
        stride: CONVERTED.bytes.into(),
        format: CONVERTED,
        ..pointer
    };
    Ok(Wanted::Pointer(pointer, buffer))
}

/// Does OpenGL ES 2.0 fetch the format?
fn is_fetched(format: &VertexFormat) -> bool {
    !format.integer
        && matches!(
            format.ty,
            VertexType::U8
                | VertexType::I8
                | VertexType::U16
                | VertexType::I16
                | VertexType::Fixed
                | VertexType::F32
        )
}

/// The attribute's values as a buffer of floats, made anew if its content changed.
fn convert(
    host: &Host,
    slot: &mut Option<Converted>,
    resource: &Resource,
    pointer: &Pointer,
) -> Result<(u64, glow::Buffer), CommandError> {
    let source = (
        resource.serial(),
        resource.changes(),
        pointer.offset,
        pointer.stride,
    );
    if let Some(converted) = slot
        && converted.source == source
    {
        return Ok((converted.serial, converted.buffer.name()));
    }
    let bytes = usize::from(pointer.format.bytes);
    let size = u64::from(resource.desc().width);
    let end = u64::from(pointer.offset) + bytes as u64;
    let count = match size.checked_sub(end) {
        Some(rest) => rest / u64::from(pointer.stride) + 1,
        None => 0,
    };
    if count > MAX_CONVERTED {
        return Err(CommandError::Limit("vertices of a converted format"));
    }
    let mut floats = Vec::with_capacity(count as usize * 16);
    if let Some(shadow) = resource.shadow() {
        for vertex in 0..count as usize {
            let start = pointer.offset as usize + vertex * pointer.stride as usize;
            let mut attribute = [0; 16];
            if let Some(source) = shadow.get(start..start + bytes) {
                attribute[..bytes].copy_from_slice(source);
            }
            for float in value(&pointer.format, &attribute) {
                floats.extend_from_slice(&float.to_le_bytes());
            }
        }
    }
    let buffer = Buffer::new(&host.gl).map_err(CommandError::Host)?;
    host.gl.bind_buffer(glow::ARRAY_BUFFER, Some(buffer.name()));
    host.gl
        .buffer_data(glow::ARRAY_BUFFER, &floats, glow::STREAM_DRAW);
    let converted = slot.insert(Converted {
        buffer,
        serial: next_serial(),
        source,
    });
    Ok((converted.serial, converted.buffer.name()))
}

/// An attribute's four components.
fn value(format: &VertexFormat, bytes: &[u8; 16]) -> [f32; 4] {
    [0, 1, 2, 3].map(|index| component(format, bytes, index))
}

fn set(gl: &Gl, index: u32, known: &mut Option<Pointer>, wanted: Pointer, buffer: glow::Buffer) {
    if *known == Some(wanted) {
        return;
    }
    let Pointer {
        offset,
        stride,
        divisor,
        format,
        ..
    } = wanted;
    gl.bind_buffer(glow::ARRAY_BUFFER, Some(buffer));
    gl.vertex_attrib_pointer_f32(
        index,
        format.components.into(),
        super::vertex::vertex_type(format.ty),
        format.normalized,
        stride as i32,
        offset as i32,
    );
    gl.vertex_attrib_divisor_if_known(index, divisor);
    gl.enable_vertex_attrib_array(index);
    *known = Some(wanted);
}

/// Attribute 0 stays on when nothing is known of it: the corners may have it.
fn disable(gl: &Gl, index: u32, known: &mut Option<Pointer>) {
    if known.take().is_some() || index == 0 {
        gl.disable_vertex_attrib_array(index);
    }
}
