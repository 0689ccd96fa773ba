//! What stands in for features that a host lacks.

use maro_gpu::Renderer;
use maro_gpu::renderer::{Backing, Direction, ResourceDesc, ResourceId};
use maro_renderer::gl::host::{Feature, Limit, Version};

use crate::bench::{Bench, CONTEXT, SIZE, clear, command, full_box, shader};

const RGBA8: u32 = 67;
const RGBA8_SRGB: u32 = 104;
const RGBA32_FLOAT: u32 = 31;
const OTHER: ResourceId = ResourceId(3);

/// A triangle over the whole target, from the vertex number alone, at a depth of `z`.
fn vertex_shader(z: f32) -> String {
    let z = z.to_bits();
    format!(
        "VERT\nDCL SV[0], VERTEXID\nDCL OUT[0], POSITION\nDCL TEMP[0]\n\
         IMM[0] UINT32 {{1, 2, 0, 0}}\n\
         IMM[1] FLT32 {{0x40000000, 0xbf800000, {z:#010x}, 0x3f800000}}\n\
         AND TEMP[0].xy, SV[0].xxxx, IMM[0].xyyy\n\
         USHR TEMP[0].y, TEMP[0].yyyy, IMM[0].xxxx\n\
         U2F TEMP[0].xy, TEMP[0].xyyy\n\
         ADD TEMP[0].xy, TEMP[0].xyyy, TEMP[0].xyyy\n\
         MAD OUT[0].xy, TEMP[0].xyyy, IMM[1].xxxx, IMM[1].yyyy\n\
         MOV OUT[0].zw, IMM[1].zzzw\nEND\n"
    )
}

/// A quarter, a half, three quarters, one.
const CONSTANT_COLOR: &str = "FRAG\nPROPERTY FS_COLOR0_WRITES_ALL_CBUFS 1\nDCL OUT[0], COLOR\n\
    IMM[0] FLT32 {0x3e800000, 0x3f000000, 0x3f400000, 0x3f800000}\n\
    MOV OUT[0], IMM[0]\nEND\n";

/// Blending of a buffer: off, all channels written.
const OPAQUE: u32 = 0xf << 27;
/// Blending of a buffer: source plus destination.
const ADD: u32 = OPAQUE | 1 | 1 << 4 | 1 << 9 | 1 << 17 | 1 << 22;
/// The rasteriser's first word: filled polygons; and depth is clipped.
const FILLED: u32 = 0x2000_00c0;
const DEPTH_CLIP: u32 = 2;

fn without(feature: Feature) -> Limit {
    Limit {
        without: [feature].into_iter().collect(),
        ..Limit::default()
    }
}

/// The state of a draw: shaders, blending of each buffer, the rasteriser's first word.
fn state(stream: &mut Vec<u32>, z: f32, fragment: &str, blend: [u32; 2], rasterizer: u32) {
    shader(stream, 10, 0, &vertex_shader(z));
    shader(stream, 11, 1, fragment);
    let one = 1f32.to_bits();
    command(stream, 1, 2, &[20, rasterizer, 0, 0, 0, one, 0, 0, 0]);
    command(stream, 2, 2, &[20]);
    let [first, second] = blend;
    let separate = u32::from(first != second);
    let blend = [21, separate, 0, first, second, 0, 0, 0, 0, 0, 0];
    command(stream, 1, 1, &blend);
    command(stream, 2, 1, &[21]);
    command(stream, 1, 5, &[22]);
    command(stream, 2, 5, &[22]);
    let half = (SIZE as f32 / 2.0).to_bits();
    let depth = 0.5f32.to_bits();
    command(stream, 4, 0, &[0, half, half, depth, half, half, depth]);
}

fn draw(stream: &mut Vec<u32>) {
    command(stream, 8, 0, &[0, 3, 4, 0, 1, 0, 0, 0, 0, 0, 2, 0]);
}

fn assert_all(pixels: &[[u8; 4]], expected: [u8; 4]) {
    let near = |pixel: &[u8; 4]| pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1);
    let wrong = pixels.iter().find(|pixel| !near(pixel));
    assert_eq!(wrong, None, "{expected:?} was expected everywhere");
}

