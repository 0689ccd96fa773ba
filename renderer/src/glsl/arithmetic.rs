//! The arithmetic opcodes: one table that says how each is spelled in GLSL, and the code
//! that fills the table's templates.

use super::TranslateError;
use super::es100::Model;
use super::helpers::{Helper, Kind};
use super::writer::Writer;
use crate::tgsi::ir::{File, Instruction, Src};
use crate::tgsi::opcode::Opcode;

/// How an operation goes over the components.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Component by component, on as many as are written.
    Component,
    /// On the x components; the result goes to all that are written.
    Replicate,
    /// On the first n components, with one result for all.
    Reduce(usize),
    /// On whole vectors, or their first component, to a vector of four.
    Vector(usize),
    /// Component by component to a truth value: vector function, scalar operator.
    Compare(&'static str, &'static str, Truth),
}

/// How truth is written in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// 1.0 or 0.0
    One,
    /// All bits or none.
    Mask,
}

/// One row of the table.
#[derive(Clone, Copy)]
struct Row {
    shape: Shape,
    result: Kind,
    operands: [Kind; 4],
    /// The expression; `$0` to `$3` are the operands.
    text: &'static str,
    helper: Option<Helper>,
}

const fn row(shape: Shape, result: Kind, operand: Kind, text: &'static str) -> Row {
    Row {
        shape,
        result,
        operands: [operand; 4],
        text,
        helper: None,
    }
}

const fn float(text: &'static str) -> Row {
    row(Shape::Component, Kind::Float, Kind::Float, text)
}

const fn scalar_float(text: &'static str) -> Row {
    row(Shape::Replicate, Kind::Float, Kind::Float, text)
}

const fn int(text: &'static str) -> Row {
    row(Shape::Component, Kind::Int, Kind::Int, text)
}

const fn uint(text: &'static str) -> Row {
    row(Shape::Component, Kind::Uint, Kind::Uint, text)
}

const fn with_helper(row: Row, helper: Helper) -> Row {
    Row {
        helper: Some(helper),
        ..row
    }
}

const fn with_operands(row: Row, operands: [Kind; 4]) -> Row {
    Row { operands, ..row }
}

const fn compare(
    function: &'static str,
    operator: &'static str,
    operand: Kind,
    truth: Truth,
) -> Row {
    let result = match truth {
        Truth::One => Kind::Float,
        Truth::Mask => Kind::Uint,
    };
    row(
        Shape::Compare(function, operator, truth),
        result,
        operand,
        "",
    )
}

