//! Control flow, and the dispatch of instructions to the tables that know them.

use super::TranslateError;
use super::arithmetic::selector;
use super::es100::Model;
use super::expr::cast;
use super::helpers::Kind;
use super::profile::Features;
use super::writer::Writer;
use crate::tgsi::ir::{File, Index, Instruction, Register, Src, Stage};
use crate::tgsi::opcode::{Opcode, OpcodeForm};

/// Bits of `MEMBAR`'s operand (`TGSI_MEMBAR_*`) and the GLSL barrier each stands for.
const BARRIERS: [(u32, &str); 4] = [
    (1, "memoryBarrierBuffer();"),
    (2, "memoryBarrierAtomicCounter();"),
    (4, "memoryBarrierImage();"),
    (8, "memoryBarrierShared();"),
];

/// `TGSI_MEMBAR_THREAD_GROUP`: only the work group need see it.
const BARRIER_GROUP: u32 = 16;

impl Writer<'_> {
    /// Writes one instruction.
    pub(super) fn instruction(&mut self, instruction: &Instruction) -> Result<(), TranslateError> {
        if self.shader.stage == Stage::TessCtrl
            && let Some(register) = relative_output(instruction)
        {
            return self.output_ladder(instruction, register);
        }
        match instruction.opcode.form() {
            OpcodeForm::Texture => return self.texture(instruction),
            OpcodeForm::Memory => return self.memory(instruction),
            OpcodeForm::Plain => {}
        }
        if self.arithmetic(instruction)?
            || self.double(instruction)?
            || self.flow(instruction)?
            || self.special(instruction)?
        {
            return Ok(());
        }
        Err(TranslateError::UnsupportedOpcode(instruction.opcode))
    }

    /// Writes an instruction with an output register chosen by another register: once for
    /// each that it may be. Outputs of tessellation control shaders are variables that all
    /// invocations share, so no array of this one's can stand in for them.
    fn output_ladder(
        &mut self,
        instruction: &Instruction,
        register: Register,
    ) -> Result<(), TranslateError> {
        let candidates: Vec<u32> = self.registers.all_outputs().map(|(n, _)| n).collect();
        let count = candidates.iter().max().map_or(1, |last| last + 1);
        let index = self.index_text(register.index, 0, count);
        self.open(format_args!("switch ({index}) {{"));
        for candidate in candidates {
            self.check_length()?;
            let mut fixed = instruction.clone();
            let replace = |other: &mut Register| {
                if *other == register {
                    other.index = Index::constant(i32::try_from(candidate).unwrap_or(0));
                }
            };
            fixed
                .dst
                .iter_mut()
                .map(|d| &mut d.register)
                .for_each(replace);
            fixed
                .src
                .iter_mut()
                .map(|s| &mut s.register)
                .for_each(replace);
            self.open(format_args!("case {candidate}: {{"));
            self.instruction(&fixed)?;
            self.line(format_args!("break;"));
            self.close("}");
        }
        self.line(format_args!("default: break;"));
        self.close("}");
        Ok(())
    }

    /// Conditions and loops; false for other instructions.
    fn flow(&mut self, instruction: &Instruction) -> Result<bool, TranslateError> {
        let condition = instruction.src.first();
        match (instruction.opcode, condition) {
            (Opcode::If, Some(src)) => {
                let value = self.scalar(src, Kind::Float)?;
                self.open(format_args!("if ({value} != 0.0) {{"));
            }
            (Opcode::BgnLoop, _) if self.model == Model::Floats => self.counted_loop(),
            (Opcode::Uif | Opcode::Switch, _) if self.model == Model::Floats => {
                return Err(TranslateError::HostLacks("integers"));
            }
            (Opcode::Uif, Some(src)) => {
                let value = self.scalar(src, Kind::Uint)?;
                self.open(format_args!("if ({value} != 0u) {{"));
            }
            (Opcode::Else, _) => {
                self.close("} else {");
                self.indent();
            }
            (Opcode::Endif | Opcode::EndLoop, _) => self.close("}"),
            (Opcode::EndSwitch, _) => {
                // A label must be followed by a statement.
                self.line(format_args!("break;"));
                self.close("}");
            }
            (Opcode::BgnLoop, _) => self.open(format_args!("while (true) {{")),
            (Opcode::Brk, _) => self.line(format_args!("break;")),
            (Opcode::Cont, _) => self.line(format_args!("continue;")),
            (Opcode::Switch, Some(src)) => {
                let value = self.scalar(src, Kind::Uint)?;
                self.open(format_args!("switch ({value}) {{"));
            }
            (Opcode::Case, Some(src)) => {
                let Some(value) = self.immediate_word(src, 0) else {
                    return Err(TranslateError::Unsupported(
                        "CASE with a value that is no immediate".to_owned(),
                    ));
                };
                self.line(format_args!("case {value}u:"));
            }
            (Opcode::Default, _) => self.line(format_args!("default:")),
            (Opcode::Ret, _) => {
                self.finish_call();
                self.line(format_args!("return;"));
            }
            (Opcode::Nop | Opcode::End, _) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Instructions of single stages; false for other instructions.
    fn special(&mut self, instruction: &Instruction) -> Result<bool, TranslateError> {
        let first = instruction.src.first();
        match (instruction.opcode, first) {
            (Opcode::Kill, _) => self.line(format_args!("discard;")),
            (Opcode::KillIf, Some(src)) => self.kill_if(src)?,
            (Opcode::Emit, Some(src)) => {
                self.check_stream(src)?;
                self.line(format_args!("finish();"));
                self.line(format_args!("EmitVertex();"));
            }
            (Opcode::EndPrim, Some(src)) => {
                self.check_stream(src)?;
                self.line(format_args!("EndPrimitive();"));
            }
            (Opcode::Barrier, _) => self.line(format_args!("barrier();")),
            (Opcode::Membar, Some(src)) => self.memory_barrier(src)?,
            (Opcode::InterpCentroid | Opcode::InterpSample | Opcode::InterpOffset, Some(src)) => {
                self.interpolate(instruction, src)?;
            }
            (Opcode::VoteAny, Some(src)) => self.vote(instruction, src, "anyInvocationEXT")?,
            (Opcode::VoteAll, Some(src)) => self.vote(instruction, src, "allInvocationsEXT")?,
            (Opcode::VoteEq, Some(src)) => self.vote(instruction, src, "allInvocationsEqualEXT")?,
            (Opcode::FbFetch, Some(src)) => self.framebuffer_fetch(instruction, src)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn kill_if(&mut self, src: &Src) -> Result<(), TranslateError> {
        // Each component of the register once.
        let mut components: Vec<u8> = Vec::with_capacity(4);
        for position in 0..4u8 {
            let from = src.swizzle.get(usize::from(position));
            let seen = components
                .iter()
                .any(|&c| src.swizzle.get(usize::from(c)) == from);
            if !seen {
                components.push(position);
            }
        }
        let value = self.operand(src, &components, Kind::Float)?;
        match components.len() {
            1 => self.line(format_args!("if ({value} < 0.0) discard;")),
            width => {
                let ty = Kind::Float.glsl(width);
                self.line(format_args!(
                    "if (any(lessThan({value}, {ty}(0.0)))) discard;"
                ));
            }
        }
        Ok(())
    }

    fn check_stream(&self, src: &Src) -> Result<(), TranslateError> {
        match self.immediate_word(src, 0) {
            Some(0) => Ok(()),
            _ => Err(TranslateError::HostLacks("vertex streams other than 0")),
        }
    }

    /// The value of a component of an immediate operand.
    pub(super) fn immediate_word(&self, src: &Src, component: usize) -> Option<u32> {
        if src.register.file != File::Immediate || src.negate || src.absolute {
            return None;
        }
        let immediate = self
            .shader
            .immediates
            .get(src.register.index.fixed()? as usize)?;
        let component = src.swizzle.get(component)?;
        immediate.get(usize::from(*component)).copied()
    }

    fn memory_barrier(&mut self, src: &Src) -> Result<(), TranslateError> {
        let bits = self.immediate_word(src, 0).unwrap_or(0xf);
        let compute = self.shader.stage == Stage::Compute;
        if compute && bits & BARRIER_GROUP != 0 {
            self.line(format_args!("groupMemoryBarrier();"));
            return Ok(());
        }
        if bits & 0xf == 0xf {
            self.line(format_args!("memoryBarrier();"));
            return Ok(());
        }
        for (bit, call) in BARRIERS {
            let shared = bit == 8;
            if bits & bit != 0 && (compute || !shared) {
                self.line(format_args!("{call}"));
            }
        }
        Ok(())
    }

    /// The interpolation functions take a varying by name; where an input is no varying,
    /// its value is the same everywhere.
    fn interpolate(&mut self, instruction: &Instruction, src: &Src) -> Result<(), TranslateError> {
        let Some(dst) = instruction.dst.first() else {
            return Ok(());
        };
        let written: Vec<u8> = dst.mask.components().collect();
        let varying = src
            .register
            .index
            .fixed()
            .filter(|_| src.register.file == File::Input)
            .and_then(|register| self.interpolated_input(register))
            .filter(|(_, kind)| *kind == Kind::Float);
        let Some((name, kind)) = varying else {
            let value = self.operand(src, &written, Kind::Uint)?;
            return self.store(dst, &value, Kind::Uint, written.len());
        };
        self.need(Features::MULTISAMPLE_INTERPOLATION)?;
        let call = match (instruction.opcode, instruction.src.get(1)) {
            (Opcode::InterpSample, Some(sample)) => {
                let sample = self.scalar(sample, Kind::Int)?;
                format!("interpolateAtSample({name}, {sample})")
            }
            (Opcode::InterpOffset, Some(offset)) => {
                let offset = self.operand(offset, &[0, 1], Kind::Float)?;
                format!("interpolateAtOffset({name}, {offset})")
            }
            _ => format!("interpolateAtCentroid({name})"),
        };
        let letters = ["x", "y", "z", "w"];
        let swizzle: String = written
            .iter()
            .filter_map(|&c| src.swizzle.get(usize::from(c)))
            .filter_map(|&c| letters.get(usize::from(c)).copied())
            .collect();
        let value = cast(format!("{call}.{swizzle}"), kind, Kind::Uint, written.len());
        self.store(dst, &value, Kind::Uint, written.len())
    }

    /// What the invocations of a group say together of one's truth value.
    fn vote(
        &mut self,
        instruction: &Instruction,
        src: &Src,
        function: &str,
    ) -> Result<(), TranslateError> {
        let Some(dst) = instruction.dst.first() else {
            return Ok(());
        };
        self.need(Features::GROUP_VOTE)?;
        let vote = self.scalar(src, Kind::Uint)?;
        let width = dst.mask.components().count();
        let value = format!("({function}({vote} != 0u) ? 0xffffffffu : 0u)");
        let value = match width {
            1 => value,
            _ => format!("{}{value}", Kind::Uint.glsl(width)),
        };
        self.store(dst, &value, Kind::Uint, width)
    }

    fn framebuffer_fetch(
        &mut self,
        instruction: &Instruction,
        src: &Src,
    ) -> Result<(), TranslateError> {
        let Some(dst) = instruction.dst.first() else {
            return Ok(());
        };
        let semantic = src
            .register
            .index
            .fixed()
            .and_then(|register| self.registers.output(register))
            .and_then(|slot| slot.semantic);
        let Some(semantic) = semantic else {
            return Err(TranslateError::Unsupported(
                "FBFETCH of something else than an output".to_owned(),
            ));
        };
        let written: Vec<u8> = dst.mask.components().collect();
        let kind = self.key.fragment.buffer_kind(semantic.index);
        let name = format!("fs_color{}{}", semantic.index, selector(&written));
        self.store(dst, &name, kind, written.len())
    }
}

/// The first output register among the operands whose number is known only when the shader
/// runs.
fn relative_output(instruction: &Instruction) -> Option<Register> {
    let targets = instruction.dst.iter().map(|d| d.register);
    let sources = instruction.src.iter().map(|s| s.register);
    targets
        .chain(sources)
        .find(|r| r.file == File::Output && r.index.relative.is_some())
}
