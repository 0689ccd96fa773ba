//! GL calls whose arguments are all names and numbers, and those that need a slice of
//! fixed size.

use glow::HasContext;
use maro_gpu::renderer::{Box3, Rect};

use super::{Gl, Texture};
use crate::protocol::gl_format::GlFormat;

/// Forwards calls whose arguments are all names and numbers.
macro_rules! forward {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)*) => {
        $(
            $(#[$doc])*
            #[allow(missing_docs, clippy::too_many_arguments)] // GL's own function of that name
            pub fn $name(&self, $($arg: $ty),*) $(-> $ret)? {
                // SAFETY: the context is current in this thread (`Gl` is neither `Send` nor
                // `Sync`), and GL checks names and numbers itself.
                unsafe { self.raw.$name($($arg),*) }
            }
        )*
    };
}

impl Gl {
    forward! {
        fn get_error() -> u32;
        fn flush();
        fn finish();
        fn get_parameter_i32(parameter: u32) -> i32;
        fn get_parameter_i64(parameter: u32) -> i64;
        fn get_parameter_f32(parameter: u32) -> f32;
        fn get_parameter_indexed_i32(parameter: u32, index: u32) -> i32;
        fn get_parameter_string(parameter: u32) -> String;
        fn get_parameter_indexed_string(parameter: u32, index: u32) -> String;
        fn bind_buffer_base(target: u32, index: u32, buffer: Option<glow::Buffer>);
        fn bind_buffer_range(target: u32, index: u32, buffer: Option<glow::Buffer>, offset: i32, size: i32);
        fn copy_buffer_sub_data(from: u32, to: u32, from_offset: i32, to_offset: i32, size: i32);
        fn bind_vertex_buffer(slot: u32, buffer: Option<glow::Buffer>, offset: i32, stride: i32);
        fn vertex_attrib_binding(attrib: u32, slot: u32);
        fn vertex_attrib_format_f32(attrib: u32, size: i32, ty: u32, normalized: bool, offset: u32);
        fn vertex_attrib_format_i32(attrib: u32, size: i32, ty: u32, offset: u32);
        fn vertex_binding_divisor(slot: u32, divisor: u32);
        fn vertex_attrib_divisor(attrib: u32, divisor: u32);
        fn vertex_attrib_pointer_f32(attrib: u32, size: i32, ty: u32, normalized: bool, stride: i32, offset: i32);
        fn vertex_attrib_pointer_i32(attrib: u32, size: i32, ty: u32, stride: i32, offset: i32);
        fn vertex_attrib_4_f32(attrib: u32, x: f32, y: f32, z: f32, w: f32);
        fn vertex_attrib_4_i32(attrib: u32, x: i32, y: i32, z: i32, w: i32);
        fn vertex_attrib_4_u32(attrib: u32, x: u32, y: u32, z: u32, w: u32);
        fn enable_vertex_attrib_array(attrib: u32);
        fn disable_vertex_attrib_array(attrib: u32);
        fn tex_storage_2d(target: u32, levels: i32, format: u32, width: i32, height: i32);
        fn tex_storage_3d(target: u32, levels: i32, format: u32, width: i32, height: i32, depth: i32);
        fn tex_storage_2d_multisample(target: u32, samples: i32, format: u32, width: i32, height: i32, fixed: bool);
        fn tex_parameter_i32(target: u32, parameter: u32, value: i32);
        fn tex_parameter_f32(target: u32, parameter: u32, value: f32);
        fn get_tex_parameter_i32(target: u32, parameter: u32) -> i32;
        fn tex_buffer(target: u32, format: u32, buffer: Option<glow::Buffer>);
        fn sampler_parameter_i32(sampler: glow::Sampler, parameter: u32, value: i32);
        fn sampler_parameter_f32(sampler: glow::Sampler, parameter: u32, value: f32);
        fn pixel_store_i32(parameter: u32, value: i32);
        fn framebuffer_texture(target: u32, attachment: u32, texture: Option<glow::Texture>, level: i32);
        fn blit_framebuffer(sx0: i32, sy0: i32, sx1: i32, sy1: i32, dx0: i32, dy0: i32, dx1: i32, dy1: i32, mask: u32, filter: u32);
        fn clear_buffer_i32_slice(target: u32, index: u32, value: &[i32; 4]);
        fn clear_buffer_u32_slice(target: u32, index: u32, value: &[u32; 4]);
        fn copy_tex_sub_image_2d(target: u32, level: i32, xoffset: i32, yoffset: i32, x: i32, y: i32, width: i32, height: i32);
        fn copy_tex_sub_image_3d(target: u32, level: i32, xoffset: i32, yoffset: i32, zoffset: i32, x: i32, y: i32, width: i32, height: i32);
        fn copy_image_sub_data(src: glow::Texture, src_target: u32, src_level: i32, sx: i32, sy: i32, sz: i32, dst: glow::Texture, dst_target: u32, dst_level: i32, dx: i32, dy: i32, dz: i32, width: i32, height: i32, depth: i32);
        fn blend_color(r: f32, g: f32, b: f32, a: f32);
        fn blend_equation_separate(rgb: u32, alpha: u32);
        fn blend_equation_separate_draw_buffer(buffer: u32, rgb: u32, alpha: u32);
        fn blend_equation(mode: u32);
        fn blend_func_separate(src_rgb: u32, dst_rgb: u32, src_alpha: u32, dst_alpha: u32);
        fn blend_func_separate_draw_buffer(buffer: u32, src_rgb: u32, dst_rgb: u32, src_alpha: u32, dst_alpha: u32);
        fn color_mask_draw_buffer(buffer: u32, r: bool, g: bool, b: bool, a: bool);
        fn enable_draw_buffer(parameter: u32, buffer: u32);
        fn disable_draw_buffer(parameter: u32, buffer: u32);
        fn depth_func(func: u32);
        fn stencil_func_separate(face: u32, func: u32, reference: i32, mask: u32);
        fn stencil_op_separate(face: u32, fail: u32, depth_fail: u32, pass: u32);
        fn stencil_mask_separate(face: u32, mask: u32);
        fn stencil_mask(mask: u32);
        fn front_face(value: u32);
        fn cull_face(value: u32);
        fn line_width(width: f32);
        fn polygon_offset(factor: f32, units: f32);
        fn patch_parameter_i32(parameter: u32, value: i32);
        fn draw_arrays(mode: u32, first: i32, count: i32);
        fn draw_arrays_instanced(mode: u32, first: i32, count: i32, instances: i32);
        fn draw_elements(mode: u32, count: i32, ty: u32, offset: i32);
        fn draw_elements_instanced(mode: u32, count: i32, ty: u32, offset: i32, instances: i32);
        fn draw_arrays_indirect_offset(mode: u32, offset: i32);
        fn draw_elements_indirect_offset(mode: u32, ty: u32, offset: i32);
        fn dispatch_compute(x: u32, y: u32, z: u32);
        fn dispatch_compute_indirect(offset: i32);
        fn memory_barrier(barriers: u32);
        fn bind_image_texture(unit: u32, texture: Option<glow::Texture>, level: i32, layered: bool, layer: i32, access: u32, format: u32);
        fn begin_query(target: u32, query: glow::Query);
        fn end_query(target: u32);
        fn get_query_parameter_u32(query: glow::Query, parameter: u32) -> u32;
        fn bind_transform_feedback(target: u32, feedback: Option<glow::TransformFeedback>);
        fn begin_transform_feedback(mode: u32);
        fn end_transform_feedback();
        fn pause_transform_feedback();
        fn resume_transform_feedback();
        fn transform_feedback_varyings(program: glow::Program, varyings: &[&str], mode: u32);
        fn shader_source(shader: glow::Shader, source: &str);
        fn compile_shader(shader: glow::Shader);
        fn get_shader_compile_status(shader: glow::Shader) -> bool;
        fn get_shader_info_log(shader: glow::Shader) -> String;
        fn attach_shader(program: glow::Program, shader: glow::Shader);
        fn detach_shader(program: glow::Program, shader: glow::Shader);
        fn bind_attrib_location(program: glow::Program, index: u32, name: &str);
        fn link_program(program: glow::Program);
        fn get_program_link_status(program: glow::Program) -> bool;
        fn get_program_info_log(program: glow::Program) -> String;
        fn get_uniform_location(program: glow::Program, name: &str) -> Option<glow::UniformLocation>;
        fn uniform_1_i32(location: Option<&glow::UniformLocation>, value: i32);
        fn uniform_1_i32_slice(location: Option<&glow::UniformLocation>, values: &[i32]);
        fn uniform_1_f32(location: Option<&glow::UniformLocation>, value: f32);
        fn uniform_4_f32(location: Option<&glow::UniformLocation>, x: f32, y: f32, z: f32, w: f32);
        fn uniform_4_i32(location: Option<&glow::UniformLocation>, x: i32, y: i32, z: i32, w: i32);
        fn get_uniform_block_index(program: glow::Program, name: &str) -> Option<u32>;
        fn uniform_block_binding(program: glow::Program, index: u32, binding: u32);
    }

