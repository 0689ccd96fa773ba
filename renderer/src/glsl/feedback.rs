//! Transform feedback: output registers that are captured into buffers.
//!
//! GLES takes whole varyings only, either all into one buffer or one varying into each
//! buffer. Hosts of desktop descent (Mesa's) also know `gl_NextBuffer`; on others, programs
//! that need it do not link. What a guest captures is therefore copied to varyings of the exact size
//! (`tfout…`), with padding (`tfpad…`) for gaps; a register that is captured whole and
//! is a varying already serves by itself.

use std::fmt::Write as _;

use super::TranslateError;
use super::helpers::Kind;
use super::inputs::varying_name;
use super::interface::{FeedbackMode, TransformFeedback};
use super::key::VaryingSet;
use super::profile::Features;
use super::streamout::{StreamOutput, StreamOutputRegister};
use super::writer::Writer;

/// Components that one separate varying may have.
const SEPARATE_COMPONENTS: u32 = 4;

/// Dwords a vertex may take in an interleaved buffer
/// (`MAX_TRANSFORM_FEEDBACK_INTERLEAVED_COMPONENTS` is at least this).
const INTERLEAVED_COMPONENTS: u32 = 128;

const BUFFERS: usize = 4;

/// A piece of a vertex in a buffer.
enum Piece {
    Captured(StreamOutputRegister),
    Gap(u32),
}

impl Piece {
    fn components(&self) -> u32 {
        match self {
            Piece::Captured(output) => u32::from(output.components),
            Piece::Gap(components) => *components,
        }
    }
}

impl Writer<'_> {
    /// Declares what is captured and copies it in `finish()`.
    pub(super) fn feedback(&mut self, finish: &mut String) -> Result<(), TranslateError> {
        let Some(streamout) = self.streamout.filter(|s| !s.outputs.is_empty()) else {
            return Ok(());
        };
        if !self.is_last_vertex_stage() {
            return Ok(());
        }
        let mut buffers: [Vec<Piece>; BUFFERS] = Default::default();
        for (number, pieces) in buffers.iter_mut().enumerate() {
            *pieces = vertex_of_buffer(streamout, number)?;
        }
        let used = buffers.iter().filter(|p| !p.is_empty()).count();
        let mut varyings = Vec::new();
        let mode = if used == 1 && buffers.first().is_some_and(|p| !p.is_empty()) {
            for piece in buffers.iter().flatten() {
                self.captured_piece(piece, &mut varyings, finish)?;
            }
            FeedbackMode::Interleaved
        } else if fits_separate(&buffers, used) {
            self.separate(&buffers, used, &mut varyings, finish)?;
            FeedbackMode::Separate
        } else {
            let last = buffers.iter().rposition(|p| !p.is_empty()).unwrap_or(0);
            for (number, pieces) in buffers.iter().enumerate().take(last + 1) {
                if number > 0 {
                    varyings.push("gl_NextBuffer".to_owned());
                }
                for piece in pieces {
                    self.captured_piece(piece, &mut varyings, finish)?;
                }
            }
            FeedbackMode::Interleaved
        };
        self.interface.feedback = Some(TransformFeedback { mode, varyings });
        Ok(())
    }

    fn separate(
        &mut self,
        buffers: &[Vec<Piece>; BUFFERS],
        used: usize,
        varyings: &mut Vec<String>,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        for pieces in buffers.iter().take(used) {
            if let [piece @ Piece::Captured(_)] = pieces.as_slice() {
                self.captured_piece(piece, varyings, finish)?;
            } else {
                self.captured_vector(pieces, varyings, finish)?;
            }
        }
        Ok(())
    }

    /// One varying for one piece.
    fn captured_piece(
        &mut self,
        piece: &Piece,
        varyings: &mut Vec<String>,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        if let Piece::Captured(output) = piece
            && let Some(name) = self.whole_varying(output)
            && !varyings.contains(&name)
        {
            varyings.push(name);
            return Ok(());
        }
        if let Piece::Gap(components) = piece
            && self.profile.features.contains(Features::SKIP_COMPONENTS)
        {
            varyings.push(format!("gl_SkipComponents{components}"));
            return Ok(());
        }
        self.captured_vector(std::slice::from_ref(piece), varyings, finish)
    }

    /// The varying that an output captures whole, if it is one.
    fn whole_varying(&self, output: &StreamOutputRegister) -> Option<String> {
        let semantic = self
            .registers
            .output(u32::from(output.register))?
            .semantic?;
        let whole = output.start == 0 && output.components == 4;
        // The varying of a clamped colour is not what the register holds.
        let clamped = self.key.raster.is_some_and(|r| r.clamp_color);
        let usable = self.interface.outputs.contains(semantic) && VaryingSet::knows(semantic);
        let first = self.registers.output_of(semantic) == Some(u32::from(output.register));
        (whole && usable && first && !clamped).then(|| varying_name('v', semantic))
    }

    /// One varying made of all pieces, of four components at most.
    fn captured_vector(
        &mut self,
        pieces: &[Piece],
        varyings: &mut Vec<String>,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        let mut parts = Vec::new();
        let mut gaps_only = true;
        for piece in pieces {
            match piece {
                Piece::Gap(components) => {
                    parts.extend((0..*components).map(|_| "0u".to_owned()));
                }
                Piece::Captured(output) => {
                    gaps_only = false;
                    let register = u32::from(output.register);
                    if self.registers.output(register).is_none() {
                        return Err(TranslateError::Unsupported(format!(
                            "transform feedback captures OUT[{register}], which is not declared"
                        )));
                    }
                    let name = self.output_name(register);
                    for component in output.start..output.start + output.components {
                        let component = super::arithmetic::selector(&[component]);
                        parts.push(format!("{name}{component}"));
                    }
                }
            }
        }
        let number = varyings.len();
        let name = if gaps_only {
            format!("tfpad{number}")
        } else {
            format!("tfout{number}")
        };
        let ty = Kind::Uint.glsl(parts.len());
        self.global(format_args!("flat out highp {ty} {name};"));
        let _ = writeln!(finish, "{name} = {ty}({});", parts.join(", "));
        varyings.push(name);
        Ok(())
    }
}

