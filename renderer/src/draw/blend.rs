//! Blending and colour masks, for all colour buffers or each on its own.
//!
//! Hosts without blend state of single draw buffers get a draw several times, once for
//! each group of buffers that share their state ([`BlendPasses`]), with only those
//! buffers written. Depth and stencil are written by the last pass alone, so that all
//! passes test against the same values. What stays different from one draw: fragments of
//! the same draw that hide each other do so in the last pass only, and stores, atomic
//! operations and counts of primitives happen in every pass.

use super::framebuffer::FramebufferInfo;
use crate::context::gl_enums;
use crate::context::state::{MAX_COLOR_BUFFERS, State};
use crate::gl::Gl;
use crate::gl::host::Feature;
use crate::host::Host;
use crate::protocol::flags::ColorMask;
use crate::protocol::state::BlendTarget;

/// Groups of colour buffers with one blend state each, as masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlendPasses {
    masks: [u8; MAX_COLOR_BUFFERS],
    count: usize,
}

impl BlendPasses {
    /// The passes that a draw takes; none (one plain draw) if one blend state serves.
    pub fn new(host: &Host, state: &State, target: &FramebufferInfo) -> Self {
        if host.caps.has(Feature::DrawBuffersIndexed) {
            return Self::default();
        }
        Self::group(target.colors, |index| resolved_target(state, target, index))
    }

    fn group<T: PartialEq>(buffers: u8, state_of: impl Fn(usize) -> T) -> Self {
        let mut passes = Self::default();
        let mut left = buffers;
        while left != 0 {
            let state = state_of(left.trailing_zeros() as usize);
            let same = (0..MAX_COLOR_BUFFERS)
                .filter(|index| left & (1 << index) != 0 && state_of(*index) == state)
                .fold(0, |mask, index| mask | 1 << index);
            passes.masks[passes.count] = same;
            passes.count += 1;
            left &= !same;
        }
        if passes.count == 1 {
            return Self::default();
        }
        passes
    }

    /// The masks of the colour buffers, a pass each.
    pub fn masks(&self) -> &[u8] {
        &self.masks[..self.count]
    }
}

/// Shows GL the blending of one pass, and lets only its buffers be written.
pub fn begin_pass(host: &Host, state: &State, target: &FramebufferInfo, mask: u8, last: bool) {
    let gl = &host.gl;
    draw_to(gl, target, mask);
    let first = mask.trailing_zeros() as usize;
    apply_common(host, state, &resolved_target(state, target, first));
    if last {
        super::fixed::apply_depth_stencil(gl, state);
    } else {
        gl.depth_mask(false);
        gl.stencil_mask(0);
    }
}

/// Lets all buffers be written again.
pub fn end_passes(host: &Host, target: &FramebufferInfo) {
    draw_to(&host.gl, target, target.colors);
}

fn draw_to(gl: &Gl, target: &FramebufferInfo, mask: u8) {
    let buffers: [u32; MAX_COLOR_BUFFERS] = std::array::from_fn(|index| {
        if mask & (1 << index) != 0 {
            glow::COLOR_ATTACHMENT0 + index as u32
        } else {
            glow::NONE
        }
    });
    gl.draw_buffers(&buffers[..target.color_count.clamp(1, MAX_COLOR_BUFFERS)]);
}

/// The blending of one colour buffer, with what hidden alpha asks.
fn resolved_target(state: &State, target: &FramebufferInfo, index: usize) -> BlendTarget {
    let mut blend = *state.blend.target(index);
    if target.hides_alpha & (1 << index) != 0 {
        for channel in [&mut blend.rgb, &mut blend.alpha] {
            channel.src = gl_enums::without_dst_alpha(channel.src);
            channel.dst = gl_enums::without_dst_alpha(channel.dst);
        }
    }
    if !blend.enabled {
        // What is off does not make a difference.
        (blend.rgb, blend.alpha) = (BlendTarget::OPAQUE.rgb, BlendTarget::OPAQUE.alpha);
    }
    blend
}

fn mask_bits(mask: ColorMask) -> [bool; 4] {
    [
        ColorMask::RED,
        ColorMask::GREEN,
        ColorMask::BLUE,
        ColorMask::ALPHA,
    ]
    .map(|channel| mask.contains(channel))
}

