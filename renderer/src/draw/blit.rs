//! The `BLIT` command: by `glBlitFramebuffer` where that does the same, else by drawing.

use std::rc::Rc;

use maro_gpu::renderer::Box3;

use super::blitter::{Kind, Recipe, SourceRect};
use super::copy20::{Place, draw_through};
use super::depth_read;
use crate::context::SubContext;
use crate::context::error::CommandError;
use crate::context::state::Dirty;
use crate::decode::{Blit, BlitSide, CopyRegion};
use crate::gl::host::Feature;
use crate::gl::{Gl, Texture};
use crate::host::Host;
use crate::protocol::bindings::Scissor;
use crate::protocol::flags::BlitMask;
use crate::protocol::formats::FormatInfo;
use crate::protocol::objects;
use crate::protocol::values::{Filter, Swizzle, TextureTarget};
use crate::resource::Resource;
use crate::resource::copy::copy_region;
use crate::resource::texture::{TextureStorage, attachment_of};
use crate::resource::view::{BlitView, SurfaceView};

/// Farthest corner of a blit, whose box may stick out of its level.
const MAX_COORDINATE: i64 = i32::MAX as i64;

/// One end of a blit, checked.
struct Side<'a> {
    resource: &'a Rc<Resource>,
    texture: &'a TextureStorage,
    info: &'static FormatInfo,
    side: &'a BlitSide,
    /// Width, height and slices of the level.
    size: [u32; 3],
}

impl<'a> Side<'a> {
    fn new(resource: &'a Rc<Resource>, side: &'a BlitSide) -> Result<Self, CommandError> {
        let Some(texture) = resource.texture() else {
            return Err(CommandError::WrongResource {
                id: side.resource,
                wanted: "texture",
            });
        };
        let level = resource
            .shape()
            .level(side.level)
            .map_err(|_| CommandError::OutOfRange("level of a blit"))?;
        let slices = match resource.shape().target {
            TextureTarget::Texture3d => level.depth,
            _ => resource.shape().layers,
        };
        let size = [level.width, level.height, slices];
        let corners = |axis: usize| {
            let from = i64::from(side.region.origin[axis]);
            [from, from + i64::from(side.region.extent[axis])]
        };
        // Blits are clipped in x and y, and there must be what is read and written in z.
        let sane = -MAX_COORDINATE..=MAX_COORDINATE;
        let depth = 0..=i64::from(slices);
        let inside = [0, 1]
            .iter()
            .all(|&axis| corners(axis).iter().all(|at| sane.contains(at)))
            && corners(2).iter().all(|at| depth.contains(at));
        if !inside {
            return Err(CommandError::OutOfRange("box of a blit"));
        }
        Ok(Self {
            resource,
            texture,
            info: side.format.check()?,
            side,
            size,
        })
    }

    /// The corners in x and y; mirrored ones are in reverse order.
    fn corners(&self) -> [i32; 4] {
        let [x, y, _] = self.side.region.origin;
        let [width, height, _] = self.side.region.extent;
        [x, y, x + width, y + height]
    }

    /// First slice, and their number.
    fn slices(&self) -> (u32, u32) {
        let (z, depth) = (self.side.region.origin[2], self.side.region.extent[2]);
        (z.min(z + depth).unsigned_abs(), depth.unsigned_abs())
    }
}

/// Executes a blit.
///
/// # Errors
/// If a side is not sound, or the host cannot do it.
pub fn blit(host: &Host, sub: &mut SubContext, blit: &Blit) -> Result<(), CommandError> {
    if blit.render_condition && !sub.passes_condition(host) {
        return Ok(());
    }
    let (src_resource, dst_resource) = (
        sub.resource(blit.src.resource)?,
        sub.resource(blit.dst.resource)?,
    );
    let src = Side::new(&src_resource, &blit.src)?;
    let dst = Side::new(&dst_resource, &blit.dst)?;
    if let Some(copy) = as_copy(host, &src, &dst, blit)
        && copy_region(host, &src_resource, &dst_resource, &copy).is_ok()
    {
        return Ok(());
    }
    sub.state.dirty |= Dirty::all();
    host.gl.set_enabled(glow::RASTERIZER_DISCARD, false);
    set_scissor(host, blit);
    if can_use_framebuffers(host, &src, &dst, blit) {
        blit_framebuffers(host, &src, &dst, blit);
        Ok(())
    } else {
        // What a blit draws counts for no query.
        sub.queries.pause(&host.gl);
        let result = blit_drawn(host, &src, &dst, blit);
        sub.queries.resume(&host.gl);
        result
    }
}

