//! The gate between a guest's text and everything that works with shaders.
//!
//! A validated shader names only declared registers, keeps its conditions and loops
//! balanced and within [`limits`], uses each operand in a place where its file makes
//! sense, and uses instructions only in stages that have them.

use super::ir::{Dst, File, Index, Instruction, Range, Register, Shader, Src, Stage};
use super::limits;
use super::opcode::{Opcode, OpcodeForm};
use super::semantic::{PropertyName, TextureTarget};

/// Why a shader is not sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidateError {
    /// A declaration goes beyond the largest register of its file.
    #[error("{} is declared up to {last}, the limit is {limit}", .file.name())]
    DeclarationLimit {
        /// The file.
        file: File,
        /// Last register declared.
        last: u32,
        /// One more than the largest register.
        limit: u32,
    },
    /// A register is declared more than once.
    #[error("{}[{register}] is declared twice", .file.name())]
    DeclaredTwice {
        /// The file.
        file: File,
        /// The register.
        register: u32,
    },
    /// An instruction names a register that is not declared.
    #[error("line {line}: {} register is not declared", .file.name())]
    Undeclared {
        /// Line of the instruction.
        line: u32,
        /// The register's file.
        file: File,
    },
    /// A register stands where its file has no meaning.
    #[error("line {line}: {} cannot take {} there", .opcode.name(), .file.name())]
    WrongFile {
        /// Line of the instruction.
        line: u32,
        /// The instruction.
        opcode: Opcode,
        /// The register's file.
        file: File,
    },
    /// A texture instruction's target is missing or unknown.
    #[error("line {line}: {} has no usable texture target", .opcode.name())]
    BadTarget {
        /// Line of the instruction.
        line: u32,
        /// The instruction.
        opcode: Opcode,
    },
    /// The instruction does not exist in this stage.
    #[error("line {line}: {} does not exist in stage {}", .opcode.name(), .stage.tgsi_name())]
    WrongStage {
        /// Line of the instruction.
        line: u32,
        /// The instruction.
        opcode: Opcode,
        /// The stage.
        stage: Stage,
    },
    /// Conditions or loops are not balanced.
    #[error("line {line}: {} does not fit the nesting", .opcode.name())]
    Unbalanced {
        /// Line of the instruction.
        line: u32,
        /// The instruction.
        opcode: Opcode,
    },
    /// Conditions or loops are still open at `END`.
    #[error("{0} conditions or loops are open at the end")]
    OpenBlocks(usize),
    /// Conditions and loops are nested deeper than [`limits::NESTING`].
    #[error("line {line}: nested too deeply")]
    TooDeep {
        /// Line of the instruction.
        line: u32,
    },
    /// A property that the stage needs is missing or out of range.
    #[error("property {} is missing or out of range", .0.name())]
    BadProperty(PropertyName),
}

type Result = std::result::Result<(), ValidateError>;

/// Checks a parsed shader.
///
/// # Errors
/// The first thing that is not sound.
pub fn validate(shader: &Shader) -> Result {
    properties(shader)?;
    let declared = Declared::of(shader)?;
    let mut blocks = Vec::new();
    for instruction in &shader.body {
        check_stage(shader.stage, instruction)?;
        check_operands(&declared, instruction)?;
        nest(&mut blocks, instruction)?;
    }
    if blocks.is_empty() {
        Ok(())
    } else {
        Err(ValidateError::OpenBlocks(blocks.len()))
    }
}

