//! Under which name a host offers a GL function.
//!
//! What newer versions of OpenGL ES contain, older hosts may have as extensions, whose
//! functions bear a suffix. The loaders of EGL answer with an address for any name, known
//! to the driver or not, so trying one name after the other finds stubs that do nothing:
//! version and extension list have to decide.

use std::collections::HashSet;
use std::ffi::{CStr, CString, c_void};

use super::host::Version;

/// Looks up a name.
pub type Load<'a> = dyn FnMut(&CStr) -> *const c_void + 'a;

/// A function that not every OpenGL ES has.
struct Optional {
    name: &'static str,
    /// First version of OpenGL ES that has it under this name.
    core: Option<Version>,
    /// Extensions that have it with their own suffix.
    extensions: &'static [&'static str],
}

const fn row(
    name: &'static str,
    core: Option<Version>,
    extensions: &'static [&'static str],
) -> Optional {
    Optional {
        name,
        core,
        extensions,
    }
}

const ES30: Option<Version> = Some(Version::new(3, 0));
const ES32: Option<Version> = Some(Version::new(3, 2));
const TEXTURE_3D: &[&str] = &["GL_OES_texture_3D"];
const OCCLUSION: &[&str] = &["GL_EXT_occlusion_query_boolean"];
const INSTANCED: &[&str] = &["GL_EXT_instanced_arrays", "GL_ANGLE_instanced_arrays"];
const TEXTURE_BUFFER: &[&str] = &["GL_EXT_texture_buffer", "GL_OES_texture_buffer"];
const BASE_VERTEX: &[&str] = &[
    "GL_EXT_draw_elements_base_vertex",
    "GL_OES_draw_elements_base_vertex",
];
const INDEXED: &[&str] = &["GL_EXT_draw_buffers_indexed", "GL_OES_draw_buffers_indexed"];
const BORDER: &[&str] = &["GL_EXT_texture_border_clamp", "GL_OES_texture_border_clamp"];
const VIEWPORTS: &[&str] = &["GL_OES_viewport_array", "GL_NV_viewport_array"];
const BASE_INSTANCE: &[&str] = &["GL_EXT_base_instance"];
const TIMER: &[&str] = &["GL_EXT_disjoint_timer_query"];

#[rustfmt::skip] // A row a line reads as a table.
const OPTIONAL: &[Optional] = &[
    row("glTexImage3D", ES30, TEXTURE_3D),
    row("glTexSubImage3D", ES30, TEXTURE_3D),
    row("glFramebufferTexture3D", None, TEXTURE_3D),
    row("glDrawBuffers", ES30, &["GL_EXT_draw_buffers"]),
    row("glGenQueries", ES30, OCCLUSION),
    row("glDeleteQueries", ES30, OCCLUSION),
    row("glBeginQuery", ES30, OCCLUSION),
    row("glEndQuery", ES30, OCCLUSION),
    row("glGetQueryObjectuiv", ES30, OCCLUSION),
    row("glVertexAttribDivisor", ES30, INSTANCED),
    row("glDrawArraysInstanced", ES30, INSTANCED),
    row("glDrawElementsInstanced", ES30, INSTANCED),
    row("glTexBuffer", ES32, TEXTURE_BUFFER),
    row("glTexBufferRange", ES32, TEXTURE_BUFFER),
    row("glDrawElementsBaseVertex", ES32, BASE_VERTEX),
    row("glDrawElementsInstancedBaseVertex", ES32, BASE_VERTEX),
    row("glDrawArraysInstancedBaseInstance", None, BASE_INSTANCE),
    row("glDrawElementsInstancedBaseInstance", None, BASE_INSTANCE),
    row("glDrawElementsInstancedBaseVertexBaseInstance", None, BASE_INSTANCE),
    row("glTexStorage3DMultisample", ES32, &["GL_OES_texture_storage_multisample_2d_array"]),
    row("glMinSampleShading", ES32, &["GL_OES_sample_shading"]),
    row("glBlendBarrier", ES32, &["GL_KHR_blend_equation_advanced"]),
    row("glTextureBarrier", None, &["GL_NV_texture_barrier"]),
    row("glEnablei", ES32, INDEXED),
    row("glDisablei", ES32, INDEXED),
    row("glBlendEquationi", ES32, INDEXED),
    row("glBlendEquationSeparatei", ES32, INDEXED),
    row("glBlendFunci", ES32, INDEXED),
    row("glBlendFuncSeparatei", ES32, INDEXED),
    row("glColorMaski", ES32, INDEXED),
    row("glCopyImageSubData", ES32, &["GL_EXT_copy_image", "GL_OES_copy_image"]),
    row("glPatchParameteri", ES32, &["GL_EXT_tessellation_shader", "GL_OES_tessellation_shader"]),
    row("glFramebufferTexture", ES32, &["GL_EXT_geometry_shader", "GL_OES_geometry_shader"]),
    row("glSamplerParameterIiv", ES32, BORDER),
    row("glSamplerParameterIuiv", ES32, BORDER),
    row("glGetGraphicsResetStatus", ES32, &["GL_KHR_robustness", "GL_EXT_robustness"]),
    row("glDebugMessageInsert", ES32, &["GL_KHR_debug"]),
    row("glBufferStorage", None, &["GL_EXT_buffer_storage"]),
    row("glTextureView", None, &["GL_EXT_texture_view", "GL_OES_texture_view"]),
    row("glClipControl", None, &["GL_EXT_clip_control"]),
    row("glDepthRangeIndexedf", None, VIEWPORTS),
    row("glViewportIndexedf", None, VIEWPORTS),
    row("glScissorIndexed", None, VIEWPORTS),
    row("glClearTexImage", None, &["GL_EXT_clear_texture"]),
    row("glClearTexSubImage", None, &["GL_EXT_clear_texture"]),
    row("glPolygonOffsetClamp", None, &["GL_EXT_polygon_offset_clamp"]),
    row("glPolygonMode", None, &["GL_NV_polygon_mode"]),
    row("glQueryCounter", None, TIMER),
    row("glGetQueryObjectui64v", None, TIMER),
    row("glLogicOp", None, &[]),
    row("glDepthRangeIndexed", None, &[]),
];