    /// New, zeroed storage of `size` bytes for the buffer bound to `target`.
    pub fn buffer_data_zeroed(&self, target: u32, size: i32, usage: u32) {
        let zeros = vec![0; usize::try_from(size).unwrap_or(0)];
        // SAFETY: the slice outlives the call, which copies it.
        unsafe {
            self.raw
                .buffer_data_u8_slice(self.buffer_target(target), &zeros, usage);
        };
    }

    /// Makes a following clear write all of `area` (or of the framebuffer) and no more,
    /// whatever is masked, scissored or discarded now. The stencil mask is the caller's.
    pub fn prepare_clear(&self, area: Option<Rect>) {
        self.set_enabled(glow::SCISSOR_TEST, area.is_some());
        if let Some(area) = area {
            self.scissor(
                area.x as i32,
                area.y as i32,
                area.width as i32,
                area.height as i32,
            );
        }
        self.set_enabled(glow::RASTERIZER_DISCARD, false);
        self.color_mask([true; 4]);
        self.depth_mask(true);
    }

    /// Fills a level with zeros; false if the host has no call for that.
    pub fn clear_texture_zero(&self, texture: &Texture, level: u32, format: &GlFormat) -> bool {
        let Some(clear) = self.ext.clear_tex_image else {
            return false;
        };
        self.take_error();
        let (name, level) = (texture.name().0.get(), level as i32);
        // SAFETY: a null pointer asks for zeros.
        unsafe { clear(name, level, format.format, format.ty, std::ptr::null()) };
        self.take_error().is_none()
    }

