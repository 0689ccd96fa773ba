//! The few matrices of the scene, column by column as GL takes them.

/// A 4×4 matrix, columns first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mat4(pub [f32; 16]);

impl Mat4 {
    /// Turns around y, then x: the tumbling of a cube.
    pub fn rotation(yaw: f32, pitch: f32) -> Self {
        let (sy, cy) = yaw.sin_cos();
        let (sx, cx) = pitch.sin_cos();
        #[rustfmt::skip]
        let m = [
            cy,  sx * sy, -cx * sy, 0.0,
            0.0, cx,       sx,      0.0,
            sy, -sx * cy,  cx * cy, 0.0,
            0.0, 0.0,      0.0,     1.0,
        ];
        Self(m)
    }

    /// The same turn at another place and size.
    pub fn placed(self, scale: f32, at: [f32; 3]) -> Self {
        let mut m = self.0;
        for value in &mut m[..12] {
            *value *= scale;
        }
        m[12..15].copy_from_slice(&at);
        Self(m)
    }

    /// A symmetric perspective view.
    pub fn perspective(fov_y: f32, aspect: f32, near: f32, far: f32) -> Self {
        let f = 1.0 / (fov_y / 2.0).tan();
        let depth = near - far;
        #[rustfmt::skip]
        let m = [
            f / aspect, 0.0, 0.0, 0.0,
            0.0, f, 0.0, 0.0,
            0.0, 0.0, (far + near) / depth, -1.0,
            0.0, 0.0, 2.0 * far * near / depth, 0.0,
        ];
        Self(m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_keeps_lengths_and_a_placement_moves() {
        let m = Mat4::rotation(0.7, 0.3);
        for column in m.0.chunks(4).take(3) {
            let length: f32 = column.iter().map(|v| v * v).sum();
            assert!((length - 1.0).abs() < 1e-6);
        }
        assert_eq!(m.placed(2.0, [1.0, 2.0, 3.0]).0[12..], [1.0, 2.0, 3.0, 1.0]);
    }

    #[test]
    fn the_near_plane_lands_on_minus_one() {
        let m = Mat4::perspective(1.0, 1.5, 2.0, 10.0).0;
        let (z, w) = (m[10] * -2.0 + m[14], m[11] * -2.0);
        assert!((z / w + 1.0).abs() < 1e-6);
    }
}
