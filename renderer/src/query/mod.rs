//! Queries: what the GPU counts, and how the answer reaches the guest.
//!
//! A guest learns a result from the memory of the query's result resource. It is written
//! before the next fence retires or the resource is read back, not at the command itself,
//! so that a command stream never waits for the GPU in its middle.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustix::time::{ClockId, clock_gettime};
use zerocopy::{Immutable, IntoBytes};

use crate::context::error::CommandError;
use crate::decode::QueryToBuffer;
use crate::gl::host::Feature;
use crate::gl::{Gl, Query};
use crate::host::Host;
use crate::protocol::objects;
use crate::protocol::values::{QueryType, QueryValueType};
use crate::resource::Resource;

/// What a guest sees for "some samples passed" where the host cannot count them: large
/// enough for programs that compare with a threshold.
const SAMPLES_PASSED: u64 = 1024;
/// Queries that may run at a time; each that begins or ends interrupts those of its kind.
const MAX_ACTIVE: usize = 64;
/// GL queries that one guest query may be split into.
const MAX_PARTS: usize = 1024;

/// The result in guest memory (`struct virgl_host_query_state`).
#[repr(C)]
#[derive(IntoBytes, Immutable)]
struct HostQueryState {
    /// 1 once the result is there.
    state: u32,
    /// Bytes of the result.
    size: u32,
    result: u64,
}

/// A GL query that counts for one or more of the guest's.
struct Part {
    query: Query,
    target: u32,
}

