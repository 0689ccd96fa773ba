//! The numbers of storage buffers.
//!
//! Where a shader's first buffer has binding n, Mesa numbers its registers from n, but
//! binds buffers to slots from 0 (`lower_ssbo_bindings` of its TGSI writer). What follows
//! the parser counts slots.

use super::ir::{File, Register, Shader};

/// Makes register and slot the same.
pub(super) fn number_from_zero(shader: &mut Shader) {
    let first = shader.buffers.iter().map(|decl| decl.range.first).min();
    let Some(first) = first.filter(|first| *first > 0) else {
        return;
    };
    for decl in &mut shader.buffers {
        decl.range.first -= first;
        decl.range.last -= first;
    }
    let offset = i32::try_from(first).unwrap_or(i32::MAX);
    let renumber = |register: &mut Register| {
        if register.file == File::Buffer {
            // A register below the first is not declared, and the validator's to refuse.
            register.index.offset = register.index.offset.saturating_sub(offset);
        }
    };
    for instruction in &mut shader.body {
        for dst in &mut instruction.dst {
            renumber(&mut dst.register);
        }
        for src in &mut instruction.src {
            renumber(&mut src.register);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, validate};
    use super::*;

    fn buffers(shader: &Shader) -> Vec<i32> {
        let registers = |i: &super::super::ir::Instruction| {
            let dst: Vec<Register> = i.dst.iter().map(|dst| dst.register).collect();
            dst.into_iter()
                .chain(i.src.iter().map(|src| src.register))
                .collect::<Vec<_>>()
        };
        let all = shader.body.iter().flat_map(registers);
        all.filter(|register| register.file == File::Buffer)
            .map(|register| register.index.offset)
            .collect()
    }

    #[test]
    fn registers_count_from_the_first_that_is_declared() {
        let text = "FRAG\nDCL BUFFER[3]\nDCL BUFFER[2]\nDCL TEMP[0]\nDCL ADDR[0]\n\
                    IMM[0] UINT32 {0, 0, 0, 0}\nLOAD TEMP[0].x, BUFFER[2], IMM[0].xxxx\n\
                    STORE BUFFER[3].x, IMM[0].xxxx, TEMP[0].xxxx\nEND";
        let shader = parse(text.as_bytes()).unwrap();
        assert_eq!(buffers(&shader), [0, 1]);
        assert_eq!(shader.buffers[0].range.first, 1);
        assert!(validate(&shader).is_ok());
    }

    #[test]
    fn register_below_the_first_is_refused() {
        let text = "FRAG\nDCL BUFFER[2]\nDCL TEMP[0]\nIMM[0] UINT32 {0, 0, 0, 0}\n\
                    LOAD TEMP[0].x, BUFFER[1], IMM[0].xxxx\nEND";
        let shader = parse(text.as_bytes()).unwrap();
        assert!(validate(&shader).is_err());
    }
}
