//! Registers and operands as GLSL expressions.

use super::TranslateError;
use super::arithmetic::selector;
use super::es100::Model;
use super::helpers::Kind;
use super::writer::Writer;
use crate::tgsi::ir::{Dst, File, Index, Register, Src};
use crate::tgsi::semantic::SemanticName;

/// A register of four components that can be read: its text and what its bits are cast
/// to in GLSL.
pub(super) struct Readable {
    pub(super) text: String,
    pub(super) kind: Kind,
}

impl Readable {
    pub(super) fn raw(text: String) -> Readable {
        Readable {
            text,
            kind: Kind::Uint,
        }
    }
}

/// A register that can be written.
pub(super) enum Writable {
    /// A variable of four components.
    Vector(String, Kind),
    /// A scalar variable for each component; `None` drops it.
    Scalars([Option<String>; 4]),
    /// The value vanishes.
    Nothing,
}

/// Casts `value`, of `width` components, so that its bits stay the same.
pub(super) fn cast(value: String, from: Kind, to: Kind, width: usize) -> String {
    match (from, to) {
        (Kind::Float, Kind::Uint) => format!("U({value})"),
        (Kind::Uint, Kind::Float) => format!("F({value})"),
        (Kind::Float, Kind::Int) => format!("floatBitsToInt({value})"),
        (Kind::Int, Kind::Float) => format!("intBitsToFloat({value})"),
        (Kind::Int, Kind::Uint) | (Kind::Uint, Kind::Int) => {
            format!("{}({value})", to.glsl(width))
        }
        (Kind::Float, Kind::Float) | (Kind::Int, Kind::Int) | (Kind::Uint, Kind::Uint) => value,
    }
}

/// `.yzx` and the like; empty if it changes nothing.
fn swizzle_text(swizzle: &[u8]) -> String {
    if swizzle == [0, 1, 2, 3] {
        return String::new();
    }
    let mut text = String::with_capacity(5);
    text.push('.');
    text.extend(swizzle.iter().map(|c| match c {
        0 => 'x',
        1 => 'y',
        2 => 'z',
        _ => 'w',
    }));
    text
}