#[test]
fn blending_of_each_buffer_without_indexed_state_stays_its_own() {
    let mut bench = Bench::on(RGBA8, RGBA8, without(Feature::DrawBuffersIndexed));
    let desc = ResourceDesc {
        target: 2,
        format: RGBA8,
        bind: 0xa,
        width: SIZE,
        height: SIZE,
        depth: 1,
        array_size: 1,
        ..ResourceDesc::default()
    };
    let second = bench.resource(OTHER, &desc, (SIZE * SIZE * 4) as usize);
    let mut stream = Vec::new();
    command(&mut stream, 1, 8, &[2, OTHER.0, RGBA8, 0, 0]);
    command(&mut stream, 5, 0, &[2, 0, 1, 2]);
    command(&mut stream, 7, 0, &[0xc, 0, 0, 0, 0, 0, 0, 0]);
    let blend = [OPAQUE, ADD];
    state(&mut stream, 0.0, CONSTANT_COLOR, blend, FILLED | DEPTH_CLIP);
    draw(&mut stream);
    draw(&mut stream);
    bench.renderer.submit(CONTEXT, &stream).unwrap();
    assert_all(&bench.pixels(), [64, 128, 191, 255]);
    let transfer = full_box(SIZE, SIZE);
    bench
        .renderer
        .transfer(Some(CONTEXT), OTHER, &transfer, Direction::FromHost)
        .unwrap();
    assert_all(second.bytes().as_chunks::<4>().0, [128, 255, 255, 255]);
}