fn properties(shader: &Shader) -> Result {
    let between = |name, low: u32, high: u32| match shader.property(name) {
        Some(value) if (low..=high).contains(&value) => Ok(()),
        _ => Err(ValidateError::BadProperty(name)),
    };
    let optional = |name, low, high| match shader.property(name) {
        None => Ok(()),
        Some(_) => between(name, low, high),
    };
    match shader.stage {
        Stage::Geometry => {
            between(PropertyName::GsInputPrimitive, 0, 13)?;
            between(PropertyName::GsOutputPrimitive, 0, 5)?;
            between(
                PropertyName::GsMaxOutputVertices,
                0,
                limits::OUTPUT_VERTICES,
            )?;
            optional(PropertyName::GsInvocations, 1, 127)
        }
        Stage::TessCtrl => between(PropertyName::TcsVerticesOut, 1, 32),
        Stage::Compute => {
            between(PropertyName::CsFixedBlockWidth, 1, limits::WORK_GROUP)?;
            between(PropertyName::CsFixedBlockHeight, 1, limits::WORK_GROUP)?;
            between(PropertyName::CsFixedBlockDepth, 1, limits::WORK_GROUP)
        }
        _ => Ok(()),
    }
}

/// A set of register numbers of one file.
struct RegisterSet {
    file: File,
    limit: u32,
    bits: Vec<u64>,
    any: bool,
}

impl RegisterSet {
    fn new(file: File, limit: u32) -> RegisterSet {
        RegisterSet {
            file,
            limit,
            bits: Vec::new(),
            any: false,
        }
    }

    /// Adds a range; with `once`, no register may be in the set already.
    fn add(&mut self, range: Range, once: bool) -> Result {
        if range.last >= self.limit || range.last < range.first {
            return Err(ValidateError::DeclarationLimit {
                file: self.file,
                last: range.last,
                limit: self.limit,
            });
        }
        self.any = true;
        let words = range.last as usize / 64 + 1;
        if self.bits.len() < words {
            self.bits.resize(words, 0);
        }
        for register in range.first..=range.last {
            if once && self.contains(register) {
                return Err(ValidateError::DeclaredTwice {
                    file: self.file,
                    register,
                });
            }
            if let Some(word) = self.bits.get_mut(register as usize / 64) {
                *word |= 1 << (register % 64);
            }
        }
        Ok(())
    }

    fn contains(&self, register: u32) -> bool {
        self.bits
            .get(register as usize / 64)
            .is_some_and(|word| word & (1 << (register % 64)) != 0)
    }
}

/// Everything a shader declares.
struct Declared {
    inputs: RegisterSet,
    outputs: RegisterSet,
    system_values: RegisterSet,
    temps: RegisterSet,
    addresses: RegisterSet,
    samplers: RegisterSet,
    images: RegisterSet,
    buffers: RegisterSet,
    const_buffers: RegisterSet,
    /// Registers declared in each constant buffer.
    constants: [u32; limits::CONST_BUFFERS as usize],
    immediates: u32,
    has_memory: bool,
    has_hw_atomics: bool,
}

impl Declared {
    fn of(shader: &Shader) -> std::result::Result<Declared, ValidateError> {
        let mut declared = Declared {
            inputs: RegisterSet::new(File::Input, limits::IO_REGISTERS),
            outputs: RegisterSet::new(File::Output, limits::IO_REGISTERS),
            system_values: RegisterSet::new(File::SystemValue, limits::SYSTEM_VALUES),
            temps: RegisterSet::new(File::Temporary, limits::TEMPORARIES),
            addresses: RegisterSet::new(File::Address, limits::ADDRESSES),
            samplers: RegisterSet::new(File::Sampler, limits::SAMPLERS),
            images: RegisterSet::new(File::Image, limits::IMAGES),
            buffers: RegisterSet::new(File::Buffer, limits::BUFFERS),
            const_buffers: RegisterSet::new(File::Constant, limits::CONST_BUFFERS),
            constants: [0; limits::CONST_BUFFERS as usize],
            immediates: shader.immediates.len() as u32,
            has_memory: !shader.memories.is_empty(),
            has_hw_atomics: !shader.hw_atomics.is_empty(),
        };
        for decl in &shader.inputs {
            declared.inputs.add(decl.range, true)?;
        }
        for decl in &shader.outputs {
            declared.outputs.add(decl.range, true)?;
        }
        for decl in &shader.system_values {
            declared.system_values.add(decl.range, true)?;
        }
        for decl in &shader.temps {
            declared.temps.add(decl.range, true)?;
        }
        for &range in &shader.addresses {
            declared.addresses.add(range, false)?;
        }
        for &range in &shader.samplers {
            declared.samplers.add(range, false)?;
        }
        for view in &shader.sampler_views {
            RegisterSet::new(File::SamplerView, limits::SAMPLERS).add(view.range, false)?;
        }
        for image in &shader.images {
            declared.images.add(image.range, true)?;
        }
        for buffer in &shader.buffers {
            declared.buffers.add(buffer.range, true)?;
        }
        declared.add_constants(shader)?;
        Ok(declared)
    }

