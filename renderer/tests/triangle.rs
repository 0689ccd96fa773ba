//! Command streams through the whole renderer, on the host's GL.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use std::sync::{Arc, Mutex};

use maro_gpu::Renderer;
use maro_gpu::renderer::{
    Backing, Box3, ContextId, Direction, Error, ResourceDesc, ResourceId, Transfer,
};
use maro_renderer::renderer::{Config, VirglRenderer};
use vm_memory::VolatileSlice;

/// Guest memory that lives on the heap.
struct Heap(Mutex<Vec<u8>>);

impl Heap {
    fn new(size: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(vec![0xaa; size])))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Backing for Heap {
    fn len(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }

    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error> {
        let mut bytes = self.0.lock().unwrap();
        let start = offset as usize;
        let piece = bytes
            .get_mut(start..start + len)
            .ok_or_else(|| Error::InvalidParameter("range".to_owned()))?;
        visit(VolatileSlice::from(piece));
        Ok(())
    }
}

/// A command: number, object type, payload.
fn command(stream: &mut Vec<u32>, number: u32, object: u32, payload: &[u32]) {
    stream.push(number | object << 8 | (payload.len() as u32) << 16);
    stream.extend_from_slice(payload);
}

/// A shader object.
fn shader(stream: &mut Vec<u32>, handle: u32, stage: u32, text: &str) {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    let length = bytes.len() as u32;
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let mut payload = vec![handle, stage, length, 300, 0];
    payload.extend(
        bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_le_bytes(*word)),
    );
    command(stream, 1, 4, &payload);
    command(stream, 31, 0, &[handle, stage]);
}

const SIZE: u32 = 16;
const CONTEXT: ContextId = ContextId(1);
const TARGET: ResourceId = ResourceId(1);
const VERTICES: ResourceId = ResourceId(2);

fn full_box(width: u32, height: u32) -> Transfer {
    let region = Box3 {
        x: 0,
        y: 0,
        z: 0,
        width,
        height,
        depth: 1,
    };
    Transfer {
        region,
        ..Transfer::default()
    }
}

struct Bench {
    renderer: VirglRenderer,
    target: Arc<Heap>,
}

impl Bench {
    /// A context with a bound colour target of `format`.
    fn new(format: u32) -> Self {
        let mut renderer = VirglRenderer::headless(&Config::default()).unwrap();
        renderer.create_context(CONTEXT, 2, "test").unwrap();
        let desc = ResourceDesc {
            target: 2,
            format,
            bind: 0xa,
            width: SIZE,
            height: SIZE,
            depth: 1,
            array_size: 1,
            ..ResourceDesc::default()
        };
        renderer.create_resource(TARGET, &desc).unwrap();
        let target = Heap::new((SIZE * SIZE * 4) as usize);
        renderer.attach_backing(TARGET, target.clone()).unwrap();
        renderer.attach_resource(CONTEXT, TARGET).unwrap();
        let mut stream = Vec::new();
        command(&mut stream, 29, 0, &[1]);
        command(&mut stream, 28, 0, &[1]);
        command(&mut stream, 1, 8, &[1, TARGET.0, format, 0, 0]);
        command(&mut stream, 5, 0, &[1, 0, 1]);
        renderer.submit(CONTEXT, &stream).unwrap();
        Self { renderer, target }
    }

    fn pixels(&mut self) -> Vec<[u8; 4]> {
        let transfer = full_box(SIZE, SIZE);
        self.renderer
            .transfer(Some(CONTEXT), TARGET, &transfer, Direction::FromHost)
            .unwrap();
        self.target.bytes().as_chunks::<4>().0.to_vec()
    }
}

fn clear(stream: &mut Vec<u32>, color: [f32; 4]) {
    let [r, g, b, a] = color.map(f32::to_bits);
    command(stream, 7, 0, &[4, r, g, b, a, 0, 0, 0]);
}

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
