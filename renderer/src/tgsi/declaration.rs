//! Parses declarations: `DCL FILE[a..b].mask, option, option …`.

use super::ir::{
    BufferDecl, ConstDecl, File, ImageDecl, IoDecl, Mask, MemoryKind, Range, SamplerViewDecl,
    Semantic, SystemValueDecl, TempDecl,
};
use super::lexer::Token;
use super::limits::DECLARATIONS;
use super::parser::{ParseErrorKind, Parser, Result, shorten};
use super::semantic::{
    ImageFormat, Interpolation, Location, SampledType, SemanticName, TextureTarget,
    image_format_from_name,
};

/// Everything that options can say, whatever the file.
#[derive(Clone, Copy, Default)]
struct Options {
    semantic: Option<Semantic>,
    interpolation: Option<Interpolation>,
    location: Option<Location>,
    array: u32,
    streams: [u8; 4],
    invariant: bool,
    target: Option<TextureTarget>,
    sampled: Option<SampledType>,
    format: Option<ImageFormat>,
    writable: bool,
    atomic: bool,
    memory: Option<MemoryKind>,
}

const MEMORY_KINDS: [(&str, MemoryKind); 4] = [
    ("GLOBAL", MemoryKind::Global),
    ("SHARED", MemoryKind::Shared),
    ("PRIVATE", MemoryKind::Private),
    ("INPUT", MemoryKind::Input),
];