    fn add_constants(&mut self, shader: &Shader) -> Result {
        for decl in &shader.constants {
            let buffer = Range {
                first: decl.buffer,
                last: decl.buffer,
            };
            self.const_buffers.add(buffer, false)?;
            if decl.range.last >= limits::CONSTANTS {
                return Err(ValidateError::DeclarationLimit {
                    file: File::Constant,
                    last: decl.range.last,
                    limit: limits::CONSTANTS,
                });
            }
            if let Some(size) = self.constants.get_mut(decl.buffer as usize) {
                *size = (*size).max(decl.range.last + 1);
            }
        }
        Ok(())
    }

    fn set(&self, file: File) -> Option<&RegisterSet> {
        Some(match file {
            File::Input => &self.inputs,
            File::Output => &self.outputs,
            File::SystemValue => &self.system_values,
            File::Temporary => &self.temps,
            File::Address => &self.addresses,
            File::Sampler => &self.samplers,
            File::Image => &self.images,
            File::Buffer => &self.buffers,
            _ => return None,
        })
    }

    /// True if the register, or some register for a relative index, is declared.
    fn has(&self, register: &Register) -> bool {
        match register.file {
            File::Null => true,
            File::Constant => self.has_constant(register),
            File::Immediate => match register.index.relative {
                None => in_size(register.index, self.immediates),
                Some(_) => self.immediates > 0,
            },
            File::Memory => self.has_memory,
            File::HwAtomic => self.has_hw_atomics,
            file => self
                .set(file)
                .is_some_and(|set| match register.index.relative {
                    None => register.index.fixed().is_some_and(|i| set.contains(i)),
                    Some(_) => set.any,
                }),
        }
    }

    fn has_constant(&self, register: &Register) -> bool {
        let buffer = register.dimension.unwrap_or(Index::constant(0));
        let size = match (buffer.relative, buffer.fixed()) {
            (None, Some(index)) => self.constants.get(index as usize).copied().unwrap_or(0),
            (None, None) => 0,
            // Which buffer is known only later: the access is clamped then.
            (Some(_), _) => return self.const_buffers.any,
        };
        match register.index.relative {
            None => in_size(register.index, size),
            Some(_) => size > 0,
        }
    }
}

fn in_size(index: Index, size: u32) -> bool {
    index.fixed().is_some_and(|i| i < size)
}

fn check_stage(stage: Stage, instruction: &Instruction) -> Result {
    let allowed = match instruction.opcode {
        Opcode::Kill
        | Opcode::KillIf
        | Opcode::Ddx
        | Opcode::Ddy
        | Opcode::DdxFine
        | Opcode::DdyFine
        | Opcode::Lodq
        | Opcode::InterpCentroid
        | Opcode::InterpSample
        | Opcode::InterpOffset
        | Opcode::FbFetch => stage == Stage::Fragment,
        Opcode::Emit | Opcode::EndPrim => stage == Stage::Geometry,
        Opcode::Barrier => matches!(stage, Stage::Compute | Stage::TessCtrl),
        _ => true,
    };
    if allowed {
        Ok(())
    } else {
        Err(ValidateError::WrongStage {
            line: instruction.line,
            opcode: instruction.opcode,
            stage,
        })
    }
}

/// What an operand is used as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A value to read.
    Value,
    /// The sampler of a texture instruction.
    Sampler,
    /// The image, buffer or memory of a memory instruction.
    Memory,
}

