//! Vertex input: layouts, vertex buffers and the vertex arrays that hold both.
//!
//! A layout object owns one GL vertex array. With `glBindVertexBuffer` (OpenGL ES 3.1) its
//! formats are set once and only changed buffers are bound again; on older hosts the
//! attribute pointers are set anew when a buffer changes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::context::state::{BoundVertexBuffer, MAX_VERTEX_BUFFERS, State};
use crate::draw::attributes::Converted;
use crate::gl::host::Feature;
use crate::gl::{Gl, VertexArray};
use crate::host::Host;
use crate::protocol::formats::{VertexFormat, VertexType};
use crate::protocol::objects::VertexElements;

/// Attributes of a layout.
pub const MAX_ATTRIBUTES: usize = 32;

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Vertex buffer slot.
    pub buffer: u32,
    /// First byte within a vertex.
    pub offset: u32,
    /// Instances a step, 0 for a step a vertex.
    pub divisor: u32,
    /// How it is fetched.
    pub format: VertexFormat,
}

/// What a vertex buffer slot of a vertex array holds: the buffer's serial number (GL
/// reuses names, and a vertex array keeps a deleted buffer), offset and stride.
type Slot = (Option<u64>, u32, u32);

/// How the vertex shader's inputs are read from vertex buffers.
pub struct VertexLayout {
    attributes: Vec<Attribute>,
    /// Attributes read from signed integers, as a mask.
    pub int_attributes: u32,
    /// Attributes read from unsigned integers.
    pub uint_attributes: u32,
    /// Attributes whose red and blue change places.
    pub swap_red_blue: u32,
    /// Buffer slots that some attribute reads.
    pub used_buffers: u32,
    array: RefCell<Option<VertexArray>>,
    slots: RefCell<[Option<Slot>; MAX_VERTEX_BUFFERS]>,
    index_buffer: Cell<Option<u64>>,
    /// First instance that the bound pointers start at (hosts without base instance).
    base_instance: Cell<u32>,
    /// Attributes as floats, on hosts that do not fetch their formats.
    converted: RefCell<[Option<Converted>; MAX_ATTRIBUTES]>,
}

impl VertexLayout {
    /// The attributes, by location.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Attributes as floats, by location.
    pub fn converted(&self) -> &RefCell<[Option<Converted>; MAX_ATTRIBUTES]> {
        &self.converted
    }

    /// Checks and takes a layout.
    ///
    /// # Errors
    /// If there are too many attributes or one has a format that no host can fetch.
    pub fn new(elements: VertexElements<'_>) -> Result<Self, CommandError> {
        if elements.len() > MAX_ATTRIBUTES {
            return Err(CommandError::OutOfRange("number of vertex elements"));
        }
        let mut layout = Self {
            attributes: Vec::with_capacity(elements.len()),
            int_attributes: 0,
            uint_attributes: 0,
            swap_red_blue: 0,
            used_buffers: 0,
            array: RefCell::new(None),
            slots: RefCell::new([None; MAX_VERTEX_BUFFERS]),
            index_buffer: Cell::new(None),
            base_instance: Cell::new(0),
            converted: RefCell::new([const { None }; MAX_ATTRIBUTES]),
        };
        for (index, element) in elements.iter().enumerate() {
            let format = element
                .format
                .check()?
                .vertex_format()
                .ok_or(CommandError::Unsupported("a vertex format"))?;
            if element.buffer as usize >= MAX_VERTEX_BUFFERS {
                return Err(CommandError::OutOfRange("vertex buffer slot"));
            }
            let bit = 1 << index;
            if format.integer {
                match format.ty {
                    VertexType::I8 | VertexType::I16 | VertexType::I32 => {
                        layout.int_attributes |= bit;
                    }
                    _ => layout.uint_attributes |= bit,
                }
            }
            if format.swap_red_blue {
                layout.swap_red_blue |= bit;
            }
            layout.used_buffers |= 1 << element.buffer;
            layout.attributes.push(Attribute {
                buffer: element.buffer,
                offset: element.offset,
                divisor: element.instance_divisor,
                format,
            });
        }
        Ok(layout)
    }

