//! Framebuffers: attachments as the guest binds them, kept by their surfaces.

use std::collections::HashMap;
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::context::state::{FramebufferState, MAX_COLOR_BUFFERS};
use crate::gl::Framebuffer;
use crate::host::Host;
use crate::protocol::formats::ChannelKind;
use crate::resource::texture::attachment_of;
use crate::resource::view::{Encoding, SurfaceView};

/// Framebuffers that are kept.
const MAX_FRAMEBUFFERS: usize = 256;

/// What draws must know of the attachments. Bit n of a mask stands for colour buffer n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FramebufferInfo {
    /// Width of the smallest attachment in pixels.
    pub width: u32,
    /// Height of the smallest attachment in pixels.
    pub height: u32,
    /// Samples a pixel, 0 without multisampling.
    pub samples: u32,
    /// Number of colour buffers, holes included.
    pub color_count: usize,
    /// Colour buffers that there are.
    pub colors: u8,
    /// Colour buffers with signed integers.
    pub int_colors: u8,
    /// Colour buffers with unsigned integers.
    pub uint_colors: u8,
    /// The first colour buffer is not of integers, so that an alpha test makes sense.
    pub has_float_color: bool,
    /// The first colour buffer is normalised: logical operations work on its bits.
    pub has_unorm_color: bool,
    /// Colour buffers that the host encodes as sRGB though the guest does not want it.
    pub undo_srgb: u8,
    /// Colour buffers that the host does not encode as sRGB though the guest wants it.
    pub do_srgb: u8,
    /// Colour buffers whose stored alpha must read as one.
    pub hides_alpha: u8,
}

/// A framebuffer and what is attached to it.
pub struct CachedFramebuffer {
    framebuffer: Framebuffer,
    /// What draws must know.
    pub info: FramebufferInfo,
    complete: bool,
}

/// Serial numbers of the surfaces (colours, then depth-stencil), and the shape without
/// any.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    surfaces: [u64; MAX_COLOR_BUFFERS + 1],
    no_attachments: [u32; 4],
}

impl Key {
    fn of(state: &FramebufferState) -> Self {
        let serial = |surface: &Option<Rc<SurfaceView>>| surface.as_ref().map_or(0, |s| s.serial);
        let mut surfaces = [0; MAX_COLOR_BUFFERS + 1];
        for (slot, surface) in surfaces.iter_mut().zip(&state.colors[..state.color_count]) {
            *slot = serial(surface);
        }
        surfaces[MAX_COLOR_BUFFERS] = serial(&state.depth_stencil);
        let empty = surfaces.iter().all(|serial| *serial == 0);
        Self {
            surfaces,
            no_attachments: if empty { state.no_attachments } else { [0; 4] },
        }
    }
}

/// All framebuffers of a renderer.
#[derive(Default)]
pub struct FramebufferCache(HashMap<Key, Rc<CachedFramebuffer>>);

impl FramebufferCache {
    /// Drops the framebuffers that a surface is attached to, so that they do not keep its
    /// texture alive.
    pub fn forget(&mut self, surface: u64) {
        self.0.retain(|key, _| !key.surfaces.contains(&surface));
    }

    /// Drops all framebuffers.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Binds the framebuffer for `state` for drawing.
///
/// # Errors
/// If the host cannot draw to this combination of attachments.
pub fn bind(host: &Host, state: &FramebufferState) -> Result<Rc<CachedFramebuffer>, CommandError> {
    let key = Key::of(state);
    let mut cache = host.framebuffers.borrow_mut();
    let cached = match cache.0.get(&key) {
        Some(cached) => Rc::clone(cached),
        None => {
            if cache.0.len() >= MAX_FRAMEBUFFERS {
                cache
                    .0
                    .retain(|_, framebuffer| Rc::strong_count(framebuffer) > 1);
            }
            let made = Rc::new(make(host, state)?);
            cache.0.insert(key, Rc::clone(&made));
            made
        }
    };
    if !cached.complete {
        return Err(CommandError::Unsupported("this combination of attachments"));
    }
    host.gl
        .bind_draw_framebuffer(Some(cached.framebuffer.name()));
    Ok(cached)
}

fn make(host: &Host, state: &FramebufferState) -> Result<CachedFramebuffer, CommandError> {
    let gl = &host.gl;
    let framebuffer = Framebuffer::new(gl).map_err(CommandError::Host)?;
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    let mut info = FramebufferInfo {
        color_count: state.color_count,
        width: u32::MAX,
        height: u32::MAX,
        ..FramebufferInfo::default()
    };
    let mut buffers = [glow::NONE; MAX_COLOR_BUFFERS];
    for (index, surface) in state.colors[..state.color_count].iter().enumerate() {
        let Some(surface) = surface else { continue };
        let attachment = glow::COLOR_ATTACHMENT0 + index as u32;
        surface.attach(gl, attachment);
        buffers[index] = attachment;
        info.add(surface);
        let bit = 1 << index;
        info.colors |= bit;
        if surface.info.is_signed_integer() {
            info.int_colors |= bit;
        } else if surface.info.is_integer() {
            info.uint_colors |= bit;
        } else if index == 0 {
            info.has_float_color = true;
            info.has_unorm_color = surface.info.kind() == ChannelKind::Unorm;
        }
        match surface.encoding() {
            Encoding::Right => {}
            Encoding::Undo => info.undo_srgb |= bit,
            Encoding::Do => info.do_srgb |= bit,
        }
        if surface.hides_alpha() {
            info.hides_alpha |= bit;
        }
    }
    gl.draw_buffers(&buffers[..state.color_count.max(1)]);
    if let Some(surface) = &state.depth_stencil {
        surface.attach(gl, attachment_of(surface.resource.shape()));
        info.add(surface);
    }
    if info.width == u32::MAX {
        let [width, height, layers, samples] = state.no_attachments;
        (info.width, info.height, info.samples) = (width, height, samples);
        gl.framebuffer_defaults(width, height, layers, samples);
    }
    let status = gl.check_framebuffer_status(glow::DRAW_FRAMEBUFFER);
    if status != glow::FRAMEBUFFER_COMPLETE {
        log::debug!("framebuffer status {status:#x}");
    }
    Ok(CachedFramebuffer {
        framebuffer,
        info,
        complete: status == glow::FRAMEBUFFER_COMPLETE,
    })
}

impl FramebufferInfo {
    fn add(&mut self, surface: &SurfaceView) {
        let (width, height) = surface.size();
        self.width = self.width.min(width);
        self.height = self.height.min(height);
        self.samples = self.samples.max(surface.samples());
    }
}
