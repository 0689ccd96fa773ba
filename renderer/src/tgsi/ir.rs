//! The intermediate representation: a TGSI shader as data.
//!
//! Instructions stay a flat list, as TGSI has them; [`validate`](super::validate) proves
//! that their nesting is balanced and that every register they name is declared. Code
//! that walks a validated shader may rely on both.

use arrayvec::ArrayVec;

use super::opcode::Opcode;
use super::semantic::{
    Interpolation, Location, PropertyName, SampledType, SemanticName, TextureTarget,
};

/// A stage of the pipeline; the discriminants are virgl's wire numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// `VERT`
    Vertex = 0,
    /// `FRAG`
    Fragment = 1,
    /// `GEOM`
    Geometry = 2,
    /// `TESS_CTRL`
    TessCtrl = 3,
    /// `TESS_EVAL`
    TessEval = 4,
    /// `COMP`
    Compute = 5,
}

impl Stage {
    /// All stages, in the order of their wire numbers.
    pub const ALL: [Stage; 6] = [
        Stage::Vertex,
        Stage::Fragment,
        Stage::Geometry,
        Stage::TessCtrl,
        Stage::TessEval,
        Stage::Compute,
    ];

    /// The wire number, 0 to 5.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The stage with this wire number.
    pub fn from_wire(number: u32) -> Option<Stage> {
        Stage::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The word that opens a TGSI text of this stage.
    pub const fn tgsi_name(self) -> &'static str {
        match self {
            Stage::Vertex => "VERT",
            Stage::Fragment => "FRAG",
            Stage::Geometry => "GEOM",
            Stage::TessCtrl => "TESS_CTRL",
            Stage::TessEval => "TESS_EVAL",
            Stage::Compute => "COMP",
        }
    }

    /// A short lower-case prefix for the names of generated GLSL objects.
    pub const fn prefix(self) -> &'static str {
        match self {
            Stage::Vertex => "vs",
            Stage::Fragment => "fs",
            Stage::Geometry => "gs",
            Stage::TessCtrl => "tcs",
            Stage::TessEval => "tes",
            Stage::Compute => "cs",
        }
    }

    /// The same prefix in camel case, for block names.
    pub const fn block_prefix(self) -> &'static str {
        match self {
            Stage::Vertex => "Vs",
            Stage::Fragment => "Fs",
            Stage::Geometry => "Gs",
            Stage::TessCtrl => "Tcs",
            Stage::TessEval => "Tes",
            Stage::Compute => "Cs",
        }
    }
}

/// A register file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// `NULL`: writes to it vanish.
    Null,
    /// `CONST`: uniform buffers; a missing first dimension means buffer 0.
    Constant,
    /// `IN`
    Input,
    /// `OUT`
    Output,
    /// `TEMP`
    Temporary,
    /// `SAMP`
    Sampler,
    /// `ADDR`
    Address,
    /// `IMM`
    Immediate,
    /// `SV`
    SystemValue,
    /// `IMAGE`
    Image,
    /// `SVIEW`
    SamplerView,
    /// `BUFFER`: shader storage buffers.
    Buffer,
    /// `MEMORY`
    Memory,
    /// `HWATOMIC`
    HwAtomic,
}

impl File {
    /// All files with the names the text form gives them.
    pub const NAMES: [(&'static str, File); 15] = [
        ("NULL", File::Null),
        ("CONST", File::Constant),
        ("CONSTBUF", File::Constant),
        ("IN", File::Input),
        ("OUT", File::Output),
        ("TEMP", File::Temporary),
        ("SAMP", File::Sampler),
        ("ADDR", File::Address),
        ("IMM", File::Immediate),
        ("SV", File::SystemValue),
        ("IMAGE", File::Image),
        ("SVIEW", File::SamplerView),
        ("BUFFER", File::Buffer),
        ("MEMORY", File::Memory),
        ("HWATOMIC", File::HwAtomic),
    ];

    /// The file of this name.
    pub fn from_name(name: &str) -> Option<File> {
        Self::NAMES
            .iter()
            .find(|(n, _)| *n == name)
            .map(|&(_, file)| file)
    }

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|&&(_, file)| file == self)
            .map_or("NULL", |&(name, _)| name)
    }
}

/// An inclusive range of register numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First register.
    pub first: u32,
    /// Last register, at least `first`.
    pub last: u32,
}

impl Range {
    /// Number of registers.
    pub const fn len(self) -> u32 {
        self.last - self.first + 1
    }

