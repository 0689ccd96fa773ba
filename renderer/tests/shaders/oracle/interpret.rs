//! An interpreter of the IR: fragment shaders that compute, branch, loop and write one
//! output.

use std::collections::HashMap;

use maro_renderer::tgsi::ir::{Dst, File, Index, Instruction, Register, Shader, Src};
use maro_renderer::tgsi::opcode::Opcode;

use crate::execute::{FLOAT_RULES, INTEGER_RULES};

type Word4 = [u32; 4];

/// Far more than any generated shader executes.
const MAX_STEPS: usize = 100_000;

/// What a shader wrote to `OUT[0]`.
pub struct Outcome {
    output: Word4,
    /// A float operation met or made something that is not exact everywhere.
    wild: bool,
}

impl Outcome {
    /// The output, if every driver has to compute the same.
    pub fn exact(self) -> Option<Word4> {
        (!self.wild).then_some(self.output)
    }
}

/// Runs `shader` for pixel `x` of the only row.
pub fn run(shader: &Shader, constants: &[Word4], x: usize) -> Outcome {
    let mut machine = Machine {
        shader,
        constants,
        position: [x as f32 + 0.5, 0.5, 0.0, 1.0].map(f32::to_bits),
        temps: HashMap::new(),
        addresses: HashMap::new(),
        output: [0; 4],
        wild: false,
    };
    machine.execute();
    Outcome {
        output: machine.output,
        wild: machine.wild,
    }
}

struct Machine<'a> {
    shader: &'a Shader,
    constants: &'a [Word4],
    position: Word4,
    temps: HashMap<u32, Word4>,
    addresses: HashMap<u32, Word4>,
    output: Word4,
    wild: bool,
}