fn set_scissor(host: &Host, blit: &Blit) {
    match blit.scissor {
        Some(scissor) => {
            host.gl.set_enabled(glow::SCISSOR_TEST, true);
            let size = |min: u16, max: u16| i32::from(max.saturating_sub(min));
            host.gl.scissor(
                scissor.min_x.into(),
                scissor.min_y.into(),
                size(scissor.min_x, scissor.max_x),
                size(scissor.min_y, scissor.max_y),
            );
        }
        None => host.gl.set_enabled(glow::SCISSOR_TEST, false),
    }
}

/// The copy that a blit is whose sides are seen in one format that is not their own: Mesa
/// copies texels between formats so, of which not all can be drawn to.
fn as_copy(host: &Host, src: &Side<'_>, dst: &Side<'_>, blit: &Blit) -> Option<CopyRegion> {
    let own_format = |side: &Side<'_>| side.side.format == side.resource.format();
    let (from, to) = (src.side.region, dst.side.region);
    let plain = host.caps.has(Feature::CopyImage)
        && blit.mask.contains(BlitMask::COLOR)
        && blit.scissor.is_none()
        && !blit.alpha_blend
        && src.side.format == dst.side.format
        && !(own_format(src) && own_format(dst))
        && !Rc::ptr_eq(src.resource, dst.resource)
        && src.texture.samples() == dst.texture.samples()
        && from.extent == to.extent;
    if !plain {
        return None;
    }
    let unsigned = |values: [i32; 3]| -> Option<[u32; 3]> {
        let [x, y, z] = values.map(|value| u32::try_from(value).ok());
        Some([x?, y?, z?])
    };
    let ([x, y, z], [width, height, depth]) = (unsigned(from.origin)?, unsigned(from.extent)?);
    Some(CopyRegion {
        dst: dst.side.resource,
        dst_level: dst.side.level,
        dst_origin: unsigned(to.origin)?,
        src: src.side.resource,
        src_level: src.side.level,
        src_box: Box3 {
            x,
            y,
            z,
            width,
            height,
            depth,
        },
    })
}

/// Does `glBlitFramebuffer` of OpenGL ES do just this?
fn can_use_framebuffers(host: &Host, src: &Side<'_>, dst: &Side<'_>, blit: &Blit) -> bool {
    if host.gl.is_es20() {
        return false;
    }
    let depth_stencil = blit.mask.intersects(BlitMask::DEPTH | BlitMask::STENCIL);
    let color = blit.mask.intersects(BlitMask::COLOR);
    let same_storage = src.texture.format().internal == dst.texture.format().internal;
    let views_as_stored = [src, dst].iter().all(|side| {
        side.side
            .format
            .gl()
            .is_none_or(|gl| gl.internal == side.texture.format().internal)
    });
    let (first_src, slices_src) = src.slices();
    let (first_dst, slices_dst) = dst.slices();
    // A blit within one image has an undefined result even without overlap on some hosts.
    let one_image = Rc::ptr_eq(src.resource, dst.resource)
        && src.side.level == dst.side.level
        && first_src == first_dst;
    let attachable = |side: &Side<'_>| host.formats.renders(side.resource.format());
    let common = slices_src == slices_dst
        && attachable(src)
        && attachable(dst)
        && views_as_stored
        && !one_image
        && !blit.alpha_blend
        && dst.texture.samples() == 0
        && (src.texture.samples() == 0 || (src.corners() == dst.corners() && same_storage))
        && src.side.region.extent[2].signum() == dst.side.region.extent[2].signum();
    let suits_color = !color
        || (blit.mask.contains(BlitMask::COLOR)
            && src.info.kind().is_integer() == dst.info.kind().is_integer()
            && src.info.is_signed_integer() == dst.info.is_signed_integer()
            && src.texture.format().swizzle == dst.texture.format().swizzle
            && (blit.filter == Filter::Nearest || !src.info.is_integer()));
    let suits_depth = !depth_stencil || (same_storage && blit.filter == Filter::Nearest);
    common && suits_color && suits_depth
}