    /// Always false: a range holds at least one register.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// True if `index` lies within.
    pub const fn contains(self, index: u32) -> bool {
        self.first <= index && index <= self.last
    }
}

/// A set of the components x, y, z, w (bits 0 to 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mask(pub u8);

impl Mask {
    /// All four components.
    pub const XYZW: Mask = Mask(0xf);

    /// The components in order, as numbers 0 to 3.
    pub fn components(self) -> impl Iterator<Item = u8> {
        (0..4u8).filter(move |c| self.0 & (1 << c) != 0)
    }

    /// Number of components.
    pub const fn len(self) -> usize {
        (self.0 & 0xf).count_ones() as usize
    }

    /// True without any component.
    pub const fn is_empty(self) -> bool {
        self.0 & 0xf == 0
    }
}

/// A declared stage input or output (`DCL IN` / `DCL OUT`); one for each range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IoDecl {
    /// The registers.
    pub range: Range,
    /// Components that carry data.
    pub mask: Mask,
    /// What it stands for; vertex attributes have none.
    pub semantic: Option<Semantic>,
    /// How a fragment input is interpolated.
    pub interpolation: Interpolation,
    /// Where a fragment input is interpolated.
    pub location: Location,
    /// Number of the `ARRAY(n)` it forms, 0 for none.
    pub array: u32,
    /// True for arrays of vertices (`IN[][n]`).
    pub per_vertex: bool,
    /// The vertex stream of each component (geometry outputs).
    pub streams: [u8; 4],
    /// `INVARIANT`
    pub invariant: bool,
}

impl IoDecl {
    /// The semantic of one register of the range.
    pub fn semantic_of(&self, register: u32) -> Option<Semantic> {
        let semantic = self.semantic?;
        let index = semantic
            .index
            .checked_add(register.checked_sub(self.range.first)?)?;
        Some(Semantic { index, ..semantic })
    }
}

/// A semantic name and its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Semantic {
    /// For example `GENERIC`.
    pub name: SemanticName,
    /// The number in brackets, 0 where none is written.
    pub index: u32,
}

/// `DCL SV`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemValueDecl {
    /// The registers, in practice one.
    pub range: Range,
    /// Which value.
    pub semantic: Semantic,
}

/// `DCL TEMP`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TempDecl {
    /// The registers.
    pub range: Range,
    /// Number of the `ARRAY(n)` it forms, 0 for plain registers.
    pub array: u32,
}

/// `DCL CONST`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConstDecl {
    /// Uniform buffer, 0 for the default one.
    pub buffer: u32,
    /// The vec4 registers.
    pub range: Range,
}

/// `DCL SVIEW`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplerViewDecl {
    /// The views, numbered like the samplers they go with.
    pub range: Range,
    /// Shape of the texture.
    pub target: TextureTarget,
    /// What sampling returns.
    pub sampled: SampledType,
}

/// `DCL IMAGE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDecl {
    /// The image units.
    pub range: Range,
    /// Shape of the image.
    pub target: TextureTarget,
    /// Format of its texels; `None` for `PIPE_FORMAT_NONE`.
    pub format: Option<super::semantic::ImageFormat>,
    /// `WR`: the shader may write it.
    pub writable: bool,
}

/// `DCL BUFFER`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferDecl {
    /// The storage buffer slots.
    pub range: Range,
    /// `ATOMIC`: it stands for an atomic counter buffer.
    pub atomic: bool,
}

/// What a `MEMORY` register stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// `GLOBAL`
    Global,
    /// `SHARED`: memory of a compute work group.
    Shared,
    /// `PRIVATE`
    Private,
    /// `INPUT`
    Input,
}

/// One `IMM`: four raw 32-bit words.
pub type Immediate = [u32; 4];

/// A property and its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// Which property.
    pub name: PropertyName,
    /// Its first value; primitive names count as gallium numbers them.
    pub value: u32,
}

/// A register whose value is added to an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Relative {
    /// `ADDR`, or `TEMP` read as integers.
    pub file: File,
    /// Register number.
    pub register: u32,
    /// Component 0 to 3.
    pub component: u8,
}

/// An index into a register file: a constant, or a constant plus a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Index {
    /// The constant part.
    pub offset: i32,
    /// The part known only when the shader runs.
    pub relative: Option<Relative>,
}