#[test]
fn buffer_texture_without_the_feature_follows_its_buffer() {
    let mut bench = Bench::on(RGBA8, RGBA8, without(Feature::TextureBuffer));
    // More than one row of a mirror, the last one not full.
    let texels = 5000u32;
    let size = texels * 16;
    let desc = ResourceDesc {
        target: 0,
        format: 64,
        bind: 8,
        width: size,
        height: 1,
        depth: 1,
        array_size: 1,
        ..ResourceDesc::default()
    };
    let memory = bench.resource(OTHER, &desc, size as usize);
    let mut stream = Vec::new();
    // Texel 4321, with an alpha of one if the size is right.
    let fragment = "FRAG\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL SVIEW[0], BUFFER, FLOAT\n\
        DCL TEMP[0..1]\nIMM[0] INT32 {4321, 5000, 0, 0}\n\
        IMM[1] FLT32 {0x3f800000, 0x00000000, 0x00000000, 0x00000000}\n\
        TXF TEMP[0], IMM[0].xxxx, SAMP[0], BUFFER\n\
        TXQ TEMP[1].x, IMM[0].zzzz, SAMP[0], BUFFER\n\
        USEQ TEMP[1].x, TEMP[1].xxxx, IMM[0].yyyy\n\
        AND TEMP[0].w, TEMP[1].xxxx, IMM[1].xxxx\n\
        MOV OUT[0], TEMP[0]\nEND\n";
    state(&mut stream, 0.0, fragment, [OPAQUE; 2], FILLED | DEPTH_CLIP);
    let identity = 1 << 3 | 2 << 6 | 3 << 9;
    command(
        &mut stream,
        1,
        6,
        &[30, OTHER.0, RGBA32_FLOAT, 0, texels - 1, identity],
    );
    command(&mut stream, 10, 0, &[1, 0, 30]);
    bench.renderer.submit(CONTEXT, &stream).unwrap();
    for value in [0.25f32, 0.75] {
        let texel = [value, 1.0 - value, 1.0, 0.0];
        let bytes: Vec<u8> = texel.iter().flat_map(|v| v.to_le_bytes()).collect();
        memory.write(4321 * 16, &bytes).unwrap();
        let transfer = full_box(size, 1);
        bench
            .renderer
            .transfer(Some(CONTEXT), OTHER, &transfer, Direction::ToHost)
            .unwrap();
        let mut stream = Vec::new();
        draw(&mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        let byte = |v: f32| (v * 255.0).round() as u8;
        assert_all(&bench.pixels(), [byte(value), byte(1.0 - value), 255, 255]);
    }
}

#[test]
fn depth_beyond_the_volume_without_depth_clamp_is_clipped_only_if_asked() {
    for (clip, expected) in [(DEPTH_CLIP, [0, 0, 0, 255]), (0, [64, 128, 191, 255])] {
        let mut bench = Bench::on(RGBA8, RGBA8, without(Feature::DepthClamp));
        let mut stream = Vec::new();
        clear(&mut stream, [0.0, 0.0, 0.0, 1.0]);
        state(&mut stream, 3.0, CONSTANT_COLOR, [OPAQUE; 2], FILLED | clip);
        draw(&mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        assert_all(&bench.pixels(), expected);
    }
}

#[test]
fn linear_surface_of_srgb_texture_without_views_stores_what_is_drawn() {
    let limit = without(Feature::TextureView);
    for (stored, surface, expected) in [
        (RGBA8_SRGB, RGBA8, [64, 128, 191, 255]),
        (RGBA8, RGBA8_SRGB, [137, 188, 225, 255]),
        (RGBA8_SRGB, RGBA8_SRGB, [137, 188, 225, 255]),
    ] {
        let mut bench = Bench::on(stored, surface, limit);
        let mut stream = Vec::new();
        clear(&mut stream, [0.25, 0.5, 0.75, 1.0]);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        assert_all(&bench.pixels(), expected);
        let mut stream = Vec::new();
        clear(&mut stream, [0.0; 4]);
        state(
            &mut stream,
            0.0,
            CONSTANT_COLOR,
            [OPAQUE; 2],
            FILLED | DEPTH_CLIP,
        );
        draw(&mut stream);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        assert_all(&bench.pixels(), expected);
    }
}

#[test]
fn times_without_timer_queries_are_those_of_the_host() {
    const TIMESTAMP: u32 = 2;
    const TIME_ELAPSED: u32 = 4;
    let mut bench = Bench::on(RGBA8, RGBA8, without(Feature::TimerQuery));
    let desc = ResourceDesc {
        target: 0,
        format: 64,
        bind: 1 << 17,
        width: 16,
        height: 1,
        depth: 1,
        array_size: 1,
        ..ResourceDesc::default()
    };
    let mut results = [(ResourceId(3), TIMESTAMP), (ResourceId(4), TIME_ELAPSED)]
        .into_iter()
        .chain([(ResourceId(5), TIMESTAMP)])
        .map(|(id, ty)| (bench.resource(id, &desc, 16), id, ty))
        .collect::<Vec<_>>();
    let mut stream = Vec::new();
    for (_, id, ty) in &results {
        let handle = 30 + id.0;
        command(&mut stream, 1, 9, &[handle, *ty, 0, id.0]);
        if *ty == TIME_ELAPSED {
            command(&mut stream, 19, 0, &[handle]);
            clear(&mut stream, [1.0; 4]);
        }
        command(&mut stream, 20, 0, &[handle]);
        command(&mut stream, 21, 0, &[handle, 1]);
    }
    bench.renderer.submit(CONTEXT, &stream).unwrap();
    bench.pixels();
    let [before, elapsed, after] = std::array::from_fn(|_| {
        let (memory, ..) = results.remove(0);
        let bytes = memory.bytes();
        assert_eq!(bytes[..4], 1u32.to_le_bytes(), "the result is there");
        u64::from_le_bytes(bytes[8..16].try_into().unwrap())
    });
    assert!(elapsed > 0, "a clear takes time");
    assert!(before + elapsed <= after, "{before} + {elapsed} <= {after}");
}

#[test]
fn multisample_texture_on_es_3_0_has_one_sample_for_all() {
    let limit = Limit {
        gles: Some(Version::new(3, 0)),
        ..Limit::default()
    };
    let mut bench = Bench::on(RGBA8, RGBA8, limit);
    let desc = ResourceDesc {
        target: 2,
        format: RGBA8,
        bind: 0xa,
        width: SIZE,
        height: SIZE,
        depth: 1,
        array_size: 1,
        nr_samples: 4,
        ..ResourceDesc::default()
    };
    bench.resource(OTHER, &desc, 16);
    let mut stream = Vec::new();
    command(&mut stream, 1, 8, &[2, OTHER.0, RGBA8, 0, 0]);
    command(&mut stream, 5, 0, &[1, 0, 2]);
    clear(&mut stream, [0.25, 0.5, 0.75, 1.0]);
    command(&mut stream, 5, 0, &[1, 0, 1]);
    let fragment = "FRAG\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL SVIEW[0], 2D_MSAA, FLOAT\n\
        IMM[0] INT32 {3, 2, 0, 0}\nTXF OUT[0], IMM[0].xxxy, SAMP[0], 2D_MSAA\nEND\n";
    state(&mut stream, 0.0, fragment, [OPAQUE; 2], FILLED | DEPTH_CLIP);
    let identity = 1 << 3 | 2 << 6 | 3 << 9;
    let view = [30, OTHER.0, RGBA8 | 2 << 24, 0, 0, identity];
    command(&mut stream, 1, 6, &view);
    command(&mut stream, 10, 0, &[1, 0, 30]);
    draw(&mut stream);
    bench.renderer.submit(CONTEXT, &stream).unwrap();
    assert_all(&bench.pixels(), [64, 128, 191, 255]);
}