fn source_role(instruction: &Instruction, position: usize) -> Role {
    let opcode = instruction.opcode;
    match opcode.form() {
        OpcodeForm::Texture if position + 1 == opcode.sources() => Role::Sampler,
        OpcodeForm::Memory if position == 0 && opcode != Opcode::Store => Role::Memory,
        _ => Role::Value,
    }
}

const fn fits(role: Role, file: File) -> bool {
    match role {
        Role::Value => matches!(
            file,
            File::Constant
                | File::Input
                | File::Output
                | File::Temporary
                | File::Address
                | File::Immediate
                | File::SystemValue
        ),
        Role::Sampler => matches!(file, File::Sampler),
        Role::Memory => matches!(
            file,
            File::Image | File::Buffer | File::Memory | File::HwAtomic | File::Constant
        ),
    }
}

fn check_operands(declared: &Declared, instruction: &Instruction) -> Result {
    let line = instruction.line;
    let opcode = instruction.opcode;
    let wrong_file = |file| ValidateError::WrongFile { line, opcode, file };
    for Dst { register, .. } in &instruction.dst {
        let file = register.file;
        let fits = if opcode == Opcode::Store {
            matches!(file, File::Image | File::Buffer | File::Memory)
        } else {
            matches!(
                file,
                File::Null | File::Output | File::Temporary | File::Address
            )
        };
        if !fits {
            return Err(wrong_file(file));
        }
        check_register(declared, register, line)?;
    }
    // The SM4-style sampling opcodes never come from GL and are refused by the writer.
    for (position, Src { register, .. }) in instruction.src.iter().enumerate() {
        let file = register.file;
        if file != File::SamplerView && !fits(source_role(instruction, position), file) {
            return Err(wrong_file(file));
        }
        if file != File::SamplerView {
            check_register(declared, register, line)?;
        }
    }
    let Some(texture) = &instruction.texture else {
        return Ok(());
    };
    let needs_target = opcode.form() == OpcodeForm::Texture;
    if needs_target && matches!(texture.target, None | Some(TextureTarget::Unknown)) {
        return Err(ValidateError::BadTarget { line, opcode });
    }
    for offset in &texture.offsets {
        if !fits(Role::Value, offset.register.file) {
            return Err(wrong_file(offset.register.file));
        }
        check_register(declared, &offset.register, line)?;
    }
    Ok(())
}

fn check_register(declared: &Declared, register: &Register, line: u32) -> Result {
    if !declared.has(register) {
        return Err(ValidateError::Undeclared {
            line,
            file: register.file,
        });
    }
    let fixed_only = matches!(register.file, File::Address | File::SystemValue);
    if fixed_only && register.index.relative.is_some() {
        return Err(ValidateError::Undeclared {
            line,
            file: register.file,
        });
    }
    let indices = [Some(register.index), register.dimension];
    for relative in indices.into_iter().flatten().filter_map(|i| i.relative) {
        let set = match relative.file {
            File::Address => &declared.addresses,
            File::Temporary => &declared.temps,
            file => return Err(ValidateError::Undeclared { line, file }),
        };
        if !set.contains(relative.register) {
            return Err(ValidateError::Undeclared {
                line,
                file: relative.file,
            });
        }
    }
    Ok(())
}

/// An open condition or loop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    If,
    Else,
    Loop,
    Switch,
}

