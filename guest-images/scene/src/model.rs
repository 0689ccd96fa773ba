//! What is drawn: a cube, a texture, and where both cubes stand in a frame.

use crate::math::Mat4;

/// Position, normal and texture coordinate of a corner.
pub const FLOATS_PER_VERTEX: usize = 8;
/// The texture's largest level is this many texels wide and high.
pub const TEXTURE_SIZE: u32 = 64;

/// One object of a frame.
pub struct Object {
    /// From the model to the eye.
    pub model: Mat4,
    /// Multiplied with the texture.
    pub tint: [f32; 3],
}

/// Four corners a side, since each side has a normal of its own.
pub fn cube_vertices() -> Vec<f32> {
    let mut vertices = Vec::with_capacity(24 * FLOATS_PER_VERTEX);
    for side in 0..6 {
        let axis = side / 2;
        let sign = if side % 2 == 0 { 1.0 } else { -1.0 };
        for (u, v) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] {
            let mut position = [0.0; 3];
            let mut normal = [0.0; 3];
            position[axis] = sign;
            // The other two axes, in the order that keeps the corners
            // anticlockwise from outside.
            position[(axis + 1) % 3] = (2.0 * u - 1.0) * sign;
            position[(axis + 2) % 3] = 2.0 * v - 1.0;
            normal[axis] = sign;
            vertices.extend(position);
            vertices.extend(normal);
            vertices.extend([u, v]);
        }
    }
    vertices
}

/// Two triangles a side.
pub fn cube_indices() -> Vec<u16> {
    (0..6)
        .flat_map(|side| [0, 1, 2, 0, 2, 3].map(|corner| 4 * side + corner))
        .collect()
}

/// The RGBA texels of one level: a chequered board with a different colour in
/// each quarter, so that a flipped or mirrored texture shows.
pub fn texture(level: u32) -> Vec<u8> {
    let size = TEXTURE_SIZE >> level;
    let mut texels = Vec::with_capacity((size * size * 4) as usize);
    for y in 0..size {
        for x in 0..size {
            let (left, low) = (2 * x < size, 2 * y < size);
            let colour: [u8; 3] = match (left, low) {
                (true, true) => [230, 70, 60],
                (false, true) => [70, 190, 90],
                (true, false) => [70, 110, 230],
                (false, false) => [240, 200, 70],
            };
            // The smallest levels show the mean of light and dark squares.
            let squares = 8.min(size / 2).max(1);
            let cell = size / squares;
            let light = (x / cell + y / cell).is_multiple_of(2);
            let shade: u16 = match (size >= 4, light) {
                (false, _) => 204,
                (true, true) => 255,
                (true, false) => 153,
            };
            texels.extend(colour.map(|c| u8::try_from(u16::from(c) * shade / 255).unwrap_or(255)));
            texels.push(255);
        }
    }
    texels
}

/// How many levels the texture has.
pub fn texture_levels() -> u32 {
    TEXTURE_SIZE.ilog2() + 1
}

/// The objects of one frame. A function of the frame's number alone.
pub fn objects(frame: u32) -> [Object; 2] {
    // A cycle of 240 frames keeps the angles small and thus exact.
    let turn = (frame % 240) as f32 * (std::f32::consts::TAU / 240.0);
    let large = Mat4::rotation(0.6 + turn, 0.45).placed(1.0, [0.0, 0.0, -5.0]);
    // Goes through the large cube, so that only a depth test gets it right.
    let small = Mat4::rotation(0.2 - 2.0 * turn, -0.5).placed(0.55, [1.05, 0.5, -4.3]);
    [
        Object {
            model: large,
            tint: [1.0, 1.0, 1.0],
        },
        Object {
            model: small,
            tint: [0.75, 1.0, 0.9],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sides_face_outwards() {
        let vertices = cube_vertices();
        let corner = |i: u16| -> [f32; 3] {
            let start = usize::from(i) * FLOATS_PER_VERTEX;
            [vertices[start], vertices[start + 1], vertices[start + 2]]
        };
        for triangle in cube_indices().chunks(3) {
            let [a, b, c] = [
                corner(triangle[0]),
                corner(triangle[1]),
                corner(triangle[2]),
            ];
            let d = |p: [f32; 3]| [p[0] - a[0], p[1] - a[1], p[2] - a[2]];
            let (u, v) = (d(b), d(c));
            let cross = [
                u[1] * v[2] - u[2] * v[1],
                u[2] * v[0] - u[0] * v[2],
                u[0] * v[1] - u[1] * v[0],
            ];
            let dot: f32 = (0..3).map(|i| cross[i] * a[i]).sum();
            assert!(dot > 0.0, "{triangle:?}");
        }
    }

    #[test]
    fn every_level_is_complete_and_opaque() {
        for level in 0..texture_levels() {
            let size = (TEXTURE_SIZE >> level) as usize;
            let texels = texture(level);
            assert_eq!(texels.len(), size * size * 4);
            assert!(texels.chunks(4).all(|t| t[3] == 255));
        }
    }
}
