//! What the host can do with each format, found by doing it.
//!
//! Extension strings say what a driver means to support; a texture that was made, attached
//! and read shows what it does. Each GL format is tried once, and the answers are kept for
//! the whole process, since every vtest client starts a renderer of its own.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use crate::caps::FormatMasks;
use crate::gl::host::{Capabilities, Feature, FeatureSet};
use crate::gl::{Framebuffer, Gl, PixelFormat, Texture};
use crate::protocol::formats::{COUNT, FormatId, FormatInfo};
use crate::protocol::gl_format::{GlFormat, Needs};

use super::es20;

use std::rc::Rc;

/// Size of the textures that are tried.
const TRIAL_SIZE: i32 = 4;

/// What can be done with one format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// Stored and sampled.
    pub sample: bool,
    /// Attached and drawn to.
    pub render: bool,
    /// Read back exactly as it is stored.
    pub read: bool,
    /// Most samples a texel; 0 without multisampling.
    pub samples: u8,
    /// Drawn to, but kept where it cannot be sampled.
    pub renderbuffer: bool,
}

/// A host, and what it is to do without.
type Asked = (String, FeatureSet);

/// What can be done with every format, by its number.
#[derive(Clone)]
pub struct FormatSupport {
    formats: Vec<Support>,
    /// The formats are those of OpenGL ES 2.0.
    es20: bool,
}

impl FormatSupport {
    /// Tries every format that has a GL form, or looks the answers up.
    pub fn probe(gl: &Rc<Gl>, caps: &Capabilities) -> Self {
        static KNOWN: OnceLock<Mutex<HashMap<Asked, FormatSupport>>> = OnceLock::new();
        let host = format!("{} {} {}", caps.renderer, caps.version_string, caps.version);
        let key = (host, caps.without);
        let known = KNOWN.get_or_init(Mutex::default);
        // A panic elsewhere leaves a map of whole answers behind.
        let mut known = known
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        known
            .entry(key)
            .or_insert_with(|| Self::try_all(gl, caps))
            .clone()
    }

    fn try_all(gl: &Rc<Gl>, caps: &Capabilities) -> Self {
        let mut answers: HashMap<(u32, u32, u32), Support> = HashMap::new();
        let mut formats = vec![Support::default(); COUNT];
        let es20 = gl.is_es20();
        for (id, info) in FormatId::all() {
            let Some(format) = gl_format(id, es20).filter(|format| format.storage != Needs::Never)
            else {
                continue;
            };
            let key = (format.internal, format.format, format.ty);
            let mut support = *answers.entry(key).or_insert_with(|| match es20 {
                true => es20::try_format(gl, caps, info, format),
                false => try_format(gl, caps, info, format),
            });
            support.render &= format.render != Needs::Never;
            support.read &= support.render || info.is_depth_stencil();
            formats[id.0 as usize] = support;
        }
        gl.take_error();
        Self { formats, es20 }
    }

    /// How this host stores a format; `None` if it cannot.
    pub fn gl(&self, format: FormatId) -> Option<&'static GlFormat> {
        gl_format(format, self.es20)
    }

    /// The answers as the capability sets tell them.
    pub fn masks(&self) -> FormatMasks {
        let mut masks = FormatMasks::default();
        for (id, support) in (0u32..).map(FormatId).zip(&self.formats) {
            // Guest memory answers for what the GPU never draws to.
            let compressed = id.info().is_some_and(FormatInfo::is_compressed);
            let read = support.read || (compressed && support.sample);
            let wanted = [
                // Mesa asks for the right to sample before it draws depth.
                (support.sample || support.renderbuffer, &mut masks.sample),
                (support.render, &mut masks.render),
                (read, &mut masks.readback),
                (support.samples > 1, &mut masks.multisample),
            ];
            for (yes, set) in wanted {
                if yes {
                    set.insert(id);
                }
            }
        }
        masks
    }

    /// What can be done with a format.
    pub fn of(&self, format: FormatId) -> Support {
        self.formats
            .get(format.0 as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Can it be drawn to?
    pub fn renders(&self, format: FormatId) -> bool {
        self.of(format).render
    }

    /// Can it be stored at all?
    pub fn samples_or_renders(&self, format: FormatId) -> bool {
        let support = self.of(format);
        support.sample || support.render
    }

    /// The number of samples to store for a guest that wants `wanted` (above 1): the next
    /// power of two that the host has.
    pub fn sample_count(&self, format: FormatId, wanted: u32) -> u32 {
        let most = u32::from(self.of(format).samples);
        wanted.next_power_of_two().min(most)
    }
}

fn gl_format(format: FormatId, es20: bool) -> Option<&'static GlFormat> {
    if es20 { format.gl_es20() } else { format.gl() }
}

fn try_format(gl: &Rc<Gl>, caps: &Capabilities, info: &FormatInfo, format: &GlFormat) -> Support {
    let mut support = Support::default();
    let Ok(texture) = Texture::new(gl) else {
        return support;
    };
    gl.take_error();
    gl.edit_texture(glow::TEXTURE_2D, texture.name());
    gl.tex_storage_2d(glow::TEXTURE_2D, 1, format.internal, TRIAL_SIZE, TRIAL_SIZE);
    if gl.take_error().is_some() {
        return support;
    }
    support.sample = true;
    if info.is_compressed() {
        return support;
    }
    let Ok(framebuffer) = Framebuffer::new(gl) else {
        return support;
    };
    gl.bind_read_framebuffer(Some(framebuffer.name()));
    let attachment = match (info.is_depth(), info.is_stencil()) {
        (true, true) => glow::DEPTH_STENCIL_ATTACHMENT,
        (true, false) => glow::DEPTH_ATTACHMENT,
        (false, true) => glow::STENCIL_ATTACHMENT,
        (false, false) => glow::COLOR_ATTACHMENT0,
    };
    let name = Some(texture.name());
    gl.framebuffer_texture_2d(
        glow::READ_FRAMEBUFFER,
        attachment,
        glow::TEXTURE_2D,
        name,
        0,
    );
    let complete = gl.check_framebuffer_status(glow::READ_FRAMEBUFFER);
    support.render = complete == glow::FRAMEBUFFER_COMPLETE && gl.take_error().is_none();
    if support.render {
        let pixel = PixelFormat {
            format: format.format,
            ty: format.ty,
            bytes: info.block.bytes.into(),
        };
        let mut out = [0; (TRIAL_SIZE * TRIAL_SIZE * 16) as usize];
        gl.read_pixels([0, 0, TRIAL_SIZE, TRIAL_SIZE], pixel, &mut out);
        support.read = gl.take_error().is_none();
        if caps.has(Feature::TextureMultisample) {
            let target = glow::TEXTURE_2D_MULTISAMPLE;
            let most = gl.internal_format_i32(target, format.internal, glow::SAMPLES);
            support.samples = most.clamp(0, 16) as u8;
            gl.take_error();
        }
    }
    support
}
