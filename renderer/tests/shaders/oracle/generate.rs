//! Random TGSI.

use std::fmt::Write;

use crate::execute::{FLOAT_RULES, INTEGER_RULES};
use crate::fuzz::Random;

/// Registers of input for each pixel: the first half holds integers, the other floats.
pub const INPUT_REGISTERS: usize = 4;

/// `TEMP[INTS]` and the following three hold integers, then four floats, then an array of
/// four integer registers; loops count in registers of their own.
const INTS: usize = 0;
const FLOATS: usize = 4;
const ARRAY: usize = 8;
const COUNTERS: usize = 12;
const DEPTH: usize = 3;

/// Rules that need values on which they are exact leave these out.
const INEXACT: [&str; 4] = ["DIV", "LRP", "MAD", "FMA"];
/// Opcodes that turn one kind into the other.
const TO_INT: [&str; 6] = ["F2I", "FSEQ", "FSNE", "FSLT", "FSGE", "F2I"];

/// A shader, and what it writes.
pub struct Program {
    pub text: String,
    pub result_is_float: bool,
}

impl Program {
    /// A shader that reads this pixel's inputs, computes, and writes one register.
    pub fn random(random: &mut Random) -> Self {
        let mut generator = Generator {
            random,
            text: String::new(),
            depth: 0,
        };
        generator.prologue();
        generator.block(14);
        let result_is_float = generator.random.below(3) == 0;
        let register = if result_is_float { FLOATS } else { INTS } + generator.random.below(4);
        let mut text = generator.text;
        let _ = writeln!(text, "MOV OUT[0], TEMP[{register}]\nEND");
        Self {
            text,
            result_is_float,
        }
    }
}

struct Generator<'a> {
    random: &'a mut Random,
    text: String,
    depth: usize,
}

