//! Stream output: vertices captured into buffers by GL's transform feedback.
//!
//! Gallium binds a list of targets for as long as it captures and binds the same list
//! again to go on where it stopped. Each list seen gets a transform feedback object, which
//! is paused between draws.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::draw::key::Primitives;
use crate::gl::{Gl, TransformFeedback};
use crate::host::Host;
use crate::query::QueryObject;
use crate::resource::{Resource, next_serial};

/// Buffers that can be captured into at once.
pub const MAX_TARGETS: usize = 4;
/// Lists of targets whose progress is remembered.
const MAX_CAPTURES: usize = 16;

/// A range of a buffer to capture into.
pub struct Target {
    serial: u64,
    /// The buffer.
    pub resource: Rc<Resource>,
    offset: u32,
    size: u32,
}

impl Target {
    /// Checks and takes a range.
    ///
    /// # Errors
    /// If it lies outside of the buffer.
    pub fn new(resource: Rc<Resource>, offset: u32, size: u32) -> Result<Self, CommandError> {
        let end = u64::from(offset) + u64::from(size);
        if resource.gl_buffer().is_none() {
            return Err(CommandError::WrongResource {
                id: resource.id(),
                wanted: "buffer",
            });
        }
        if end > u64::from(resource.desc().width) || !offset.is_multiple_of(4) {
            return Err(CommandError::OutOfRange("range of a stream output target"));
        }
        resource.note_gpu_writes();
        Ok(Self {
            serial: next_serial(),
            resource,
            offset,
            size,
        })
    }
}

/// Progress of one list of targets.
struct Capture {
    key: [u64; MAX_TARGETS],
    feedback: TransformFeedback,
    begun: Cell<bool>,
    /// The program that it was begun with; GL resumes with no other.
    program: Cell<Option<glow::Program>>,
    /// What it was begun with.
    primitives: Cell<Primitives>,
    /// Counts what it captured.
    written: Rc<QueryObject>,
    // GL keeps the buffers alive; the guest's names must stay theirs meanwhile.
    _targets: Vec<Option<Rc<Target>>>,
}

/// What a sub-context captures.
#[derive(Default)]
pub struct StreamOutputState {
    captures: RefCell<Vec<Rc<Capture>>>,
    current: RefCell<Option<Rc<Capture>>>,
    /// The one that was current last.
    last: RefCell<Option<Rc<Capture>>>,
}

impl StreamOutputState {
    /// Binds a list of targets; an empty one ends capturing for now.
    ///
    /// # Errors
    /// If GL has no transform feedback object left.
    pub fn set_targets(
        &self,
        gl: &Rc<Gl>,
        targets: Vec<Option<Rc<Target>>>,
    ) -> Result<(), CommandError> {
        if targets.iter().all(Option::is_none) {
            *self.current.borrow_mut() = None;
            return Ok(());
        }
        let mut key = [0; MAX_TARGETS];
        for (slot, target) in key.iter_mut().zip(&targets) {
            *slot = target.as_ref().map_or(0, |target| target.serial);
        }
        let mut captures = self.captures.borrow_mut();
        let known = captures.iter().find(|capture| capture.key == key).cloned();
        let capture = match known {
            Some(capture) => capture,
            None => {
                if captures.len() == MAX_CAPTURES {
                    end(gl, &captures.remove(0));
                }
                let capture = Rc::new(begin(gl, key, targets)?);
                captures.push(Rc::clone(&capture));
                capture
            }
        };
        *self.last.borrow_mut() = Some(Rc::clone(&capture));
        *self.current.borrow_mut() = Some(capture);
        Ok(())
    }

    /// The query that has to run while the current list captures.
    pub fn counter(&self) -> Option<Rc<QueryObject>> {
        let current = self.current.borrow();
        current.as_ref().map(|capture| Rc::clone(&capture.written))
    }

    /// How many vertices were captured by the list that was current last; waits for the
    /// GPU. OpenGL ES cannot draw as many without asking.
    pub fn captured_vertices(&self, host: &Host) -> Option<u64> {
        if self.current.borrow().is_some() {
            return None;
        }
        let last = self.last.borrow();
        let capture = last.as_ref()?;
        let each = match capture.primitives.get() {
            Primitives::Points => 1,
            Primitives::Lines => 2,
            Primitives::Triangles => 3,
        };
        Some(capture.written.result(host).saturating_mul(each))
    }

    /// Starts capturing for a draw with `program`; false if nothing is captured.
    pub fn resume(&self, gl: &Gl, program: glow::Program, primitives: Primitives) -> bool {
        let current = self.current.borrow();
        let Some(capture) = current.as_ref() else {
            return false;
        };
        gl.bind_transform_feedback(glow::TRANSFORM_FEEDBACK, Some(capture.feedback.name()));
        let same_program = capture.program.get() == Some(program);
        if capture.begun.get() && same_program {
            gl.resume_transform_feedback();
            return true;
        }
        if capture.begun.replace(true) {
            // Another program cannot go on: what it captures starts over.
            gl.resume_transform_feedback();
            gl.end_transform_feedback();
        }
        capture.program.set(Some(program));
        capture.primitives.set(primitives);
        gl.begin_transform_feedback(match primitives {
            Primitives::Points => glow::POINTS,
            Primitives::Lines => glow::LINES,
            Primitives::Triangles => glow::TRIANGLES,
        });
        true
    }

    /// Pauses after a draw for which [`resume`](Self::resume) said true.
    pub fn pause(&self, gl: &Gl) {
        gl.pause_transform_feedback();
        gl.bind_transform_feedback(glow::TRANSFORM_FEEDBACK, None);
    }
}

fn begin(
    gl: &Rc<Gl>,
    key: [u64; MAX_TARGETS],
    targets: Vec<Option<Rc<Target>>>,
) -> Result<Capture, CommandError> {
    let feedback = TransformFeedback::new(gl).map_err(CommandError::Host)?;
    gl.bind_transform_feedback(glow::TRANSFORM_FEEDBACK, Some(feedback.name()));
    for (index, target) in (0u32..).zip(&targets) {
        let Some(target) = target else { continue };
        gl.bind_buffer_range(
            glow::TRANSFORM_FEEDBACK_BUFFER,
            index,
            target.resource.gl_buffer(),
            target.offset as i32,
            target.size as i32,
        );
    }
    gl.bind_transform_feedback(glow::TRANSFORM_FEEDBACK, None);
    Ok(Capture {
        key,
        feedback,
        begun: Cell::new(false),
        program: Cell::new(None),
        primitives: Cell::new(Primitives::Points),
        written: QueryObject::captured_primitives(),
        _targets: targets,
    })
}

/// GL deletes no active object: end it first.
fn end(gl: &Gl, capture: &Capture) {
    if capture.begun.replace(false) {
        gl.bind_transform_feedback(glow::TRANSFORM_FEEDBACK, Some(capture.feedback.name()));
        gl.end_transform_feedback();
        gl.bind_transform_feedback(glow::TRANSFORM_FEEDBACK, None);
    }
}
