//! Sampler states.

use std::cell::OnceCell;
use std::rc::Rc;

use super::view::TextureView;
use super::{es20, next_serial};
use crate::context::error::CommandError;
use crate::context::gl_enums::{self, WrapSupport};
use crate::gl::host::Feature;
use crate::gl::{Gl, Sampler};
use crate::glsl::{SamplerForm, SamplerInfo, ShaderWrap};
use crate::host::Host;
use crate::protocol::state::SamplerState;
use crate::protocol::values::{Filter, MipFilter, WrapMode};

/// A sampler state, with a GL sampler for each way that views need it.
pub struct SamplerObject {
    state: SamplerState,
    /// A number that no other sampler of this thread has had.
    serial: u64,
    /// `None` on hosts whose textures have the sampling parameters.
    filtered: Option<Sampler>,
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
            serial: next_serial(),
            filtered: (!host.gl.is_es20())
                .then(|| Sampler::new(&host.gl))
                .transpose()
                .map_err(CommandError::Host)?,
            integer: OnceCell::new(),
            wrap_support,
            anisotropy: host.caps.limits.anisotropy,
            adds_bias: !host.caps.gles,
        };
        if let Some(filtered) = &sampler.filtered {
            sampler.set_common(&host.gl, filtered);
            sampler.set_filters(&host.gl, filtered);
        }
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
            self.filtered.as_ref()
        };
        gl.bind_sampler(unit, sampler.map(Sampler::name));
    }

    /// True if the sampling parameters are those of textures, and shaders do a part.
    pub fn is_on_textures(&self) -> bool {
        self.filtered.is_none()
    }

    /// The level-of-detail bias.
    pub fn lod_bias(&self) -> f32 {
        self.state.lod_bias
    }

    /// Gives the texture of a view this sampler's parameters, on hosts without sampler
    /// objects. One texture with two samplers in one draw is sampled by the last.
    pub fn apply_to(&self, host: &Host, view: &TextureView) {
        let Some(texture) = view.resource.texture() else {
            return;
        };
        if texture.sampling.replace(self.serial) == self.serial {
            return;
        }
        let (gl, target, shape) = (&host.gl, texture.target(), view.resource.shape());
        gl.edit_texture(target, texture.name());
        let state = &self.state;
        let mip = match state.mip_filter {
            mip if texture.can_use_levels(host, shape) => mip,
            _ => MipFilter::None,
        };
        let repeats = es20::is_repeatable(host, shape);
        let wrap = state.wrap.map(|mode| {
            if repeats {
                gl_enums::wrap_mode(mode, self.wrap_support)
            } else {
                glow::CLAMP_TO_EDGE
            }
        });
        let min = gl_enums::min_filter(state.min_filter, mip);
        let parameters = [
            (glow::TEXTURE_MIN_FILTER, min),
            (
                glow::TEXTURE_MAG_FILTER,
                gl_enums::mag_filter(state.mag_filter),
            ),
            (glow::TEXTURE_WRAP_S, wrap[0]),
            (glow::TEXTURE_WRAP_T, wrap[1]),
            (glow::TEXTURE_WRAP_R, wrap[2]),
        ];
        let count = if target == glow::TEXTURE_3D { 5 } else { 4 };
        for (parameter, value) in &parameters[..count] {
            gl.tex_parameter_i32(target, *parameter, *value as i32);
        }
        if self.anisotropy > 1.0 {
            let value = f32::from(state.max_anisotropy.max(1)).min(self.anisotropy);
            gl.tex_parameter_f32(target, glow::TEXTURE_MAX_ANISOTROPY_EXT, value);
        }
    }

    /// Adds what shaders must do for this sampler and view in OpenGL ES 2.0.
    pub fn complete_form(&self, host: &Host, view: &TextureView, form: SamplerForm) -> SamplerForm {
        let mut form = form;
        if let Some(func) = self.state.compare
            && view.is_depth
        {
            form = form.comparing(func as u32);
        }
        if es20::is_repeatable(host, view.resource.shape()) {
            return form;
        }
        for (axis, mode) in (0u32..).zip(&self.state.wrap[..2]) {
            form = match mode {
                WrapMode::Repeat => form.wrapping(axis, ShaderWrap::Repeat),
                WrapMode::MirrorRepeat => form.wrapping(axis, ShaderWrap::Mirror),
                _ => form,
            };
        }
        form
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

    fn set_filters(&self, gl: &Gl, sampler: &Sampler) {
        let name = sampler.name();
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