fn blit_framebuffers(host: &Host, src: &Side<'_>, dst: &Side<'_>, blit: &Blit) {
    let mut mask = 0;
    for (part, bit) in [
        (BlitMask::COLOR, glow::COLOR_BUFFER_BIT),
        (BlitMask::DEPTH, glow::DEPTH_BUFFER_BIT),
        (BlitMask::STENCIL, glow::STENCIL_BUFFER_BIT),
    ] {
        if blit.mask.intersects(part) {
            mask |= bit;
        }
    }
    let filter = match blit.filter {
        Filter::Nearest => glow::NEAREST,
        Filter::Linear => glow::LINEAR,
    };
    let (src_attachment, dst_attachment) = (
        attachment_of(src.resource.shape()),
        attachment_of(dst.resource.shape()),
    );
    let ((first_src, slices), (first_dst, _)) = (src.slices(), dst.slices());
    let ([sx0, sy0, sx1, sy1], [dx0, dy0, dx1, dy1]) = (src.corners(), dst.corners());
    for slice in 0..slices {
        let (level, z) = (src.side.level, first_src + slice);
        host.attach_for_reading(src.texture, src_attachment, level, z);
        let (level, z) = (dst.side.level, first_dst + slice);
        host.attach_for_drawing(dst.texture, dst_attachment, level, z);
        host.gl
            .blit_framebuffer(sx0, sy0, sx1, sy1, dx0, dy0, dx1, dy1, mask, filter);
        host.detach_after_reading(src_attachment);
        host.detach_after_drawing(dst_attachment);
    }
}

/// The kinds of drawing that a mask asks for.
fn kinds(src: &Side<'_>, blit: &Blit) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(2);
    if blit.mask.intersects(BlitMask::COLOR) {
        kinds.push(if src.info.is_signed_integer() {
            Kind::Int
        } else if src.info.is_integer() {
            Kind::Uint
        } else {
            Kind::Float
        });
    }
    if blit.mask.contains(BlitMask::DEPTH) {
        kinds.push(Kind::Depth);
    }
    if blit.mask.contains(BlitMask::STENCIL) {
        kinds.push(Kind::Stencil);
    }
    kinds
}

fn blit_drawn(
    host: &Host,
    src: &Side<'_>,
    dst: &Side<'_>,
    blit: &Blit,
) -> Result<(), CommandError> {
    for kind in kinds(src, blit) {
        if host.gl.is_es20()
            && kind == Kind::Float
            && dst.side.level > 0
            && !host.caps.has(Feature::RenderMipmap)
        {
            return blit_to_level(host, src, dst, blit);
        }
        let drawn = host.gl.is_es20() && src.texture.target() == glow::TEXTURE_2D;
        if kind == Kind::Stencil && !drawn && !host.caps.has(Feature::StencilTexturing) {
            return Err(CommandError::Unsupported(
                "a blit of stencil between formats",
            ));
        }
        let stencil = if kind == Kind::Stencil && drawn {
            let (shape, level) = (src.resource.shape(), src.side.level);
            let picture = depth_read::stencil_picture(host, src.texture, shape, level);
            Some(picture.map_err(CommandError::Host)?)
        } else {
            None
        };
        set_draw_state(host, blit, kind);
        let source = BlitSource {
            stencil,
            ..BlitSource::new(host, src, kind)?
        };
        set_scissor(host, blit);
        let ((first_src, slices_src), (first_dst, slices_dst)) = (src.slices(), dst.slices());
        for slice in 0..slices_dst {
            // The middle of the slice, between the source's first and last.
            let at = (slice as f32 + 0.5) * slices_src as f32 / slices_dst.max(1) as f32;
            let source_slice = first_src as f32 + at;
            let surface = objects::Surface {
                resource: dst.side.resource,
                format: dst.side.format,
                level: dst.side.level,
                first_layer: first_dst + slice,
                last_layer: first_dst + slice,
                samples: 0,
            };
            let surface = SurfaceView::new(host, Rc::clone(dst.resource), &surface)?;
            let attachment = attachment_of(dst.resource.shape());
            host.gl.bind_draw_framebuffer(Some(host.draw_framebuffer()));
            surface.attach(&host.gl, attachment);
            let color = attachment == glow::COLOR_ATTACHMENT0;
            host.gl
                .draw_buffers(&[if color { attachment } else { glow::NONE }]);
            let result = draw_slice(host, &source, dst, blit, source_slice);
            source.view.release(&host.gl);
            host.detach_after_drawing(attachment);
            result?;
        }
    }
    Ok(())
}

