//! A renderer, a context with one colour target, and commands for it.

use std::sync::{Arc, Mutex};

use maro_gpu::Renderer;
use maro_gpu::renderer::{
    Backing, Box3, ContextId, Direction, Error, ResourceDesc, ResourceId, Transfer,
};
use maro_renderer::gl::host::Limit;
use maro_renderer::renderer::{Config, VirglRenderer};
use vm_memory::VolatileSlice;

/// Guest memory that lives on the heap.
pub struct Heap(Mutex<Vec<u8>>);

impl Heap {
    pub fn new(size: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(vec![0xaa; size])))
    }

    pub fn bytes(&self) -> Vec<u8> {
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
pub fn command(stream: &mut Vec<u32>, number: u32, object: u32, payload: &[u32]) {
    stream.push(number | object << 8 | (payload.len() as u32) << 16);
    stream.extend_from_slice(payload);
}

/// A shader object.
pub fn shader(stream: &mut Vec<u32>, handle: u32, stage: u32, text: &str) {
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

pub const SIZE: u32 = 16;
pub const CONTEXT: ContextId = ContextId(1);
pub const TARGET: ResourceId = ResourceId(1);
pub const VERTICES: ResourceId = ResourceId(2);

pub fn full_box(width: u32, height: u32) -> Transfer {
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

pub struct Bench {
    pub renderer: VirglRenderer,
    target: Arc<Heap>,
}

impl Bench {
    /// A context with a bound colour target of `format`.
    pub fn new(format: u32) -> Self {
        Self::on(format, format, Limit::default())
    }

    /// As [`new`](Self::new), on a limited host, with a surface of another format.
    pub fn on(format: u32, surface: u32, limit: Limit) -> Self {
        let config = Config {
            limit,
            ..Config::default()
        };
        let mut renderer = VirglRenderer::headless(&config).unwrap();
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
        command(&mut stream, 1, 8, &[1, TARGET.0, surface, 0, 0]);
        command(&mut stream, 5, 0, &[1, 0, 1]);
        renderer.submit(CONTEXT, &stream).unwrap();
        Self { renderer, target }
    }

    /// Makes a resource with memory of its own, known to the context.
    pub fn resource(&mut self, id: ResourceId, desc: &ResourceDesc, size: usize) -> Arc<Heap> {
        let memory = Heap::new(size);
        self.renderer.create_resource(id, desc).unwrap();
        self.renderer.attach_backing(id, memory.clone()).unwrap();
        self.renderer.attach_resource(CONTEXT, id).unwrap();
        memory
    }

    /// What the target holds, by bytes in memory.
    pub fn pixels(&mut self) -> Vec<[u8; 4]> {
        let transfer = full_box(SIZE, SIZE);
        self.renderer
            .transfer(Some(CONTEXT), TARGET, &transfer, Direction::FromHost)
            .unwrap();
        self.target.bytes().as_chunks::<4>().0.to_vec()
    }
}

pub fn clear(stream: &mut Vec<u32>, color: [f32; 4]) {
    let [r, g, b, a] = color.map(f32::to_bits);
    command(stream, 7, 0, &[4, r, g, b, a, 0, 0, 0]);
}
