//! Parses TGSI text. Lines are only a habit of the writer: any white space may separate
//! tokens, and declarations, immediates and properties may come in any order.

use super::ir::{Immediate, Property, Range, Shader, Stage};
use super::lexer::{Lexer, Token};
use super::limits;
use super::semantic::{PROPERTY_VALUES, PropertyName};

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// The text is longer than [`limits::TEXT_BYTES`].
    #[error("the text is too long")]
    TooLong,
    /// The first word names no stage.
    #[error("the text begins with {0}, not with a stage (VERT, FRAG, …)")]
    UnknownStage(String),
    /// Something else stands where the grammar asks for a certain thing.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What the grammar asks for.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// An opcode that is not TGSI's.
    #[error("unknown opcode {0}")]
    UnknownOpcode(String),
    /// A property that is not TGSI's.
    #[error("unknown property {0}")]
    UnknownProperty(String),
    /// An image format that no image variable can have.
    #[error("{0} is no format of images")]
    UnknownImageFormat(String),
    /// A number is out of the range of its kind.
    #[error("the number {0} is out of range")]
    Number(String),
    /// There are more of one kind than [`limits`] allows.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// The text stops before `END`.
    #[error("the text ends without END")]
    MissingEnd,
}

/// An error and where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct ParseError {
    /// Line of the text, counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

pub(super) type Result<T> = std::result::Result<T, ParseError>;

/// Parses a shader from its text, which ends at the first NUL or at its last byte. What
/// follows `END` is ignored.
///
/// # Errors
/// If the text is no TGSI or larger than [`limits`] allow.
pub fn parse(text: &[u8]) -> std::result::Result<Shader, ParseError> {
    if text.len() > limits::TEXT_BYTES {
        return Err(ParseError {
            line: 1,
            kind: ParseErrorKind::TooLong,
        });
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        shader: Shader::new(Stage::Vertex),
    };
    parser.shader.stage = parser.stage()?;
    while parser.statement()? {}
    super::buffers::number_from_zero(&mut parser.shader);
    Ok(parser.shader)
}

/// The parser's state: a cursor and the shader so far.
pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) shader: Shader,
}

impl<'a> Parser<'a> {
    pub(super) fn error<T>(&self, kind: ParseErrorKind) -> Result<T> {
        Err(ParseError {
            line: self.lexer.line(),
            kind,
        })
    }

    /// An error about the token that comes next.
    pub(super) fn unexpected<T>(&self, expected: &'static str) -> Result<T> {
        let found = match self.lexer.peek() {
            Token::Word(word) => shorten(word),
            Token::DotDot => "..".to_owned(),
            Token::Punct(byte) => format!("'{}'", byte.escape_ascii()),
            Token::End => "the end of the text".to_owned(),
        };
        self.error(ParseErrorKind::Unexpected { expected, found })
    }

    /// Consumes the next token if it is this character.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.lexer.peek() == Token::Punct(byte);
        if found {
            self.lexer.take();
        }
        found
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<()> {
        if self.eat(byte) {
            return Ok(());
        }
        self.unexpected(expected)
    }

