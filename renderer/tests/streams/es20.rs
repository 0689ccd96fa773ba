//! Hosts that have only OpenGL ES 2.0: the same commands give the same picture as on a host
//! that has everything, with and without the extensions that such hosts may have.

use maro_gpu::Renderer;
use maro_gpu::renderer::{Backing, Direction, ResourceDesc, ResourceId};
use maro_renderer::gl::host::{Feature, Limit, Version};

use crate::bench::{Bench, CONTEXT, SIZE, clear, command, full_box, shader};

const RGBA8: u32 = 67;
const VERTICES: ResourceId = ResourceId(10);
const INDICES: ResourceId = ResourceId(11);
const TEXTURE: ResourceId = ResourceId(12);
const DEPTH: ResourceId = ResourceId(13);
const COPY: ResourceId = ResourceId(14);

/// A host of OpenGL ES 2.0 with the extensions that the real one has.
fn es20() -> Limit {
    Limit {
        gles: Some(Version::new(2, 0)),
        ..Limit::default()
    }
}

/// A host of OpenGL ES 2.0 and no extension but for textures of depth.
fn bare_es20() -> Limit {
    Limit {
        gles: Some(Version::new(2, 0)),
        without: Feature::all()
            .filter(|feature| {
                !matches!(feature, Feature::DepthTexture | Feature::PackedDepthStencil)
            })
            .collect(),
    }
}

fn desc(target: u32, format: u32, bind: u32, width: u32, height: u32) -> ResourceDesc {
    ResourceDesc {
        target,
        format,
        bind,
        width,
        height,
        depth: 1,
        array_size: 1,
        ..ResourceDesc::default()
    }
}

/// A resource that holds `bytes`.
fn filled(bench: &mut Bench, id: ResourceId, desc: &ResourceDesc, bytes: &[u8]) {
    let memory = bench.resource(id, desc, bytes.len());
    memory.write(0, bytes).unwrap();
    let transfer = full_box(desc.width, desc.height);
    bench
        .renderer
        .transfer(Some(CONTEXT), id, &transfer, Direction::ToHost)
        .unwrap();
}

/// A square of 16-bit floats from corner to corner, then its indices with a restart.
fn square(bench: &mut Bench) {
    const ONE: u16 = 0x3c00;
    const MINUS: u16 = 0xbc00;
    let corners = [MINUS, MINUS, ONE, MINUS, MINUS, ONE, ONE, ONE];
    let bytes: Vec<u8> = corners.iter().flat_map(|half| half.to_le_bytes()).collect();
    filled(bench, VERTICES, &desc(0, 64, 0x10, 16, 1), &bytes);
    let indices = [0u16, 1, 2, 0xffff, 2, 1, 3];
    let bytes: Vec<u8> = indices.iter().flat_map(|i| i.to_le_bytes()).collect();
    filled(bench, INDICES, &desc(0, 64, 0x20, 14, 1), &bytes);
}

const VERTEX: &str = "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\nDCL OUT[1], GENERIC[0]\n\
    DCL CONST[0]\nIMM[0] FLT32 {0x3f000000, 0x3f000000, 0x00000000, 0x3f800000}\n\
    MUL OUT[0], IN[0], CONST[0]\n\
    MAD OUT[1], IN[0], IMM[0].xxxx, IMM[0].xxxx\nEND\n";

/// State of all draws: shaders, a filled rasteriser, blending off, the square.
fn state(stream: &mut Vec<u32>, fragment: &str, depth_stencil_alpha: [u32; 4]) {
    shader(stream, 10, 0, VERTEX);
    shader(stream, 11, 1, fragment);
    let one = 1f32.to_bits();
    command(stream, 1, 2, &[20, 0x2000_00c2, 0, 0, 0, one, 0, 0, 0]);
    command(stream, 2, 2, &[20]);
    let blend = [21, 0, 0, 0xf << 27, 0, 0, 0, 0, 0, 0, 0];
    command(stream, 1, 1, &blend);
    command(stream, 2, 1, &[21]);
    // Two 16-bit floats.
    command(stream, 1, 5, &[22, 0, 0, 0, 92]);
    command(stream, 2, 5, &[22]);
    command(stream, 6, 0, &[4, 0, VERTICES.0]);
    let [word, first, second, reference] = depth_stencil_alpha;
    command(stream, 1, 3, &[23, word, first, second, reference]);
    command(stream, 2, 3, &[23]);
    let half = (SIZE as f32 / 2.0).to_bits();
    let middle = 0.5f32.to_bits();
    command(stream, 4, 0, &[0, half, half, middle, half, half, middle]);
}