    /// Largest number of vertices and instances that all bound buffers hold, for a check
    /// before a draw: `(vertices, instances)`, `u64::MAX` where nothing bounds them.
    pub fn capacity(&self, buffers: &[BoundVertexBuffer]) -> (u64, u64) {
        let mut vertices = u64::MAX;
        let mut instances = u64::MAX;
        for attribute in &self.attributes {
            let Some(bound) = buffers.get(attribute.buffer as usize) else {
                continue;
            };
            let Some(resource) = &bound.resource else {
                continue;
            };
            let start = u64::from(bound.offset) + u64::from(attribute.offset);
            let end = start + u64::from(attribute.format.bytes);
            let size = u64::from(resource.desc().width);
            let fits = match (end <= size, bound.stride) {
                (false, _) => 0,
                (true, 0) => u64::MAX,
                (true, stride) => (size - end) / u64::from(stride) + 1,
            };
            if attribute.divisor == 0 {
                vertices = vertices.min(fits);
            } else {
                instances = instances.min(fits.saturating_mul(u64::from(attribute.divisor)));
            }
        }
        (vertices, instances)
    }
}

/// Binds the layout's vertex array and whatever of its buffers changed.
///
/// # Errors
/// If GL has no vertex array left.
pub fn bind(host: &Host, state: &State, base_instance: u32) -> Result<(), CommandError> {
    let gl = &host.gl;
    if let Some(attributes) = &host.attributes {
        return attributes.bind(host, state, base_instance);
    }
    let Some(layout) = &state.vertex_elements else {
        let empty = host.empty_vertex_array.as_ref();
        gl.bind_vertex_array(empty.map(VertexArray::name));
        return Ok(());
    };
    let modern = host.caps.has(Feature::VertexAttribBinding);
    if layout.array.borrow().is_none() {
        let array = VertexArray::new(gl).map_err(CommandError::Host)?;
        gl.bind_vertex_array(Some(array.name()));
        if modern {
            set_formats(gl, layout);
        }
        *layout.array.borrow_mut() = Some(array);
    }
    if let Some(array) = layout.array.borrow().as_ref() {
        gl.bind_vertex_array(Some(array.name()));
    }
    let moved = layout.base_instance.replace(base_instance) != base_instance;
    if modern {
        bind_buffers(gl, layout, state);
    } else {
        point_at_buffers(gl, layout, state, base_instance, moved);
    }
    Ok(())
}

/// Binds the index buffer to the layout's vertex array, which is bound.
pub fn bind_index_buffer(host: &Host, state: &State) {
    let Some(index) = &state.index_buffer else {
        return;
    };
    let serial = Some(index.resource.serial());
    match &state.vertex_elements {
        Some(layout) if !host.gl.is_es20() && layout.index_buffer.replace(serial) == serial => {}
        _ => host
            .gl
            .bind_buffer(glow::ELEMENT_ARRAY_BUFFER, index.resource.gl_buffer()),
    }
}

/// Forgets an index buffer that was bound behind the layout's back.
pub fn forget_index_buffer(state: &State) {
    if let Some(layout) = &state.vertex_elements {
        layout.index_buffer.set(None);
    }
}

fn set_formats(gl: &Gl, layout: &VertexLayout) {
    for (index, attribute) in (0u32..).zip(&layout.attributes) {
        let format = attribute.format;
        let size = i32::from(format.components);
        let ty = vertex_type(format.ty);
        if format.integer {
            gl.vertex_attrib_format_i32(index, size, ty, attribute.offset);
        } else {
            gl.vertex_attrib_format_f32(index, size, ty, format.normalized, attribute.offset);
        }
        // A binding has one divisor: attributes that share a buffer but step differently
        // get a binding each, which `binding` decides.
        gl.vertex_attrib_binding(index, binding(layout, index as usize));
        gl.vertex_binding_divisor(binding(layout, index as usize), attribute.divisor);
        gl.enable_vertex_attrib_array(index);
    }
}

/// The binding of an attribute: that of the first attribute with the same buffer and
/// divisor.
fn binding(layout: &VertexLayout, index: usize) -> u32 {
    let Some(wanted) = layout.attributes.get(index) else {
        return 0;
    };
    layout
        .attributes
        .iter()
        .position(|a| a.buffer == wanted.buffer && a.divisor == wanted.divisor)
        .unwrap_or(index) as u32
}

fn bind_buffers(gl: &Gl, layout: &VertexLayout, state: &State) {
    let mut slots = layout.slots.borrow_mut();
    for (index, attribute) in layout.attributes.iter().enumerate() {
        let slot = binding(layout, index);
        if slot as usize != index {
            continue;
        }
        let bound = &state.vertex_buffers[attribute.buffer as usize];
        let wanted = slot_of(bound);
        let known = &mut slots[index];
        if *known == Some(wanted) {
            continue;
        }
        *known = Some(wanted);
        gl.bind_vertex_buffer(
            slot,
            gl_buffer(bound),
            bound.offset as i32,
            bound.stride as i32,
        );
    }
}