/// Does one varying for each buffer do?
fn fits_separate(buffers: &[Vec<Piece>; BUFFERS], used: usize) -> bool {
    let contiguous = buffers.iter().take(used).all(|p| !p.is_empty());
    let small = |pieces: &Vec<Piece>| {
        pieces.iter().map(Piece::components).sum::<u32>() <= SEPARATE_COMPONENTS
    };
    contiguous && buffers.iter().all(small)
}

/// The pieces of a vertex in one buffer, in order and without holes; empty if nothing
/// goes there.
fn vertex_of_buffer(streamout: &StreamOutput, number: usize) -> Result<Vec<Piece>, TranslateError> {
    let bad = |text: &str| TranslateError::Unsupported(format!("transform feedback {text}"));
    let mut outputs: Vec<StreamOutputRegister> = streamout
        .outputs
        .iter()
        .filter(|o| usize::from(o.buffer) == number)
        .copied()
        .collect();
    if outputs.is_empty() {
        return Ok(Vec::new());
    }
    outputs.sort_by_key(|o| o.offset);
    let mut pieces = Vec::new();
    let mut place = 0u32;
    for output in outputs {
        if output.stream != 0 {
            return Err(TranslateError::HostLacks("vertex streams other than 0"));
        }
        let offset = u32::from(output.offset);
        let end = offset + u32::from(output.components);
        let last = u32::from(output.start) + u32::from(output.components);
        let valid = output.components > 0 && last <= 4;
        if !valid || offset < place || end > INTERLEAVED_COMPONENTS {
            return Err(bad("captures overlapping or impossible components"));
        }
        push_gap(&mut pieces, offset - place);
        pieces.push(Piece::Captured(output));
        place = end;
    }
    let stride = streamout.strides.get(number).copied().unwrap_or(0);
    if stride > INTERLEAVED_COMPONENTS {
        return Err(bad("has a stride beyond what the host takes"));
    }
    push_gap(&mut pieces, stride.saturating_sub(place));
    Ok(pieces)
}

/// Adds padding, four components at a time.
fn push_gap(pieces: &mut Vec<Piece>, mut components: u32) {
    while components > 0 {
        let piece = components.min(SEPARATE_COMPONENTS);
        pieces.push(Piece::Gap(piece));
        components -= piece;
    }
}
