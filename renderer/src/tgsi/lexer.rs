//! Splits TGSI text into tokens.

/// A token. Words are runs of letters, digits and underscores: identifiers, numbers and
/// names such as `2D_ARRAY` look alike here and are told apart by the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A word.
    Word(&'a str),
    /// `..`
    DotDot,
    /// Any other single character.
    Punct(u8),
    /// The end of the text.
    End,
}

/// A cursor over the text with one token of look-ahead.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    position: usize,
    line: u32,
    next: Token<'a>,
    next_line: u32,
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Lexer<'a> {
        let mut lexer = Lexer {
            text,
            position: 0,
            line: 1,
            next: Token::End,
            next_line: 1,
        };
        lexer.next = lexer.scan();
        lexer.next_line = lexer.line;
        lexer
    }

    /// The line of the token that [`peek`](Self::peek) shows, counted from 1.
    #[allow(
        clippy::misnamed_getters,
        reason = "the line of what is peeked, not of what comes after"
    )]
    pub(super) fn line(&self) -> u32 {
        self.next_line
    }

    /// The next token, which stays.
    pub(super) fn peek(&self) -> Token<'a> {
        self.next
    }

    /// The next token, which is consumed.
    pub(super) fn take(&mut self) -> Token<'a> {
        let token = self.next;
        self.next = self.scan();
        self.next_line = self.line;
        token
    }

    /// The characters of a number as far as `,` or `}`, which may hold signs, points and
    /// exponents. Only right after the token before it was taken.
    pub(super) fn take_number(&mut self) -> &'a str {
        // The look-ahead token is the number's beginning: take up from its start.
        let start = match self.next {
            Token::Word(word) => self.position - word.len(),
            Token::DotDot => self.position - 2,
            Token::Punct(_) => self.position - 1,
            Token::End => self.position,
        };
        let rest = self.text.get(start..).unwrap_or_default();
        let len = rest
            .iter()
            .position(|&b| !(is_word(b) || matches!(b, b'.' | b'+' | b'-')))
            .unwrap_or(rest.len());
        self.position = start + len;
        self.next = self.scan();
        self.next_line = self.line;
        rest.get(..len)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    fn scan(&mut self) -> Token<'a> {
        while let Some(&byte) = self.text.get(self.position) {
            match byte {
                b'\n' => self.line = self.line.saturating_add(1),
                b' ' | b'\t' | b'\r' => {}
                _ => break,
            }
            self.position += 1;
        }
        let rest = self.text.get(self.position..).unwrap_or_default();
        match rest {
            [] | [0, ..] => Token::End,
            [b'.', b'.', ..] => {
                self.position += 2;
                Token::DotDot
            }
            [first, ..] if is_word(*first) => {
                let len = rest.iter().position(|&b| !is_word(b)).unwrap_or(rest.len());
                self.position += len;
                let word = rest.get(..len).unwrap_or_default();
                Token::Word(std::str::from_utf8(word).unwrap_or_default())
            }
            [other, ..] => {
                self.position += 1;
                Token::Punct(*other)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_punctuation_are_split() {
        let mut lexer = Lexer::new(b"DCL IN[0..3].xy\n 2D_ARRAY");
        let mut seen = Vec::new();
        while lexer.peek() != Token::End {
            seen.push(lexer.take());
        }
        use Token::{DotDot, Punct, Word};
        let want = [
            Word("DCL"),
            Word("IN"),
            Punct(b'['),
            Word("0"),
            DotDot,
            Word("3"),
            Punct(b']'),
            Punct(b'.'),
            Word("xy"),
            Word("2D_ARRAY"),
        ];
        assert_eq!(seen, want);
        assert_eq!(lexer.line(), 2);
    }

    #[test]
    fn text_ends_at_nul() {
        let mut lexer = Lexer::new(b"END\0DCL");
        assert_eq!(lexer.take(), Token::Word("END"));
        assert_eq!(lexer.take(), Token::End);
        assert_eq!(lexer.take(), Token::End);
    }

    #[test]
    fn numbers_keep_sign_point_and_exponent() {
        let mut lexer = Lexer::new(b"{-1.5e-3, .5}");
        lexer.take();
        assert_eq!(lexer.take_number(), "-1.5e-3");
        assert_eq!(lexer.take(), Token::Punct(b','));
        assert_eq!(lexer.take_number(), ".5");
        assert_eq!(lexer.take(), Token::Punct(b'}'));
    }
}
