//! Fixed-function state: what needs no shader, shown to GL when it changed.

use super::blend;
use super::framebuffer::FramebufferInfo;
use crate::context::gl_enums;
use crate::context::state::{Dirty, State};
use crate::gl::Gl;
use crate::gl::host::Feature;
use crate::host::Host;
use crate::protocol::bindings::{Scissor, Viewport};
use crate::protocol::state::StencilFace;
use crate::protocol::values::FillMode;

/// Shows GL every part of `dirty` that is fixed-function.
pub fn apply(host: &Host, state: &State, target: &FramebufferInfo, dirty: Dirty) {
    let rasterizer_or_target = Dirty::RASTERIZER | Dirty::FRAMEBUFFER;
    if dirty.intersects(Dirty::VIEWPORT | Dirty::RASTERIZER) {
        apply_viewports(host, state);
    }
    if dirty.intersects(Dirty::SCISSOR | Dirty::RASTERIZER) {
        apply_scissors(host, state);
    }
    if dirty.intersects(Dirty::BLEND | Dirty::FRAMEBUFFER) {
        blend::apply(host, state, target);
    }
    if dirty.contains(Dirty::BLEND_COLOR) {
        let [r, g, b, a] = state.blend_color;
        host.gl.blend_color(r, g, b, a);
    }
    if dirty.contains(Dirty::DEPTH_STENCIL) {
        apply_depth_stencil(&host.gl, state);
    }
    if dirty.contains(Dirty::RASTERIZER) {
        apply_rasterizer(host, state);
    }
    if dirty.intersects(Dirty::SAMPLE_MASK | Dirty::BLEND | rasterizer_or_target) {
        apply_multisample(host, state, target);
    }
    if dirty.intersects(Dirty::MIN_SAMPLES | Dirty::FRAMEBUFFER) {
        apply_min_samples(host, state, target);
    }
}

/// Position and size of a viewport in GL's terms. Its height is never negative: an
/// upside-down viewport is drawn upright with the shader's y inverted.
fn viewport_rect(viewport: &Viewport) -> [f32; 4] {
    let [sx, sy, _] = viewport.scale;
    let [tx, ty, _] = viewport.translate;
    [tx - sx.abs(), ty - sy.abs(), 2.0 * sx.abs(), 2.0 * sy.abs()]
}

/// Near and far depth of a viewport; near may be the larger.
pub fn depth_range(viewport: &Viewport, half_z: bool) -> (f32, f32) {
    let (scale, translate) = (viewport.scale[2], viewport.translate[2]);
    let near = if half_z { translate } else { translate - scale };
    (near, translate + scale)
}

fn apply_viewports(host: &Host, state: &State) {
    let half_z = state.rasterizer.clip_halfz;
    let first = &state.viewports[0];
    let [x, y, width, height] = viewport_rect(first).map(|value| value.round() as i32);
    host.gl.viewport(x, y, width, height);
    let (near, far) = depth_range(first, half_z);
    host.gl.depth_range(near, far);
    let count = host.caps.limits.viewports as usize;
    for (index, viewport) in (0u32..).zip(&state.viewports).take(count).skip(1) {
        host.gl.viewport_indexed(
            index,
            viewport_rect(viewport),
            depth_range(viewport, half_z),
        );
    }
}

/// A scissor in GL's terms; an empty one has no size.
fn scissor_rect(scissor: &Scissor) -> [i32; 4] {
    let size = |min: u16, max: u16| i32::from(max.saturating_sub(min));
    [
        scissor.min_x.into(),
        scissor.min_y.into(),
        size(scissor.min_x, scissor.max_x),
        size(scissor.min_y, scissor.max_y),
    ]
}

fn apply_scissors(host: &Host, state: &State) {
    host.gl
        .set_enabled(glow::SCISSOR_TEST, state.rasterizer.scissor);
    if !state.rasterizer.scissor {
        return;
    }
    let [x, y, width, height] = scissor_rect(&state.scissors[0]);
    host.gl.scissor(x, y, width, height);
    let count = host.caps.limits.viewports as usize;
    for (index, scissor) in (0u32..).zip(&state.scissors).take(count).skip(1) {
        host.gl.scissor_indexed(index, scissor_rect(scissor));
    }
}