/// Nanoseconds of the host's monotonic clock, by which software drivers go too.
///
/// It stands in for the GPU's clock once the GPU has finished. A time taken so is late by
/// the way back from the GPU, and an elapsed time includes that and what others made the
/// GPU do meanwhile.
fn clock_when_finished(gl: &Gl) -> u64 {
    gl.finish();
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

/// A query of a guest.
pub struct QueryObject {
    ty: QueryType,
    /// The time of its beginning, for times that the host's GL cannot measure.
    clock: Option<Cell<u64>>,
    /// GL's target; `None` for what the host cannot count.
    target: Option<u32>,
    /// Where the guest looks for the result; none for the renderer's own queries.
    resource: Option<Rc<Resource>>,
    /// The GL queries whose results add up.
    parts: RefCell<Vec<Rc<Part>>>,
    running: Cell<bool>,
    result: Cell<Option<u64>>,
}

impl QueryObject {
    /// Makes a query.
    ///
    /// # Errors
    /// If it counts per stream and the host has one stream only.
    pub fn new(
        host: &Host,
        resource: Rc<Resource>,
        query: &objects::Query,
    ) -> Result<Self, CommandError> {
        if query.index != 0 {
            return Err(CommandError::Unsupported("a query of a vertex stream"));
        }
        let is_time = matches!(query.ty, QueryType::TimeElapsed | QueryType::Timestamp);
        let measured = host.caps.has(Feature::TimerQuery);
        Ok(Self {
            ty: query.ty,
            clock: (is_time && !measured).then(Cell::default),
            target: gl_target(host, query.ty),
            resource: Some(resource),
            parts: RefCell::default(),
            running: Cell::new(false),
            result: Cell::new(None),
        })
    }

    /// A query of the renderer's own: primitives that transform feedback writes.
    pub fn captured_primitives() -> Rc<Self> {
        Rc::new(Self {
            ty: QueryType::PrimitivesEmitted,
            clock: None,
            target: Some(glow::TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN),
            resource: None,
            parts: RefCell::default(),
            running: Cell::new(false),
            result: Cell::new(None),
        })
    }

    /// GL's target, which at most one running query can have.
    pub fn target(&self) -> Option<u32> {
        self.target.filter(|target| *target != glow::TIMESTAMP)
    }

    /// GL's target; one that excludes another counts as the same.
    fn slot(&self) -> Option<u32> {
        self.target().map(|target| match target {
            glow::ANY_SAMPLES_PASSED_CONSERVATIVE => glow::ANY_SAMPLES_PASSED,
            target => target,
        })
    }

    fn reset(&self) {
        self.parts.borrow_mut().clear();
        self.result.set(None);
    }

    /// Starts to measure by the host's clock, if that is how.
    fn start_clock(&self, gl: &Gl) {
        if let Some(began) = &self.clock {
            began.set(clock_when_finished(gl));
        }
    }

    /// Takes the result from the host's clock, if that is how.
    fn stop_clock(&self, gl: &Gl) {
        if let Some(began) = &self.clock {
            let now = clock_when_finished(gl);
            self.result.set(Some(match self.ty {
                QueryType::TimeElapsed => now.saturating_sub(began.get()),
                _ => now,
            }));
        }
    }

    /// Takes a timestamp.
    fn stamp(&self, gl: &Rc<Gl>) -> Result<(), CommandError> {
        let stamp = Query::new(gl).map_err(CommandError::Host)?;
        gl.query_timestamp(stamp.name());
        self.reset();
        self.parts.borrow_mut().push(Rc::new(Part {
            query: stamp,
            target: glow::TIMESTAMP,
        }));
        Ok(())
    }

    /// The result; waits for the GPU.
    pub fn result(&self, host: &Host) -> u64 {
        if let Some(result) = self.result.get() {
            return result;
        }
        let total = self.parts.borrow().iter().fold(0u64, |total, part| {
            total.saturating_add(host.gl.query_result_u64(part.query.name()))
        });
        let boolean = self.target.is_some_and(is_boolean);
        let result = match self.ty {
            QueryType::OcclusionCounter if boolean => u64::from(total != 0) * SAMPLES_PASSED,
            QueryType::OcclusionPredicate | QueryType::OcclusionPredicateConservative => {
                u64::from(total != 0)
            }
            QueryType::GpuFinished => 1,
            _ => total,
        };
        if !self.running.get() {
            self.result.set(Some(result));
        }
        result
    }

    /// Writes the result where the guest looks for it; waits for the GPU.
    pub fn deliver(&self, host: &Host) {
        let state = HostQueryState {
            state: 1,
            size: 8,
            result: self.result(host),
        };
        let Some(resource) = &self.resource else {
            return;
        };
        let written = resource
            .backing()
            .and_then(|backing| backing.write(0, state.as_bytes()));
        if let Err(e) = written {
            log::debug!("a query's result was not delivered: {e}");
        }
    }

    /// Writes the result, or whether it is there, into a buffer.
    ///
    /// # Errors
    /// If the place lies outside of the buffer.
    pub fn deliver_to_buffer(
        &self,
        host: &Host,
        buffer: &Resource,
        to: &QueryToBuffer,
    ) -> Result<(), CommandError> {
        // Availability (-1): the result is fetched here, so it always is.
        let value = if to.index < 0 { 1 } else { self.result(host) };
        let bytes = value.to_le_bytes();
        let bytes = match to.value_type {
            QueryValueType::I32 => &value.min(i32::MAX as u64).to_le_bytes()[..4],
            QueryValueType::U32 => &value.min(u64::from(u32::MAX)).to_le_bytes()[..4],
            QueryValueType::I64 | QueryValueType::U64 => &bytes[..],
        };
        let end = u64::from(to.offset) + bytes.len() as u64;
        if buffer.gl_buffer().is_none() || end > u64::from(buffer.desc().width) {
            return Err(CommandError::OutOfRange("place of a query's result"));
        }
        buffer.note_change();
        buffer.write_bytes(&host.gl, to.offset, bytes);
        Ok(())
    }
}

/// The running queries of a sub-context.
///
/// GL runs one query of a kind at a time, a guest any number. A GL query therefore counts
/// for all of a kind that run together, and a new one is begun whenever their number
/// changes; the results of its parts add up to that of the guest's query.
#[derive(Default)]
pub struct ActiveQueries {
    queries: Vec<Rc<QueryObject>>,
}

impl ActiveQueries {
    /// Starts a query from zero.
    ///
    /// # Errors
    /// If GL has no query left.
    pub fn begin(&mut self, gl: &Rc<Gl>, query: Rc<QueryObject>) -> Result<(), CommandError> {
        self.remove(gl, &query)?;
        query.reset();
        query.start_clock(gl);
        self.add(gl, query)
    }

    /// Goes on with a query that was taken out.
    ///
    /// # Errors
    /// If GL has no query left.
    pub fn add(&mut self, gl: &Rc<Gl>, query: Rc<QueryObject>) -> Result<(), CommandError> {
        let Some(slot) = query.slot() else {
            return Ok(());
        };
        if self.queries.len() >= MAX_ACTIVE {
            return Err(CommandError::Limit("running queries"));
        }
        query.result.set(None);
        self.pause_slot(gl, slot);
        self.queries.push(query);
        self.resume_slot(gl, slot)
    }

    /// Stops a query; a timestamp is taken now.
    ///
    /// # Errors
    /// If GL has no query left.
    pub fn end(&mut self, gl: &Rc<Gl>, query: &Rc<QueryObject>) -> Result<(), CommandError> {
        self.remove(gl, query)?;
        if query.target == Some(glow::TIMESTAMP) {
            query.stamp(gl)?;
        }
        query.stop_clock(gl);
        Ok(())
    }

    /// Takes a query out, if it runs.
    ///
    /// # Errors
    /// If GL has no query left for the others.
    pub fn remove(&mut self, gl: &Rc<Gl>, query: &Rc<QueryObject>) -> Result<(), CommandError> {
        let Some(position) = self.queries.iter().position(|q| Rc::ptr_eq(q, query)) else {
            return Ok(());
        };
        let Some(slot) = query.slot() else {
            return Ok(());
        };
        self.pause_slot(gl, slot);
        self.queries.remove(position);
        self.resume_slot(gl, slot)
    }

    /// Counts nothing until [`resume`](Self::resume).
    pub fn pause(&self, gl: &Gl) {
        for query in &self.queries {
            if let Some(slot) = query.slot() {
                self.pause_slot(gl, slot);
            }
        }
    }

    /// Counts on.
    pub fn resume(&self, gl: &Rc<Gl>) {
        for query in &self.queries {
            let Some(slot) = query.slot() else { continue };
            if !query.running.get()
                && let Err(e) = self.resume_slot(gl, slot)
            {
                log::debug!("a query stops counting: {e}");
            }
        }
    }

    fn of_slot(&self, slot: u32) -> impl Iterator<Item = &Rc<QueryObject>> {
        self.queries
            .iter()
            .filter(move |query| query.slot() == Some(slot))
    }

    fn pause_slot(&self, gl: &Gl, slot: u32) {
        let mut target = None;
        for query in self.of_slot(slot) {
            if query.running.replace(false) {
                target = target.or(query.parts.borrow().last().map(|part| part.target));
            }
        }
        if let Some(target) = target {
            gl.end_query(target);
        }
    }

    fn resume_slot(&self, gl: &Rc<Gl>, slot: u32) -> Result<(), CommandError> {
        let full = |query: &Rc<QueryObject>| query.parts.borrow().len() >= MAX_PARTS;
        if self.of_slot(slot).any(full) {
            return Err(CommandError::Limit("interruptions of a query"));
        }
        // The exact one, if any of them is.
        let Some(target) = self.of_slot(slot).filter_map(|query| query.target()).min() else {
            return Ok(());
        };
        let query = Query::new(gl).map_err(CommandError::Host)?;
        gl.begin_query(target, query.name());
        let part = Rc::new(Part { query, target });
        for query in self.of_slot(slot) {
            query.parts.borrow_mut().push(Rc::clone(&part));
            query.running.set(true);
        }
        Ok(())
    }
}

/// Does GL only say whether there were any?
fn is_boolean(target: u32) -> bool {
    target == glow::ANY_SAMPLES_PASSED || target == glow::ANY_SAMPLES_PASSED_CONSERVATIVE
}

fn gl_target(host: &Host, ty: QueryType) -> Option<u32> {
    let exact = !host.caps.gles;
    match ty {
        QueryType::OcclusionCounter if exact => Some(glow::SAMPLES_PASSED),
        QueryType::OcclusionCounter | QueryType::OcclusionPredicate => {
            Some(glow::ANY_SAMPLES_PASSED)
        }
        QueryType::OcclusionPredicateConservative => Some(glow::ANY_SAMPLES_PASSED_CONSERVATIVE),
        QueryType::TimeElapsed if host.caps.has(Feature::TimerQuery) => Some(glow::TIME_ELAPSED),
        QueryType::Timestamp if host.caps.has(Feature::TimerQuery) => Some(glow::TIMESTAMP),
        QueryType::PrimitivesGenerated if host.caps.has(Feature::GeometryShader) => {
            Some(glow::PRIMITIVES_GENERATED)
        }
        QueryType::PrimitivesEmitted => Some(glow::TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN),
        _ => None,
    }
}