fn slot_of(bound: &BoundVertexBuffer) -> Slot {
    (
        bound.resource.as_ref().map(|resource| resource.serial()),
        bound.offset,
        bound.stride,
    )
}

fn gl_buffer(bound: &BoundVertexBuffer) -> Option<glow::Buffer> {
    bound
        .resource
        .as_ref()
        .and_then(|resource| resource.gl_buffer())
}

/// OpenGL ES 3.0: every attribute has its own pointer.
fn point_at_buffers(
    gl: &Gl,
    layout: &VertexLayout,
    state: &State,
    base_instance: u32,
    moved: bool,
) {
    let mut slots = layout.slots.borrow_mut();
    for (index, attribute) in (0u32..).zip(&layout.attributes) {
        let bound = &state.vertex_buffers[attribute.buffer as usize];
        let wanted = slot_of(bound);
        let known = &mut slots[index as usize];
        if *known == Some(wanted) && !(moved && attribute.divisor != 0) {
            continue;
        }
        *known = Some(wanted);
        let (buffer, offset, stride) = (gl_buffer(bound), bound.offset, bound.stride);
        let format = attribute.format;
        if stride == 0 || buffer.is_none() {
            // A stride of 0 means "tight" to this call: give the one value as a constant.
            gl.disable_vertex_attrib_array(index);
            if let Some(resource) = &bound.resource {
                let at = offset.saturating_add(attribute.offset);
                set_constant(gl, index, &format, &resource.read_prefix(gl, at));
            }
            continue;
        }
        let skipped = base_instance.checked_div(attribute.divisor).unwrap_or(0);
        let start = offset
            .saturating_add(attribute.offset)
            .saturating_add(stride.saturating_mul(skipped));
        gl.bind_buffer(glow::ARRAY_BUFFER, buffer);
        let (size, ty) = (i32::from(format.components), vertex_type(format.ty));
        if format.integer {
            gl.vertex_attrib_pointer_i32(index, size, ty, stride as i32, start as i32);
        } else {
            let normalized = format.normalized;
            gl.vertex_attrib_pointer_f32(index, size, ty, normalized, stride as i32, start as i32);
        }
        gl.vertex_attrib_divisor(index, attribute.divisor);
        gl.enable_vertex_attrib_array(index);
    }
}

/// Gives an attribute the same value for all vertices.
fn set_constant(gl: &Gl, index: u32, format: &VertexFormat, bytes: &[u8; 16]) {
    let word = |i: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&bytes[i * 4..i * 4 + 4]);
        u32::from_le_bytes(word)
    };
    let components = usize::from(format.components);
    match (format.ty, format.integer) {
        (VertexType::F32, _) => {
            let value = |i| {
                if i < components {
                    f32::from_bits(word(i))
                } else {
                    default(i)
                }
            };
            gl.vertex_attrib_4_f32(index, value(0), value(1), value(2), value(3));
        }
        (VertexType::I32, true) => {
            let value = |i| {
                if i < components {
                    word(i) as i32
                } else {
                    i32::from(i == 3)
                }
            };
            gl.vertex_attrib_4_i32(index, value(0), value(1), value(2), value(3));
        }
        (VertexType::U32, true) => {
            let value = |i| {
                if i < components {
                    word(i)
                } else {
                    u32::from(i == 3)
                }
            };
            gl.vertex_attrib_4_u32(index, value(0), value(1), value(2), value(3));
        }
        (_, false) => {
            let value = |i| component(format, bytes, i);
            gl.vertex_attrib_4_f32(index, value(0), value(1), value(2), value(3));
        }
        // Mesa makes its current attributes from 32-bit values; others keep GL's default.
        _ => gl.vertex_attrib_4_f32(index, 0.0, 0.0, 0.0, 1.0),
    }
}