fn nest(blocks: &mut Vec<Block>, instruction: &Instruction) -> Result {
    let opcode = instruction.opcode;
    let line = instruction.line;
    let top = blocks.last().copied();
    let in_loop = || blocks.contains(&Block::Loop);
    let fits = match opcode {
        Opcode::If | Opcode::Uif | Opcode::BgnLoop | Opcode::Switch => {
            blocks.push(match opcode {
                Opcode::BgnLoop => Block::Loop,
                Opcode::Switch => Block::Switch,
                _ => Block::If,
            });
            if blocks.len() > limits::NESTING {
                return Err(ValidateError::TooDeep { line });
            }
            true
        }
        Opcode::Else => {
            let fits = blocks.pop() == Some(Block::If);
            blocks.push(Block::Else);
            fits
        }
        Opcode::Endif => matches!(blocks.pop(), Some(Block::If | Block::Else)),
        Opcode::EndLoop => blocks.pop() == Some(Block::Loop),
        Opcode::EndSwitch => blocks.pop() == Some(Block::Switch),
        Opcode::Case | Opcode::Default => top == Some(Block::Switch),
        Opcode::Brk => in_loop() || blocks.contains(&Block::Switch),
        Opcode::Cont => in_loop(),
        _ => true,
    };
    if fits {
        Ok(())
    } else {
        Err(ValidateError::Unbalanced { line, opcode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tgsi::parse;

    fn check(body: &str) -> Result {
        let text = format!(
            "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\nDCL TEMP[0..1]\n\
             DCL CONST[0..1]\nDCL ADDR[0]\nDCL SAMP[0]\nDCL SVIEW[0], 2D, FLOAT\n\
             IMM[0] UINT32 {{0, 1, 2, 3}}\n{body}\nEND"
        );
        validate(&parse(text.as_bytes()).expect("the text parses"))
    }

    #[test]
    fn declared_registers_pass() {
        let body = "MOV OUT[0], IN[0]\nUARL ADDR[0].x, IMM[0].xxxx\n\
                    MOV TEMP[1], CONST[ADDR[0].x+1]\nTEX TEMP[0], IN[0], SAMP[0], 2D";
        assert_eq!(check(body), Ok(()));
    }

    #[test]
    fn undeclared_register_is_refused() {
        for body in [
            "MOV OUT[1], IN[0]",
            "MOV OUT[0], IN[1]",
            "MOV OUT[0], TEMP[2]",
            "MOV OUT[0], CONST[2]",
            "MOV OUT[0], CONST[1][0]",
            "MOV OUT[0], IMM[1]",
            "MOV OUT[0], TEMP[ADDR[1].x]",
            "TEX OUT[0], IN[0], SAMP[1], 2D",
        ] {
            assert!(
                matches!(check(body), Err(ValidateError::Undeclared { .. })),
                "{body}"
            );
        }
    }

    #[test]
    fn misplaced_files_are_refused() {
        for body in [
            "MOV CONST[0], IN[0]",
            "MOV OUT[0], SAMP[0]",
            "TEX OUT[0], IN[0], TEMP[0], 2D",
        ] {
            assert!(
                matches!(check(body), Err(ValidateError::WrongFile { .. })),
                "{body}"
            );
        }
    }

    #[test]
    fn unbalanced_blocks_are_refused() {
        for body in [
            "ENDIF",
            "ELSE",
            "BRK",
            "ENDLOOP",
            "UIF TEMP[0].xxxx\nENDLOOP",
            "UIF TEMP[0].xxxx\nELSE\nELSE\nENDIF",
        ] {
            assert!(
                matches!(check(body), Err(ValidateError::Unbalanced { .. })),
                "{body}"
            );
        }
        assert_eq!(check("BGNLOOP"), Err(ValidateError::OpenBlocks(1)));
        let deep = "UIF TEMP[0].xxxx\n".repeat(limits::NESTING + 1);
        assert!(matches!(check(&deep), Err(ValidateError::TooDeep { .. })));
    }

    #[test]
    fn instruction_of_another_stage_is_refused() {
        assert!(matches!(
            check("EMIT IMM[0].xxxx"),
            Err(ValidateError::WrongStage { .. })
        ));
    }

    #[test]
    fn overlapping_declarations_are_refused() {
        let text = b"FRAG\nDCL TEMP[0..3]\nDCL TEMP[2]\nEND";
        let shader = parse(text).expect("the text parses");
        assert_eq!(
            validate(&shader),
            Err(ValidateError::DeclaredTwice {
                file: File::Temporary,
                register: 2
            })
        );
    }
}