/// The row of an opcode; `None` for those that are no arithmetic or have no form in GLSL.
fn lookup(opcode: Opcode) -> Option<Row> {
    use Kind::{Float, Int, Uint};
    use Truth::{Mask, One};
    Some(match opcode {
        Opcode::Mov => uint("$0"),
        Opcode::Add => float("$0 + $1"),
        Opcode::Mul => float("$0 * $1"),
        Opcode::Mad => float("$0 * $1 + $2"),
        Opcode::Fma => with_helper(float("fused($0, $1, $2)"), Helper::FusedMultiplyAdd),
        Opcode::Div => float("$0 / $1"),
        Opcode::Min => float("min($0, $1)"),
        Opcode::Max => float("max($0, $1)"),
        Opcode::Lrp => float("mix($2, $1, $0)"),
        Opcode::Cmp => with_helper(float("select_negative($0, $1, $2)"), Helper::SelectNegative),
        Opcode::Flr => float("floor($0)"),
        Opcode::Ceil => float("ceil($0)"),
        Opcode::Trunc => float("trunc($0)"),
        Opcode::Frc => float("fract($0)"),
        Opcode::Round => float("roundEven($0)"),
        Opcode::Ssg => float("sign($0)"),
        Opcode::Ddx => float("dFdx($0)"),
        Opcode::Ddy => float("dFdy($0)"),
        Opcode::DdxFine => with_helper(float("ddx_fine($0)"), Helper::FineX),
        Opcode::DdyFine => with_helper(float("ddy_fine($0)"), Helper::FineY),
        Opcode::Ldexp => with_operands(
            with_helper(float("scale_exponent($0, $1)"), Helper::Ldexp),
            [Float, Int, Int, Int],
        ),

        Opcode::Rcp => scalar_float("1.0 / $0"),
        Opcode::Rsq => scalar_float("inversesqrt($0)"),
        Opcode::Sqrt => scalar_float("sqrt($0)"),
        Opcode::Ex2 => scalar_float("exp2($0)"),
        Opcode::Lg2 => scalar_float("log2($0)"),
        Opcode::Sin => scalar_float("sin($0)"),
        Opcode::Cos => scalar_float("cos($0)"),
        Opcode::Pow => scalar_float("pow($0, $1)"),

        Opcode::Dp2 => row(Shape::Reduce(2), Float, Float, "dot($0, $1)"),
        Opcode::Dp3 => row(Shape::Reduce(3), Float, Float, "dot($0, $1)"),
        Opcode::Dp4 => row(Shape::Reduce(4), Float, Float, "dot($0, $1)"),

        Opcode::Lit => with_helper(row(Shape::Vector(4), Float, Float, "lit($0)"), Helper::Lit),
        Opcode::Exp => with_helper(
            row(Shape::Vector(1), Float, Float, "exp_vector($0)"),
            Helper::ExpVector,
        ),
        Opcode::Log => with_helper(
            row(Shape::Vector(1), Float, Float, "log_vector($0)"),
            Helper::LogVector,
        ),
        Opcode::Dst => with_helper(
            row(Shape::Vector(4), Float, Float, "dst_vector($0, $1)"),
            Helper::DstVector,
        ),
        Opcode::Pk2h => row(Shape::Reduce(2), Uint, Float, "packHalf2x16($0)"),
        Opcode::Pk2us => row(Shape::Reduce(2), Uint, Float, "packUnorm2x16($0)"),
        Opcode::Up2h => row(Shape::Vector(1), Float, Uint, "unpackHalf2x16($0).xyxy"),
        Opcode::Up2us => row(Shape::Vector(1), Float, Uint, "unpackUnorm2x16($0).xyxy"),

        Opcode::Slt => compare("lessThan", "<", Float, One),
        Opcode::Sge => compare("greaterThanEqual", ">=", Float, One),
        Opcode::Sgt => compare("greaterThan", ">", Float, One),
        Opcode::Sle => compare("lessThanEqual", "<=", Float, One),
        Opcode::Seq => compare("equal", "==", Float, One),
        Opcode::Sne => compare("notEqual", "!=", Float, One),
        Opcode::Fslt => compare("lessThan", "<", Float, Mask),
        Opcode::Fsge => compare("greaterThanEqual", ">=", Float, Mask),
        Opcode::Fseq => compare("equal", "==", Float, Mask),
        Opcode::Fsne => compare("notEqual", "!=", Float, Mask),
        Opcode::Islt => compare("lessThan", "<", Int, Mask),
        Opcode::Isge => compare("greaterThanEqual", ">=", Int, Mask),
        Opcode::Uslt => compare("lessThan", "<", Uint, Mask),
        Opcode::Usge => compare("greaterThanEqual", ">=", Uint, Mask),
        Opcode::Useq => compare("equal", "==", Uint, Mask),
        Opcode::Usne => compare("notEqual", "!=", Uint, Mask),

        Opcode::F2i => row(Shape::Component, Int, Float, "$I($0)"),
        Opcode::F2u => row(Shape::Component, Uint, Float, "$U($0)"),
        Opcode::I2f => row(Shape::Component, Float, Int, "$F($0)"),
        Opcode::U2f => row(Shape::Component, Float, Uint, "$F($0)"),
        Opcode::Not => uint("~$0"),
        Opcode::And => uint("$0 & $1"),
        Opcode::Or => uint("$0 | $1"),
        Opcode::Xor => uint("$0 ^ $1"),
        // GLSL leaves larger shift counts undefined, TGSI counts modulo 32.
        Opcode::Shl => uint("$0 << ($1 & 31u)"),
        Opcode::Ushr => uint("$0 >> ($1 & 31u)"),
        Opcode::Ishr => with_operands(int("$0 >> ($1 & 31u)"), [Int, Uint, Uint, Uint]),
        Opcode::Uadd => uint("$0 + $1"),
        Opcode::Umul => uint("$0 * $1"),
        Opcode::Umad => uint("$0 * $1 + $2"),
        Opcode::Ineg => int("-$0"),
        Opcode::Iabs => int("abs($0)"),
        Opcode::Issg => int("sign($0)"),
        Opcode::Imin => int("min($0, $1)"),
        Opcode::Imax => int("max($0, $1)"),
        Opcode::Umin => uint("min($0, $1)"),
        Opcode::Umax => uint("max($0, $1)"),
        Opcode::Idiv => with_helper(int("idiv($0, $1)"), Helper::Divide),
        Opcode::Mod => with_helper(int("imod($0, $1)"), Helper::Modulo),
        Opcode::Udiv => with_helper(uint("udiv($0, $1)"), Helper::UnsignedDivide),
        Opcode::Umod => with_helper(uint("umod($0, $1)"), Helper::UnsignedModulo),
        Opcode::ImulHi => with_helper(int("imul_hi($0, $1)"), Helper::MultiplyHigh),
        Opcode::UmulHi => with_helper(uint("umul_hi($0, $1)"), Helper::UnsignedMultiplyHigh),
        Opcode::Ubfe => with_helper(uint("ubfe($0, $1, $2)"), Helper::UnsignedExtract),
        Opcode::Ibfe => with_operands(
            with_helper(int("ibfe($0, $1, $2)"), Helper::Extract),
            [Int, Uint, Uint, Uint],
        ),
        Opcode::Bfi => with_helper(uint("bfi($0, $1, $2, $3)"), Helper::Insert),
        Opcode::Brev => with_helper(uint("brev($0)"), Helper::Reverse),
        Opcode::Popc => with_helper(uint("popc($0)"), Helper::CountBits),
        Opcode::Lsb => with_helper(
            row(Shape::Component, Int, Uint, "find_lsb($0)"),
            Helper::FindLsb,
        ),
        Opcode::Umsb => with_helper(
            row(Shape::Component, Int, Uint, "find_msb($0)"),
            Helper::FindMsb,
        ),
        Opcode::Imsb => with_helper(int("find_msb_signed($0)"), Helper::FindMsbSigned),
        Opcode::Ucmp => with_helper(uint("select($0, $1, $2)"), Helper::Select),
        Opcode::Uarl => uint("$0"),
        Opcode::Arl => row(Shape::Component, Int, Float, "$I(floor($0))"),
        Opcode::Arr => row(Shape::Component, Int, Float, "$I(roundEven($0))"),
        _ => return None,
    })
}