/// The functions of OpenGL ES 2.0 that this crate may use.
#[rustfmt::skip] // In columns it reads as a table.
const ES20: &[&str] = &[
    "glActiveTexture", "glAttachShader", "glBindAttribLocation", "glBindBuffer",
    "glBindFramebuffer", "glBindRenderbuffer", "glBindTexture", "glBlendColor",
    "glBlendEquation", "glBlendEquationSeparate", "glBlendFunc", "glBlendFuncSeparate",
    "glBufferData", "glBufferSubData", "glCheckFramebufferStatus", "glClear", "glClearColor",
    "glClearDepthf", "glClearStencil", "glColorMask", "glCompileShader",
    "glCompressedTexImage2D", "glCompressedTexSubImage2D", "glCopyTexImage2D",
    "glCopyTexSubImage2D", "glCreateProgram", "glCreateShader", "glCullFace",
    "glDeleteBuffers", "glDeleteFramebuffers", "glDeleteProgram", "glDeleteRenderbuffers",
    "glDeleteShader", "glDeleteTextures", "glDepthFunc", "glDepthMask", "glDepthRangef",
    "glDetachShader", "glDisable", "glDisableVertexAttribArray", "glDrawArrays",
    "glDrawElements", "glEnable", "glEnableVertexAttribArray", "glFinish", "glFlush",
    "glFramebufferRenderbuffer", "glFramebufferTexture2D", "glFrontFace", "glGenBuffers",
    "glGenFramebuffers", "glGenRenderbuffers", "glGenTextures", "glGenerateMipmap",
    "glGetError", "glGetFloatv", "glGetIntegerv", "glGetProgramInfoLog", "glGetProgramiv",
    "glGetShaderInfoLog", "glGetShaderPrecisionFormat", "glGetShaderiv", "glGetString",
    "glGetTexParameteriv", "glGetUniformLocation", "glIsEnabled", "glLineWidth",
    "glLinkProgram", "glPixelStorei", "glPolygonOffset", "glReadPixels",
    "glRenderbufferStorage", "glSampleCoverage", "glScissor", "glShaderSource",
    "glStencilFunc", "glStencilFuncSeparate", "glStencilMask", "glStencilMaskSeparate",
    "glStencilOp", "glStencilOpSeparate", "glTexImage2D", "glTexParameterf",
    "glTexParameteri", "glTexSubImage2D", "glUniform1f", "glUniform1i", "glUniform1iv",
    "glUniform4f", "glUniform4fv", "glUniform4i", "glUseProgram", "glVertexAttrib4f",
    "glVertexAttribPointer", "glViewport",
    // OES_EGL_image, which whoever imports images asks for first.
    "glEGLImageTargetTexture2DOES",
];

