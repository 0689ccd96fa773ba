//! Storage buffers, images and shared memory.

use std::fmt::Write as _;

use super::TranslateError;
use super::arithmetic::selector;
use super::helpers::Kind;
use super::interface::{ImageBinding, StorageBinding};
use super::profile::{Features, GlslVersion};
use super::targets::{self, TargetRow};
use super::usage::Access;
use super::writer::Writer;
use crate::tgsi::ir::{File, ImageDecl, Instruction, Register, Src};
use crate::tgsi::limits;
use crate::tgsi::opcode::Opcode;
use crate::tgsi::semantic::{
    ImageFormat, ImageFormatLevel, TexelKind, TextureTarget, image_format_from_index,
};

const fn texel_kind(format: ImageFormat) -> Kind {
    match format.kind {
        TexelKind::Float => Kind::Float,
        TexelKind::Int => Kind::Int,
        TexelKind::Uint => Kind::Uint,
    }
}

/// The GLSL function of an atomic operation on words, and the type it works on.
fn atomic_function(opcode: Opcode) -> Option<(&'static str, Kind)> {
    Some(match opcode {
        Opcode::AtomUadd => ("Add", Kind::Uint),
        Opcode::AtomXchg => ("Exchange", Kind::Uint),
        Opcode::AtomCas => ("CompSwap", Kind::Uint),
        Opcode::AtomAnd => ("And", Kind::Uint),
        Opcode::AtomOr => ("Or", Kind::Uint),
        Opcode::AtomXor => ("Xor", Kind::Uint),
        Opcode::AtomUmin => ("Min", Kind::Uint),
        Opcode::AtomUmax => ("Max", Kind::Uint),
        Opcode::AtomImin => ("Min", Kind::Int),
        Opcode::AtomImax => ("Max", Kind::Int),
        _ => return None,
    })
}

