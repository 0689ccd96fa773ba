//! Sampler states.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::context::gl_enums::{self, WrapSupport};
use crate::gl::host::Feature;
use crate::gl::{Gl, Sampler};
use crate::glsl::SamplerInfo;
use crate::host::Host;
use crate::protocol::state::SamplerState;
use crate::protocol::values::{Filter, MipFilter, WrapMode};

/// A sampler state, with a GL sampler for each way that views need it.
pub struct SamplerObject {
    state: SamplerState,
    filtered: Sampler,
    /// For integer views: GL takes a texture with another filter as incomplete, and the
    /// border colour is passed as integers.
    integer: OnceCell<Sampler>,
    wrap_support: WrapSupport,
    anisotropy: f32,
    /// The host's samplers have a level-of-detail bias: those of desktop OpenGL.
    adds_bias: bool,
}

impl SamplerObject {
    /// Makes the samplers.
    ///
    /// # Errors
    /// If GL has no sampler left.
    pub fn new(host: &Host, state: SamplerState) -> Result<Self, CommandError> {
        let wrap_support = WrapSupport {
            border: host.caps.has(Feature::BorderClamp),
            mirror_clamp: host.caps.has(Feature::MirrorClampToEdge),
        };
        let sampler = Self {
            state,
            filtered: Sampler::new(&host.gl).map_err(CommandError::Host)?,
            integer: OnceCell::new(),
            wrap_support,
            anisotropy: host.caps.limits.anisotropy,
            adds_bias: !host.caps.gles,
        };
        sampler.set_common(&host.gl, &sampler.filtered);
        sampler.set_filters(&host.gl);
        Ok(sampler)
    }

    /// The level-of-detail bias that shaders add, in steps of [`SamplerInfo`]; 0 where the
    /// sampler object adds it itself.
    pub fn lod_steps(&self) -> i16 {
        if self.adds_bias {
            0
        } else {
            SamplerInfo::lod_steps(self.state.lod_bias)
        }
    }

    /// Binds the sampler for a view to a unit.
    pub fn bind(&self, gl: &Rc<Gl>, unit: u32, integer: bool) {
        let sampler = if integer {
            self.integer(gl)
        } else {
            Some(&self.filtered)
        };
        gl.bind_sampler(unit, sampler.map(Sampler::name));
    }

    fn integer(&self, gl: &Rc<Gl>) -> Option<&Sampler> {
        if self.integer.get().is_none() {
            let sampler = Sampler::new(gl).ok()?;
            self.set_common(gl, &sampler);
            let mip = match self.state.mip_filter {
                MipFilter::None => MipFilter::None,
                _ => MipFilter::Nearest,
            };
            let min = gl_enums::min_filter(Filter::Nearest, mip) as i32;
            gl.sampler_parameter_i32(sampler.name(), glow::TEXTURE_MIN_FILTER, min);
            let mag = glow::NEAREST as i32;
            gl.sampler_parameter_i32(sampler.name(), glow::TEXTURE_MAG_FILTER, mag);
            if self.uses_border() {
                gl.sampler_border_integers(sampler.name(), self.state.border_color);
            }
            let _ = self.integer.set(sampler);
        }
        self.integer.get()
    }

    fn uses_border(&self) -> bool {
        self.wrap_support.border && self.state.wrap.contains(&WrapMode::ClampToBorder)
    }

    fn set_common(&self, gl: &Gl, sampler: &Sampler) {
        let name = sampler.name();
        let state = &self.state;
        let parameters = [
            glow::TEXTURE_WRAP_S,
            glow::TEXTURE_WRAP_T,
            glow::TEXTURE_WRAP_R,
        ];
        for (parameter, mode) in parameters.into_iter().zip(state.wrap) {
            let mode = gl_enums::wrap_mode(mode, self.wrap_support);
            gl.sampler_parameter_i32(name, parameter, mode as i32);
        }
        gl.sampler_parameter_f32(name, glow::TEXTURE_MIN_LOD, state.min_lod);
        gl.sampler_parameter_f32(name, glow::TEXTURE_MAX_LOD, state.max_lod);
        if self.adds_bias {
            gl.sampler_parameter_f32(name, glow::TEXTURE_LOD_BIAS, state.lod_bias);
        }
        if let Some(func) = state.compare {
            let mode = glow::COMPARE_REF_TO_TEXTURE as i32;
            gl.sampler_parameter_i32(name, glow::TEXTURE_COMPARE_MODE, mode);
            let func = gl_enums::compare_func(func) as i32;
            gl.sampler_parameter_i32(name, glow::TEXTURE_COMPARE_FUNC, func);
        }
    }

    fn set_filters(&self, gl: &Gl) {
        let name = self.filtered.name();
        let state = &self.state;
        let min = gl_enums::min_filter(state.min_filter, state.mip_filter) as i32;
        gl.sampler_parameter_i32(name, glow::TEXTURE_MIN_FILTER, min);
        let mag = gl_enums::mag_filter(state.mag_filter) as i32;
        gl.sampler_parameter_i32(name, glow::TEXTURE_MAG_FILTER, mag);
        if state.max_anisotropy > 1 && self.anisotropy > 1.0 {
            let value = f32::from(state.max_anisotropy).min(self.anisotropy);
            gl.sampler_parameter_f32(name, glow::TEXTURE_MAX_ANISOTROPY_EXT, value);
        }
        if self.uses_border() {
            gl.sampler_border_floats(name, state.border_color.map(f32::from_bits));
        }
    }
}
