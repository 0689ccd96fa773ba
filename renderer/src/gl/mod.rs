//! The thin layer over GL: the one place of this crate with `unsafe`.
//!
//! [`Gl`] wraps a context that is current in this thread. Its methods are safe: calls
//! that take only names and numbers are checked by GL itself (a bad value sets an error
//! flag), and calls that take memory are given slices whose length is checked here. The
//! bindings that change with nearly every draw are remembered, so that asking for what
//! GL already has costs a comparison and no call.
//!
//! Draws read whatever buffers are bound; that these are large enough is checked by the
//! `draw` module before it calls, and contexts are made robust where the driver can.
#![allow(unsafe_code)] // calls into the GL driver; each block gives its reason

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use glow::HasContext;
use vm_memory::VolatileSlice;

mod calls;
mod draws;
mod es20;
pub mod ext;
pub mod fence;
pub mod host;
mod names;
pub mod object;
mod pixels;
pub mod platform;
pub mod stream;

pub use draws::DrawCall;
pub use es20::ImageStorage;
pub use object::{
    Buffer, Framebuffer, Program, Query, Renderbuffer, Sampler, Shader, Texture, TransformFeedback,
    VertexArray,
};
pub use pixels::{PixelFormat, TexRegion, TexelKind, TexelLayout};

/// Texture units that [`Gl`] keeps track of; the last one that the host has is scratch.
const MAX_UNITS: usize = 192;
/// Uniform-block bindings that [`Gl`] keeps track of.
const MAX_UNIFORM_BINDINGS: usize = 128;

/// A range of a buffer bound to an indexed target.
type BufferRange = (Option<glow::Buffer>, u32, u32);

/// What GL has bound, as far as this layer set it. `None` is "not known".
struct Bound {
    program: Cell<Option<Option<glow::Program>>>,
    vertex_array: Cell<Option<Option<glow::VertexArray>>>,
    draw_framebuffer: Cell<Option<Option<glow::Framebuffer>>>,
    read_framebuffer: Cell<Option<Option<glow::Framebuffer>>>,
    active_unit: Cell<u32>,
    textures: RefCell<Vec<(u32, Option<glow::Texture>)>>,
    samplers: RefCell<Vec<Option<glow::Sampler>>>,
    uniform_ranges: RefCell<Vec<Option<BufferRange>>>,
    enabled: Cell<u64>,
    enabled_known: Cell<u64>,
    viewport: Cell<Option<[i32; 4]>>,
    scissor: Cell<Option<[i32; 4]>>,
    depth_range: Cell<Option<(u32, u32)>>,
    color_mask: Cell<Option<[bool; 4]>>,
    depth_mask: Cell<Option<bool>>,
}

/// GL of the context that is current in this thread.
pub struct Gl {
    raw: glow::Context,
    ext: ext::EntryPoints,
    bound: Bound,
    scratch_unit: u32,
    /// Nothing of OpenGL ES 3.0 may be used.
    es20: bool,
    /// OpenGL ES 2.0 with `EXT_draw_buffers`.
    several_draw_buffers: bool,
    /// Attributes may step with instances.
    instanced_arrays: bool,
    /// Rows of uploads may have gaps.
    unpack_rows: bool,
}

/// The capabilities of `glEnable` that are tracked, by bit.
const TRACKED: [u32; 24] = [
    glow::BLEND,
    glow::DEPTH_TEST,
    glow::STENCIL_TEST,
    glow::SCISSOR_TEST,
    glow::CULL_FACE,
    glow::POLYGON_OFFSET_FILL,
    glow::RASTERIZER_DISCARD,
    glow::PRIMITIVE_RESTART_FIXED_INDEX,
    glow::SAMPLE_ALPHA_TO_COVERAGE,
    glow::SAMPLE_MASK,
    glow::SAMPLE_SHADING,
    glow::DEPTH_CLAMP,
    glow::FRAMEBUFFER_SRGB,
    glow::DITHER,
    glow::CLIP_DISTANCE0,
    glow::CLIP_DISTANCE1,
    glow::CLIP_DISTANCE2,
    glow::CLIP_DISTANCE3,
    glow::CLIP_DISTANCE4,
    glow::CLIP_DISTANCE5,
    glow::CLIP_DISTANCE6,
    glow::CLIP_DISTANCE7,
    glow::COLOR_LOGIC_OP,
    glow::SAMPLE_ALPHA_TO_ONE,
];

