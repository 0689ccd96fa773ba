//! What all contexts of a renderer share: GL, what it can do, and the objects that draws
//! of any context use.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use maro_gpu::renderer::Error;

use crate::caps;
use crate::derivatives;
use crate::draw::attributes::AttributePointers;
use crate::draw::blitter::Blitter;
use crate::draw::depth_read::DepthReader;
use crate::draw::framebuffer::FramebufferCache;
use crate::draw::program::ProgramCache;
use crate::draw::shader::PassthroughCache;
use crate::gl::host::{Capabilities, Feature, Limit, Limits, Version};
use crate::gl::stream::StreamBuffer;
use crate::gl::{Framebuffer, Gl, Program, Shader, Texture, VertexArray};
use crate::glsl::{Features, GlslVersion, HostProfile};
use crate::protocol::formats::FormatId;
use crate::protocol::values::ShaderStage;
use crate::query::QueryObject;
use crate::resource::budget::Budget;
use crate::resource::support::FormatSupport;
use crate::resource::texture::TextureStorage;

/// Bytes of the ring for constants.
const STREAM_BYTES: usize = 8 << 20;
/// Scratch memory beyond this is given back after use.
const SCRATCH_KEPT: usize = 16 << 20;
/// Texture units and storage bindings a stage, if the host has them for all stages.
const UNITS_A_STAGE: u32 = 32;

/// The host side of a renderer.
pub struct Host {
    /// GL.
    pub gl: Rc<Gl>,
    /// What it can do.
    pub caps: Capabilities,
    /// What it can do with each format.
    pub formats: FormatSupport,
    /// The translator's view of it.
    pub profile: HostProfile,
    /// First texture unit of each stage.
    pub unit_base: [u32; ShaderStage::COUNT],
    /// Memory left to guests.
    pub budget: Budget,
    /// Constants on their way to shaders; `None` without uniform blocks.
    pub stream: Option<RefCell<StreamBuffer>>,
    /// Vertex input on hosts of OpenGL ES 2.0.
    pub attributes: Option<AttributePointers>,
    /// Linked programs.
    pub programs: RefCell<ProgramCache>,
    /// Control shaders for guests that have none.
    pub passthrough: RefCell<PassthroughCache>,
    /// Framebuffers by their attachments.
    pub framebuffers: RefCell<FramebufferCache>,
    /// Draws that copy pixels.
    pub blitter: RefCell<Blitter>,
    /// Reads depth on hosts of OpenGL ES 2.0.
    pub depth_reader: RefCell<DepthReader>,
    /// The renderer drew something of its own in the middle of a context's commands.
    pub touched: Cell<bool>,
    /// A vertex array without attributes; `None` on hosts of OpenGL ES 2.0.
    pub empty_vertex_array: Option<VertexArray>,
    /// Queries whose results the guest asked for and does not have yet.
    pub pending_results: RefCell<Vec<Rc<QueryObject>>>,
    /// Where samples lie, as the capability sets say it.
    sample_locations: [u32; 8],
    /// Reused memory for texels.
    pub scratch: RefCell<Vec<u8>>,
    read_framebuffer: Framebuffer,
    draw_framebuffer: Framebuffer,
}

