//! State setters that have entry points of their own, and draw calls.

use std::ffi::c_void;

use glow::HasContext;

use super::Gl;

/// A draw call's numbers.
#[derive(Clone, Copy, Debug)]
pub struct DrawCall {
    /// GL's primitive mode.
    pub mode: u32,
    /// First vertex, for a draw without indices.
    pub first: u32,
    /// Number of vertices or indices.
    pub count: u32,
    /// Number of instances.
    pub instances: u32,
    /// Number of the first instance.
    pub base_instance: u32,
    /// Added to each index.
    pub base_vertex: i32,
}

impl Gl {
    /// Draws vertices in their order.
    pub fn draw_vertices(&self, draw: &DrawCall) {
        let (first, count) = (draw.first as i32, draw.count as i32);
        let instances = draw.instances as i32;
        match self.ext().draw_arrays_instanced_base_instance {
            Some(f) if draw.base_instance != 0 => {
                // SAFETY: numbers only; what the bound buffers hold is the caller's check.
                unsafe { f(draw.mode, first, count, instances, draw.base_instance) };
            }
            _ if draw.instances == 1 || !self.instanced_arrays => {
                self.draw_arrays(draw.mode, first, count);
            }
            _ => self.draw_arrays_instanced(draw.mode, first, count, instances),
        }
    }

    /// Draws vertices by indices of type `ty`, from byte `offset` of the bound index
    /// buffer.
    pub fn draw_indexed(&self, draw: &DrawCall, ty: u32, offset: u32) {
        let (count, instances) = (draw.count as i32, draw.instances as i32);
        // An index buffer is bound, so GL takes the pointer as an offset into it.
        let place = offset as usize as *const c_void;
        let ext = self.ext();
        // SAFETY: GL reads indices from the bound buffer only, within which the caller has
        // checked the range to lie.
        unsafe {
            match (
                ext.draw_elements_instanced_base_vertex_base_instance,
                ext.draw_elements_instanced_base_vertex,
                ext.draw_elements_base_vertex,
            ) {
                (Some(f), ..) if draw.base_instance != 0 => {
                    let (vertex, instance) = (draw.base_vertex, draw.base_instance);
                    f(draw.mode, count, ty, place, instances, vertex, instance);
                }
                (_, Some(f), _) if draw.base_vertex != 0 && draw.instances != 1 => {
                    f(draw.mode, count, ty, place, instances, draw.base_vertex);
                }
                (_, _, Some(f)) if draw.base_vertex != 0 => {
                    f(draw.mode, count, ty, place, draw.base_vertex);
                }
                _ if draw.instances == 1 || !self.instanced_arrays => {
                    self.raw.draw_elements(draw.mode, count, ty, offset as i32);
                }
                _ => {
                    self.raw.draw_elements_instanced(
                        draw.mode,
                        count,
                        ty,
                        offset as i32,
                        instances,
                    );
                }
            }
        }
    }

    /// Sets viewport and depth range `index` of several.
    pub fn viewport_indexed(&self, index: u32, rect: [f32; 4], depth: (f32, f32)) {
        let [x, y, width, height] = rect;
        // SAFETY: numbers only.
        unsafe {
            if let Some(f) = self.ext().viewport_indexed {
                f(index, x, y, width, height);
            }
            if let Some(f) = self.ext().depth_range_indexed {
                f(index, depth.0, depth.1);
            } else if let Some(f) = self.ext().depth_range_indexed_f64 {
                f(index, depth.0.into(), depth.1.into());
            }
        }
    }

    /// Sets scissor rectangle `index` of several.
    pub fn scissor_indexed(&self, index: u32, [x, y, width, height]: [i32; 4]) {
        if let Some(f) = self.ext().scissor_indexed {
            // SAFETY: numbers only.
            unsafe { f(index, x, y, width, height) };
        }
    }

    /// Sets the polygon offset, clamped where the host can.
    pub fn polygon_offset_clamped(&self, factor: f32, units: f32, clamp: f32) {
        match self.ext().polygon_offset_clamp {
            // SAFETY: numbers only.
            Some(f) if clamp != 0.0 => unsafe { f(factor, units, clamp) },
            _ => self.polygon_offset(factor, units),
        }
    }

    /// Lets texture reads see what was drawn into the same texture, where the host can.
    pub fn texture_barrier(&self) {
        if let Some(f) = self.ext().texture_barrier {
            // SAFETY: no arguments.
            unsafe { f() }
        }
    }

    /// Lets advanced blending see what was drawn, where the host has to be told.
    pub fn blend_barrier(&self) {
        if let Some(f) = self.ext().blend_barrier {
            // SAFETY: no arguments.
            unsafe { f() }
        }
    }

    /// Clip space depth from 0 to 1, or (the default) from -1 to 1.
    pub fn clip_control(&self, half_z: bool) {
        const LOWER_LEFT: u32 = 0x8CA1;
        const NEGATIVE_ONE_TO_ONE: u32 = 0x935E;
        const ZERO_TO_ONE: u32 = 0x935F;
        if let Some(f) = self.ext().clip_control {
            // SAFETY: numbers only.
            unsafe {
                f(
                    LOWER_LEFT,
                    if half_z {
                        ZERO_TO_ONE
                    } else {
                        NEGATIVE_ONE_TO_ONE
                    },
                );
            };
        }
    }

    /// How polygons are filled.
    pub fn polygon_mode(&self, mode: u32) {
        if let Some(f) = self.ext().polygon_mode {
            // SAFETY: numbers only.
            unsafe { f(glow::FRONT_AND_BACK, mode) };
        }
    }

    /// Which samples are written.
    pub fn sample_mask(&self, mask: u32) {
        if let Some(f) = self.ext().sample_mask_i {
            // SAFETY: numbers only.
            unsafe { f(0, mask) };
        }
    }

    /// The share of samples that are shaded separately.
    pub fn min_sample_shading(&self, share: f32) {
        if let Some(f) = self.ext().min_sample_shading {
            // SAFETY: numbers only.
            unsafe { f(share) };
        }
    }

    /// Desktop GL's logical operation.
    pub fn logic_op(&self, op: u32) {
        if let Some(f) = self.ext().logic_op {
            // SAFETY: numbers only.
            unsafe { f(op) };
        }
    }

    /// Shape of the bound draw framebuffer while it has no attachments.
    pub fn framebuffer_defaults(&self, width: u32, height: u32, layers: u32, samples: u32) {
        let Some(f) = self.ext().framebuffer_parameter_i32 else {
            return;
        };
        let parameters = [
            (glow::FRAMEBUFFER_DEFAULT_WIDTH, width),
            (glow::FRAMEBUFFER_DEFAULT_HEIGHT, height),
            (glow::FRAMEBUFFER_DEFAULT_LAYERS, layers),
            (glow::FRAMEBUFFER_DEFAULT_SAMPLES, samples),
        ];
        for (parameter, value) in parameters {
            // SAFETY: numbers only.
            unsafe { f(glow::DRAW_FRAMEBUFFER, parameter, value as i32) };
        }
    }

    /// Tells that blending was set for single draw buffers, so no common setting holds.
    pub fn forget_indexed_blend(&self) {
        self.forget_enabled(glow::BLEND);
        self.forget_color_mask();
    }

    /// A timestamp query.
    pub fn query_timestamp(&self, query: glow::Query) {
        if let Some(f) = self.ext().query_counter {
            // SAFETY: names and numbers only.
            unsafe { f(query.0.get(), glow::TIMESTAMP) };
        }
    }
}