impl Gl {
    /// Wraps the current context.
    ///
    /// # Safety
    /// A GL context must be current in this thread, stay current as long as the result
    /// and all objects made with it are used, and `load` must answer with its functions.
    /// With `most`, a context of OpenGL ES is taken for one of that version at most.
    pub unsafe fn new(load: &mut names::Load<'_>, most: Option<host::Version>) -> Rc<Self> {
        // SAFETY: the caller vouches for `load` and for the current context.
        let names = unsafe {
            let plain = glow::Context::from_loader_function_cstr(&mut *load);
            let (gles, real) = host::parse_version(&plain.get_parameter_string(glow::VERSION));
            let es30 = host::Version::new(3, 0);
            names::Names {
                gles,
                // Newer functions than those of a limit of 3.0 and up are harmless: features
                // decide what is used.
                version: most
                    .filter(|most| *most < es30)
                    .map_or(real, |most| most.min(real)),
                lists_extensions: real >= es30,
                extensions: plain.supported_extensions().clone(),
            }
        };
        let es20 = names.gles && names.version < host::Version::new(3, 0);
        let mut find = |name: &std::ffi::CStr| names.find(load, name);
        // SAFETY: the names that `find` loads are those of the same functions.
        let (raw, ext) = unsafe {
            (
                glow::Context::from_loader_function_cstr(&mut find),
                ext::EntryPoints::load(&mut find),
            )
        };
        // SAFETY: the caller made a context current.
        let units = unsafe { raw.get_parameter_i32(glow::MAX_COMBINED_TEXTURE_IMAGE_UNITS) };
        let units = usize::try_from(units).unwrap_or(0).clamp(1, MAX_UNITS);
        Rc::new(Self {
            raw,
            ext,
            bound: Bound::unknown(units),
            scratch_unit: u32::try_from(units - 1).unwrap_or(0),
            es20,
            several_draw_buffers: names.extensions.contains("GL_EXT_draw_buffers"),
            instanced_arrays: !es20
                || names.extensions.contains("GL_EXT_instanced_arrays")
                || names.extensions.contains("GL_ANGLE_instanced_arrays"),
            unpack_rows: !es20 || names.extensions.contains("GL_EXT_unpack_subimage"),
        })
    }

    /// Wraps a context that is current in this thread. Like everything made from it, the
    /// result must not outlive the context.
    pub fn current(context: &platform::CurrentContext) -> Rc<Self> {
        Self::limited(context, None)
    }

    /// As [`current`](Self::current), as if the context had no more than version `most` of
    /// OpenGL ES.
    pub fn limited(context: &platform::CurrentContext, most: Option<host::Version>) -> Rc<Self> {
        // SAFETY: a `CurrentContext` is current in the thread that has it (it is not `Send`),
        // and its display looks its functions up.
        unsafe { Self::new(&mut |name| context.get_proc_address(name), most) }
    }

    /// The names of the host's extensions, whatever version it is taken for.
    pub fn extensions(&self) -> &std::collections::HashSet<String> {
        self.raw.supported_extensions()
    }

    /// The extension entry points.
    pub fn ext(&self) -> &ext::EntryPoints {
        &self.ext
    }

    /// Forgets what is bound, after foreign code used the context.
    pub fn forget(&self) {
        self.bound.forget();
    }

    /// Number of texture units that draws may use; one more is kept for uploads.
    pub fn draw_units(&self) -> u32 {
        self.scratch_unit
    }

    /// Fills `values` with a parameter that is several floats.
    pub fn get_parameter_f32_slice(&self, parameter: u32, values: &mut [f32; 2]) {
        // SAFETY: this is called for ranges, which are two floats.
        unsafe { self.raw.get_parameter_f32_slice(parameter, values) };
    }

    /// `glGetInternalformativ` for one number, 0 if the host has no answer.
    pub fn internal_format_i32(&self, target: u32, format: u32, parameter: u32) -> i32 {
        let mut value = [0];
        // SAFETY: the slice holds the one value that is asked for; GL checks the rest.
        unsafe {
            self.raw
                .get_internal_format_i32_slice(target, format, parameter, &mut value);
        };
        value[0]
    }