impl Writer<'_> {
    /// Declares samplers, images, storage buffers and shared memory.
    pub(super) fn resources(&mut self) -> Result<(), TranslateError> {
        self.samplers()?;
        let shader = self.shader;
        for decl in &shader.images {
            for index in decl.range.first..=decl.range.last {
                // GLSL ES wants a format even where a shader only writes.
                let format = decl.format.or_else(|| self.bound_image_format(index));
                let decl = ImageDecl {
                    format,
                    ..decl.clone()
                };
                self.declare_image(index, &decl)?;
            }
        }
        for decl in &shader.buffers {
            for index in decl.range.first..=decl.range.last {
                self.declare_buffer(index)?;
            }
        }
        if self.usage.memory {
            self.need_version(GlslVersion::Es310, "shared memory")?;
            let words = self.shared_words();
            self.global(format_args!("shared highp uint shared_memory[{words}];"));
        }
        Ok(())
    }

    /// The format of the image that is bound to a slot, for embedded hosts.
    fn bound_image_format(&self, index: u32) -> Option<ImageFormat> {
        if !self.profile.version.is_es() {
            return None;
        }
        // What is stored where nothing is bound goes nowhere, in any format.
        let bound = self.key.image_formats.get(index as usize);
        Some(image_format_from_index(bound.copied().unwrap_or(0)))
    }

    /// 64 KiB is what desktop implementations have at most.
    fn shared_words(&self) -> u32 {
        self.key.shared_bytes.div_ceil(4).clamp(1, 16_384)
    }

    fn declare_image(&mut self, index: u32, decl: &ImageDecl) -> Result<(), TranslateError> {
        let access = self.usage.images.get(index as usize).copied();
        let access = access.unwrap_or_default();
        if !access.read && !access.written && !self.is_queried(index) {
            return Ok(());
        }
        self.need_version(GlslVersion::Es310, "images")?;
        let row = self.image_row(decl.target)?;
        let Some(format) = decl.format else {
            return self.declare_formatless_image(index, decl, row, access);
        };
        if format.level == ImageFormatLevel::Extended {
            self.need(Features::NV_IMAGE_FORMATS)?;
        }
        if access.atomic {
            self.need(Features::IMAGE_ATOMIC)?;
        }
        let kind = texel_kind(format);
        let unit = self.image_unit(index);
        let name = self.image_name(index);
        let ty = format!("{}image{}", targets::type_prefix(kind), row.suffix);
        let memory = memory_qualifiers(access);
        let layout = format!("layout(binding = {unit}, {})", format.glsl);
        // Only 32-bit formats of one channel may be read and written in one variable.
        let both = access.read && access.written;
        let single = matches!(format.glsl, "r32f" | "r32i" | "r32ui");
        if both && !single {
            self.global(format_args!(
                "{layout} uniform highp {memory}readonly {ty} {name};"
            ));
            self.global(format_args!(
                "{layout} uniform highp {memory}writeonly {ty} {name}_w;"
            ));
        } else {
            let direction = match (access.read, access.written) {
                (true, true) => "",
                (false, true) => "writeonly ",
                _ => "readonly ",
            };
            self.global(format_args!(
                "{layout} uniform highp {memory}{direction}{ty} {name};"
            ));
        }
        self.interface.images.push(ImageBinding {
            index,
            unit,
            decl: decl.clone(),
            read: access.read,
            written: access.written,
        });
        Ok(())
    }

    /// A format may be missing where a shader only writes, which GLSL ES does not know:
    /// the key's format stands in there.
    fn declare_formatless_image(
        &mut self,
        index: u32,
        decl: &ImageDecl,
        row: &'static TargetRow,
        access: Access,
    ) -> Result<(), TranslateError> {
        if access.read || self.profile.version.is_es() {
            return Err(TranslateError::HostLacks("images without a format"));
        }
        let unit = self.image_unit(index);
        let name = self.image_name(index);
        let memory = memory_qualifiers(access);
        self.global(format_args!(
            "layout(binding = {unit}) uniform highp {memory}writeonly image{} {name};",
            row.suffix
        ));
        self.interface.images.push(ImageBinding {
            index,
            unit,
            decl: decl.clone(),
            read: false,
            written: true,
        });
        Ok(())
    }

    fn is_queried(&self, index: u32) -> bool {
        self.shader.body.iter().any(|i| {
            i.opcode == Opcode::Resq
                && i.src.first().is_some_and(|s| {
                    s.register.file == File::Image
                        && s.register.index.fixed().is_none_or(|n| n == index)
                })
        })
    }

    fn image_row(&mut self, target: TextureTarget) -> Result<&'static TargetRow, TranslateError> {
        if target.is_multisample() && self.profile.version.is_es() {
            return Err(TranslateError::HostLacks("multisample images"));
        }
        self.target_row(target)
    }

    fn image_unit(&self, index: u32) -> u32 {
        let base = self.profile.image_base[self.shader.stage.index()];
        u32::from(base) + index
    }

    fn image_name(&self, index: u32) -> String {
        format!("{}_img{index}", self.shader.stage.prefix())
    }

    fn declare_buffer(&mut self, index: u32) -> Result<(), TranslateError> {
        self.need_version(GlslVersion::Es310, "storage buffers")?;
        let access = self.usage.buffers.get(index as usize).copied();
        let access = access.unwrap_or_default();
        let stage = self.shader.stage;
        let binding = u32::from(self.profile.storage_buffer_base[stage.index()]) + index;
        let memory = memory_qualifiers(access);
        let direction = if access.written { "" } else { "readonly " };
        self.global(format_args!(
            "layout(std430, binding = {binding}) {memory}{direction}buffer {}Ssbo{index} \
             {{ highp uint {}_ssbo{index}[]; }};",
            stage.block_prefix(),
            stage.prefix()
        ));
        self.interface
            .storage_buffers
            .push(StorageBinding { index, binding });
        Ok(())
    }

    /// Writes a memory instruction. A buffer or image chosen by a register becomes a
    /// `switch`.
    pub(super) fn memory(&mut self, instruction: &Instruction) -> Result<(), TranslateError> {
        let register = if instruction.opcode == Opcode::Store {
            instruction.dst.first().map(|d| d.register)
        } else {
            instruction.src.first().map(|s| s.register)
        };
        let Some(register) = register else {
            return Ok(());
        };
        match (register.file, register.index.fixed()) {
            (File::Memory, _) => self.memory_with(instruction, File::Memory, 0),
            (File::Buffer | File::Image, Some(index)) => {
                self.memory_with(instruction, register.file, index)
            }
            (File::Buffer | File::Image, None) => self.memory_ladder(instruction, &register),
            (File::Constant, _) => self.load_constant(instruction, &register),
            (file, _) => Err(TranslateError::Unsupported(format!(
                "{} on {}",
                instruction.opcode.name(),
                file.name()
            ))),
        }
    }

    fn memory_ladder(
        &mut self,
        instruction: &Instruction,
        register: &Register,
    ) -> Result<(), TranslateError> {
        let candidates: Vec<u32> = if register.file == File::Buffer {
            let all = self.interface.storage_buffers.iter();
            all.map(|b| b.index).collect()
        } else {
            // A buffer's target is not written.
            let target = instruction.texture.as_ref().and_then(|t| t.target);
            let target = target.unwrap_or(TextureTarget::Buffer);
            let all = self.interface.images.iter();
            all.filter(|i| i.decl.target == target)
                .map(|i| i.index)
                .collect()
        };
        let index = self.index_text(register.index, 0, limits::BUFFERS);
        self.open(format_args!("switch ({index}) {{"));
        for candidate in candidates {
            self.open(format_args!("case {candidate}: {{"));
            self.memory_with(instruction, register.file, candidate)?;
            self.line(format_args!("break;"));
            self.close("}");
        }
        self.line(format_args!("default: break;"));
        self.close("}");
        Ok(())
    }

    fn memory_with(
        &mut self,
        instruction: &Instruction,
        file: File,
        index: u32,
    ) -> Result<(), TranslateError> {
        if file == File::Image {
            return self.image_access(instruction, index);
        }
        let words = Words::of(self, file, index);
        match instruction.opcode {
            Opcode::Load => self.load_words(instruction, &words),
            Opcode::Store => self.store_words(instruction, &words),
            Opcode::Resq => {
                let text = format!("uint({}) * 4u", words.len);
                match instruction.dst.first() {
                    Some(dst) => self.store(dst, &text, Kind::Uint, 1),
                    None => Ok(()),
                }
            }
            _ => self.atomic_word(instruction, &words),
        }
    }

    /// The word index of a byte address.
    fn word_address(&mut self, src: &Src) -> Result<String, TranslateError> {
        Ok(format!("({} >> 2)", self.scalar(src, Kind::Uint)?))
    }

    fn load_words(
        &mut self,
        instruction: &Instruction,
        words: &Words,
    ) -> Result<(), TranslateError> {
        let (Some(dst), Some(address)) = (instruction.dst.first(), instruction.src.get(1)) else {
            return Ok(());
        };
        let address = self.word_address(address)?;
        let written: Vec<u8> = dst.mask.components().collect();
        // The destination may be the register that holds the address.
        self.open(format_args!("{{"));
        self.line(format_args!("uint n = {address};"));
        let loads: Vec<String> = written.iter().map(|&c| words.read(&word_at(c))).collect();
        let ty = Kind::Uint.glsl(written.len());
        let value = format!("{ty}({})", loads.join(", "));
        self.store(dst, &value, Kind::Uint, written.len())?;
        self.close("}");
        Ok(())
    }

    fn store_words(
        &mut self,
        instruction: &Instruction,
        words: &Words,
    ) -> Result<(), TranslateError> {
        let [address, value] = instruction.src.as_slice() else {
            return Ok(());
        };
        let Some(dst) = instruction.dst.first() else {
            return Ok(());
        };
        let address = self.word_address(address)?;
        self.open(format_args!("{{"));
        self.line(format_args!("uint n = {address};"));
        for component in dst.mask.components() {
            let value = self.operand(value, &[component], Kind::Uint)?;
            let statement = words.write(&word_at(component), &value);
            self.line(format_args!("{statement}"));
        }
        self.close("}");
        Ok(())
    }

    /// A read-modify-write of one word; what lies outside reads as 0 and stays unchanged.
    fn atomic_word(
        &mut self,
        instruction: &Instruction,
        words: &Words,
    ) -> Result<(), TranslateError> {
        let opcode = instruction.opcode;
        let (Some((function, kind)), Some(dst), Some(address)) = (
            atomic_function(opcode),
            instruction.dst.first(),
            instruction.src.get(1),
        ) else {
            return Err(TranslateError::UnsupportedOpcode(opcode));
        };
        let address = self.word_address(address)?;
        let mut operands = Vec::new();
        for src in instruction.src.iter().skip(2) {
            operands.push(self.scalar(src, kind)?);
        }
        let operands = operands.join(", ");
        self.open(format_args!("{{"));
        self.line(format_args!("uint n = {address};"));
        let place = words.place("n");
        let value = if kind == Kind::Int {
            self.signed_atomic(&place, function, &operands, words)
        } else {
            let call = format!("atomic{function}({place}, {operands})");
            words.guarded("n", &call, "0u")
        };
        self.store(dst, &value, Kind::Uint, 1)?;
        self.close("}");
        Ok(())
    }

    /// Memory is declared as unsigned words: a signed minimum or maximum is a loop of
    /// compare-and-swap. Returns the name of the old value.
    fn signed_atomic(
        &mut self,
        place: &str,
        function: &str,
        operand: &str,
        words: &Words,
    ) -> String {
        let choose = if function == "Min" { "min" } else { "max" };
        self.line(format_args!("uint old = 0u;"));
        self.open(format_args!("if ({}) {{", words.inside("n")));
        self.line(format_args!("uint want = {place};"));
        self.open(format_args!("do {{"));
        self.line(format_args!("old = want;"));
        self.line(format_args!(
            "want = atomicCompSwap({place}, old, uint({choose}(int(old), {operand})));"
        ));
        self.close("} while (want != old);");
        self.close("}");
        "old".to_owned()
    }

    /// `LOAD` of a constant buffer by byte address.
    fn load_constant(
        &mut self,
        instruction: &Instruction,
        register: &Register,
    ) -> Result<(), TranslateError> {
        let (Some(dst), Some(address)) = (instruction.dst.first(), instruction.src.get(1)) else {
            return Ok(());
        };
        let Some(buffer) = register.dimension.unwrap_or(register.index).fixed() else {
            return Err(TranslateError::Unsupported(
                "LOAD from a constant buffer chosen by a register".to_owned(),
            ));
        };
        let registers = self.registers.constants(buffer);
        if registers == 0 || !self.usage.const_buffers.contains(&buffer) {
            return Err(TranslateError::Unsupported(format!(
                "LOAD from constant buffer {buffer}, which is not declared"
            )));
        }
        let address = self.word_address(address)?;
        let prefix = self.shader.stage.prefix();
        let last = registers - 1;
        let written: Vec<u8> = dst.mask.components().collect();
        let loads: Vec<String> = written
            .iter()
            .map(|&c| {
                let at = format!("({address} + {c}u)");
                format!("{prefix}_c{buffer}[min({at} >> 2, {last}u)][{at} & 3u]")
            })
            .collect();
        let ty = Kind::Uint.glsl(written.len());
        let value = format!("{ty}({})", loads.join(", "));
        self.store(dst, &value, Kind::Uint, written.len())
    }

    fn image_access(
        &mut self,
        instruction: &Instruction,
        index: u32,
    ) -> Result<(), TranslateError> {
        let Some(image) = self.interface.images.iter().find(|i| i.index == index) else {
            return Ok(());
        };
        let decl = image.decl.clone();
        let kind = match decl.format {
            Some(format) => texel_kind(format),
            None => Kind::Float,
        };
        let row = self.image_row(decl.target)?;
        let name = self.image_name(index);
        match instruction.opcode {
            Opcode::Resq => self.image_size(instruction, row, &name),
            Opcode::Load => self.image_load(instruction, row, &name, kind),
            Opcode::Store => {
                let format = decl.format.map_or("", |f| f.glsl);
                let single = matches!(format, "" | "r32f" | "r32i" | "r32ui");
                let split = image_is_split(self.usage.images.get(index as usize)) && !single;
                let name = if split { format!("{name}_w") } else { name };
                self.image_store(instruction, row, &name, kind)
            }
            _ => self.image_atomic(instruction, row, &name, kind),
        }
    }

    fn image_coordinate(&mut self, src: &Src, row: &TargetRow) -> Result<String, TranslateError> {
        if row.one_dimensional {
            let x = self.operand(src, &[0], Kind::Int)?;
            return Ok(match row.layer {
                Some(layer) => {
                    let layer = self.operand(src, &[layer], Kind::Int)?;
                    format!("ivec3({x}, 0, {layer})")
                }
                None => format!("ivec2({x}, 0)"),
            });
        }
        // Cube images are addressed by layer: x, y, face.
        let count = if row.is_cube() { 3 } else { row.located() };
        let components: Vec<u8> = (0u8..4).take(count).collect();
        self.operand(src, &components, Kind::Int)
    }

    fn image_load(
        &mut self,
        instruction: &Instruction,
        row: &TargetRow,
        name: &str,
        kind: Kind,
    ) -> Result<(), TranslateError> {
        let (Some(dst), Some(src)) = (instruction.dst.first(), instruction.src.get(1)) else {
            return Ok(());
        };
        let coordinate = self.image_coordinate(src, row)?;
        let written: Vec<u8> = dst.mask.components().collect();
        let text = format!("imageLoad({name}, {coordinate}){}", selector(&written));
        self.store(dst, &text, kind, written.len())
    }

    fn image_store(
        &mut self,
        instruction: &Instruction,
        row: &TargetRow,
        name: &str,
        kind: Kind,
    ) -> Result<(), TranslateError> {
        let [coordinate, value] = instruction.src.as_slice() else {
            return Ok(());
        };
        let coordinate = self.image_coordinate(coordinate, row)?;
        let value = self.operand(value, &[0, 1, 2, 3], kind)?;
        self.line(format_args!("imageStore({name}, {coordinate}, {value});"));
        Ok(())
    }

    fn image_atomic(
        &mut self,
        instruction: &Instruction,
        row: &TargetRow,
        name: &str,
        kind: Kind,
    ) -> Result<(), TranslateError> {
        let opcode = instruction.opcode;
        let (Some((function, _)), Some(dst), Some(coordinate)) = (
            atomic_function(opcode),
            instruction.dst.first(),
            instruction.src.get(1),
        ) else {
            return Err(TranslateError::UnsupportedOpcode(opcode));
        };
        let coordinate = self.image_coordinate(coordinate, row)?;
        let mut text = format!("imageAtomic{function}({name}, {coordinate}");
        for src in instruction.src.iter().skip(2) {
            let operand = self.scalar(src, kind)?;
            let _ = write!(text, ", {operand}");
        }
        text.push(')');
        self.store(dst, &text, kind, 1)
    }

    fn image_size(
        &mut self,
        instruction: &Instruction,
        row: &TargetRow,
        name: &str,
    ) -> Result<(), TranslateError> {
        let Some(dst) = instruction.dst.first() else {
            return Ok(());
        };
        let call = format!("imageSize({name})");
        let size = match (row.one_dimensional, row.layer) {
            (true, Some(_)) => format!("uvec4({call}.xz, 0, 1)"),
            (true, None) => format!("uvec4({call}.x, 0, 0, 1)"),
            _ => match row.size {
                1 => format!("uvec4({call}, 0, 0, 1)"),
                2 => format!("uvec4({call}, 0, 1)"),
                _ => format!("uvec4({call}, 1)"),
            },
        };
        let written: Vec<u8> = dst.mask.components().collect();
        let text = format!("{size}{}", selector(&written));
        self.store(dst, &text, Kind::Uint, written.len())
    }
}