/// True for a move that is more than a copy of bits.
fn is_float_move(instruction: &Instruction) -> bool {
    instruction.opcode == Opcode::Mov
        && (instruction.saturate || instruction.src.iter().any(is_modified))
}

const fn is_modified(src: &Src) -> bool {
    src.negate || src.absolute
}

impl Writer<'_> {
    /// Writes an arithmetic instruction; false if it is none.
    pub(super) fn arithmetic(&mut self, instruction: &Instruction) -> Result<bool, TranslateError> {
        let row = if is_float_move(instruction) {
            float("$0")
        } else {
            match lookup(instruction.opcode) {
                Some(row) => row,
                None => return Ok(false),
            }
        };
        let Some(dst) = instruction.dst.first() else {
            return Ok(true);
        };
        if dst.register.file == File::Null {
            return Ok(true);
        }
        if let Some(helper) = row.helper {
            self.helpers.insert(helper);
        }
        if self.model == Model::Floats {
            let integers = [row.result, row.operands[0], row.operands[1]]
                .iter()
                .any(|kind| *kind != Kind::Float);
            if self.float_substitute(instruction, integers)? {
                return Ok(true);
            }
        }
        let written: Vec<u8> = dst.mask.components().collect();
        let width = written.len();
        let (components, own_width): (&[u8], usize) = match row.shape {
            Shape::Component | Shape::Compare(..) => (&written, width),
            Shape::Replicate => (&[0], 1),
            Shape::Reduce(2) => (&[0, 1], 1),
            Shape::Reduce(3) => (&[0, 1, 2], 1),
            Shape::Reduce(_) => (&[0, 1, 2, 3], 1),
            Shape::Vector(1) => (&[0], 4),
            Shape::Vector(_) => (&[0, 1, 2, 3], 4),
        };
        let mut operands: [String; 4] = Default::default();
        for (i, src) in instruction.src.iter().enumerate() {
            let kind = row.operands.get(i).copied().unwrap_or(Kind::Uint);
            // A select moves bits, but a modifier on what it moves is floating point.
            let text = if instruction.opcode == Opcode::Ucmp && i > 0 && is_modified(src) {
                format!("U({})", self.operand(src, components, Kind::Float)?)
            } else {
                self.operand(src, components, kind)?
            };
            if let Some(slot) = operands.get_mut(i) {
                *slot = text;
            }
        }
        let mut value = match row.shape {
            Shape::Compare(function, operator, truth) => {
                comparison(function, operator, truth, width, &operands)
            }
            _ => fill(row.text, &operands, width),
        };
        if instruction.saturate && row.result == Kind::Float {
            value = format!("clamp({value}, 0.0, 1.0)");
        }
        let value_width = if matches!(row.shape, Shape::Vector(_)) {
            value.push_str(selector(&written));
            width
        } else {
            own_width
        };
        let precise = instruction.precise && row.result == Kind::Float && self.has_precise();
        if precise {
            let ty = row.result.glsl(value_width);
            self.line(format_args!("{{ precise {ty} p = {value};"));
            value = "p".to_owned();
        }
        self.store(dst, &value, row.result, value_width)?;
        if precise {
            self.line(format_args!("}}"));
        }
        Ok(true)
    }
}