    /// Drops all pending error flags; returns the first.
    pub fn take_error(&self) -> Option<u32> {
        let first = self.get_error();
        if first == glow::NO_ERROR {
            return None;
        }
        // A lost context reports errors for ever: look a bounded number of times.
        for _ in 0..16 {
            if self.get_error() == glow::NO_ERROR {
                break;
            }
        }
        Some(first)
    }

    /// Uses `program` for draws and dispatches.
    pub fn use_program(&self, program: Option<glow::Program>) {
        if self.bound.program.replace(Some(program)) != Some(program) {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.use_program(program) };
        }
    }

    /// Binds a vertex array.
    pub fn bind_vertex_array(&self, array: Option<glow::VertexArray>) {
        if self.bound.vertex_array.replace(Some(array)) != Some(array) {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.bind_vertex_array(array) };
        }
    }

    fn activate(&self, unit: u32) {
        if self.bound.active_unit.replace(unit) != unit {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.active_texture(glow::TEXTURE0 + unit) };
        }
    }

    /// Binds a texture to a unit for drawing; units beyond the host's are ignored.
    pub fn bind_texture(&self, unit: u32, target: u32, texture: Option<glow::Texture>) {
        let mut textures = self.bound.textures.borrow_mut();
        let Some(slot) = textures.get_mut(unit as usize) else {
            return;
        };
        if *slot == (target, texture) {
            return;
        }
        *slot = (target, texture);
        self.activate(unit);
        // SAFETY: as in `forward!`.
        unsafe { self.raw.bind_texture(target, texture) };
    }

    /// Makes `texture` the one that `tex_*` calls work on, without touching the units
    /// that draws use.
    pub fn edit_texture(&self, target: u32, texture: glow::Texture) {
        self.bind_texture(self.scratch_unit, target, Some(texture));
        self.activate(self.scratch_unit);
    }

    /// Binds a sampler to a unit.
    pub fn bind_sampler(&self, unit: u32, sampler: Option<glow::Sampler>) {
        if self.es20 {
            return;
        }
        let mut samplers = self.bound.samplers.borrow_mut();
        let Some(slot) = samplers.get_mut(unit as usize) else {
            return;
        };
        if *slot != sampler {
            *slot = sampler;
            // SAFETY: as in `forward!`.
            unsafe { self.raw.bind_sampler(unit, sampler) };
        }
    }

    /// Binds bytes `offset..offset + size` of a buffer to a uniform-block binding.
    pub fn bind_uniform_range(
        &self,
        binding: u32,
        buffer: Option<glow::Buffer>,
        offset: u32,
        size: u32,
    ) {
        let mut ranges = self.bound.uniform_ranges.borrow_mut();
        let Some(slot) = ranges.get_mut(binding as usize) else {
            return;
        };
        if *slot == Some((buffer, offset, size)) {
            return;
        }
        *slot = Some((buffer, offset, size));
        match buffer {
            Some(_) => self.bind_buffer_range(
                glow::UNIFORM_BUFFER,
                binding,
                buffer,
                offset as i32,
                size as i32,
            ),
            None => self.bind_buffer_base(glow::UNIFORM_BUFFER, binding, None),
        }
    }

    /// Switches a capability of `glEnable` on or off.
    pub fn set_enabled(&self, capability: u32, on: bool) {
        if !self.knows_capability(capability) {
            return;
        }
        if let Some(index) = TRACKED.iter().position(|c| *c == capability) {
            let bit = 1 << index;
            let known = self.bound.enabled_known.get();
            let enabled = self.bound.enabled.get();
            if known & bit != 0 && (enabled & bit != 0) == on {
                return;
            }
            self.bound.enabled_known.set(known | bit);
            self.bound
                .enabled
                .set(if on { enabled | bit } else { enabled & !bit });
        }
        // SAFETY: as in `forward!`.
        unsafe {
            if on {
                self.raw.enable(capability);
            } else {
                self.raw.disable(capability);
            }
        }
    }

    /// Tells that a capability was changed behind this layer's back.
    fn forget_enabled(&self, capability: u32) {
        if let Some(index) = TRACKED.iter().position(|c| *c == capability) {
            self.bound
                .enabled_known
                .set(self.bound.enabled_known.get() & !(1 << index));
        }
    }

    /// Sets the viewport, in pixels.
    pub fn viewport(&self, x: i32, y: i32, width: i32, height: i32) {
        let value = [x, y, width, height];
        if self.bound.viewport.replace(Some(value)) != Some(value) {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.viewport(x, y, width, height) };
        }
    }

    /// Sets the scissor rectangle, in pixels.
    pub fn scissor(&self, x: i32, y: i32, width: i32, height: i32) {
        let value = [x, y, width, height];
        if self.bound.scissor.replace(Some(value)) != Some(value) {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.scissor(x, y, width, height) };
        }
    }

    /// Sets the depth range.
    pub fn depth_range(&self, near: f32, far: f32) {
        let value = (near.to_bits(), far.to_bits());
        if self.bound.depth_range.replace(Some(value)) != Some(value) {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.depth_range_f32(near, far) };
        }
    }

    /// Sets which channels of all draw buffers are written.
    pub fn color_mask(&self, mask: [bool; 4]) {
        if self.bound.color_mask.replace(Some(mask)) != Some(mask) {
            let [r, g, b, a] = mask;
            // SAFETY: as in `forward!`.
            unsafe { self.raw.color_mask(r, g, b, a) };
        }
    }

    /// Tells that masks of single draw buffers were set, so no common one holds.
    pub fn forget_color_mask(&self) {
        self.bound.color_mask.set(None);
    }

    /// Sets whether depth is written.
    pub fn depth_mask(&self, write: bool) {
        if self.bound.depth_mask.replace(Some(write)) != Some(write) {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.depth_mask(write) };
        }
    }

    /// Copies `data` into the buffer bound to `target` at byte `offset`.
    pub fn buffer_sub_data(&self, target: u32, offset: i32, data: &[u8]) {
        // SAFETY: the slice outlives the call, which copies it; GL checks the range.
        unsafe {
            self.raw
                .buffer_sub_data_u8_slice(self.buffer_target(target), offset, data);
        };
    }

    /// Copies guest memory into the buffer bound to `target` at byte `offset`.
    pub fn buffer_sub_data_volatile(&self, target: u32, offset: u64, data: &VolatileSlice<'_>) {
        let Some(buffer_sub_data) = self.ext.buffer_sub_data else {
            return;
        };
        let guard = data.ptr_guard();
        // SAFETY: the guard keeps `len` readable bytes mapped during the call, which copies
        // them; that the guest may write them meanwhile changes bytes, not safety.
        unsafe {
            buffer_sub_data(
                self.buffer_target(target),
                offset as isize,
                data.len() as isize,
                guard.as_ptr().cast(),
            );
        }
    }

    /// Reads `out.len()` bytes from `offset` of the buffer bound to `target`; false if
    /// GL cannot map it.
    pub fn read_buffer_data(&self, target: u32, offset: i32, out: &mut [u8]) -> bool {
        if out.is_empty() {
            return true;
        }
        if self.es20 {
            return false;
        }
        let Ok(len) = i32::try_from(out.len()) else {
            return false;
        };
        // SAFETY: on success GL maps exactly `len` readable bytes until the unmap below, and
        // `out` is as long.
        unsafe {
            let mapped = self
                .raw
                .map_buffer_range(target, offset, len, glow::MAP_READ_BIT);
            if mapped.is_null() {
                return false;
            }
            std::ptr::copy_nonoverlapping(mapped.cast_const(), out.as_mut_ptr(), out.len());
            self.raw.unmap_buffer(target);
        }
        true
    }

    /// Inserts a fence behind all commands so far.
    pub fn fence_sync(&self) -> Option<glow::Fence> {
        if self.es20 {
            return None;
        }
        // SAFETY: as in `forward!`.
        unsafe { self.raw.fence_sync(glow::SYNC_GPU_COMMANDS_COMPLETE, 0) }.ok()
    }

    /// Waits up to `timeout_ns` for a fence; true if it has passed. Flushes first.
    pub fn client_wait_sync(&self, fence: glow::Fence, timeout_ns: u32) -> bool {
        let timeout = i32::try_from(timeout_ns).unwrap_or(i32::MAX);
        // SAFETY: the fence is alive: whoever deletes it consumes it.
        let status = unsafe {
            self.raw
                .client_wait_sync(fence, glow::SYNC_FLUSH_COMMANDS_BIT, timeout)
        };
        status == glow::ALREADY_SIGNALED || status == glow::CONDITION_SATISFIED
    }

    /// Makes GL (not this thread) wait for a fence.
    pub fn wait_sync(&self, fence: glow::Fence) {
        // SAFETY: as above.
        unsafe { self.raw.wait_sync(fence, 0, glow::TIMEOUT_IGNORED) };
    }

    /// Deletes a fence.
    pub fn delete_sync(&self, fence: glow::Fence) {
        // SAFETY: the caller gives the fence up.
        unsafe { self.raw.delete_sync(fence) };
    }

    /// Where a sample of the bound draw framebuffer lies in its pixel, each coordinate from
    /// 0 to 1; `None` without multisample textures.
    pub fn sample_position(&self, sample: u32) -> Option<[f32; 2]> {
        let get = self.ext.get_multisample?;
        let mut position = [0.0; 2];
        // SAFETY: GL writes two floats.
        unsafe { get(glow::SAMPLE_POSITION, sample, position.as_mut_ptr()) };
        Some(position)
    }

    /// A 64-bit query result.
    pub fn query_result_u64(&self, query: glow::Query) -> u64 {
        match self.ext.get_query_object_ui64v {
            Some(get) => {
                let mut value = 0;
                // SAFETY: GL writes one 64-bit value.
                unsafe { get(query.0.get(), glow::QUERY_RESULT, &mut value) };
                value
            }
            None => u64::from(self.get_query_parameter_u32(query, glow::QUERY_RESULT)),
        }
    }

    /// Did the GPU reset since the context was made? `None` if it did not or cannot tell.
    pub fn reset_status(&self) -> Option<u32> {
        let get = self.ext.get_graphics_reset_status?;
        // SAFETY: the function takes nothing and returns a number.
        match unsafe { get() } {
            glow::NO_ERROR => None,
            status => Some(status),
        }
    }
}

