//! Double-precision instructions.
//!
//! A register holds two doubles, in its components xy and zw, low word first, and the
//! swizzle of a source picks words. A mask of xy or zw writes one of them: from the first
//! double of the sources either way, since Mesa fills no more of them for zw. Results of
//! comparisons stand at x and z, converted 32-bit values are written in the order of the
//! mask, and read from x and y.

use super::TranslateError;
use super::arithmetic::selector;
use super::helpers::Kind;
use super::softdouble::DoubleFn;
use super::writer::Writer;
use crate::tgsi::ir::{Dst, Instruction, Src};
use crate::tgsi::opcode::Opcode;

/// What an instruction takes and gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Doubles to a double.
    Double,
    /// Two doubles to a mask; `true` for its inverse.
    Compare(bool),
    /// A double to a word of this kind.
    Narrow(Kind),
    /// A word of this kind to a double.
    Widen(Kind),
    /// A double and an integer to a double.
    Scale,
    /// A double to a double and an integer.
    Split,
}

fn lookup(opcode: Opcode) -> Option<(Form, DoubleFn)> {
    use Form::{Compare, Double, Narrow, Scale, Split, Widen};
    Some(match opcode {
        Opcode::Dabs => (Double, DoubleFn::Abs),
        Opcode::Dneg => (Double, DoubleFn::Neg),
        Opcode::Dadd => (Double, DoubleFn::Add),
        Opcode::Dmul => (Double, DoubleFn::Multiply),
        Opcode::Ddiv => (Double, DoubleFn::Divide),
        Opcode::Dmin => (Double, DoubleFn::Min),
        Opcode::Dmax => (Double, DoubleFn::Max),
        Opcode::Drcp => (Double, DoubleFn::Reciprocal),
        Opcode::Dsqrt => (Double, DoubleFn::SquareRoot),
        Opcode::Drsq => (Double, DoubleFn::InverseSquareRoot),
        Opcode::Dmad => (Double, DoubleFn::MultiplyAdd),
        Opcode::Dfma => (Double, DoubleFn::Fused),
        Opcode::Dfrac => (Double, DoubleFn::Fract),
        Opcode::Dtrunc => (Double, DoubleFn::Trunc),
        Opcode::Dceil => (Double, DoubleFn::Ceil),
        Opcode::Dflr => (Double, DoubleFn::Floor),
        Opcode::Dround => (Double, DoubleFn::RoundEven),
        Opcode::Dssg => (Double, DoubleFn::Sign),
        Opcode::Dslt => (Compare(false), DoubleFn::Less),
        Opcode::Dsge => (Compare(false), DoubleFn::AtLeast),
        Opcode::Dseq => (Compare(false), DoubleFn::Equal),
        Opcode::Dsne => (Compare(true), DoubleFn::Equal),
        Opcode::D2f => (Narrow(Kind::Uint), DoubleFn::ToFloat),
        Opcode::D2i => (Narrow(Kind::Int), DoubleFn::ToInt),
        Opcode::D2u => (Narrow(Kind::Uint), DoubleFn::ToUint),
        Opcode::F2d => (Widen(Kind::Float), DoubleFn::FromFloat),
        Opcode::I2d => (Widen(Kind::Int), DoubleFn::FromInt),
        Opcode::U2d => (Widen(Kind::Uint), DoubleFn::FromUint),
        Opcode::Dldexp => (Scale, DoubleFn::ScaleExponent),
        Opcode::Dfracexp => (Split, DoubleFn::SplitExponent),
        _ => return None,
    })
}