/// True for images that need a variable for reading and one for writing.
fn image_is_split(access: Option<&Access>) -> bool {
    access.is_some_and(|a| a.read && a.written)
}

fn memory_qualifiers(access: Access) -> &'static str {
    match (access.coherent, access.volatile) {
        (_, true) => "volatile ",
        (true, false) => "coherent ",
        (false, false) => "",
    }
}

/// The index of a component's word.
fn word_at(component: u8) -> String {
    match component {
        0 => "n".to_owned(),
        _ => format!("n + {component}u"),
    }
}

/// A piece of memory as an array of words.
struct Words {
    array: String,
    /// Number of words, an `int` or `uint` expression.
    len: String,
    /// Accesses must be checked.
    checked: bool,
}

impl Words {
    fn of(writer: &Writer<'_>, file: File, index: u32) -> Words {
        if file == File::Memory {
            return Words {
                array: "shared_memory".to_owned(),
                len: writer.shared_words().to_string(),
                checked: true,
            };
        }
        let array = format!("{}_ssbo{index}", writer.shader.stage.prefix());
        Words {
            len: format!("{array}.length()"),
            array,
            checked: !writer
                .profile
                .features
                .contains(Features::ROBUST_BUFFER_ACCESS),
        }
    }

    fn place(&self, at: &str) -> String {
        format!("{}[{at}]", self.array)
    }

    fn inside(&self, at: &str) -> String {
        if self.checked {
            format!("{at} < uint({})", self.len)
        } else {
            "true".to_owned()
        }
    }

    fn guarded(&self, at: &str, value: &str, outside: &str) -> String {
        if self.checked {
            format!("({} ? {value} : {outside})", self.inside(at))
        } else {
            value.to_owned()
        }
    }

    fn read(&self, at: &str) -> String {
        self.guarded(at, &self.place(at), "0u")
    }

    fn write(&self, at: &str, value: &str) -> String {
        let place = self.place(at);
        if self.checked {
            format!("if ({}) {place} = {value};", self.inside(at))
        } else {
            format!("{place} = {value};")
        }
    }
}