    pub(super) fn word(&mut self, expected: &'static str) -> Result<&'a str> {
        match self.lexer.peek() {
            Token::Word(word) => {
                self.lexer.take();
                Ok(word)
            }
            _ => self.unexpected(expected),
        }
    }

    /// An unsigned decimal number.
    pub(super) fn number(&mut self) -> Result<u32> {
        let word = match self.lexer.peek() {
            Token::Word(word) if word.bytes().all(|b| b.is_ascii_digit()) => word,
            _ => return self.unexpected("a number"),
        };
        match word.parse() {
            Ok(number) => {
                self.lexer.take();
                Ok(number)
            }
            Err(_) => self.error(ParseErrorKind::Number(shorten(word))),
        }
    }

    /// `[a]` or `[a..b]`
    pub(super) fn range(&mut self) -> Result<Range> {
        self.expect(b'[', "'['")?;
        let first = self.number()?;
        let last = if self.lexer.peek() == Token::DotDot {
            self.lexer.take();
            self.number()?
        } else {
            first
        };
        if last < first {
            return self.error(ParseErrorKind::Number(last.to_string()));
        }
        self.expect(b']', "']'")?;
        Ok(Range { first, last })
    }

    /// Adds to one of the shader's lists, within its limit.
    pub(super) fn push<T>(
        &mut self,
        what: &'static str,
        limit: usize,
        list: impl FnOnce(&mut Shader) -> &mut Vec<T>,
        item: T,
    ) -> Result<()> {
        let list = list(&mut self.shader);
        if list.len() >= limit {
            return self.error(ParseErrorKind::TooMany(what));
        }
        list.push(item);
        Ok(())
    }

    fn stage(&mut self) -> Result<Stage> {
        let word = self.word("the name of a stage")?;
        match Stage::ALL.iter().find(|s| s.tgsi_name() == word) {
            Some(&stage) => Ok(stage),
            None => self.error(ParseErrorKind::UnknownStage(shorten(word))),
        }
    }

    /// One declaration, immediate, property or instruction; false after `END`.
    fn statement(&mut self) -> Result<bool> {
        match self.lexer.peek() {
            Token::Word("DCL") => {
                self.lexer.take();
                self.declaration()?;
            }
            Token::Word("IMM") => {
                self.lexer.take();
                self.immediate()?;
            }
            Token::Word("PROPERTY") => {
                self.lexer.take();
                self.property()?;
            }
            Token::Word("END") => return Ok(false),
            Token::Word(word) if word.bytes().all(|b| b.is_ascii_digit()) => {
                self.lexer.take();
                self.expect(b':', "':' after an instruction's number")?;
                if self.lexer.peek() == Token::Word("END") {
                    return Ok(false);
                }
                self.instruction()?;
            }
            Token::Word(_) => self.instruction()?,
            Token::End => return self.error(ParseErrorKind::MissingEnd),
            _ => return self.unexpected("a declaration or an instruction"),
        }
        Ok(true)
    }

    /// `PROPERTY NAME value[, value …]`
    fn property(&mut self) -> Result<()> {
        let word = self.word("the name of a property")?;
        let Some(name) = PropertyName::from_name(word) else {
            return self.error(ParseErrorKind::UnknownProperty(shorten(word)));
        };
        let value = self.property_value()?;
        while self.eat(b',') {
            self.property_value()?;
        }
        self.push(
            "properties",
            limits::PROPERTIES,
            |s| &mut s.properties,
            Property { name, value },
        )
    }

    fn property_value(&mut self) -> Result<u32> {
        if let Token::Word(word) = self.lexer.peek()
            && let Some(&(_, value)) = PROPERTY_VALUES.iter().find(|(name, _)| *name == word)
        {
            self.lexer.take();
            return Ok(value);
        }
        self.number()
    }

    /// `IMM[k] TYPE {a, b, c, d}`; without `[k]` it takes the next number.
    fn immediate(&mut self) -> Result<()> {
        let next = self.shader.immediates.len() as u32;
        let index = if self.lexer.peek() == Token::Punct(b'[') {
            self.range()?.first
        } else {
            next
        };
        if index >= limits::IMMEDIATES {
            return self.error(ParseErrorKind::TooMany("immediates"));
        }
        let kind = self.word("the type of an immediate")?;
        let words = self.immediate_words(kind)?;
        let index = index as usize;
        if self.shader.immediates.len() <= index {
            self.shader.immediates.resize(index + 1, [0; 4]);
        }
        if let Some(slot) = self.shader.immediates.get_mut(index) {
            *slot = words;
        }
        Ok(())
    }

    fn immediate_words(&mut self, kind: &str) -> Result<Immediate> {
        self.expect(b'{', "'{'")?;
        let mut words = [0u32; 4];
        let mut filled = 0;
        loop {
            let text = self.lexer.take_number();
            let value = match immediate_value(kind, text) {
                Some(value) => value,
                None => return self.error(ParseErrorKind::Number(shorten(text))),
            };
            for word in value.words() {
                match words.get_mut(filled) {
                    Some(slot) => *slot = word,
                    None => return self.error(ParseErrorKind::TooMany("immediate components")),
                }
                filled += 1;
            }
            if !self.eat(b',') {
                break;
            }
        }
        self.expect(b'}', "'}'")?;
        Ok(words)
    }
}

/// One value of an immediate.
enum ImmediateValue {
    Word(u32),
    Pair(u64),
}

impl ImmediateValue {
    /// Its words, low one first.
    fn words(&self) -> impl Iterator<Item = u32> {
        let (value, count) = match *self {
            ImmediateValue::Word(word) => (u64::from(word), 1),
            ImmediateValue::Pair(pair) => (pair, 2),
        };
        // Truncation selects the halves.
        [value as u32, (value >> 32) as u32].into_iter().take(count)
    }
}

fn immediate_value(kind: &str, text: &str) -> Option<ImmediateValue> {
    use ImmediateValue::{Pair, Word};
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let unsigned = |text: &str| match hex {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse::<u64>().ok(),
    };
    // Negative numbers keep their two's complement.
    let integer =
        |text: &str| unsigned(text).or_else(|| text.parse::<i64>().ok().map(i64::cast_unsigned));
    match kind {
        "FLT32" => match hex {
            Some(digits) => u32::from_str_radix(digits, 16).ok().map(Word),
            None => text.parse::<f32>().ok().map(|f| Word(f.to_bits())),
        },
        "UINT32" => unsigned(text).and_then(|v| u32::try_from(v).ok()).map(Word),
        "INT32" => {
            let value = integer(text)?;
            let fits = u32::try_from(value).is_ok() || i32::try_from(value.cast_signed()).is_ok();
            fits.then_some(Word(value as u32))
        }
        "FLT64" => match hex {
            Some(digits) => u64::from_str_radix(digits, 16).ok().map(Pair),
            None => text.parse::<f64>().ok().map(|f| Pair(f.to_bits())),
        },
        "UINT64" => unsigned(text).map(Pair),
        "INT64" => integer(text).map(Pair),
        _ => None,
    }
}

/// The beginning of a word, for a message of bounded length.
pub(super) fn shorten(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tgsi::ir::{File, Mask};
    use crate::tgsi::opcode::Opcode;
    use crate::tgsi::semantic::SemanticName;

    fn parse_ok(text: &str) -> Shader {
        parse(text.as_bytes()).expect("the text is valid")
    }

    #[test]
    fn simple_vertex_shader_has_its_parts() {
        let shader = parse_ok(
            "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\nDCL OUT[1].xy, GENERIC[9]\n\
             DCL CONST[0..3]\nDCL TEMP[0..1]\nIMM[0] UINT32 {1065353216, 0, 0, 0}\n\
             \x20 0: MAD OUT[0], IN[0], -CONST[3].wzyx, |IMM[0].xxxx|\n  1: END\n\0rubbish",
        );
        assert_eq!(shader.stage, Stage::Vertex);
        assert_eq!(shader.outputs[1].mask, Mask(3));
        assert_eq!(
            shader.outputs[1].semantic_of(1).map(|s| (s.name, s.index)),
            Some((SemanticName::Generic, 9))
        );
        assert_eq!(shader.immediates, [[0x3f80_0000, 0, 0, 0]]);
        let mad = &shader.body[0];
        assert_eq!(mad.opcode, Opcode::Mad);
        assert_eq!(mad.src[1].register.file, File::Constant);
        assert_eq!(mad.src[1].swizzle, [3, 2, 1, 0]);
        assert!(mad.src[1].negate && !mad.src[1].absolute);
        assert!(mad.src[2].absolute && !mad.src[2].negate);
    }

    #[test]
    fn immediates_of_every_type_become_words() {
        let shader = parse_ok(
            "FRAG\nIMM[0] FLT32 {0x3f800000, -1.5, 1e3, 0.0}\nIMM[1] INT32 {-1, 2, 0, 0}\n\
             IMM[2] UINT64 {4294967297, 0}\nIMM[3] FLT64 {1.0, -2.0}\nEND",
        );
        let f = |x: f32| x.to_bits();
        assert_eq!(shader.immediates[0], [f(1.0), f(-1.5), f(1000.0), 0]);
        assert_eq!(shader.immediates[1], [u32::MAX, 2, 0, 0]);
        assert_eq!(shader.immediates[2], [1, 1, 0, 0]);
        assert_eq!(shader.immediates[3], [0, 0x3ff0_0000, 0, 0xc000_0000]);
    }

    #[test]
    fn relative_and_two_dimensional_operands_are_read() {
        let shader = parse_ok(
            "GEOM\n 0: MOV TEMP[ADDR[0].x+2](1).x, CONST[ADDR[1].y][ADDR[0].z-3]\n\
             1: MOV OUT[0], IN[2][1]\nEND",
        );
        let mov = &shader.body[0];
        let dst = mov.dst[0].register;
        assert_eq!((dst.array, dst.index.offset), (1, 2));
        let src = mov.src[0].register;
        assert_eq!(src.index.offset, -3);
        assert_eq!(src.index.relative.map(|r| r.component), Some(2));
        assert_eq!(
            src.dimension.and_then(|d| d.relative).map(|r| r.register),
            Some(1)
        );
        let input = shader.body[1].src[0].register;
        assert_eq!(input.dimension.and_then(|d| d.fixed()), Some(2));
        assert_eq!(input.index.fixed(), Some(1));
    }

    #[test]
    fn unknown_words_are_named_with_their_line() {
        let error = parse(b"FRAG\nDCL TEMP[0]\nFROB TEMP[0]\nEND").expect_err("no such opcode");
        assert_eq!(error.line, 3);
        assert_eq!(error.to_string(), "line 3: unknown opcode FROB");
    }

    #[test]
    fn missing_end_is_an_error() {
        let error = parse(b"FRAG\n").expect_err("no END");
        assert_eq!(error.kind, ParseErrorKind::MissingEnd);
    }

    #[test]
    fn huge_numbers_are_errors_not_allocations() {
        let text = b"FRAG\nIMM[4294967295] UINT32 {0, 0, 0, 0}\nEND";
        assert!(matches!(
            parse(text).map_err(|e| e.kind),
            Err(ParseErrorKind::TooMany(_))
        ));
        let text = b"FRAG\nDCL TEMP[99999999999]\nEND";
        assert!(matches!(
            parse(text).map_err(|e| e.kind),
            Err(ParseErrorKind::Number(_))
        ));
    }
}