impl Writer<'_> {
    /// Writes a double-precision instruction; false if it is none.
    pub(super) fn double(&mut self, instruction: &Instruction) -> Result<bool, TranslateError> {
        let Some((form, function)) = lookup(instruction.opcode) else {
            return Ok(false);
        };
        let Some(dst) = instruction.dst.first() else {
            return Ok(true);
        };
        self.need_double(function);
        let sources = instruction.src.as_slice();
        match form {
            Form::Double | Form::Widen(_) | Form::Scale => {
                let pair = |w: &mut Self, pair| w.double_call(form, function, sources, pair);
                self.store_doubles(dst, pair)?;
            }
            Form::Compare(_) | Form::Narrow(_) => {
                self.store_double_words(dst, form, function, sources)?;
            }
            Form::Split => self.split_exponent(instruction, function)?,
        }
        Ok(true)
    }

    fn need_double(&mut self, function: DoubleFn) {
        let version = self.profile.version;
        self.doubles.insert(function, version, &mut self.helpers);
    }

    /// The call that computes from the sources' first (0) or second (1) doubles.
    fn double_call(
        &mut self,
        form: Form,
        function: DoubleFn,
        sources: &[Src],
        pair: u8,
    ) -> Result<String, TranslateError> {
        let mut arguments = Vec::with_capacity(sources.len());
        for (i, src) in sources.iter().enumerate() {
            arguments.push(match (form, i) {
                (Form::Widen(kind), _) => {
                    let text = self.operand(src, &[pair], kind)?;
                    if kind == Kind::Float {
                        format!("U({text})")
                    } else {
                        text
                    }
                }
                (Form::Scale, 1) => self.operand(src, &[pair * 2], Kind::Int)?,
                _ => self.double_operand(src, pair)?,
            });
        }
        Ok(format!("{}({})", function.name(), arguments.join(", ")))
    }

    /// One double of a source, with the modifiers.
    fn double_operand(&mut self, src: &Src, pair: u8) -> Result<String, TranslateError> {
        let plain = Src {
            negate: false,
            absolute: false,
            ..*src
        };
        let mut text = self.operand(&plain, &[pair * 2, pair * 2 + 1], Kind::Uint)?;
        let modifiers = [(src.absolute, DoubleFn::Abs), (src.negate, DoubleFn::Neg)];
        for (_, function) in modifiers.into_iter().filter(|(given, _)| *given) {
            self.need_double(function);
            text = format!("{}({text})", function.name());
        }
        Ok(text)
    }

    /// Stores a double in each half of a destination that its mask touches.
    fn store_doubles(
        &mut self,
        dst: &Dst,
        mut pair: impl FnMut(&mut Self, u8) -> Result<String, TranslateError>,
    ) -> Result<(), TranslateError> {
        let written: Vec<u8> = dst.mask.components().collect();
        let (Some(first), Some(last)) = (written.first(), written.last()) else {
            return Ok(());
        };
        let low = pair(self, 0)?;
        let value = if first / 2 == last / 2 {
            let words: Vec<u8> = written.iter().map(|c| c & 1).collect();
            // Both words of a pair need no selection.
            let part = if words.len() == 2 {
                ""
            } else {
                selector(&words)
            };
            format!("{low}{part}")
        } else {
            let high = pair(self, 1)?;
            format!("uvec4({low}, {high}){}", selector(&written))
        };
        self.store(dst, &value, Kind::Uint, written.len())
    }

    /// Stores a word for each written component.
    fn store_double_words(
        &mut self,
        dst: &Dst,
        form: Form,
        function: DoubleFn,
        sources: &[Src],
    ) -> Result<(), TranslateError> {
        let mut words = Vec::with_capacity(4);
        let first = dst.mask.components().next().unwrap_or(0) / 2;
        for (position, component) in (0u8..).zip(dst.mask.components()) {
            let pair = match form {
                Form::Compare(_) => component / 2 - first,
                _ => position.min(1),
            };
            let call = self.double_call(form, function, sources, pair)?;
            words.push(match form {
                Form::Compare(true) => format!("~(-uint({call}))"),
                Form::Compare(false) => format!("-uint({call})"),
                _ => call,
            });
        }
        let kind = match form {
            Form::Narrow(kind) => kind,
            _ => Kind::Uint,
        };
        let value = match words.as_slice() {
            [word] => word.clone(),
            _ => format!("{}({})", kind.glsl(words.len()), words.join(", ")),
        };
        self.store(dst, &value, kind, words.len())
    }

    /// The one instruction with two destinations.
    fn split_exponent(
        &mut self,
        instruction: &Instruction,
        function: DoubleFn,
    ) -> Result<(), TranslateError> {
        let [src] = instruction.src.as_slice() else {
            return Ok(());
        };
        let value = self.double_operand(src, 0)?;
        self.open(format_args!("{{"));
        self.line(format_args!("int exponent;"));
        let name = function.name();
        self.line(format_args!(
            "uvec2 significand = {name}({value}, exponent);"
        ));
        if let Some(dst) = instruction.dst.first() {
            self.store_doubles(dst, |_, _| Ok("significand".to_owned()))?;
        }
        if let Some(dst) = instruction.dst.get(1) {
            self.store(dst, "exponent", Kind::Int, 1)?;
        }
        self.close("}");
        Ok(())
    }
}