impl Bound {
    fn unknown(units: usize) -> Self {
        Self {
            program: Cell::new(None),
            vertex_array: Cell::new(None),
            draw_framebuffer: Cell::new(None),
            read_framebuffer: Cell::new(None),
            active_unit: Cell::new(0),
            textures: RefCell::new(vec![(0, None); units]),
            samplers: RefCell::new(vec![None; units]),
            uniform_ranges: RefCell::new(vec![None; MAX_UNIFORM_BINDINGS]),
            enabled: Cell::new(0),
            enabled_known: Cell::new(0),
            viewport: Cell::new(None),
            scissor: Cell::new(None),
            depth_range: Cell::new(None),
            color_mask: Cell::new(None),
            depth_mask: Cell::new(None),
        }
    }

    fn forget(&self) {
        self.program.set(None);
        self.vertex_array.set(None);
        self.draw_framebuffer.set(None);
        self.read_framebuffer.set(None);
        // No unit has this number, so the next bind activates its own.
        self.active_unit.set(u32::MAX);
        self.textures.borrow_mut().fill((0, None));
        self.uniform_ranges.borrow_mut().fill(None);
        self.enabled_known.set(0);
        self.viewport.set(None);
        self.scissor.set(None);
        self.depth_range.set(None);
        self.color_mask.set(None);
        self.depth_mask.set(None);
    }

    /// GL drops a deleted object from its bindings; do the same.
    fn drop_texture(&self, texture: glow::Texture) {
        for slot in self.textures.borrow_mut().iter_mut() {
            if slot.1 == Some(texture) {
                *slot = (0, None);
            }
        }
    }

    fn drop_sampler(&self, sampler: glow::Sampler) {
        for slot in self.samplers.borrow_mut().iter_mut() {
            if *slot == Some(sampler) {
                *slot = None;
            }
        }
    }

    fn drop_buffer(&self, buffer: glow::Buffer) {
        for slot in self.uniform_ranges.borrow_mut().iter_mut() {
            if slot.is_some_and(|(bound, ..)| bound == Some(buffer)) {
                *slot = None;
            }
        }
    }
}
