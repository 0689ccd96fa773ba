//! Clears of attachments, surfaces and textures.
//!
//! A clear writes whatever masks, scissors and discards say, so it sets GL's state aside
//! and marks what it touched as not seen.

use maro_gpu::renderer::{Box3, Rect};

use crate::context::SubContext;
use crate::context::error::CommandError;
use crate::context::state::{Dirty, State};
use crate::decode::{Clear, ClearSurface};
use crate::gl::Gl;
use crate::gl::host::Feature;
use crate::host::Host;
use crate::protocol::flags::ClearBuffers;
use crate::protocol::formats::FormatInfo;
use crate::resource::Resource;
use crate::resource::texture::attachment_of;
use crate::resource::view::{Encoding, SurfaceView};

/// State that a clear overwrites in GL.
const TOUCHED: Dirty = Dirty::SCISSOR
    .union(Dirty::BLEND)
    .union(Dirty::DEPTH_STENCIL)
    .union(Dirty::RASTERIZER);

/// Clears attachments of the bound framebuffer.
///
/// # Errors
/// If the host cannot draw to it.
pub fn clear(host: &Host, sub: &mut SubContext, clear: &Clear) -> Result<(), CommandError> {
    if !sub.passes_condition(host) {
        return Ok(());
    }
    let SubContext { state, draw, .. } = sub;
    draw.bind_framebuffer(host, state)?;
    prepare(&host.gl, state, None);
    let gl = &host.gl;
    let framebuffer = &state.framebuffer;
    for (index, surface) in (0u32..).zip(&framebuffer.colors[..framebuffer.color_count]) {
        if let Some(surface) = surface
            && clear.buffers.color(index)
        {
            clear_color(gl, index, surface, &clear.color);
        }
    }
    if gl.is_es20() && framebuffer.color_count > 1 {
        // Clearing one attachment chose it alone.
        draw.draw_to_all(host);
    }
    if let Some(surface) = &framebuffer.depth_stencil {
        clear_depth_stencil(gl, surface.info, clear.buffers, clear.depth, clear.stencil);
    }
    Ok(())
}

/// Clears a rectangle of a surface that need not be bound.
///
/// # Errors
/// If the surface does not exist.
pub fn clear_surface(
    host: &Host,
    sub: &mut SubContext,
    clear: &ClearSurface,
) -> Result<(), CommandError> {
    if clear.render_condition && !sub.passes_condition(host) {
        return Ok(());
    }
    let surface = sub.objects.surface(clear.surface)?.clone();
    let [x, y, width, height] = clear.rect;
    let area = clip(
        Rect {
            x,
            y,
            width,
            height,
        },
        surface.size(),
    );
    let attachment = attach(host, &surface);
    prepare(&host.gl, &mut sub.state, Some(area));
    if attachment == glow::COLOR_ATTACHMENT0 {
        clear_color(&host.gl, 0, &surface, &clear.color);
    } else {
        let (depth, stencil) = (clear.depth(), clear.stencil());
        clear_depth_stencil(&host.gl, surface.info, clear.buffers, depth, stencil);
    }
    host.detach_after_drawing(attachment);
    Ok(())
}

/// Fills a box of a texture with one texel given in the guest's format.
///
/// # Errors
/// If the resource is no texture, the box lies outside, or the host lacks the call.
pub fn clear_texture(
    host: &Host,
    resource: &Resource,
    level: u32,
    region: &Box3,
    texel: [u32; 4],
) -> Result<(), CommandError> {
    let Some(texture) = resource.texture() else {
        return Err(CommandError::WrongResource {
            id: resource.id(),
            wanted: "texture",
        });
    };
    if !host.caps.has(Feature::ClearTexture) {
        return Err(CommandError::Unsupported("clearing a texture"));
    }
    resource
        .shape()
        .check_box(level, region)
        .map_err(|_| CommandError::OutOfRange("box of a texture to clear"))?;
    let mut bytes = [0; 16];
    for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(texel) {
        *bytes = word.to_le_bytes();
    }
    let block = usize::from(resource.shape().block().bytes).min(bytes.len());
    texture.format().conversion.to_gl(&mut bytes[..block]);
    host.gl
        .clear_texture_box(texture.name(), level, region, texture.format(), &bytes);
    Ok(())
}