/// The constants of the vertex shader: the square's scale, and its depth in z through w.
fn scale(stream: &mut Vec<u32>, by: [f32; 4]) {
    let [x, y, z, w] = by.map(f32::to_bits);
    command(stream, 12, 0, &[0, 0, x, y, z, w]);
}

fn draw(stream: &mut Vec<u32>) {
    command(stream, 8, 0, &[0, 4, 5, 0, 1, 0, 0, 0, 0, 0, 3, 0]);
}

/// A texture of `format` with a pattern of bytes, seen as `view` through `swizzle`.
fn texture(bench: &mut Bench, stream: &mut Vec<u32>, format: u32, view: u32, texel: usize) {
    const WIDTH: u32 = 6;
    let bytes: Vec<u8> = (0..WIDTH as usize * WIDTH as usize * texel)
        .map(|i| (i * 37 % 256) as u8)
        .collect();
    let desc = desc(2, format, 8, WIDTH, WIDTH);
    filled(bench, TEXTURE, &desc, &bytes);
    let identity = 1 << 3 | 2 << 6 | 3 << 9;
    command(stream, 1, 6, &[30, TEXTURE.0, view, 0, 0, identity]);
    command(stream, 10, 0, &[1, 0, 30]);
    // Repeated, nearest.
    command(stream, 1, 7, &[31, 0, 0, 0, 0, 0, 0, 0, 0]);
    command(stream, 18, 0, &[1, 0, 31]);
}

/// What a scene leaves in the target of each host.
fn on_hosts(scene: fn(&mut Bench, &mut Vec<u32>)) -> [Vec<[u8; 4]>; 3] {
    [Limit::default(), es20(), bare_es20()].map(|limit| {
        let mut bench = Bench::on(RGBA8, RGBA8, limit);
        let mut stream = Vec::new();
        clear(&mut stream, [0.25, 0.0, 0.5, 1.0]);
        square(&mut bench);
        scene(&mut bench, &mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        bench.pixels()
    })
}

/// Compares pixel by pixel; `most` may differ, at edges that lie between two texels.
fn assert_alike(pictures: &[Vec<[u8; 4]>; 3], most: usize) {
    let [full, es20, bare] = pictures;
    assert!(full.iter().any(|pixel| *pixel != full[0]), "a picture");
    for (name, other) in [("es20", es20), ("bare", bare)] {
        let near = |a: &[u8; 4], b: &[u8; 4]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 2);
        let wrong: Vec<_> = full
            .iter()
            .zip(other)
            .enumerate()
            .filter(|(_, (a, b))| !near(a, b))
            .collect();
        assert!(wrong.len() <= most, "{name}: {wrong:?}");
    }
}

const TEXTURED: &str = "FRAG\nPROPERTY FS_COLOR0_WRITES_ALL_CBUFS 1\n\
    DCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\n\
    DCL SVIEW[0], 2D, FLOAT\nDCL TEMP[0]\n\
    IMM[0] FLT32 {0x40133333, 0x00000000, 0x00000000, 0x3f800000}\n\
    MUL TEMP[0].xy, IN[0].xyyy, IMM[0].xxxx\n\
    TEX OUT[0], TEMP[0], SAMP[0], 2D\nEND\n";

