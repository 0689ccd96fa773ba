//! Lengths, recorded streams and garbage: that decoding is total.

use super::tests::{decode, fault, word};
use super::*;
use crate::protocol::objects::ShaderPart;
use crate::protocol::values::{ObjectType, ShaderStage};

/// Words that make sense for almost every field: small numbers above 0.
const MILD: [u32; 64] = [1; 64];

#[test]
fn every_command_needs_its_table_length_and_no_more() {
    for id in CommandId::ALL {
        let objects = match id {
            CommandId::CreateObject => continue,
            CommandId::BindObject => 1,
            _ => 0,
        };
        let needed = usize::from(id.payload().fixed);
        for length in 0..needed {
            assert!(
                matches!(fault(id, objects, &MILD[..length]), Fault::TooShort { .. }),
                "{id:?} took {length} words"
            );
        }
        // These need more words when their first ones are not 0.
        let words = match id {
            CommandId::SetFramebufferState | CommandId::SetIndexBuffer => [0; 64],
            _ => MILD,
        };
        for length in needed..=needed + 6 {
            decode(id, objects, &words[..length], |_| ());
        }
    }
}

#[test]
fn every_object_needs_its_words() {
    let lengths = [
        (ObjectType::Blend, 11),
        (ObjectType::Rasterizer, 9),
        (ObjectType::DepthStencilAlpha, 5),
        (ObjectType::Shader, 5),
        (ObjectType::VertexElements, 1),
        (ObjectType::SamplerView, 6),
        (ObjectType::SamplerState, 9),
        (ObjectType::Surface, 5),
        (ObjectType::Query, 4),
        (ObjectType::StreamOutputTarget, 4),
        (ObjectType::MultisampleSurface, 6),
    ];
    assert_eq!(lengths.len(), ObjectType::ALL.len());
    let mut words = [0; 16];
    words[0] = 1;
    for (ty, needed) in lengths {
        for length in 0..needed {
            let fault = fault(CommandId::CreateObject, ty as u8, &words[..length]);
            assert!(
                matches!(fault, Fault::TooShort { .. }),
                "{ty:?} took {length} words"
            );
        }
        for length in needed..16 {
            decode(CommandId::CreateObject, ty as u8, &words[..length], |_| ());
        }
    }
    for ty in [0, 12, 255] {
        assert!(matches!(
            fault(CommandId::CreateObject, ty, &words),
            Fault::Value(_)
        ));
    }
}

/// The streams of a recorded session.
fn recorded() -> Vec<u32> {
    let bytes = include_bytes!("../../tests/data/drawstorm.vtest");
    let mut words = bytes[18..]
        .chunks_exact(4)
        .map(|w| u32::from_le_bytes([w[0], w[1], w[2], w[3]]));
    let mut stream = Vec::new();
    // Past the session's first message (the program's name) all lengths are in words.
    while let (Some(length), Some(command)) = (words.next(), words.next()) {
        let payload: Vec<_> = words.by_ref().take(length as usize).collect();
        if command == 6 {
            stream.extend(payload);
        }
    }
    stream
}

#[test]
fn recorded_frame_decodes_whole() {
    let words = recorded();
    let all: Vec<_> = commands(&words)
        .map(|c| c.expect("a sound command"))
        .collect();
    let count = |id| all.iter().filter(|c| c.id() == id).count();
    assert_eq!(count(CommandId::DrawVbo), 64);
    assert_eq!(count(CommandId::SetConstantBuffer), 128);
    assert_eq!(count(CommandId::Clear), 1);
    assert_eq!(count(CommandId::CreateObject), 16);
    let texts: Vec<_> = all
        .iter()
        .filter_map(|command| match command {
            Command::CreateShader { chunk, .. } => Some(chunk),
            _ => None,
        })
        .collect();
    assert_eq!(texts.len(), 8);
    for chunk in texts {
        let ShaderPart::First {
            total_bytes,
            stream_outputs: None,
            ..
        } = chunk.part
        else {
            panic!("{:?}", chunk.part)
        };
        let start: &[u8] = if chunk.stage == ShaderStage::Vertex {
            b"VERT\n"
        } else {
            b"FRAG\n"
        };
        assert!(chunk.text.starts_with(start));
        assert_eq!(chunk.text.len(), (total_bytes as usize).next_multiple_of(4));
        assert_eq!(chunk.text[total_bytes as usize - 1], 0);
    }
}

/// xorshift64*: the same numbers on each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }
}

/// Whatever the words, decoding ends, covers them in order and can print what it found.
fn walk(words: &[u32]) {
    let mut all = commands(words);
    let mut before = 0;
    while let Some(result) = all.next() {
        assert!(all.offset() > before && all.offset() <= words.len());
        if let Err(error) = result {
            assert_eq!(error.offset, before);
            assert_eq!(
                error.ends_stream(),
                matches!(error.fault, Fault::Truncated { .. })
            );
            assert!(!error.to_string().is_empty());
        }
        before = all.offset();
    }
    assert_eq!(before, words.len());
}

#[test]
fn mutated_streams_never_panic_and_always_end() {
    let original = recorded();
    let original = &original[..original.len().min(1200)];
    let mut random = Random(0x6d61_726f);
    for _ in 0..20_000 {
        let mut words = original.to_vec();
        for _ in 0..=random.below(8) {
            let at = random.below(words.len());
            words[at] = match random.below(4) {
                0 => random.next(),
                1 => words[at] ^ 1 << random.below(32),
                2 => [0, 1, u32::MAX, 1 << 31, 0x7fff_ffff][random.below(5)],
                _ => word(
                    CommandId::ALL[random.below(64)],
                    random.below(13) as u8,
                    random.below(24),
                ),
            };
        }
        words.truncate(random.below(words.len() + 1));
        walk(&words);
    }
}

#[test]
fn every_header_over_short_garbage_is_survived() {
    let mut random = Random(7);
    for command in 0..=u8::MAX {
        for object in 0..16 {
            for length in 0..34 {
                let header = Header {
                    command,
                    object,
                    length,
                }
                .to_word();
                let mut words = vec![header];
                words.extend((0..length).map(|_| random.next() >> random.below(32)));
                walk(&words);
            }
        }
    }
}