impl Index {
    /// A plain number.
    pub const fn constant(offset: i32) -> Index {
        Index {
            offset,
            relative: None,
        }
    }

    /// The number, if the index is constant and not negative.
    pub fn fixed(self) -> Option<u32> {
        match self.relative {
            None => u32::try_from(self.offset).ok(),
            Some(_) => None,
        }
    }
}

/// A register operand without modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Register {
    /// The file.
    pub file: File,
    /// The register number: the last pair of brackets.
    pub index: Index,
    /// The outer index (buffer or vertex) of a two-dimensional operand.
    pub dimension: Option<Index>,
    /// The `ARRAY(n)` that a relative index stays within, 0 if not told.
    pub array: u32,
}

/// A destination operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dst {
    /// The register.
    pub register: Register,
    /// The components that are written.
    pub mask: Mask,
}

/// A source operand: the register's value is swizzled, then made absolute, then negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Src {
    /// The register.
    pub register: Register,
    /// Which component each of x, y, z, w comes from.
    pub swizzle: [u8; 4],
    /// `-`
    pub negate: bool,
    /// `|…|`
    pub absolute: bool,
}

/// A texel offset: three components of an immediate (or another register).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TexelOffset {
    /// The register, as a rule an immediate.
    pub register: Register,
    /// Which component each of x, y, z comes from.
    pub swizzle: [u8; 3],
}

/// What a texture or image instruction says beyond its registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextureArgs {
    /// Shape of the texture.
    pub target: Option<TextureTarget>,
    /// Texel offsets, up to four for `TG4`.
    pub offsets: ArrayVec<TexelOffset, 4>,
    /// Image format of a memory instruction.
    pub format: Option<super::semantic::ImageFormat>,
    /// `COHERENT`
    pub coherent: bool,
    /// `VOLATILE`
    pub volatile: bool,
    /// `RESTRICT`
    pub restrict: bool,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub opcode: Opcode,
    /// `_SAT`: the result is clamped to 0..1.
    pub saturate: bool,
    /// `_PRECISE`: no contraction or reassociation.
    pub precise: bool,
    /// Destinations.
    pub dst: ArrayVec<Dst, 2>,
    /// Sources; a sampler or image is one of them.
    pub src: ArrayVec<Src, 5>,
    /// Texture and memory arguments; boxed because few instructions have any.
    pub texture: Option<Box<TextureArgs>>,
    /// Line of the text, counted from 1, for messages.
    pub line: u32,
}

/// A whole shader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shader {
    /// Its stage.
    pub stage: Stage,
    /// Properties in the order of the text.
    pub properties: Vec<Property>,
    /// `DCL IN`
    pub inputs: Vec<IoDecl>,
    /// `DCL OUT`
    pub outputs: Vec<IoDecl>,
    /// `DCL SV`
    pub system_values: Vec<SystemValueDecl>,
    /// `DCL TEMP`
    pub temps: Vec<TempDecl>,
    /// `DCL CONST`
    pub constants: Vec<ConstDecl>,
    /// `DCL SAMP`
    pub samplers: Vec<Range>,
    /// `DCL SVIEW`
    pub sampler_views: Vec<SamplerViewDecl>,
    /// `DCL IMAGE`
    pub images: Vec<ImageDecl>,
    /// `DCL BUFFER`
    pub buffers: Vec<BufferDecl>,
    /// `DCL MEMORY`, with the declared register.
    pub memories: Vec<(u32, MemoryKind)>,
    /// `DCL HWATOMIC`
    pub hw_atomics: Vec<ConstDecl>,
    /// `DCL ADDR`
    pub addresses: Vec<Range>,
    /// `IMM`, by number.
    pub immediates: Vec<Immediate>,
    /// The instructions up to and without `END`.
    pub body: Vec<Instruction>,
}

impl Shader {
    /// A shader of `stage` without any declaration or instruction.
    pub fn new(stage: Stage) -> Shader {
        Shader {
            stage,
            properties: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            system_values: Vec::new(),
            temps: Vec::new(),
            constants: Vec::new(),
            samplers: Vec::new(),
            sampler_views: Vec::new(),
            images: Vec::new(),
            buffers: Vec::new(),
            memories: Vec::new(),
            hw_atomics: Vec::new(),
            addresses: Vec::new(),
            immediates: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The value of a property, if the shader has it.
    pub fn property(&self, name: PropertyName) -> Option<u32> {
        self.properties
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.value)
    }
}