/// Shows GL the blending of all colour buffers, as far as one draw can have it.
pub fn apply(host: &Host, state: &State, target: &FramebufferInfo) {
    let gl = &host.gl;
    gl.set_enabled(glow::DITHER, state.blend.dither);
    if !host.caps.gles {
        gl.set_enabled(glow::COLOR_LOGIC_OP, state.blend.logic_op.is_some());
        if let Some(op) = state.blend.logic_op {
            gl.logic_op(gl_enums::logic_op(op));
        }
    }
    let count = target.color_count.clamp(1, MAX_COLOR_BUFFERS);
    let first = resolved_target(state, target, 0);
    let same = (1..count).all(|index| resolved_target(state, target, index) == first);
    if same {
        apply_common(host, state, &first);
        return;
    }
    if !host.caps.has(Feature::DrawBuffersIndexed) {
        // One state serves all that there are, or each pass sets its own.
        let present = (target.colors.trailing_zeros() as usize).min(count - 1);
        apply_common(host, state, &resolved_target(state, target, present));
        return;
    }
    for index in 0..count {
        apply_indexed(gl, index as u32, &resolved_target(state, target, index));
    }
    gl.forget_indexed_blend();
}

fn apply_common(host: &Host, state: &State, blend: &BlendTarget) {
    let gl = &host.gl;
    gl.color_mask(mask_bits(blend.color_mask));
    let advanced = state.blend.advanced;
    if let Some(equation) = advanced
        && host.caps.has(Feature::BlendEquationAdvanced)
    {
        gl.set_enabled(glow::BLEND, true);
        gl.blend_equation(gl_enums::advanced_blend(equation));
        return;
    }
    gl.set_enabled(glow::BLEND, blend.enabled);
    if blend.enabled {
        let [rgb, alpha] = [blend.rgb, blend.alpha];
        let [rgb_func, alpha_func] =
            [rgb, alpha].map(|channel| equation(host, gl_enums::blend_func(channel.func)));
        gl.blend_equation_separate(rgb_func, alpha_func);
        gl.blend_func_separate(
            gl_enums::blend_factor(rgb.src),
            gl_enums::blend_factor(rgb.dst),
            gl_enums::blend_factor(alpha.src),
            gl_enums::blend_factor(alpha.dst),
        );
    }
}

/// The blend equation, or what stands in for one that the host lacks.
fn equation(host: &Host, func: u32) -> u32 {
    match func {
        glow::MIN | glow::MAX if !host.caps.has(Feature::BlendMinMax) => glow::FUNC_ADD,
        func => func,
    }
}

fn apply_indexed(gl: &Gl, index: u32, blend: &BlendTarget) {
    let [r, g, b, a] = mask_bits(blend.color_mask);
    gl.color_mask_draw_buffer(index, r, g, b, a);
    if !blend.enabled {
        gl.disable_draw_buffer(glow::BLEND, index);
        return;
    }
    gl.enable_draw_buffer(glow::BLEND, index);
    let [rgb, alpha] = [blend.rgb, blend.alpha];
    gl.blend_equation_separate_draw_buffer(
        index,
        gl_enums::blend_func(rgb.func),
        gl_enums::blend_func(alpha.func),
    );
    gl.blend_func_separate_draw_buffer(
        index,
        gl_enums::blend_factor(rgb.src),
        gl_enums::blend_factor(rgb.dst),
        gl_enums::blend_factor(alpha.src),
        gl_enums::blend_factor(alpha.dst),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_group_equal_states_and_leave_holes_out() {
        let states = ["a", "b", "a", "c", "b", "x", "x", "x"];
        let passes = BlendPasses::group(0b1_0111, |index| states[index]);
        assert_eq!(passes.masks(), [0b101, 0b1_0010]);
    }

    #[test]
    fn passes_of_one_state_are_one_plain_draw() {
        assert!(BlendPasses::group(0xff, |_| 7).masks().is_empty());
        assert!(BlendPasses::group(0, |_| 7).masks().is_empty());
    }
}