impl Generator<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{line}");
    }

    fn prologue(&mut self) {
        let last = COUNTERS + DEPTH - 1;
        self.line(format_args!(
            "FRAG\nDCL IN[0], POSITION, LINEAR\nDCL OUT[0], COLOR\nDCL CONST[0..{}]\n\
             DCL TEMP[0..{}]\nDCL TEMP[{ARRAY}..{}], ARRAY(1), LOCAL\nDCL TEMP[{COUNTERS}..{last}]\n\
             DCL ADDR[0..1]\nIMM[0] UINT32 {{0, 1, 2, 3}}\nIMM[1] UINT32 {{4, 31, 4294967295, 65537}}\n\
             IMM[2] FLT32 {{0x3f800000, 0xbf000000, 0x40400000, 0x00000000}}\n\
             F2U TEMP[0].x, IN[0].xxxx\nUMUL TEMP[0].x, TEMP[0].xxxx, IMM[1].xxxx\n\
             UARL ADDR[0].x, TEMP[0].xxxx",
            super::PIXELS * INPUT_REGISTERS - 1,
            ARRAY - 1,
            ARRAY + 3,
        ));
        for (register, input) in [(INTS, 0), (INTS + 1, 1), (FLOATS, 2), (FLOATS + 1, 3)] {
            self.line(format_args!(
                "MOV TEMP[{register}], CONST[ADDR[0].x+{input}]"
            ));
        }
        for register in [INTS + 2, INTS + 3, ARRAY, ARRAY + 1, ARRAY + 2, ARRAY + 3] {
            self.line(format_args!("MOV TEMP[{register}], IMM[1].yzwx"));
        }
        for register in [FLOATS + 2, FLOATS + 3] {
            self.line(format_args!("MOV TEMP[{register}], IMM[2].yzwx"));
        }
    }

    fn block(&mut self, length: usize) {
        for _ in 0..length {
            match self.random.below(16) {
                0 if self.depth < DEPTH => self.branch(),
                1 if self.depth < DEPTH => self.repeat(),
                2 if self.depth < DEPTH => self.switch(),
                3 => self.array_access(),
                4..8 => self.float(),
                8 => self.convert_to_int(),
                9 => self.convert_to_float(),
                _ => self.integer(),
            }
        }
    }

    fn swizzle(&mut self) -> String {
        (0..4)
            .map(|_| *self.random.pick(&['x', 'y', 'z', 'w']))
            .collect()
    }

    /// A register to write, with a mask.
    fn target(&mut self, first: usize) -> String {
        let register = first + self.random.below(4);
        let mask = 1 + self.random.below(15);
        let letters = "xyzw".chars().enumerate();
        let mask: String = letters
            .filter(|(bit, _)| mask & 1 << bit != 0)
            .map(|(_, letter)| letter)
            .collect();
        format!("TEMP[{register}].{mask}")
    }

    fn int_source(&mut self) -> String {
        let swizzle = self.swizzle();
        match self.random.below(8) {
            0 => format!("IMM[{}].{swizzle}", self.random.below(2)),
            1 => format!("CONST[ADDR[0].x+{}].{swizzle}", self.random.below(2)),
            2 => format!("TEMP[{}].{swizzle}", ARRAY + self.random.below(4)),
            _ => format!("TEMP[{}].{swizzle}", INTS + self.random.below(4)),
        }
    }

    fn float_source(&mut self) -> String {
        let swizzle = self.swizzle();
        let register = match self.random.below(8) {
            0 => format!("IMM[2].{swizzle}"),
            1 => format!("CONST[ADDR[0].x+{}].{swizzle}", 2 + self.random.below(2)),
            _ => format!("TEMP[{}].{swizzle}", FLOATS + self.random.below(4)),
        };
        match self.random.below(6) {
            0 => format!("-{register}"),
            1 => format!("|{register}|"),
            2 => format!("-|{register}|"),
            _ => register,
        }
    }

    fn integer(&mut self) {
        // The last two of the table make floats.
        let rules = &INTEGER_RULES[..INTEGER_RULES.len() - 2];
        let &(opcode, operands, _) = self.random.pick(rules);
        let target = self.target(INTS);
        let sources: Vec<String> = (0..operands).map(|_| self.int_source()).collect();
        self.line(format_args!("{opcode} {target}, {}", sources.join(", ")));
    }

    fn float(&mut self) {
        let &(opcode, operands, _) = self.random.pick(FLOAT_RULES);
        if INEXACT.iter().any(|inexact| opcode.starts_with(inexact)) {
            return;
        }
        let saturate = if opcode.contains('_') || self.random.below(6) > 0 {
            ""
        } else {
            "_SAT"
        };
        let target = self.target(FLOATS);
        let sources: Vec<String> = (0..operands).map(|_| self.float_source()).collect();
        let sources = sources.join(", ");
        self.line(format_args!("{opcode}{saturate} {target}, {sources}"));
    }

    fn convert_to_int(&mut self) {
        let opcode = *self.random.pick(&TO_INT);
        let operands = if opcode == "F2I" { 1 } else { 2 };
        let target = self.target(INTS);
        let sources: Vec<String> = (0..operands).map(|_| self.float_source()).collect();
        self.line(format_args!("{opcode} {target}, {}", sources.join(", ")));
    }

    /// Small integers only, which floats hold exactly.
    fn convert_to_float(&mut self) {
        let source = self.int_source();
        let scratch = self.target(INTS);
        let register = scratch.split('.').next().unwrap_or_default().to_owned();
        self.line(format_args!("AND {register}, {source}, IMM[1].yyyy"));
        let opcode = *self.random.pick(&["I2F", "U2F"]);
        let target = self.target(FLOATS);
        let swizzle = self.swizzle();
        self.line(format_args!("{opcode} {target}, {register}.{swizzle}"));
    }

    /// Writes or reads the array at an index that only the shader knows.
    fn array_access(&mut self) {
        let index = self.int_source();
        let scratch = INTS + self.random.below(4);
        self.line(format_args!("AND TEMP[{scratch}].x, {index}, IMM[0].wwww"));
        self.line(format_args!("UARL ADDR[1].x, TEMP[{scratch}].xxxx"));
        let element = format!("TEMP[ADDR[1].x+{ARRAY}](1)");
        if self.random.below(2) == 0 {
            let source = self.int_source();
            let mask = *self.random.pick(&["x", "yz", "xyzw", "w"]);
            self.line(format_args!("MOV {element}.{mask}, {source}"));
        } else {
            let target = self.target(INTS);
            let swizzle = self.swizzle();
            self.line(format_args!("MOV {target}, {element}.{swizzle}"));
        }
    }

    fn nested(&mut self, length: usize) {
        self.depth += 1;
        self.block(length);
        self.depth -= 1;
    }

    fn branch(&mut self) {
        if self.random.below(2) == 0 {
            let condition = self.int_source();
            self.line(format_args!("UIF {condition}"));
        } else {
            let condition = self.float_source();
            self.line(format_args!("IF {condition}"));
        }
        self.nested(3);
        if self.random.below(2) == 0 {
            self.line(format_args!("ELSE"));
            self.nested(3);
        }
        self.line(format_args!("ENDIF"));
    }

    /// A loop of up to four rounds, which may end or be gone on with early.
    fn repeat(&mut self) {
        let counter = COUNTERS + self.depth;
        let rounds = *self
            .random
            .pick(&["IMM[0].zzzz", "IMM[0].wwww", "IMM[1].xxxx"]);
        self.line(format_args!("MOV TEMP[{counter}], IMM[0].xxxx\nBGNLOOP"));
        self.line(format_args!(
            "USGE TEMP[{counter}].y, TEMP[{counter}].xxxx, {rounds}\nUIF TEMP[{counter}].yyyy\nBRK\nENDIF"
        ));
        self.line(format_args!(
            "UADD TEMP[{counter}].x, TEMP[{counter}].xxxx, IMM[0].yyyy"
        ));
        self.nested(3);
        if self.random.below(2) == 0 {
            let condition = self.int_source();
            let leave = *self.random.pick(&["BRK", "CONT"]);
            self.line(format_args!("UIF {condition}\n{leave}\nENDIF"));
            self.nested(2);
        }
        self.line(format_args!("ENDLOOP"));
    }

    fn switch(&mut self) {
        let scratch = INTS + self.random.below(4);
        let source = self.int_source();
        self.line(format_args!("AND TEMP[{scratch}], {source}, IMM[0].wwww"));
        self.line(format_args!("SWITCH TEMP[{scratch}].xxxx"));
        let cases = ["IMM[0].xxxx", "IMM[0].yyyy", "IMM[0].wwww"];
        for case in cases {
            self.line(format_args!("CASE {case}"));
            self.nested(2);
            if self.random.below(2) == 0 {
                self.line(format_args!("BRK"));
            }
        }
        if self.random.below(2) == 0 {
            self.line(format_args!("DEFAULT"));
            self.nested(2);
            self.line(format_args!("BRK"));
        }
        self.line(format_args!("ENDSWITCH"));
    }
}
