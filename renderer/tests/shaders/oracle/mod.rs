//! Random shaders, run by a small interpreter of the IR and by the host's driver: every
//! pixel must agree to the bit.
//!
//! The interpreter knows one way to do each thing, the one TGSI defines; the translator
//! chooses among many, by masks, types, arrays and what the host lacks. Float arithmetic
//! is kept to values on which it is exact, so that no freedom of the driver shows.

mod generate;
mod interpret;

use maro_renderer::gl::host::{Capabilities, Limit, Version};
use maro_renderer::glsl::{ShaderKey, SystemBlock};
use maro_renderer::host;

use crate::compile::Host;
use crate::corpus;
use crate::execute::{Inputs, fragments};
use crate::fuzz::Random;
use generate::{INPUT_REGISTERS, Program};
use interpret::Outcome;

/// Pixels, each with inputs of its own.
const PIXELS: usize = 8;
/// Shaders for each of the host's profiles.
const SHADERS: usize = 60;

/// Words for integers and, in every second register, small floats.
fn inputs(random: &mut Random) -> Vec<[u32; 4]> {
    const EDGES: [u32; 8] = [0, 1, 2, 31, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0xffff];
    let word = |random: &mut Random| match random.below(3) {
        0 => *random.pick(&EDGES),
        1 => random.below(16) as u32,
        _ => random.next() as u32,
    };
    let float = |random: &mut Random| (random.below(65) as f32 / 4.0 - 8.0).to_bits();
    (0..PIXELS * INPUT_REGISTERS)
        .map(|register| {
            let make = if register % INPUT_REGISTERS < INPUT_REGISTERS / 2 {
                &word as &dyn Fn(&mut Random) -> u32
            } else {
                &float
            };
            std::array::from_fn(|_| make(random))
        })
        .collect()
}

/// A zero has no sign where floats are concerned.
fn agree(got: u32, want: u32, float: bool) -> bool {
    got == want || float && (got | want) << 1 == 0
}

#[test]
fn random_shaders_compute_what_the_interpreter_does() {
    let host = Host::new();
    let mut random = Random(0x6d61_726f);
    let constants = inputs(&mut random);
    let (mut run, mut dropped, mut flow) = (0, 0, 0);
    for gles in [None, Some(Version::new(3, 0)), Some(Version::new(3, 1))] {
        let limit = Limit {
            gles,
            ..Limit::default()
        };
        let profile = host::profile(&Capabilities::probe(&host.gl, limit));
        let end = run + SHADERS;
        while run < end {
            let program = Program::random(&mut random);
            let shader = corpus::load(program.text.as_bytes(), &program.text);
            let wanted: Vec<Outcome> = (0..PIXELS)
                .map(|x| interpret::run(&shader, &constants, x))
                .collect();
            let Some(wanted) = wanted
                .into_iter()
                .map(Outcome::exact)
                .collect::<Option<Vec<_>>>()
            else {
                dropped += 1;
                continue;
            };
            let inputs = Inputs {
                constants: &constants,
                system: SystemBlock::default(),
                key: ShaderKey::default(),
            };
            std::fs::write("/tmp/s/last.tgsi", &program.text).unwrap();
            let t0 = std::time::Instant::now();
            let got = fragments(&host, &profile, &program.text, &inputs, PIXELS);
            eprintln!(
                "{} {:?} {}",
                run,
                t0.elapsed(),
                program.text.lines().count()
            );
            for (x, (got, want)) in got.iter().zip(&wanted).enumerate() {
                let float = program.result_is_float;
                assert!(
                    got.iter().zip(want).all(|(g, w)| agree(*g, *w, float)),
                    "{:?}, pixel {x}: {got:x?} instead of {want:x?}\n{}",
                    profile.version,
                    program.text
                );
            }
            run += 1;
            flow += usize::from(program.text.contains("BGNLOOP"));
        }
    }
    // Most programs count, and what they test is there.
    assert!(dropped < 3 * run, "{dropped} dropped, {run} run");
    assert!(flow > run / 8, "{flow} of {run} have loops");
}