/// A blit to a mip level that nothing can be drawn to: all channels of a rectangle that
/// lies within, which is what making mip levels takes.
fn blit_to_level(
    host: &Host,
    src: &Side<'_>,
    dst: &Side<'_>,
    blit: &Blit,
) -> Result<(), CommandError> {
    let [x0, y0, x1, y1] = dst.corners();
    let [width, height, _] = dst.size;
    let inside = 0 <= x0 && x0 < x1 && x1 <= width as i32 && 0 <= y0 && y0 < y1;
    let volume = dst.texture.target() == glow::TEXTURE_3D;
    let whole = blit.mask.contains(BlitMask::COLOR) && !blit.alpha_blend;
    if !inside || y1 > height as i32 || volume || !whole || blit.scissor.is_some() {
        return Err(CommandError::Unsupported("drawing to a mip level"));
    }
    let size = [(x1 - x0) as u32, (y1 - y0) as u32];
    let source = BlitSource::new(host, src, Kind::Float)?;
    let target = depth_read::picture(&host.gl, size.map(|size| size as i32));
    let target = target.map_err(CommandError::Host)?;
    let corners = src.corners();
    let [sx0, sy0, sx1, sy1] = corners;
    let scale = [(sx1 - sx0, size[0]), (sy1 - sy0, size[1])]
        .map(|(from, to)| from.abs() as f32 / to as f32)
        .into_iter()
        .fold(0.0, f32::max);
    let ((first_src, _), (first_dst, slices)) = (src.slices(), dst.slices());
    for slice in 0..slices {
        let rect = SourceRect {
            corners: corners.map(|corner| corner as f32),
            size: [src.size[0] as f32, src.size[1] as f32],
            slice: (first_src + slice) as f32,
            level: src.side.level,
            samples: 0,
            swizzle: source.swizzle,
            stencil_bit: 0,
            scale,
        };
        let place = Place {
            level: dst.side.level,
            at: [x0 as u32, y0 as u32, first_dst + slice],
            size,
        };
        let filter = blit.filter;
        draw_through(
            host,
            &target,
            src.texture,
            &rect,
            filter,
            dst.texture,
            &place,
        )?;
    }
    Ok(())
}

fn set_draw_state(host: &Host, blit: &Blit, kind: Kind) {
    let gl = &host.gl;
    let depth = kind == Kind::Depth;
    for capability in [
        glow::CULL_FACE,
        glow::POLYGON_OFFSET_FILL,
        glow::SAMPLE_ALPHA_TO_COVERAGE,
        glow::SAMPLE_MASK,
        glow::SAMPLE_SHADING,
        glow::PRIMITIVE_RESTART_FIXED_INDEX,
    ] {
        gl.set_enabled(capability, false);
    }
    for plane in 0..8 {
        if host.caps.has(crate::gl::host::Feature::ClipCullDistance) {
            gl.set_enabled(glow::CLIP_DISTANCE0 + plane, false);
        }
    }
    gl.set_enabled(glow::DEPTH_TEST, depth);
    gl.depth_mask(depth);
    gl.depth_range(0.0, 1.0);
    gl.clip_control(false);
    if depth {
        gl.depth_func(glow::ALWAYS);
    }
    gl.set_enabled(glow::BLEND, blit.alpha_blend && kind == Kind::Float);
    if blit.alpha_blend {
        gl.blend_equation_separate(glow::FUNC_ADD, glow::FUNC_ADD);
        gl.blend_func_separate(
            glow::SRC_ALPHA,
            glow::ONE_MINUS_SRC_ALPHA,
            glow::SRC_ALPHA,
            glow::ONE_MINUS_SRC_ALPHA,
        );
    }
    let channels = [
        BlitMask::RED,
        BlitMask::GREEN,
        BlitMask::BLUE,
        BlitMask::ALPHA,
    ];
    let color = !depth && kind != Kind::Stencil;
    gl.color_mask(channels.map(|channel| color && blit.mask.contains(channel)));
    gl.set_enabled(glow::STENCIL_TEST, kind == Kind::Stencil);
}

/// The source of a drawn blit as a texture that shaders can read.
struct BlitSource<'a> {
    side: &'a Side<'a>,
    kind: Kind,
    view: BlitView<'a>,
    /// What the texture's own swizzle does not do yet.
    swizzle: [Swizzle; 4],
    /// The stencil values as a picture, on hosts whose shaders cannot read them.
    stencil: Option<Texture>,
}

impl<'a> BlitSource<'a> {
    fn new(host: &Host, side: &'a Side<'a>, kind: Kind) -> Result<Self, CommandError> {
        let format = side.side.format;
        let view = BlitView::new(host, side.resource, format, kind == Kind::Stencil)?;
        let wanted = host
            .formats
            .gl(format)
            .map_or(Swizzle::IDENTITY, |gl| gl.swizzle);
        // The texture applies the swizzle of the format that it is stored in.
        let swizzle = if wanted == view.swizzle() {
            Swizzle::IDENTITY
        } else {
            wanted
        };
        Ok(Self {
            side,
            kind,
            view,
            swizzle,
            stencil: None,
        })
    }
}