#[test]
fn textures_of_all_channel_orders_look_as_on_other_hosts() {
    // BGRX, L8, R8 and RGBA in sRGB: swizzled, and decoded, by shaders.
    let scenes: [fn(&mut Bench, &mut Vec<u32>); 4] = [
        |bench, stream| texture(bench, stream, 2, 2, 4),
        |bench, stream| texture(bench, stream, 9, 9, 1),
        |bench, stream| texture(bench, stream, 64, 64, 1),
        |bench, stream| texture(bench, stream, 104, 104, 4),
    ];
    for scene in scenes {
        let pictures = [Limit::default(), es20(), bare_es20()].map(|limit| {
            let mut bench = Bench::on(RGBA8, RGBA8, limit);
            let mut stream = Vec::new();
            clear(&mut stream, [0.25, 0.0, 0.5, 1.0]);
            square(&mut bench);
            scene(&mut bench, &mut stream);
            state(&mut stream, TEXTURED, [0; 4]);
            scale(&mut stream, [0.9, 0.8, 1.0, 1.0]);
            draw(&mut stream);
            bench.renderer.submit(CONTEXT, &stream).unwrap();
            bench.pixels()
        });
        assert_alike(&pictures, 4);
    }
}

const COLORED: &str = "FRAG\nPROPERTY FS_COLOR0_WRITES_ALL_CBUFS 1\n\
    DCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\nMOV OUT[0], IN[0]\nEND\n";

#[test]
fn indices_with_base_and_restart_draw_what_they_draw_elsewhere() {
    let pictures = on_hosts(|_, stream| {
        state(stream, COLORED, [0; 4]);
        scale(stream, [0.9, 0.8, 1.0, 1.0]);
        command(stream, 11, 0, &[INDICES.0, 2, 0]);
        command(stream, 8, 0, &[0, 7, 5, 1, 1, 0, 0, 1, 0xffff, 0, 3, 0]);
    });
    assert_alike(&pictures, 0);
}

#[test]
fn alpha_test_and_stipple_drop_the_same_pixels() {
    let pictures = on_hosts(|_, stream| {
        // Alpha test: greater than 0.9, of an alpha that is 1.
        let test = 1 | 4 << 1;
        state(stream, COLORED, [0, 0, 0, 0.9f32.to_bits()]);
        command(stream, 1, 3, &[24, test << 8, 0, 0, 0.9f32.to_bits()]);
        command(stream, 2, 3, &[24]);
        let rows: Vec<u32> = (0..32u32)
            .map(|row| 0x9249_2492u32.rotate_left(row))
            .collect();
        command(stream, 33, 0, &rows);
        let one = 1f32.to_bits();
        let stippled = 0x2000_00c2 | 1 << 12;
        command(stream, 1, 2, &[25, stippled, 0, 0, 0, one, 0, 0, 0]);
        command(stream, 2, 2, &[25]);
        scale(stream, [0.9, 0.8, 1.0, 1.0]);
        draw(stream);
    });
    assert_alike(&pictures, 0);
}