/// A component of an attribute that shaders read as floats.
pub fn component(format: &VertexFormat, bytes: &[u8; 16], index: usize) -> f32 {
    if index >= usize::from(format.components) {
        return default(index);
    }
    let word = |from: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&bytes[from..from + 4]);
        u32::from_le_bytes(word)
    };
    let half = || u16::from_le_bytes([bytes[2 * index], bytes[2 * index + 1]]);
    let byte = bytes[index];
    let tens = || {
        let bits = if index == 3 { 2 } else { 10 };
        (word(0) >> (10 * index) << (32 - bits), bits)
    };
    let (value, largest) = match format.ty {
        VertexType::U8 => (f64::from(byte), 255.0),
        VertexType::I8 => (f64::from(byte.cast_signed()), 127.0),
        VertexType::U16 => (f64::from(half()), 65535.0),
        VertexType::I16 => (f64::from(half().cast_signed()), 32767.0),
        VertexType::U32 => (f64::from(word(4 * index)), f64::from(u32::MAX)),
        VertexType::I32 => (
            f64::from(word(4 * index).cast_signed()),
            f64::from(i32::MAX),
        ),
        VertexType::Fixed => return word(4 * index).cast_signed() as f32 / 65536.0,
        VertexType::F16 => return half_float(half()),
        VertexType::F32 => return f32::from_bits(word(4 * index)),
        VertexType::U2_10_10_10 => {
            let (value, bits) = tens();
            (f64::from(value >> (32 - bits)), f64::from((1 << bits) - 1))
        }
        VertexType::I2_10_10_10 => {
            let (value, bits) = tens();
            let value = value.cast_signed() >> (32 - bits);
            (f64::from(value), f64::from((1 << (bits - 1)) - 1))
        }
    };
    if format.normalized {
        (value / largest).max(-1.0) as f32
    } else {
        value as f32
    }
}

/// The value of a 16-bit float.
fn half_float(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(half >> 10 & 0x1f);
    let fraction = f32::from(half & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (fraction + 1024.0) * 2f32.powi(exponent - 25),
    }
}

fn default(component: usize) -> f32 {
    if component == 3 { 1.0 } else { 0.0 }
}

/// GL's type of a component.
pub const fn vertex_type(ty: VertexType) -> u32 {
    match ty {
        VertexType::U8 => glow::UNSIGNED_BYTE,
        VertexType::I8 => glow::BYTE,
        VertexType::U16 => glow::UNSIGNED_SHORT,
        VertexType::I16 => glow::SHORT,
        VertexType::U32 => glow::UNSIGNED_INT,
        VertexType::I32 => glow::INT,
        VertexType::Fixed => glow::FIXED,
        VertexType::F16 => glow::HALF_FLOAT,
        VertexType::F32 => glow::FLOAT,
        VertexType::U2_10_10_10 => glow::UNSIGNED_INT_2_10_10_10_REV,
        VertexType::I2_10_10_10 => glow::INT_2_10_10_10_REV,
    }
}

/// The layout of a draw without attributes.
pub fn empty_array(gl: &Rc<Gl>) -> Result<VertexArray, String> {
    VertexArray::new(gl)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(components: u8, ty: VertexType, normalized: bool) -> VertexFormat {
        VertexFormat {
            components,
            ty,
            normalized,
            integer: false,
            swap_red_blue: false,
            bytes: 16,
        }
    }

    fn values(format: &VertexFormat, start: &[u8]) -> [f32; 4] {
        let mut bytes = [0; 16];
        bytes[..start.len()].copy_from_slice(start);
        [0, 1, 2, 3].map(|index| component(format, &bytes, index))
    }

    #[test]
    fn components_of_all_types_become_floats() {
        let halves = [0x00, 0x3c, 0x00, 0xc0];
        assert_eq!(
            values(&format(2, VertexType::F16, false), &halves),
            [1.0, -2.0, 0.0, 1.0]
        );
        let tens = (1023u32 | 511 << 10 | 3 << 30).to_le_bytes();
        assert_eq!(
            values(&format(4, VertexType::U2_10_10_10, true), &tens),
            [1.0, 511.0 / 1023.0, 0.0, 1.0]
        );
        assert_eq!(
            values(&format(4, VertexType::I2_10_10_10, false), &tens),
            [-1.0, 511.0, 0.0, -1.0]
        );
        let integers = [0xff, 0xff, 0xff, 0xff];
        assert_eq!(
            values(&format(1, VertexType::I32, false), &integers),
            [-1.0, 0.0, 0.0, 1.0]
        );
        assert_eq!(
            values(&format(4, VertexType::U8, true), &integers),
            [1.0; 4]
        );
        assert_eq!(half_float(0x0001), 2f32.powi(-24));
    }
}
