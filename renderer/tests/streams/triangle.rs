//! A triangle, and what comes before one.

use maro_gpu::Renderer;
use maro_gpu::renderer::{Backing, ResourceDesc};

use crate::bench::{Bench, CONTEXT, Heap, SIZE, VERTICES, clear, command, shader};

#[test]
fn new_resource_reads_back_as_zero() {
    let mut bench = Bench::new(67);
    assert!(bench.pixels().iter().all(|pixel| *pixel == [0; 4]));
}

#[test]
fn clear_of_bgra_arrives_in_guest_byte_order() {
    for (format, expected) in [(67, [255, 128, 0, 255]), (1, [0, 128, 255, 255])] {
        let mut bench = Bench::new(format);
        let mut stream = Vec::new();
        clear(&mut stream, [1.0, 0.5, 0.0, 1.0]);
        bench.renderer.submit(CONTEXT, &stream).unwrap();
        let pixels = bench.pixels();
        assert!(
            pixels.iter().all(|pixel| *pixel == expected),
            "{:?}",
            pixels[0]
        );
    }
}

#[test]
fn draw_covers_the_triangle_in_the_constant_colour() {
    let mut bench = Bench::new(67);
    let desc = ResourceDesc {
        target: 0,
        format: 64,
        bind: 0x10,
        width: 24,
        height: 1,
        depth: 1,
        array_size: 1,
        ..ResourceDesc::default()
    };
    bench.renderer.create_resource(VERTICES, &desc).unwrap();
    let memory = Heap::new(24);
    // The lower left half in GL's terms, which is the first rows in memory.
    let corners: Vec<u8> = [-1.0f32, -1.0, 1.0, -1.0, -1.0, 1.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    memory.write(0, &corners).unwrap();
    bench.renderer.attach_backing(VERTICES, memory).unwrap();
    bench.renderer.attach_resource(CONTEXT, VERTICES).unwrap();

    let mut stream = Vec::new();
    clear(&mut stream, [0.0, 0.0, 0.0, 1.0]);
    command(
        &mut stream,
        43,
        0,
        &[VERTICES.0, 0, 0, 0, 0, 0, 0, 0, 24, 1, 1, 0, 1],
    );
    shader(
        &mut stream,
        10,
        0,
        "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\n  0: MOV OUT[0], IN[0]\n  1: END\n",
    );
    shader(
        &mut stream,
        11,
        1,
        "FRAG\nPROPERTY FS_COLOR0_WRITES_ALL_CBUFS 1\nDCL OUT[0], COLOR\nDCL CONST[0]\n\
         IMM[0] FLT32 {0x3f000000, 0x3f800000, 0x00000000, 0x00000000}\n\
         0: MUL OUT[0], CONST[0], IMM[0].yyyy\n  1: END\n",
    );
    // A rasteriser that draws filled polygons, all colour channels, one vertex element.
    command(
        &mut stream,
        1,
        2,
        &[20, 0x2000_00c2, 0, 0, 0, 0x3f80_0000, 0, 0, 0],
    );
    command(&mut stream, 2, 2, &[20]);
    command(
        &mut stream,
        1,
        1,
        &[21, 0, 0, 0xf << 27, 0, 0, 0, 0, 0, 0, 0],
    );
    command(&mut stream, 2, 1, &[21]);
    command(&mut stream, 1, 5, &[22, 0, 0, 0, 29]);
    command(&mut stream, 2, 5, &[22]);
    command(&mut stream, 6, 0, &[8, 0, VERTICES.0]);
    let half = (SIZE as f32 / 2.0).to_bits();
    command(
        &mut stream,
        4,
        0,
        &[0, half, half, 0x3f00_0000, half, half, 0x3f00_0000],
    );
    let color = [0.0f32, 1.0, 0.0, 1.0].map(f32::to_bits);
    command(
        &mut stream,
        12,
        0,
        &[1, 0, color[0], color[1], color[2], color[3]],
    );
    command(&mut stream, 8, 0, &[0, 3, 4, 0, 1, 0, 0, 0, 0, 0, 2, 0]);
    bench.renderer.submit(CONTEXT, &stream).unwrap();

    let pixels = bench.pixels();
    assert_eq!(pixels[0], [0, 255, 0, 255], "the corner that is covered");
    assert_eq!(
        pixels[pixels.len() - 1],
        [0, 0, 0, 255],
        "the corner that is not"
    );
    let covered = pixels.iter().filter(|pixel| pixel[1] == 255).count();
    assert!((110..=146).contains(&covered), "{covered} of 256 pixels");
}