impl Machine<'_> {
    fn execute(&mut self) {
        let body = &self.shader.body;
        let mut at = 0;
        for _ in 0..MAX_STEPS {
            let Some(instruction) = body.get(at) else {
                return;
            };
            at = match instruction.opcode {
                Opcode::If | Opcode::Uif => {
                    let word = self.read(&instruction.src[0])[0];
                    let taken = match instruction.opcode {
                        Opcode::If => f32::from_bits(word) != 0.0,
                        _ => word != 0,
                    };
                    if taken {
                        at + 1
                    } else {
                        self.after(at, &[Opcode::Else, Opcode::Endif])
                    }
                }
                Opcode::Else => self.after(at, &[Opcode::Endif]),
                Opcode::EndLoop | Opcode::Cont => self.loop_start(at) + 1,
                Opcode::Brk => self.leave(at),
                Opcode::Switch => self.choose(at),
                Opcode::Endif
                | Opcode::BgnLoop
                | Opcode::Case
                | Opcode::Default
                | Opcode::EndSwitch => at + 1,
                _ => {
                    self.compute(instruction);
                    at + 1
                }
            };
        }
        panic!("the shader does not end");
    }

    // --- flow ---

    /// The instruction after the next of `wanted` on the level of instruction `at`.
    fn after(&self, at: usize, wanted: &[Opcode]) -> usize {
        let mut depth = 0;
        for (index, instruction) in self.shader.body.iter().enumerate().skip(at + 1) {
            if depth == 0 && wanted.contains(&instruction.opcode) {
                return index + 1;
            }
            depth += level_change(instruction.opcode);
        }
        panic!("{wanted:?} is missing after {at}");
    }

    fn loop_start(&self, at: usize) -> usize {
        let mut open = 0;
        for (index, instruction) in self.shader.body.iter().enumerate().take(at).rev() {
            match instruction.opcode {
                Opcode::EndLoop => open += 1,
                Opcode::BgnLoop if open == 0 => return index,
                Opcode::BgnLoop => open -= 1,
                _ => {}
            }
        }
        panic!("CONT at {at} is in no loop");
    }

    /// Behind the innermost loop or switch around `at`.
    fn leave(&self, at: usize) -> usize {
        let mut open = 0;
        for (index, instruction) in self.shader.body.iter().enumerate().skip(at + 1) {
            match instruction.opcode {
                Opcode::BgnLoop | Opcode::Switch => open += 1,
                Opcode::EndLoop | Opcode::EndSwitch if open == 0 => return index + 1,
                Opcode::EndLoop | Opcode::EndSwitch => open -= 1,
                _ => {}
            }
        }
        panic!("BRK at {at} leaves nothing");
    }

    /// The case that a switch goes to.
    fn choose(&mut self, at: usize) -> usize {
        let body = &self.shader.body;
        let value = self.read(&body[at].src[0])[0];
        let (mut open, mut default) = (0, None);
        for (index, instruction) in body.iter().enumerate().skip(at + 1) {
            match instruction.opcode {
                Opcode::Switch => open += 1,
                Opcode::EndSwitch if open == 0 => return default.unwrap_or(index) + 1,
                Opcode::EndSwitch => open -= 1,
                Opcode::Default if open == 0 => default = Some(index),
                Opcode::Case if open == 0 && self.read(&instruction.src[0])[0] == value => {
                    return index + 1;
                }
                _ => {}
            }
        }
        panic!("the switch at {at} has no end");
    }

    // --- registers ---

    fn index(&self, index: Index) -> usize {
        let relative = index.relative.map_or(0, |relative| {
            let file = match relative.file {
                File::Address => &self.addresses,
                _ => &self.temps,
            };
            file.get(&relative.register)
                .map_or(0, |word| word[usize::from(relative.component)])
        });
        (index.offset + relative.cast_signed()) as usize
    }

    fn register(&self, register: Register) -> Word4 {
        let index = self.index(register.index);
        match register.file {
            File::Constant => self.constants[index],
            File::Immediate => self.shader.immediates[index],
            File::Input => self.position,
            File::Temporary => self.temps.get(&(index as u32)).copied().unwrap_or_default(),
            file => panic!("{file:?} is not read by these shaders"),
        }
    }

    /// A source as its bits: modifiers are those of floats.
    fn read(&self, src: &Src) -> Word4 {
        let value = self.register(src.register);
        src.swizzle.map(|component| {
            let mut word = value[usize::from(component)];
            if src.absolute {
                word &= 0x7fff_ffff;
            }
            if src.negate {
                word ^= 0x8000_0000;
            }
            word
        })
    }

    fn write(&mut self, dst: &Dst, value: Word4) {
        let index = self.index(dst.register.index) as u32;
        let target = match dst.register.file {
            File::Temporary => self.temps.entry(index).or_default(),
            File::Address => self.addresses.entry(index).or_default(),
            _ => &mut self.output,
        };
        for component in dst.mask.components().map(usize::from) {
            target[component] = value[component];
        }
    }

    // --- arithmetic ---

    fn compute(&mut self, instruction: &Instruction) {
        let sources: Vec<Word4> = instruction.src.iter().map(|src| self.read(src)).collect();
        let component = |c: usize| {
            let mut words = [0; 4];
            for (word, source) in words.iter_mut().zip(&sources) {
                *word = source[c];
            }
            words
        };
        let name = instruction.opcode.name();
        let modified = instruction.src.iter().any(|src| src.negate || src.absolute);
        let float_move = name == "MOV" && (modified || instruction.saturate);
        let dst = instruction.dst[0];
        let mut result = [0; 4];
        for c in dst.mask.components().map(usize::from) {
            let words = component(c);
            result[c] = match integer_rule(name).filter(|_| !float_move) {
                Some(rule) => rule(words),
                None => self.float(name, words, instruction),
            };
        }
        self.write(&dst, result);
    }

    fn float(&mut self, name: &str, words: Word4, instruction: &Instruction) -> u32 {
        let used = instruction.src.len();
        let floats = [words[0], words[1], words[2]].map(f32::from_bits);
        self.wild |= floats.iter().take(used).any(|value| !is_tame(*value));
        match name {
            "UARL" => return words[0],
            "F2I" => return floats[0] as i32 as u32,
            "F2U" => return floats[0] as u32,
            "FSEQ" => return truth(floats[0] == floats[1]),
            "FSNE" => return truth(floats[0] != floats[1]),
            "FSLT" => return truth(floats[0] < floats[1]),
            "FSGE" => return truth(floats[0] >= floats[1]),
            _ => {}
        }
        let rule = match name {
            "MOV" => |[a, ..]: [f32; 3]| a,
            _ => {
                FLOAT_RULES
                    .iter()
                    .find(|rule| rule.0 == name)
                    .expect("a rule")
                    .2
            }
        };
        let mut value = rule(floats);
        let exact = match name {
            "ADD" => f64::from(floats[0]) + f64::from(floats[1]),
            "MUL" => f64::from(floats[0]) * f64::from(floats[1]),
            _ => f64::from(value),
        };
        self.wild |= f64::from(value) != exact || !is_tame(value);
        if instruction.saturate {
            value = value.clamp(0.0, 1.0);
        }
        value.to_bits()
    }
}

/// How an instruction changes the depth of those behind it.
const fn level_change(opcode: Opcode) -> i32 {
    match opcode {
        Opcode::If | Opcode::Uif | Opcode::BgnLoop | Opcode::Switch => 1,
        Opcode::Endif | Opcode::EndLoop | Opcode::EndSwitch => -1,
        _ => 0,
    }
}

fn integer_rule(name: &str) -> Option<fn(Word4) -> u32> {
    match name {
        "UARL" => Some(|[a, ..]| a),
        _ => INTEGER_RULES
            .iter()
            .find(|rule| rule.0 == name)
            .map(|rule| rule.2),
    }
}

const fn truth(yes: bool) -> u32 {
    if yes { u32::MAX } else { 0 }
}

/// Values on which arithmetic is exact and which fit an integer.
fn is_tame(value: f32) -> bool {
    value == 0.0 || value.is_normal() && value.abs() < 65536.0 && value.abs() > 1e-6
}