impl Parser<'_> {
    /// What follows `DCL`.
    pub(super) fn declaration(&mut self) -> Result<()> {
        let word = self.word("a register file")?;
        let Some(file) = File::from_name(word) else {
            return self.error(ParseErrorKind::Unexpected {
                expected: "a register file",
                found: shorten(word),
            });
        };
        let (per_vertex, outer, range) = self.declared_ranges()?;
        let mask = if self.eat(b'.') {
            self.write_mask()?
        } else {
            Mask::XYZW
        };
        let mut options = Options::default();
        while self.eat(b',') {
            self.option(file, &mut options)?;
        }
        self.declare(file, per_vertex, outer, range, mask, options)
    }

    /// `[a..b]`, `[][a..b]` or `[d][a..b]`: whether the first pair is empty, its first
    /// number, and the last pair.
    fn declared_ranges(&mut self) -> Result<(bool, Option<Range>, Range)> {
        let mut per_vertex = false;
        let mut outer = None;
        loop {
            self.expect(b'[', "'['")?;
            if self.eat(b']') {
                per_vertex = true;
                continue;
            }
            let range = self.range_to_bracket()?;
            if self.lexer.peek() != Token::Punct(b'[') {
                return Ok((per_vertex, outer, range));
            }
            if per_vertex || outer.is_some() {
                return self.unexpected("at most two dimensions");
            }
            outer = Some(range);
        }
    }

    fn range_to_bracket(&mut self) -> Result<Range> {
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

    fn option(&mut self, file: File, options: &mut Options) -> Result<()> {
        let word = self.word("an option of a declaration")?;
        match word {
            "ARRAY" => {
                self.expect(b'(', "'('")?;
                options.array = self.number()?;
                return self.expect(b')', "')'");
            }
            "STREAM" => return self.streams(options),
            "LOCAL" => return Ok(()),
            "INVARIANT" => options.invariant = true,
            "WR" => options.writable = true,
            "RAW" => {}
            "ATOMIC" => options.atomic = true,
            _ if word.starts_with("PIPE_FORMAT_") => {
                options.format = self.image_format(word)?;
            }
            _ => return self.named_option(file, word, options),
        }
        Ok(())
    }

    fn streams(&mut self, options: &mut Options) -> Result<()> {
        self.expect(b'(', "'('")?;
        for (i, stream) in options.streams.iter_mut().enumerate() {
            if i > 0 {
                self.expect(b',', "','")?;
            }
            let number = self.number()?;
            *stream = u8::try_from(number).unwrap_or(u8::MAX);
        }
        self.expect(b')', "')'")
    }

    /// Options whose meaning depends on the file they stand with.
    fn named_option(&mut self, file: File, word: &str, options: &mut Options) -> Result<()> {
        match file {
            File::SamplerView | File::Image => {
                if let Some(target) = TextureTarget::from_name(word)
                    && options.target.is_none()
                {
                    options.target = Some(target);
                    return Ok(());
                }
                if let Some(sampled) = SampledType::from_name(word) {
                    // All four components have one type in GL; the first is listed.
                    options.sampled.get_or_insert(sampled);
                    return Ok(());
                }
            }
            File::Memory => {
                if let Some(&(_, kind)) = MEMORY_KINDS.iter().find(|(name, _)| *name == word) {
                    options.memory = Some(kind);
                    return Ok(());
                }
            }
            _ => {
                if options.semantic.is_none()
                    && let Some(name) = SemanticName::from_name(word)
                {
                    let index = if self.lexer.peek() == Token::Punct(b'[') {
                        self.range()?.first
                    } else {
                        0
                    };
                    options.semantic = Some(Semantic { name, index });
                    return Ok(());
                }
                if let Some(interpolation) = Interpolation::from_name(word) {
                    options.interpolation = Some(interpolation);
                    return Ok(());
                }
                if let Some(location) = Location::from_name(word) {
                    options.location = Some(location);
                    return Ok(());
                }
            }
        }
        self.error(ParseErrorKind::Unexpected {
            expected: "an option of the declaration",
            found: shorten(word),
        })
    }

    /// The format of this name; `None` for `PIPE_FORMAT_NONE`.
    pub(super) fn image_format(&self, word: &str) -> Result<Option<ImageFormat>> {
        if word == "PIPE_FORMAT_NONE" {
            return Ok(None);
        }
        match image_format_from_name(word) {
            Some(format) => Ok(Some(format)),
            None => self.error(ParseErrorKind::UnknownImageFormat(shorten(word))),
        }
    }

    fn declare(
        &mut self,
        file: File,
        per_vertex: bool,
        outer: Option<Range>,
        range: Range,
        mask: Mask,
        options: Options,
    ) -> Result<()> {
        let buffer = outer.map_or(0, |o| o.first);
        match file {
            File::Input | File::Output => {
                let decl = IoDecl {
                    range,
                    mask,
                    semantic: options.semantic,
                    interpolation: options.interpolation.unwrap_or(Interpolation::Perspective),
                    location: options.location.unwrap_or(Location::Center),
                    array: options.array,
                    per_vertex: per_vertex || outer.is_some(),
                    streams: options.streams,
                    invariant: options.invariant,
                };
                if file == File::Input {
                    self.push("inputs", DECLARATIONS, |s| &mut s.inputs, decl)
                } else {
                    self.push("outputs", DECLARATIONS, |s| &mut s.outputs, decl)
                }
            }
            File::SystemValue => {
                let Some(semantic) = options.semantic else {
                    return self.unexpected("the semantic of a system value");
                };
                let decl = SystemValueDecl { range, semantic };
                self.push(
                    "system values",
                    DECLARATIONS,
                    |s| &mut s.system_values,
                    decl,
                )
            }
            File::Temporary => {
                let array = options.array;
                self.push(
                    "temporaries",
                    DECLARATIONS,
                    |s| &mut s.temps,
                    TempDecl { range, array },
                )
            }
            File::Constant => {
                let decl = ConstDecl { buffer, range };
                self.push("constants", DECLARATIONS, |s| &mut s.constants, decl)
            }
            File::HwAtomic => {
                let decl = ConstDecl { buffer, range };
                self.push("atomic counters", DECLARATIONS, |s| &mut s.hw_atomics, decl)
            }
            File::Address => self.push(
                "address registers",
                DECLARATIONS,
                |s| &mut s.addresses,
                range,
            ),
            File::Sampler => self.push("samplers", DECLARATIONS, |s| &mut s.samplers, range),
            _ => self.declare_resource(file, range, options),
        }
    }

    fn declare_resource(&mut self, file: File, range: Range, options: Options) -> Result<()> {
        match file {
            File::SamplerView => {
                let decl = SamplerViewDecl {
                    range,
                    target: options.target.unwrap_or(TextureTarget::Unknown),
                    sampled: options.sampled.unwrap_or(SampledType::Float),
                };
                self.push(
                    "sampler views",
                    DECLARATIONS,
                    |s| &mut s.sampler_views,
                    decl,
                )
            }
            File::Image => {
                let decl = ImageDecl {
                    range,
                    target: options.target.unwrap_or(TextureTarget::Unknown),
                    format: options.format,
                    writable: options.writable,
                };
                self.push("images", DECLARATIONS, |s| &mut s.images, decl)
            }
            File::Buffer => {
                let atomic = options.atomic;
                self.push(
                    "buffers",
                    DECLARATIONS,
                    |s| &mut s.buffers,
                    BufferDecl { range, atomic },
                )
            }
            File::Memory => {
                let kind = options.memory.unwrap_or(MemoryKind::Global);
                let decl = (range.first, kind);
                self.push("memories", DECLARATIONS, |s| &mut s.memories, decl)
            }
            _ => self.error(ParseErrorKind::Unexpected {
                expected: "a file that can be declared",
                found: file.name().to_owned(),
            }),
        }
    }
}
