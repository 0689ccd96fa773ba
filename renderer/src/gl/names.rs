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

/// A function that not every OpenGL ES 3.0 has.
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

const ES32: Option<Version> = Some(Version::new(3, 2));
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

/// Functions that desktop OpenGL lacks under this name.
const EMBEDDED_ONLY: &[&str] = &["glDepthRangeIndexedf", "glBlendBarrier"];

/// What decides names.
pub struct Names {
    /// OpenGL ES, otherwise desktop OpenGL, which has everything under its own name.
    pub gles: bool,
    /// Its version.
    pub version: Version,
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
            return Some(Resolved::Plain);
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
    fn desktop_hosts_have_their_own_names() {
        let host = names(false, Version::new(4, 5), &[]);
        assert_eq!(host.resolve("glTextureView"), Some(Resolved::Plain));
        assert_eq!(host.resolve("glDepthRangeIndexed"), Some(Resolved::Plain));
        assert_eq!(host.resolve("glDepthRangeIndexedf"), None);
    }
}