/// Functions that desktop OpenGL lacks under this name.
const EMBEDDED_ONLY: &[&str] = &["glDepthRangeIndexedf", "glBlendBarrier"];

/// What decides names.
pub struct Names {
    /// OpenGL ES, otherwise desktop OpenGL, which has everything under its own name.
    pub gles: bool,
    /// Its version, or an older one that it is to be taken for.
    pub version: Version,
    /// It lists its extensions one by one, whatever it is taken for.
    pub lists_extensions: bool,
    /// Its extensions.
    pub extensions: HashSet<String>,
}

impl Names {
    /// The address of the function that the host calls `name` or an extension's version of
    /// it; null if it has none.
    pub fn find(&self, load: &mut Load<'_>, name: &CStr) -> *const c_void {
        match name.to_str().map(|name| self.resolve(name)) {
            Ok(Some(Resolved::Plain)) => load(name),
            Ok(Some(Resolved::Suffixed(name))) => {
                CString::new(name).map_or(std::ptr::null(), |name| load(&name))
            }
            _ => std::ptr::null(),
        }
    }

    fn resolve(&self, name: &str) -> Option<Resolved> {
        if !self.gles {
            return (!EMBEDDED_ONLY.contains(&name)).then_some(Resolved::Plain);
        }
        let Some(row) = OPTIONAL.iter().find(|row| row.name == name) else {
            let there = self.version >= Version::new(3, 0)
                || ES20.contains(&name)
                || (name == "glGetStringi" && self.lists_extensions);
            return there.then_some(Resolved::Plain);
        };
        if row.core.is_some_and(|core| self.version >= core) {
            return Some(Resolved::Plain);
        }
        let extension = row
            .extensions
            .iter()
            .find(|extension| self.extensions.contains(**extension))?;
        // GL_EXT_texture_view → EXT
        let suffix = extension.split('_').nth(1)?;
        Some(Resolved::Suffixed(format!("{name}{suffix}")))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Resolved {
    Plain,
    Suffixed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(gles: bool, version: Version, extensions: &[&str]) -> Names {
        Names {
            gles,
            version,
            lists_extensions: false,
            extensions: extensions.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn suffixed(name: &str) -> Option<Resolved> {
        Some(Resolved::Suffixed(name.to_owned()))
    }

    #[test]
    fn core_functions_bear_no_suffix() {
        let host = names(true, Version::new(3, 2), &["GL_EXT_texture_buffer"]);
        assert_eq!(host.resolve("glTexBufferRange"), Some(Resolved::Plain));
        assert_eq!(host.resolve("glClear"), Some(Resolved::Plain));
    }

    #[test]
    fn extensions_decide_the_suffix_and_nothing_is_guessed() {
        let host = names(true, Version::new(3, 1), &["GL_OES_texture_buffer"]);
        assert_eq!(
            host.resolve("glTexBufferRange"),
            suffixed("glTexBufferRangeOES")
        );
        assert_eq!(host.resolve("glTextureView"), None);
        let host = names(true, Version::new(3, 2), &["GL_NV_viewport_array"]);
        assert_eq!(
            host.resolve("glDepthRangeIndexedf"),
            suffixed("glDepthRangeIndexedfNV")
        );
    }

    #[test]
    fn es_2_0_hosts_have_its_functions_and_those_of_extensions() {
        let host = names(true, Version::new(2, 0), &["GL_OES_texture_3D"]);
        assert_eq!(host.resolve("glTexImage2D"), Some(Resolved::Plain));
        assert_eq!(host.resolve("glTexImage3D"), suffixed("glTexImage3DOES"));
        for later in [
            "glTexStorage2D",
            "glDrawBuffers",
            "glFenceSync",
            "glGetStringi",
        ] {
            assert_eq!(host.resolve(later), None, "{later}");
        }
        let listing = Names {
            lists_extensions: true,
            ..host
        };
        assert_eq!(listing.resolve("glGetStringi"), Some(Resolved::Plain));
    }

    #[test]
    fn desktop_hosts_have_their_own_names() {
        let host = names(false, Version::new(4, 5), &[]);
        assert_eq!(host.resolve("glTextureView"), Some(Resolved::Plain));
        assert_eq!(host.resolve("glDepthRangeIndexed"), Some(Resolved::Plain));
        assert_eq!(host.resolve("glDepthRangeIndexedf"), None);
    }
}