fn draw_slice(
    host: &Host,
    source: &BlitSource<'_>,
    dst: &Side<'_>,
    blit: &Blit,
    slice: f32,
) -> Result<(), CommandError> {
    let gl = &host.gl;
    let src = source.side;
    let [dx0, dy0, dx1, dy1] = dst.corners();
    let [mut sx0, mut sy0, mut sx1, mut sy1] = src.corners();
    // The drawn rectangle is upright; a mirrored target mirrors the source instead.
    if dx1 < dx0 {
        std::mem::swap(&mut sx0, &mut sx1);
    }
    if dy1 < dy0 {
        std::mem::swap(&mut sy0, &mut sy1);
    }
    gl.viewport(
        dx0.min(dx1),
        dy0.min(dy1),
        dx1.saturating_sub(dx0).saturating_abs(),
        dy1.saturating_sub(dy0).saturating_abs(),
    );
    source.view.bind(gl, gl.draw_units());
    let [width, height, slices] = src.size;
    let slice = match src.resource.shape().target {
        TextureTarget::Texture3d => slice / slices.max(1) as f32,
        _ => slice.floor(),
    };
    let mut rect = SourceRect {
        corners: [sx0, sy0, sx1, sy1].map(|value| value as f32),
        size: [width as f32, height as f32],
        slice,
        level: src.side.level,
        samples: src.texture.samples(),
        swizzle: source.swizzle,
        stencil_bit: 0,
        scale: [(sx1 - sx0, dx1 - dx0), (sy1 - sy0, dy1 - dy0)]
            .map(|(from, to)| from.abs() as f32 / to.abs().max(1) as f32)
            .into_iter()
            .fold(0.0, f32::max),
    };
    let kind = source.kind;
    let recipe = Recipe {
        kind,
        target: src.texture.target(),
        each_sample: src.texture.samples() > 0
            && src.texture.samples() == dst.texture.samples()
            && host.caps.has(Feature::SampleVariables),
    };
    let filter = if kind == Kind::Float {
        blit.filter
    } else {
        Filter::Nearest
    };
    if let Some(picture) = &source.stencil {
        gl.edit_texture(glow::TEXTURE_2D, picture.name());
        rect.level = 0;
    } else if gl.is_es20() {
        src.texture.prepare_blit(gl, filter);
    }
    let mut blitter = host.blitter.borrow_mut();
    if kind != Kind::Stencil {
        return blitter.draw(host, recipe, filter, &rect);
    }
    // All bits to zero, then each to one where the source has it.
    gl.stencil_op_separate(glow::FRONT_AND_BACK, glow::KEEP, glow::KEEP, glow::REPLACE);
    gl.stencil_func_separate(glow::FRONT_AND_BACK, glow::ALWAYS, 0, 0xff);
    gl.stencil_mask(0xff);
    clear_stencil_rect(gl, dst.corners(), blit.scissor);
    gl.stencil_func_separate(glow::FRONT_AND_BACK, glow::ALWAYS, 0xff, 0xff);
    for bit in 0..8 {
        rect.stencil_bit = 1 << bit;
        gl.stencil_mask(rect.stencil_bit);
        blitter.draw(host, recipe, filter, &rect)?;
    }
    Ok(())
}

/// Clears the stencil of a rectangle, within the scissor.
fn clear_stencil_rect(gl: &Gl, corners: [i32; 4], scissor: Option<Scissor>) {
    let [x0, y0, x1, y1] = corners;
    let mut left = [x0.min(x1), y0.min(y1)];
    let mut right = [x0.max(x1), y0.max(y1)];
    if let Some(scissor) = scissor {
        left = [
            left[0].max(scissor.min_x.into()),
            left[1].max(scissor.min_y.into()),
        ];
        right = [
            right[0].min(scissor.max_x.into()),
            right[1].min(scissor.max_y.into()),
        ];
    }
    gl.set_enabled(glow::SCISSOR_TEST, true);
    let size = [0, 1].map(|axis| right[axis].saturating_sub(left[axis]).max(0));
    gl.scissor(left[0], left[1], size[0], size[1]);
    gl.clear_buffer_depth_stencil(None, Some(0));
    // The rectangle lies within the scissor: the draws may keep it.
}