impl Host {
    /// Looks at the current context and makes the shared objects.
    ///
    /// # Errors
    /// If the host has not even OpenGL ES 2.0 or no memory.
    pub fn new(gl: Rc<Gl>, limit: Limit, memory_limit: u64) -> Result<Self, Error> {
        let mut caps = Capabilities::probe(&gl, limit);
        let too_old = if caps.gles {
            caps.version < Version::new(2, 0)
        } else {
            !caps.has(Feature::Gles3)
        };
        if too_old {
            return Err(Error::Host(format!(
                "{} ({}) is too old: OpenGL ES 2.0 or OpenGL 3.0 is needed",
                caps.version_string, caps.renderer
            )));
        }
        if !caps.gles {
            // What OpenGL ES always does.
            gl.set_enabled(glow::PROGRAM_POINT_SIZE, true);
            gl.set_enabled(glow::TEXTURE_CUBE_MAP_SEAMLESS, true);
        }
        if caps.gles && caps.has(Feature::Gles3) && derivatives::are_fine(&gl, &caps) {
            caps.add(Feature::FineDerivatives);
        }
        let formats = FormatSupport::probe(&gl, &caps);
        let mut profile = profile(&caps);
        let skips = caps.has(Feature::Gles3) && skips_components(&gl, profile.version);
        profile.features.set(Features::SKIP_COMPONENTS, skips);
        let sample_locations = sample_locations(&gl, &caps, &formats);
        let out_of_memory = Error::OutOfMemory;
        let modern = caps.has(Feature::Gles3);
        let host = Self {
            stream: modern
                .then(|| StreamBuffer::new(&gl, STREAM_BYTES))
                .transpose()
                .map_err(out_of_memory)?
                .map(RefCell::new),
            empty_vertex_array: modern
                .then(|| VertexArray::new(&gl))
                .transpose()
                .map_err(out_of_memory)?,
            attributes: (!modern)
                .then(|| AttributePointers::new(&gl, caps.limits.vertex_attribs))
                .transpose()
                .map_err(out_of_memory)?,
            read_framebuffer: Framebuffer::new(&gl).map_err(out_of_memory)?,
            draw_framebuffer: Framebuffer::new(&gl).map_err(out_of_memory)?,
            unit_base: unit_base(gl.draw_units(), &caps.limits),
            programs: RefCell::default(),
            passthrough: RefCell::default(),
            framebuffers: RefCell::default(),
            blitter: RefCell::default(),
            depth_reader: RefCell::default(),
            touched: Cell::new(false),
            scratch: RefCell::default(),
            pending_results: RefCell::default(),
            budget: Budget::new(memory_limit),
            gl,
            caps,
            formats,
            profile,
            sample_locations,
        };
        Ok(host)
    }