#[test]
fn depth_and_stencil_read_back_as_they_were_drawn() {
    let size = (SIZE * SIZE * 4) as usize;
    let results = [Limit::default(), es20(), bare_es20()].map(|limit| {
        let mut bench = Bench::on(RGBA8, RGBA8, limit);
        square(&mut bench);
        // Z24S8, to be drawn to and sampled.
        let memory = bench.resource(DEPTH, &desc(2, 20, 9, SIZE, SIZE), size);
        let mut stream = Vec::new();
        command(&mut stream, 1, 8, &[2, DEPTH.0, 20, 0, 0]);
        command(&mut stream, 5, 0, &[1, 2, 1]);
        let depth = 0.75f64.to_bits();
        let words = [7, 0, 0, 0, 0, depth as u32, (depth >> 32) as u32, 0x5a];
        command(&mut stream, 7, 0, &words);
        // Depth less, written; stencil always, replaced.
        let stencil = 1 | 7 << 1 | 2 << 10 | 0xff << 13 | 0xff << 21;
        state(&mut stream, COLORED, [3 | 1 << 2, stencil, 0, 0]);
        command(&mut stream, 13, 0, &[0xa5a5]);
        scale(&mut stream, [0.5, 0.5, 1.0, 1.0]);
        draw(&mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        let transfer = full_box(SIZE, SIZE);
        bench
            .renderer
            .transfer(Some(CONTEXT), DEPTH, &transfer, Direction::FromHost)
            .unwrap();
        memory.bytes()
    });
    let words = |bytes: &[u8]| -> Vec<u32> {
        let words = bytes.as_chunks::<4>().0;
        words.iter().map(|word| u32::from_le_bytes(*word)).collect()
    };
    let [full, es20, bare] = results.map(|bytes| words(&bytes));
    assert!(full.iter().any(|word| *word != full[0]), "something drawn");
    for other in [es20, bare] {
        for (a, b) in full.iter().zip(&other) {
            assert_eq!(a & 0xff, b & 0xff, "stencil");
            assert!((a >> 8).abs_diff(b >> 8) <= 1, "{a:#x} and {b:#x}");
        }
    }
}

#[test]
fn depth_without_textures_of_depth_still_hides_what_lies_behind() {
    let nothing = Limit {
        gles: Some(Version::new(2, 0)),
        without: Feature::all()
            .filter(|feature| *feature != Feature::PackedDepthStencil)
            .collect(),
    };
    let pictures = [Limit::default(), es20(), nothing].map(|limit| {
        let mut bench = Bench::on(RGBA8, RGBA8, limit);
        square(&mut bench);
        let size = (SIZE * SIZE * 4) as usize;
        bench.resource(DEPTH, &desc(2, 20, 1, SIZE, SIZE), size);
        let mut stream = Vec::new();
        command(&mut stream, 1, 8, &[2, DEPTH.0, 20, 0, 0]);
        command(&mut stream, 5, 0, &[1, 2, 1]);
        let depth = 1f64.to_bits();
        let words = [7, 0, 0, 0, 0, depth as u32, (depth >> 32) as u32, 0];
        command(&mut stream, 7, 0, &words);
        // Depth less and written; stencil equal to 0, and then counted up.
        let stencil = 1 | 2 << 1 | 3 << 10 | 0xff << 13 | 0xff << 21;
        state(&mut stream, COLORED, [3 | 1 << 2, stencil, 0, 0]);
        command(&mut stream, 13, 0, &[0]);
        scale(&mut stream, [0.5, 0.5, 1.0, 1.0]);
        draw(&mut stream);
        // The larger one shows only around the first.
        scale(&mut stream, [0.8, 0.8, 1.0, 1.1]);
        draw(&mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        bench.pixels()
    });
    assert_alike(&pictures, 0);
}

#[test]
fn copies_of_texels_reach_other_textures() {
    for limit in [es20(), bare_es20()] {
        let mut bench = Bench::on(RGBA8, RGBA8, limit);
        let bytes: Vec<u8> = (0..6 * 6).map(|i| i * 7).collect();
        // L8, which nothing can be drawn to.
        filled(&mut bench, TEXTURE, &desc(2, 9, 8, 6, 6), &bytes);
        bench.resource(COPY, &desc(2, 9, 8, 6, 6), 36);
        let mut stream = Vec::new();
        square(&mut bench);
        // All of the first into the second.
        command(
            &mut stream,
            17,
            0,
            &[COPY.0, 0, 0, 0, 0, TEXTURE.0, 0, 0, 0, 0, 6, 6, 1],
        );
        let identity = 1 << 3 | 2 << 6 | 3 << 9;
        command(&mut stream, 1, 6, &[30, COPY.0, 9, 0, 0, identity]);
        command(&mut stream, 10, 0, &[1, 0, 30]);
        command(&mut stream, 1, 7, &[31, 0, 0, 0, 0, 0, 0, 0, 0]);
        command(&mut stream, 18, 0, &[1, 0, 31]);
        let sampled = TEXTURED.replace("0x40133333", "0x3f800000");
        state(&mut stream, &sampled, [0; 4]);
        scale(&mut stream, [1.0, 1.0, 1.0, 1.0]);
        draw(&mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        let pixels = bench.pixels();
        let last = *pixels.last().unwrap();
        assert_eq!((pixels[0], last), ([0, 0, 0, 255], [245, 245, 245, 255]));
    }
}