/// Attaches a surface to the scratch framebuffer; returns where.
fn attach(host: &Host, surface: &SurfaceView) -> u32 {
    let attachment = attachment_of(surface.resource.shape());
    host.gl.bind_draw_framebuffer(Some(host.draw_framebuffer()));
    surface.attach(&host.gl, attachment);
    let color = attachment == glow::COLOR_ATTACHMENT0;
    host.gl
        .draw_buffers(&[if color { attachment } else { glow::NONE }]);
    attachment
}

/// Opens all masks, and the scissor to `area` or to everything.
fn prepare(gl: &Gl, state: &mut State, area: Option<Rect>) {
    gl.prepare_clear(area);
    gl.stencil_mask(!0);
    state.dirty |= TOUCHED;
}

fn clear_color(gl: &Gl, index: u32, surface: &SurfaceView, color: &[u32; 4]) {
    let info = surface.info;
    if info.is_signed_integer() {
        gl.clear_buffer_i32_slice(glow::COLOR, index, &color.map(|word| word as i32));
    } else if info.is_integer() {
        gl.clear_buffer_u32_slice(glow::COLOR, index, color);
    } else {
        let [r, g, b, a] = color.map(f32::from_bits);
        let convert = match surface.encoding() {
            Encoding::Right => |value| value,
            Encoding::Undo => srgb_to_linear,
            Encoding::Do => linear_to_srgb,
        };
        let color = [convert(r), convert(g), convert(b), a];
        gl.clear_buffer_color(index, &color);
    }
}

/// The value whose sRGB encoding is `value`.
fn srgb_to_linear(value: f32) -> f32 {
    let value = value.clamp(0.0, 1.0);
    if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// The sRGB encoding of `value`.
fn linear_to_srgb(value: f32) -> f32 {
    let value = value.clamp(0.0, 1.0);
    if value <= 0.003_130_8 {
        value * 12.92
    } else {
        1.055 * value.powf(1.0 / 2.4) - 0.055
    }
}

fn clear_depth_stencil(
    gl: &Gl,
    info: &FormatInfo,
    buffers: ClearBuffers,
    depth: f64,
    stencil: u32,
) {
    let clear_depth = buffers.contains(ClearBuffers::DEPTH) && info.is_depth();
    let clear_stencil = buffers.contains(ClearBuffers::STENCIL) && info.is_stencil();
    gl.clear_buffer_depth_stencil(
        clear_depth.then_some(depth as f32),
        clear_stencil.then_some(stencil as i32),
    );
}

/// The part of `rect` within a surface of this size.
fn clip(rect: Rect, (width, height): (u32, u32)) -> Rect {
    let x = rect.x.min(width);
    let y = rect.y.min(height);
    Rect {
        x,
        y,
        width: rect.width.min(width - x),
        height: rect.height.min(height - y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_conversions_undo_each_other() {
        for step in 0..=255u8 {
            let value = f32::from(step) / 255.0;
            assert!((srgb_to_linear(linear_to_srgb(value)) - value).abs() < 1e-5);
        }
        assert!((linear_to_srgb(0.5) - 0.735_36).abs() < 1e-4);
        assert_eq!(srgb_to_linear(7.0), 1.0);
    }

    #[test]
    fn clip_keeps_what_lies_inside() {
        let rect = Rect {
            x: 10,
            y: 90,
            width: u32::MAX,
            height: 20,
        };
        let clipped = clip(rect, (64, 100));
        assert_eq!(
            clipped,
            Rect {
                x: 10,
                y: 90,
                width: 54,
                height: 10
            }
        );
        assert_eq!(clip(Rect { x: 70, ..rect }, (64, 100)).width, 0);
    }
}