    /// Fills a box with the texel at the start of `texel`, which is in the upload format.
    pub fn clear_texture_box(
        &self,
        texture: glow::Texture,
        level: u32,
        region: &Box3,
        format: &GlFormat,
        texel: &[u8; 16],
    ) {
        let Some(clear) = self.ext.clear_tex_sub_image else {
            return;
        };
        let Box3 {
            x,
            y,
            z,
            width,
            height,
            depth,
        } = *region;
        let [x, y, z] = [x, y, z].map(|value| value as i32);
        let [width, height, depth] = [width, height, depth].map(|value| value as i32);
        let (name, level) = (texture.0.get(), level as i32);
        let data = texel.as_ptr().cast();
        // SAFETY: GL reads one texel, and the largest has 16 bytes.
        unsafe {
            clear(
                name,
                level,
                x,
                y,
                z,
                width,
                height,
                depth,
                format.format,
                format.ty,
                data,
            );
        }
    }

    /// New storage with the content of `data` for the buffer bound to `target`.
    pub fn buffer_data(&self, target: u32, data: &[u8], usage: u32) {
        // SAFETY: the slice outlives the call, which copies it.
        unsafe {
            self.raw
                .buffer_data_u8_slice(self.buffer_target(target), data, usage);
        };
    }

    /// Storage of a multisample array texture: `size` is width, height and layers.
    pub fn tex_storage_3d_multisample(&self, samples: i32, format: u32, size: [i32; 3]) {
        let Some(storage) = self.ext.tex_storage_3d_multisample else {
            return;
        };
        let [width, height, layers] = size;
        let target = glow::TEXTURE_2D_MULTISAMPLE_ARRAY;
        // SAFETY: names and numbers only.
        unsafe { storage(target, samples, format, width, height, layers, 1) };
    }

    /// Makes `size` bytes of a buffer the texels of the buffer texture under edit.
    pub fn tex_buffer_range(&self, format: u32, buffer: glow::Buffer, offset: u64, size: u64) {
        let Some(tex_buffer_range) = self.ext.tex_buffer_range else {
            return;
        };
        let name = buffer.0.get();
        // SAFETY: names and numbers only; GL checks the range.
        unsafe {
            tex_buffer_range(
                glow::TEXTURE_BUFFER,
                format,
                name,
                offset as isize,
                size as isize,
            );
        }
    }

    /// Makes `view`, a fresh name, a view of `texture`: `levels` and `layers` are first
    /// and number.
    pub fn texture_view(
        &self,
        view: &Texture,
        target: u32,
        texture: glow::Texture,
        format: u32,
        levels: (u32, u32),
        layers: (u32, u32),
    ) {
        let Some(texture_view) = self.ext.texture_view else {
            return;
        };
        let (view, texture) = (view.name().0.get(), texture.0.get());
        // SAFETY: names and numbers only.
        unsafe {
            texture_view(
                view, target, texture, format, levels.0, levels.1, layers.0, layers.1,
            );
        }
    }

    /// Sets a sampler's border colour.
    pub fn sampler_border_floats(&self, sampler: glow::Sampler, color: [f32; 4]) {
        // SAFETY: the parameter takes four floats.
        unsafe {
            self.raw
                .sampler_parameter_f32_slice(sampler, glow::TEXTURE_BORDER_COLOR, &color);
        }
    }

    /// Sets the border colour of a sampler for integer textures.
    pub fn sampler_border_integers(&self, sampler: glow::Sampler, color: [u32; 4]) {
        let Some(set) = self.ext.sampler_parameter_iuiv else {
            return;
        };
        // SAFETY: the parameter takes four integers.
        unsafe { set(sampler.0.get(), glow::TEXTURE_BORDER_COLOR, color.as_ptr()) };
    }
}