impl Writer<'_> {
    /// The components `components` of a source, as GLSL of kind `kind` and that width.
    pub(super) fn operand(
        &mut self,
        src: &Src,
        components: &[u8],
        kind: Kind,
    ) -> Result<String, TranslateError> {
        let register = self.readable(&src.register)?;
        let swizzle: Vec<u8> = components
            .iter()
            .map(|&c| src.swizzle.get(usize::from(c)).copied().unwrap_or(0))
            .collect();
        let mut text = register.text;
        text.push_str(&swizzle_text(&swizzle));
        text = cast(text, register.kind, kind, components.len());
        if src.absolute && kind != Kind::Uint {
            text = format!("abs({text})");
        }
        if src.negate {
            text = format!("(-{text})");
        }
        Ok(text)
    }

    /// The first component of a source.
    pub(super) fn scalar(&mut self, src: &Src, kind: Kind) -> Result<String, TranslateError> {
        self.operand(src, &[0], kind)
    }

    /// A register's four components.
    pub(super) fn readable(&mut self, register: &Register) -> Result<Readable, TranslateError> {
        let index = register.index;
        Ok(match register.file {
            File::Temporary => Readable::raw(self.temporary(register)),
            File::Constant => Readable::raw(self.constant(register)),
            File::Immediate => Readable::raw(self.immediate(index)),
            File::SystemValue => {
                let number = index.fixed().unwrap_or(0);
                Readable::raw(format!("sv{number}"))
            }
            File::Address => Readable {
                text: format!("addr{}", index.fixed().unwrap_or(0)),
                kind: Kind::Int,
            },
            File::Input => match register.dimension {
                Some(vertex) => self.vertex_input(vertex, index)?,
                None => Readable::raw(self.input(index)?),
            },
            File::Output => self.output_value(register)?,
            file => {
                return Err(TranslateError::Unsupported(format!(
                    "{} cannot be read as a value",
                    file.name()
                )));
            }
        })
    }

    /// Where a destination goes.
    pub(super) fn writable(&mut self, register: &Register) -> Result<Writable, TranslateError> {
        Ok(match register.file {
            File::Null => Writable::Nothing,
            File::Temporary => Writable::Vector(self.temporary(register), Kind::Uint),
            File::Address => {
                let number = register.index.fixed().unwrap_or(0);
                Writable::Vector(format!("addr{number}"), Kind::Int)
            }
            File::Output => self.output_target(register)?,
            file => {
                return Err(TranslateError::Unsupported(format!(
                    "{} cannot be written as a value",
                    file.name()
                )));
            }
        })
    }

    /// Stores `value` of `kind` in the masked components. `width` is 1, for one value
    /// that goes to all of them, or their number.
    pub(super) fn store(
        &mut self,
        dst: &Dst,
        value: &str,
        kind: Kind,
        width: usize,
    ) -> Result<(), TranslateError> {
        let written: Vec<u8> = dst.mask.components().collect();
        if written.is_empty() {
            return Ok(());
        }
        match self.writable(&dst.register)? {
            // The value may have effects of its own (atomic operations).
            Writable::Nothing => self.line(format_args!("{value};")),
            Writable::Vector(target, target_kind) => {
                let mut text = cast(value.to_owned(), kind, target_kind, width);
                if width == 1 && written.len() > 1 {
                    let ty = self.model.ty(target_kind, written.len());
                    text = format!("{ty}({text})");
                }
                self.line(format_args!("{target}{} = {text};", selector(&written)));
            }
            Writable::Scalars(targets) => {
                self.store_scalars(&targets, &written, value, kind, width);
            }
        }
        Ok(())
    }

    fn store_scalars(
        &mut self,
        targets: &[Option<String>; 4],
        written: &[u8],
        value: &str,
        kind: Kind,
        width: usize,
    ) {
        let text = cast(value.to_owned(), kind, Kind::Float, width);
        let ty = Kind::Float.glsl(width);
        self.line(format_args!("{{ {ty} r = {text};"));
        for (position, &component) in written.iter().enumerate() {
            if let Some(Some(target)) = targets.get(usize::from(component)) {
                let place = u8::try_from(position).unwrap_or(0);
                let part = if width == 1 { "" } else { selector(&[place]) };
                self.line(format_args!("{target} = r{part};"));
            }
        }
        self.line(format_args!("}}"));
    }

    /// An index as an `int` expression counted from `first`, held within `len`: what a
    /// guest computes may be anything, and GLSL does not check array accesses.
    pub(super) fn index_text(&self, index: Index, first: u32, len: u32) -> String {
        let first = i64::from(first);
        let last = i64::from(len.max(1)) - 1;
        let offset = i64::from(index.offset) - first;
        match index.relative {
            None => offset.clamp(0, last).to_string(),
            Some(relative) => {
                let component = selector(&[relative.component]);
                let number = relative.register;
                let base = match relative.file {
                    File::Address => format!("addr{number}{component}"),
                    _ => {
                        let register = Register {
                            file: File::Temporary,
                            index: Index::constant(i32::try_from(number).unwrap_or(0)),
                            dimension: None,
                            array: 0,
                        };
                        format!("int({}{component})", self.temporary(&register))
                    }
                };
                let sum = match offset {
                    0 => base,
                    _ if offset < 0 => format!("{base} - {}", -offset),
                    _ => format!("{base} + {offset}"),
                };
                match self.model {
                    Model::Words => format!("clamp({sum}, 0, {last})"),
                    // There `clamp` is of floats alone.
                    Model::Floats => format!("int(clamp(float({sum}), 0.0, {last}.0))"),
                }
            }
        }
    }

    fn temporary(&self, register: &Register) -> String {
        if self.usage.temps_in_one_array() {
            let index = self.index_text(register.index, 0, self.registers.temps);
            return format!("ta[{index}]");
        }
        let array = match register.index.fixed() {
            Some(number) => self.registers.temp_array_of(number),
            None => self.registers.temp_array(register.array),
        };
        match array {
            Some(range) => {
                let index = self.index_text(register.index, range.first, range.len());
                format!("a{}[{index}]", range.first)
            }
            None => format!("t{}", register.index.fixed().unwrap_or(0)),
        }
    }

    fn immediate(&self, index: Index) -> String {
        if self.usage.immediates_in_array() {
            let count = self.shader.immediates.len() as u32;
            format!("ma[{}]", self.index_text(index, 0, count))
        } else {
            format!("m{}", index.fixed().unwrap_or(0))
        }
    }

    fn constant(&self, register: &Register) -> String {
        let prefix = self.shader.stage.prefix();
        let buffer = register.dimension.unwrap_or(Index::constant(0));
        match buffer.fixed() {
            Some(number) => {
                let len = self.registers.constants(number);
                let index = self.index_text(register.index, 0, len);
                format!("{prefix}_c{number}[{index}]")
            }
            None => {
                let buffers = self.registers.const_buffers;
                let buffer = self.index_text(buffer, 0, buffers);
                let index = self.index_text(register.index, 0, u32::from(u16::MAX));
                format!("fetch_constant({buffer}, {index})")
            }
        }
    }

    fn input(&self, index: Index) -> Result<String, TranslateError> {
        if self.usage.inputs_in_array() {
            let count = self.registers.inputs;
            return Ok(format!("ia[{}]", self.index_text(index, 0, count)));
        }
        let register = index.fixed().unwrap_or(0);
        let slot = self.registers.input(register);
        let is_array = slot.is_some_and(|s| {
            s.per_vertex
                && s.semantic
                    .is_none_or(|s| s.name != SemanticName::PrimitiveId)
        });
        if is_array {
            return Err(TranslateError::Unsupported(format!(
                "IN[{register}] is an array of vertices, used without a vertex"
            )));
        }
        Ok(format!("i{register}"))
    }

    /// The variable of an output register that is no direct output.
    pub(super) fn output_register(&self, index: Index) -> String {
        if self.usage.outputs_in_array() {
            let count = self.registers.outputs;
            format!("oa[{}]", self.index_text(index, 0, count))
        } else {
            format!("o{}", index.fixed().unwrap_or(0))
        }
    }
}
