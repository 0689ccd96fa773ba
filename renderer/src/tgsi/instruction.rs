//! Parses instructions and their operands.

use arrayvec::ArrayVec;

use super::ir::{
    Dst, File, Index, Instruction, Mask, Register, Relative, Src, TexelOffset, TextureArgs,
};
use super::lexer::Token;
use super::limits;
use super::opcode::{Opcode, OpcodeForm};
use super::parser::{ParseErrorKind, Parser, Result, shorten};
use super::semantic::TextureTarget;

impl Parser<'_> {
    /// An instruction, after its number.
    pub(super) fn instruction(&mut self) -> Result<()> {
        let line = self.lexer.line();
        let word = self.word("an opcode")?;
        let Some((opcode, saturate, precise)) = split_opcode(word) else {
            return self.error(ParseErrorKind::UnknownOpcode(shorten(word)));
        };
        let mut instruction = Instruction {
            opcode,
            saturate,
            precise,
            dst: ArrayVec::new(),
            src: ArrayVec::new(),
            texture: None,
            line,
        };
        self.operands(&mut instruction)?;
        self.push(
            "instructions",
            limits::INSTRUCTIONS,
            |s| &mut s.body,
            instruction,
        )
    }

    fn operands(&mut self, instruction: &mut Instruction) -> Result<()> {
        let opcode = instruction.opcode;
        for i in 0..opcode.destinations() {
            if i > 0 {
                self.expect(b',', "','")?;
            }
            let dst = self.destination()?;
            if instruction.dst.try_push(dst).is_err() {
                return self.error(ParseErrorKind::TooMany("operands"));
            }
        }
        for i in 0..opcode.sources() {
            if i + opcode.destinations() > 0 {
                self.expect(b',', "','")?;
            }
            let src = self.source()?;
            if instruction.src.try_push(src).is_err() {
                return self.error(ParseErrorKind::TooMany("operands"));
            }
        }
        match opcode.form() {
            OpcodeForm::Plain => {}
            OpcodeForm::Texture => instruction.texture = Some(Box::new(self.texture_args()?)),
            OpcodeForm::Memory => instruction.texture = Some(Box::new(self.memory_args()?)),
        }
        // The target of a branch repeats what the nesting says.
        if self.eat(b':') {
            self.number()?;
        }
        Ok(())
    }

    fn texture_args(&mut self) -> Result<TextureArgs> {
        self.expect(b',', "','")?;
        let word = self.word("a texture target")?;
        let Some(target) = TextureTarget::from_name(word) else {
            return self.error(ParseErrorKind::Unexpected {
                expected: "a texture target",
                found: shorten(word),
            });
        };
        let mut args = TextureArgs {
            target: Some(target),
            ..TextureArgs::default()
        };
        while self.eat(b',') {
            let register = self.register()?;
            let mut swizzle = [0, 1, 2];
            if self.eat(b'.') {
                let components = self.components()?;
                for (to, from) in swizzle.iter_mut().zip(components) {
                    *to = from;
                }
            }
            let offset = TexelOffset { register, swizzle };
            if args.offsets.try_push(offset).is_err() {
                return self.error(ParseErrorKind::TooMany("texel offsets"));
            }
        }
        Ok(args)
    }

    fn memory_args(&mut self) -> Result<TextureArgs> {
        let mut args = TextureArgs::default();
        while self.eat(b',') {
            let word = self.word("a memory qualifier")?;
            match word {
                "COHERENT" => args.coherent = true,
                "VOLATILE" => args.volatile = true,
                "RESTRICT" => args.restrict = true,
                // A hint about caches.
                "STREAM_CACHE_POLICY" => {}
                _ if word.starts_with("PIPE_FORMAT_") => args.format = self.image_format(word)?,
                _ => match TextureTarget::from_name(word) {
                    Some(target) => args.target = Some(target),
                    None => {
                        return self.error(ParseErrorKind::Unexpected {
                            expected: "a memory qualifier",
                            found: shorten(word),
                        });
                    }
                },
            }
        }
        Ok(args)
    }

    fn destination(&mut self) -> Result<Dst> {
        let register = self.register()?;
        let mask = if self.eat(b'.') {
            self.write_mask()?
        } else {
            Mask::XYZW
        };
        Ok(Dst { register, mask })
    }

    fn source(&mut self) -> Result<Src> {
        let negate = self.eat(b'-');
        let absolute = self.eat(b'|');
        let register = self.register()?;
        let swizzle = if self.eat(b'.') {
            self.swizzle()?
        } else {
            [0, 1, 2, 3]
        };
        if absolute {
            self.expect(b'|', "'|'")?;
        }
        Ok(Src {
            register,
            swizzle,
            negate,
            absolute,
        })
    }

    /// `FILE[i]`, `FILE[d][i]`, each index a number or `ADDR[n].c+k`, then `(array)`.
    fn register(&mut self) -> Result<Register> {
        let word = self.word("a register")?;
        let Some(file) = File::from_name(word) else {
            return self.error(ParseErrorKind::Unexpected {
                expected: "a register",
                found: shorten(word),
            });
        };
        let mut index = Index::constant(0);
        let mut dimension = None;
        if file != File::Null || self.lexer.peek() == Token::Punct(b'[') {
            index = self.index()?;
            if self.lexer.peek() == Token::Punct(b'[') {
                dimension = Some(index);
                index = self.index()?;
            }
        }
        let mut array = 0;
        if self.eat(b'(') {
            array = self.number()?;
            self.expect(b')', "')'")?;
        }
        Ok(Register {
            file,
            index,
            dimension,
            array,
        })
    }

    fn index(&mut self) -> Result<Index> {
        self.expect(b'[', "'['")?;
        let index = match self.lexer.peek() {
            Token::Word(word) => match File::from_name(word) {
                Some(file) => {
                    self.lexer.take();
                    self.relative_index(file)?
                }
                None => Index::constant(self.offset(false)?),
            },
            Token::Punct(b'-') => {
                self.lexer.take();
                Index::constant(self.offset(true)?)
            }
            _ => return self.unexpected("an index"),
        };
        self.expect(b']', "']'")?;
        Ok(index)
    }

    fn relative_index(&mut self, file: File) -> Result<Index> {
        let register = self.range()?.first;
        self.expect(b'.', "'.'")?;
        let component = match self.components()?.first() {
            Some(&component) => component,
            None => return self.unexpected("a component"),
        };
        let offset = if self.eat(b'+') {
            self.offset(false)?
        } else if self.eat(b'-') {
            self.offset(true)?
        } else {
            0
        };
        Ok(Index {
            offset,
            relative: Some(Relative {
                file,
                register,
                component,
            }),
        })
    }

    fn offset(&mut self, negative: bool) -> Result<i32> {
        let number = self.number()?;
        match i32::try_from(number) {
            Ok(offset) => Ok(if negative { -offset } else { offset }),
            Err(_) => self.error(ParseErrorKind::Number(number.to_string())),
        }
    }

    /// One to four letters of `xyzw`.
    fn components(&mut self) -> Result<ArrayVec<u8, 4>> {
        let word = self.word("components")?;
        let mut components = ArrayVec::new();
        for letter in word.bytes() {
            let component = match letter {
                b'x' => 0,
                b'y' => 1,
                b'z' => 2,
                b'w' => 3,
                _ => return self.bad_components(word),
            };
            if components.try_push(component).is_err() {
                return self.bad_components(word);
            }
        }
        Ok(components)
    }

    fn bad_components<T>(&self, word: &str) -> Result<T> {
        self.error(ParseErrorKind::Unexpected {
            expected: "components among xyzw",
            found: shorten(word),
        })
    }

    /// Four letters; one stands for all four.
    fn swizzle(&mut self) -> Result<[u8; 4]> {
        let components = self.components()?;
        match components.as_slice() {
            [c] => Ok([*c; 4]),
            [x, y, z, w] => Ok([*x, *y, *z, *w]),
            _ => self.unexpected("a swizzle of four components"),
        }
    }

    /// Ascending letters.
    pub(super) fn write_mask(&mut self) -> Result<Mask> {
        let mut mask = 0u8;
        for component in self.components()? {
            mask |= 1 << component;
        }
        Ok(Mask(mask))
    }
}

/// Splits `OP[_SAT][_PRECISE]`.
fn split_opcode(word: &str) -> Option<(Opcode, bool, bool)> {
    let (word, precise) = match word.strip_suffix("_PRECISE") {
        Some(rest) => (rest, true),
        None => (word, false),
    };
    let (word, saturate) = match word.strip_suffix("_SAT") {
        Some(rest) => (rest, true),
        None => (word, false),
    };
    Opcode::from_name(word).map(|opcode| (opcode, saturate, precise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_split_from_opcodes() {
        assert_eq!(split_opcode("MUL"), Some((Opcode::Mul, false, false)));
        assert_eq!(split_opcode("MUL_SAT"), Some((Opcode::Mul, true, false)));
        assert_eq!(
            split_opcode("MAD_SAT_PRECISE"),
            Some((Opcode::Mad, true, true))
        );
        assert_eq!(
            split_opcode("KILL_IF"),
            Some((Opcode::KillIf, false, false))
        );
        assert_eq!(
            split_opcode("IMUL_HI"),
            Some((Opcode::ImulHi, false, false))
        );
    }
}