/// Shows GL the depth and stencil tests.
pub fn apply_depth_stencil(gl: &Gl, state: &State) {
    let tests = &state.depth_stencil_alpha;
    gl.set_enabled(glow::DEPTH_TEST, tests.depth.is_some());
    if let Some(depth) = tests.depth {
        gl.depth_func(gl_enums::compare_func(depth.func));
    }
    gl.depth_mask(tests.depth.is_some_and(|depth| depth.write));
    gl.set_enabled(glow::STENCIL_TEST, tests.front.is_some());
    let Some(front) = tests.front else { return };
    // Without a back state of its own, the front's counts for both faces.
    let (back, back_ref) = match tests.back {
        Some(back) => (back, state.stencil_ref.1),
        None => (front, state.stencil_ref.0),
    };
    for (face, test, reference) in [
        (glow::FRONT, front, state.stencil_ref.0),
        (glow::BACK, back, back_ref),
    ] {
        apply_stencil_face(gl, face, &test, reference);
    }
}

fn apply_stencil_face(gl: &Gl, face: u32, test: &StencilFace, reference: u8) {
    let func = gl_enums::compare_func(test.func);
    gl.stencil_func_separate(face, func, reference.into(), test.value_mask.into());
    gl.stencil_op_separate(
        face,
        gl_enums::stencil_op(test.fail),
        gl_enums::stencil_op(test.depth_fail),
        gl_enums::stencil_op(test.pass),
    );
    gl.stencil_mask_separate(face, test.write_mask.into());
}

fn apply_rasterizer(host: &Host, state: &State) {
    let gl = &host.gl;
    let rasterizer = &state.rasterizer;
    gl.set_enabled(glow::RASTERIZER_DISCARD, rasterizer.discard);
    // Gallium counts winding with y down, GL with y up: the same rows in memory.
    gl.front_face(if rasterizer.front_ccw {
        glow::CW
    } else {
        glow::CCW
    });
    let cull = gl_enums::cull_face(rasterizer.cull);
    gl.set_enabled(glow::CULL_FACE, cull.is_some());
    if let Some(face) = cull {
        gl.cull_face(face);
    }
    let [least, most] = host.caps.limits.line_width;
    if rasterizer.line_width.is_finite() {
        gl.line_width(rasterizer.line_width.clamp(least, most.max(least)));
    }
    let offset = &rasterizer.offset;
    gl.set_enabled(glow::POLYGON_OFFSET_FILL, offset.fill);
    if offset.fill {
        gl.polygon_offset_clamped(offset.scale, offset.units, offset.clamp);
    }
    if host.caps.has(Feature::DepthClamp) {
        gl.set_enabled(glow::DEPTH_CLAMP, !rasterizer.depth_clip);
    }
    if host.caps.has(Feature::ClipControl) {
        gl.clip_control(rasterizer.clip_halfz);
    }
    if host.caps.has(Feature::ClipCullDistance) {
        for plane in 0..8 {
            let on = rasterizer.clip_plane_enable & (1 << plane) != 0;
            gl.set_enabled(glow::CLIP_DISTANCE0 + plane, on);
        }
    }
    if host.caps.has(Feature::PolygonMode) {
        gl.polygon_mode(match rasterizer.fill_front {
            FillMode::Fill => glow::FILL,
            FillMode::Line => glow::LINE,
            FillMode::Point => glow::POINT,
        });
    }
}

fn apply_multisample(host: &Host, state: &State, target: &FramebufferInfo) {
    let gl = &host.gl;
    let multisample = target.samples > 0;
    let coverage = multisample && state.blend.alpha_to_coverage;
    gl.set_enabled(glow::SAMPLE_ALPHA_TO_COVERAGE, coverage);
    if host.caps.has(Feature::TextureMultisample) {
        let mask = multisample && state.rasterizer.multisample && state.sample_mask != !0;
        gl.set_enabled(glow::SAMPLE_MASK, mask);
        if mask {
            gl.sample_mask(state.sample_mask);
        }
    }
}

fn apply_min_samples(host: &Host, state: &State, target: &FramebufferInfo) {
    if !host.caps.has(Feature::SampleShading) {
        return;
    }
    let shade = target.samples > 1 && state.min_samples > 1;
    host.gl.set_enabled(glow::SAMPLE_SHADING, shade);
    if shade {
        let share = state.min_samples as f32 / target.samples as f32;
        host.gl.min_sample_shading(share.min(1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewport_upside_down_keeps_its_place() {
        let viewport = Viewport {
            scale: [320.0, -240.0, 0.5],
            translate: [320.0, 240.0, 0.5],
        };
        assert_eq!(viewport_rect(&viewport), [0.0, 0.0, 640.0, 480.0]);
        assert_eq!(depth_range(&viewport, false), (0.0, 1.0));
        assert_eq!(depth_range(&viewport, true), (0.5, 1.0));
    }

    #[test]
    fn scissor_empty_has_no_size() {
        let scissor = Scissor {
            min_x: 9,
            min_y: 4,
            max_x: 3,
            max_y: 8,
        };
        assert_eq!(scissor_rect(&scissor), [9, 4, 0, 4]);
    }
}