    /// Calls `report` with this host as the capability sets see it.
    pub fn with_caps_input<T>(&self, report: impl FnOnce(&caps::Host<'_>) -> T) -> T {
        let masks = self.formats.masks();
        report(&caps::Host {
            gles: self.caps.gles,
            version: self.caps.version,
            renderer: &self.caps.renderer,
            limits: &self.caps.limits,
            has: &|feature| self.caps.has(feature),
            formats: &masks,
            sample_locations: self.sample_locations,
        })
    }

    /// True if logical operations must be done in the fragment shader, and can be.
    pub fn emulates_logic_op(&self) -> bool {
        self.caps.gles && self.caps.has(Feature::FramebufferFetch)
    }

    /// Writes the results that guests wait for; waits for the GPU if there are any.
    pub fn deliver_results(&self) {
        for query in self.pending_results.borrow_mut().drain(..) {
            query.deliver(self);
        }
    }

    /// Drops what the caches hold for guests that are gone.
    pub fn forget_guests(&self) {
        self.pending_results.borrow_mut().clear();
        self.framebuffers.borrow_mut().clear();
        *self.programs.borrow_mut() = ProgramCache::default();
        *self.passthrough.borrow_mut() = PassthroughCache::default();
    }

    /// Gives scratch memory back that only a large transfer needed.
    pub fn trim(&self, scratch: &mut Vec<u8>) {
        if scratch.capacity() > SCRATCH_KEPT {
            *scratch = Vec::new();
        }
    }

    /// Makes one layer of a texture what `glReadPixels` and blits read.
    pub fn attach_for_reading(
        &self,
        texture: &TextureStorage,
        attachment: u32,
        level: u32,
        z: u32,
    ) {
        let gl = &self.gl;
        gl.bind_read_framebuffer(Some(self.read_framebuffer.name()));
        texture.attach_layer(gl, glow::READ_FRAMEBUFFER, attachment, level, z);
        if attachment == glow::COLOR_ATTACHMENT0 {
            gl.read_buffer(glow::COLOR_ATTACHMENT0);
        }
    }

    /// Undoes [`attach_for_reading`](Self::attach_for_reading), so that the framebuffer
    /// neither mixes attachments nor keeps the texture alive.
    pub fn detach_after_reading(&self, attachment: u32) {
        let none = glow::READ_FRAMEBUFFER;
        self.gl
            .framebuffer_texture_2d(none, attachment, glow::TEXTURE_2D, None, 0);
    }

    /// Makes one layer of a texture what clears and blits write.
    pub fn attach_for_drawing(
        &self,
        texture: &TextureStorage,
        attachment: u32,
        level: u32,
        z: u32,
    ) {
        let gl = &self.gl;
        gl.bind_draw_framebuffer(Some(self.draw_framebuffer.name()));
        texture.attach_layer(gl, glow::DRAW_FRAMEBUFFER, attachment, level, z);
        let buffer = match attachment {
            glow::COLOR_ATTACHMENT0 => glow::COLOR_ATTACHMENT0,
            _ => glow::NONE,
        };
        gl.draw_buffers(&[buffer]);
    }

    /// Undoes [`attach_for_drawing`](Self::attach_for_drawing).
    pub fn detach_after_drawing(&self, attachment: u32) {
        let none = glow::DRAW_FRAMEBUFFER;
        self.gl
            .framebuffer_texture_2d(none, attachment, glow::TEXTURE_2D, None, 0);
    }

    /// The scratch framebuffer for draws that bring their own attachments.
    pub fn draw_framebuffer(&self) -> glow::Framebuffer {
        self.draw_framebuffer.name()
    }
}

/// Does a program link that leaves gaps in what it captures? No version or extension says
/// so of OpenGL ES, where Mesa's drivers do it.
fn skips_components(gl: &Rc<Gl>, version: GlslVersion) -> bool {
    let directive = version.directive();
    let vertex = format!("{directive}\nout highp vec4 a;\nvoid main() {{ a = vec4(0.0); }}\n");
    let fragment = format!("{directive}\nvoid main() {{}}\n");
    let link = || -> Result<bool, String> {
        let program = Program::new(gl)?;
        let vertex = Shader::compile(gl, glow::VERTEX_SHADER, &vertex)?;
        let fragment = Shader::compile(gl, glow::FRAGMENT_SHADER, &fragment)?;
        gl.attach_shader(program.name(), vertex.name());
        gl.attach_shader(program.name(), fragment.name());
        let varyings = ["gl_SkipComponents1", "a"];
        gl.transform_feedback_varyings(program.name(), &varyings, glow::INTERLEAVED_ATTRIBS);
        gl.link_program(program.name());
        Ok(gl.get_program_link_status(program.name()))
    };
    let linked = link().unwrap_or(false);
    gl.take_error().is_none() && linked
}

/// Where the samples of 2, 4, 8 and 16 a pixel lie, in the encoding of the capability
/// sets: a byte a sample, x in its upper and y in its lower half, in sixteenths.
fn sample_locations(gl: &Rc<Gl>, caps: &Capabilities, formats: &FormatSupport) -> [u32; 8] {
    let mut words = [0; 8];
    if !caps.has(Feature::TextureMultisample) {
        return words;
    }
    for (count, first) in [(2u32, 0), (4, 1), (8, 2), (16, 4)] {
        if formats.sample_count(FormatId::R8G8B8A8_UNORM, count) != count {
            continue;
        }
        let Some(positions) = positions_of(gl, count) else {
            continue;
        };
        for (sample, [x, y]) in positions.into_iter().enumerate() {
            let sixteenths = |value: f32| (value * 16.0).clamp(0.0, 15.0) as u32;
            let byte = sixteenths(x) << 4 | sixteenths(y);
            words[first + sample / 4] |= byte << (sample % 4 * 8);
        }
    }
    words
}

/// The places of `count` samples, as a framebuffer with that many has them.
fn positions_of(gl: &Rc<Gl>, count: u32) -> Option<Vec<[f32; 2]>> {
    let target = glow::TEXTURE_2D_MULTISAMPLE;
    let texture = Texture::new(gl).ok()?;
    let framebuffer = Framebuffer::new(gl).ok()?;
    gl.edit_texture(target, texture.name());
    gl.tex_storage_2d_multisample(target, count as i32, glow::RGBA8, 1, 1, true);
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    let (binding, attachment) = (glow::DRAW_FRAMEBUFFER, glow::COLOR_ATTACHMENT0);
    gl.framebuffer_texture_2d(binding, attachment, target, Some(texture.name()), 0);
    let positions = (0..count)
        .map(|sample| gl.sample_position(sample))
        .collect();
    gl.take_error().is_none().then_some(positions)?
}

/// Gives each stage a run of texture units. Vertex and fragment shaders come first: on a
/// host with few units the other stages share what is left.
fn unit_base(units: u32, limits: &Limits) -> [u32; ShaderStage::COUNT] {
    let each = (units / ShaderStage::COUNT as u32).min(UNITS_A_STAGE);
    if each >= 16 {
        return std::array::from_fn(|stage| stage as u32 * each);
    }
    // Fragment units from 0, vertex units behind them; compute runs alone and may use all.
    let mut base = [limits.texture_units.min(16); ShaderStage::COUNT];
    base[ShaderStage::Fragment.index()] = 0;
    base[ShaderStage::Compute.index()] = 0;
    base
}

/// What the translator may use of a host.
pub fn profile(caps: &Capabilities) -> HostProfile {
    let version = match (caps.gles, caps.version.major, caps.version.minor) {
        (false, ..) => GlslVersion::Gl450,
        (true, 0..=2, _) => GlslVersion::Es100,
        (true, 3, 0) => GlslVersion::Es300,
        (true, 3, 1) => GlslVersion::Es310,
        (true, ..) => GlslVersion::Es320,
    };
    let table = [
        (Feature::ClipCullDistance, Features::CLIP_CULL_DISTANCE),
        (Feature::BlendFuncExtended, Features::BLEND_FUNC_EXTENDED),
        (Feature::GeometryShader, Features::GEOMETRY_SHADER),
        (Feature::GeometryPointSize, Features::GEOMETRY_POINT_SIZE),
        (Feature::TessellationShader, Features::TESSELLATION_SHADER),
        (
            Feature::TessellationPointSize,
            Features::TESSELLATION_POINT_SIZE,
        ),
        (Feature::TextureBuffer, Features::TEXTURE_BUFFER),
        (Feature::TextureMultisample, Features::TEXTURE_MULTISAMPLE),
        (Feature::CubeMapArray, Features::TEXTURE_CUBE_MAP_ARRAY),
        (Feature::TextureShadowLod, Features::TEXTURE_SHADOW_LOD),
        (Feature::TextureQueryLod, Features::TEXTURE_QUERY_LOD),
        (Feature::NoPerspective, Features::NOPERSPECTIVE),
        (Feature::ImageFormats, Features::NV_IMAGE_FORMATS),
        (Feature::FramebufferFetch, Features::FRAMEBUFFER_FETCH),
        (Feature::GroupVote, Features::GROUP_VOTE),
        (Feature::GpuShader5, Features::GPU_SHADER5),
        (Feature::SampleVariables, Features::SAMPLE_VARIABLES),
        (
            Feature::TextureMultisampleArray,
            Features::MULTISAMPLE_2D_ARRAY,
        ),
        (Feature::ViewportArray, Features::VIEWPORT_ARRAY),
        (
            Feature::BlendEquationAdvanced,
            Features::BLEND_EQUATION_ADVANCED,
        ),
        (Feature::RobustBufferAccess, Features::ROBUST_BUFFER_ACCESS),
        (Feature::StandardDerivatives, Features::STANDARD_DERIVATIVES),
        (Feature::FragDepth, Features::FRAG_DEPTH),
        (Feature::ShaderTextureLod, Features::SHADER_TEXTURE_LOD),
        (Feature::DrawBuffers, Features::DRAW_BUFFERS),
        (Feature::Texture3d, Features::TEXTURE_3D),
    ];
    let mut features = Features::empty();
    let mut absent = Features::empty();
    for (feature, flag) in table {
        features.set(flag, caps.has(feature));
        absent.set(flag, caps.without.contains(feature) && !caps.has(feature));
    }
    features.set(Features::WRITTEN_OUT, caps.crashes_on_integer_functions());
    let storage = caps.limits.storage_buffer_bindings;
    let images = caps.limits.image_units;
    HostProfile {
        version,
        features,
        absent,
        storage_buffer_base: bases(
            storage,
            [
                caps.limits.vertex_storage_blocks,
                caps.limits.fragment_storage_blocks,
                caps.limits.geometry_storage_blocks,
                caps.limits.tess_control_storage_blocks,
                caps.limits.tess_evaluation_storage_blocks,
                0,
            ],
        ),
        image_base: bases(
            images,
            [
                caps.limits.vertex_images,
                caps.limits.fragment_images,
                0,
                0,
                0,
                0,
            ],
        ),
    }
}

/// The first binding of each stage, one behind the other; stages that no longer fit
/// start at 0, where they work as long as the earlier ones use none. Compute runs alone.
fn bases(bindings: u32, counts: [u32; ShaderStage::COUNT]) -> [u8; ShaderStage::COUNT] {
    let mut next = 0;
    let mut bases = [0; ShaderStage::COUNT];
    // Fragment shaders use storage most: they get the first run.
    let order = [1, 0, 2, 3, 4];
    for stage in order {
        if next + counts[stage] <= bindings.min(255) {
            bases[stage] = next as u8;
            next += counts[stage];
        }
    }
    bases
}
