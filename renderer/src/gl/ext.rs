//! Entry points that glow does not have, loaded by name.
//!
//! Each is optional: a host that lacks one lacks the feature, which
//! [`Capabilities`](super::host::Capabilities) says before anyone calls it.

use std::ffi::{CString, c_char, c_void};

use super::names::Load;

macro_rules! entry_points {
    ($($(#[$doc:meta])* $field:ident: $name:literal ($($arg:ty),*) $(-> $ret:ty)?;)*) => {
        /// Raw entry points by their GL names.
        #[allow(missing_docs)] // each is the GL function of that name
        pub struct EntryPoints {
            $($(#[$doc])* pub $field: Option<unsafe extern "system" fn($($arg),*) $(-> $ret)?>,)*
        }

        impl EntryPoints {
            /// Looks every entry point up with `load`, which answers null for unknown names.
            ///
            /// # Safety
            /// `load` must return null or the address of the GL function of that name for the
            /// context that will be current at each call.
            pub unsafe fn load(load: &mut Load<'_>) -> Self {
                Self {
                    $($field: {
                        let address = CString::new($name)
                            .map_or(std::ptr::null(), |name| load(&name));
                        // SAFETY: the caller vouches that a non-null address is the function of
                        // this name, whose C signature is the one written in this table; a null
                        // address becomes `None`.
                        unsafe {
                            std::mem::transmute::<
                                *const c_void,
                                Option<unsafe extern "system" fn($($arg),*) $(-> $ret)?>,
                            >(address)
                        }
                    },)*
                }
            }
        }
    };
}

entry_points! {
    tex_sub_image_2d: "glTexSubImage2D"(u32, i32, i32, i32, i32, i32, u32, u32, *const c_void);
    tex_sub_image_3d: "glTexSubImage3D"(u32, i32, i32, i32, i32, i32, i32, i32, u32, u32, *const c_void);
    compressed_tex_sub_image_2d: "glCompressedTexSubImage2D"(u32, i32, i32, i32, i32, i32, u32, i32, *const c_void);
    compressed_tex_sub_image_3d: "glCompressedTexSubImage3D"(u32, i32, i32, i32, i32, i32, i32, i32, u32, i32, *const c_void);
    buffer_sub_data: "glBufferSubData"(u32, isize, isize, *const c_void);
    buffer_storage: "glBufferStorage"(u32, isize, *const c_void, u32);
    draw_elements_indirect: "glDrawElementsIndirect"(u32, u32, *const c_void);
    draw_arrays_instanced_base_instance: "glDrawArraysInstancedBaseInstance"(u32, i32, i32, i32, u32);
    draw_elements_base_vertex: "glDrawElementsBaseVertex"(u32, i32, u32, *const c_void, i32);
    draw_elements_instanced_base_vertex: "glDrawElementsInstancedBaseVertex"(u32, i32, u32, *const c_void, i32, i32);
    draw_elements_instanced_base_vertex_base_instance: "glDrawElementsInstancedBaseVertexBaseInstance"(u32, i32, u32, *const c_void, i32, i32, u32);
    tex_buffer_range: "glTexBufferRange"(u32, u32, u32, isize, isize);
    tex_storage_3d_multisample: "glTexStorage3DMultisample"(u32, i32, u32, i32, i32, i32, u8);
    texture_view: "glTextureView"(u32, u32, u32, u32, u32, u32, u32, u32);
    framebuffer_parameter_i32: "glFramebufferParameteri"(u32, u32, i32);
    min_sample_shading: "glMinSampleShading"(f32);
    sample_mask_i: "glSampleMaski"(u32, u32);
    get_multisample: "glGetMultisamplefv"(u32, u32, *mut f32);
    blend_barrier: "glBlendBarrier"();
    texture_barrier: "glTextureBarrier"();
    clip_control: "glClipControl"(u32, u32);
    depth_range_indexed: "glDepthRangeIndexedf"(u32, f32, f32);
    depth_range_indexed_f64: "glDepthRangeIndexed"(u32, f64, f64);
    viewport_indexed: "glViewportIndexedf"(u32, f32, f32, f32, f32);
    scissor_indexed: "glScissorIndexed"(u32, i32, i32, i32, i32);
    enable_indexed: "glEnablei"(u32, u32);
    disable_indexed: "glDisablei"(u32, u32);
    clear_tex_image: "glClearTexImage"(u32, i32, u32, u32, *const c_void);
    clear_tex_sub_image: "glClearTexSubImage"(u32, i32, i32, i32, i32, i32, i32, i32, u32, u32, *const c_void);
    polygon_offset_clamp: "glPolygonOffsetClamp"(f32, f32, f32);
    sampler_parameter_iiv: "glSamplerParameterIiv"(u32, u32, *const i32);
    sampler_parameter_iuiv: "glSamplerParameterIuiv"(u32, u32, *const u32);
    get_graphics_reset_status: "glGetGraphicsResetStatus"() -> u32;
    query_counter: "glQueryCounter"(u32, u32);
    get_query_object_ui64v: "glGetQueryObjectui64v"(u32, u32, *mut u64);
    debug_message_insert: "glDebugMessageInsert"(u32, u32, u32, u32, i32, *const c_char);
    logic_op: "glLogicOp"(u32);
    polygon_mode: "glPolygonMode"(u32, u32);
    egl_image_target_texture_2d: "glEGLImageTargetTexture2DOES"(u32, *const c_void);
}