/// `.xz` and the like; empty for all four.
pub(super) fn selector(components: &[u8]) -> &'static str {
    const NAMES: [&str; 16] = [
        "", ".x", ".y", ".xy", ".z", ".xz", ".yz", ".xyz", ".w", ".xw", ".yw", ".xyw", ".zw",
        ".xzw", ".yzw", "",
    ];
    let mask = components.iter().fold(0usize, |m, c| m | 1 << (c & 3));
    NAMES.get(mask).copied().unwrap_or("")
}

fn comparison(
    function: &str,
    operator: &str,
    truth: Truth,
    width: usize,
    operands: &[String; 4],
) -> String {
    let [a, b, ..] = operands;
    let test = if width == 1 {
        format!("{a} {operator} {b}")
    } else {
        format!("{function}({a}, {b})")
    };
    match truth {
        Truth::One => format!("{}({test})", Kind::Float.glsl(width)),
        Truth::Mask => format!("-{}({test})", Kind::Uint.glsl(width)),
    }
}

/// Puts operands into a template; `$F`, `$I` and `$U` are types of the given width.
fn fill(template: &str, operands: &[String; 4], width: usize) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let piece = match after.as_bytes().first() {
            Some(b'F') => Kind::Float.glsl(width),
            Some(b'I') => Kind::Int.glsl(width),
            Some(b'U') => Kind::Uint.glsl(width),
            Some(digit @ b'0'..=b'3') => {
                let index = usize::from(digit - b'0');
                operands.get(index).map_or("", String::as_str)
            }
            _ => "",
        };
        text.push_str(piece);
        rest = after.get(1..).unwrap_or("");
    }
    text.push_str(rest);
    text
}
