//! One pass over a shader's instructions that finds how its registers are used, before
//! any text is written.

use std::collections::{BTreeMap, BTreeSet};

use crate::tgsi::ir::{File, IoDecl, Range, Register, Semantic, Shader, TempDecl};
use crate::tgsi::limits;
use crate::tgsi::opcode::Opcode;

/// How one resource (image or storage buffer) is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) read: bool,
    pub(super) written: bool,
    pub(super) atomic: bool,
    pub(super) coherent: bool,
    pub(super) volatile: bool,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Files with relative one-dimensional accesses, see the methods.
    relative_inputs: bool,
    relative_outputs: bool,
    relative_immediates: bool,
    /// `TEMP` is accessed relatively without a known array.
    relative_temps: bool,
    /// Temporaries that instructions name.
    temps: BTreeSet<u32>,
    /// Arrays of `TEMP` that are accessed relatively.
    temp_arrays: BTreeSet<u32>,
    /// Constant buffers are chosen by a register.
    pub(super) relative_const_buffers: bool,
    /// Constant buffers that are read by number.
    pub(super) const_buffers: BTreeSet<u32>,
    /// Per-vertex inputs are chosen by a register.
    pub(super) relative_vertex_inputs: bool,
    pub(super) images: [Access; 32],
    pub(super) buffers: [Access; 32],
    pub(super) memory: bool,
    /// Colour outputs read by `FBFETCH`.
    pub(super) framebuffer_fetch: bool,
}

impl Usage {
    pub(super) fn of(shader: &Shader) -> Usage {
        let mut usage = Usage::default();
        let arrays: BTreeSet<u32> = shader.temps.iter().map(|t| t.array).collect();
        for instruction in &shader.body {
            let destinations = instruction.dst.iter().map(|d| &d.register);
            let sources = instruction.src.iter().map(|s| &s.register);
            for register in destinations.chain(sources) {
                usage.add_register(&arrays, register);
            }
            for offset in instruction.texture.iter().flat_map(|t| &t.offsets) {
                usage.add_register(&arrays, &offset.register);
            }
            usage.framebuffer_fetch |= instruction.opcode == Opcode::FbFetch;
            usage.add_memory(instruction);
        }
        usage
    }

    fn add_register(&mut self, arrays: &BTreeSet<u32>, register: &Register) {
        for index in [Some(register.index), register.dimension] {
            let relative = index.and_then(|i| i.relative);
            self.temps.extend(
                relative
                    .filter(|r| r.file == File::Temporary)
                    .map(|r| r.register),
            );
        }
        let relative = register.index.relative.is_some();
        match register.file {
            File::Temporary if relative => {
                if register.array != 0 && arrays.contains(&register.array) {
                    self.temp_arrays.insert(register.array);
                } else {
                    self.relative_temps = true;
                }
            }
            File::Temporary => self.temps.extend(register.index.fixed()),
            File::Input if relative && register.dimension.is_some() => {
                self.relative_vertex_inputs = true;
            }
            File::Input => self.relative_inputs |= relative,
            File::Output => self.relative_outputs |= relative,
            File::Immediate => self.relative_immediates |= relative,
            File::Constant => match register.dimension {
                None => {
                    self.const_buffers.insert(0);
                }
                Some(buffer) => match buffer.fixed() {
                    Some(buffer) => {
                        self.const_buffers.insert(buffer);
                    }
                    None => self.relative_const_buffers = true,
                },
            },
            File::Memory => self.memory = true,
            _ => {}
        }
    }

    fn add_memory(&mut self, instruction: &crate::tgsi::ir::Instruction) {
        let opcode = instruction.opcode;
        let (register, access) = match opcode {
            Opcode::Store => (
                instruction.dst.first().map(|d| d.register),
                Access {
                    written: true,
                    ..Access::default()
                },
            ),
            Opcode::Load => (
                instruction.src.first().map(|s| s.register),
                Access {
                    read: true,
                    ..Access::default()
                },
            ),
            _ if opcode.is_atomic() => (
                instruction.src.first().map(|s| s.register),
                Access {
                    read: true,
                    written: true,
                    atomic: true,
                    ..Access::default()
                },
            ),
            _ => return,
        };
        let Some(register) = register else {
            return;
        };
        let list = match register.file {
            File::Image => &mut self.images,
            File::Buffer => &mut self.buffers,
            _ => return,
        };
        let (coherent, volatile) = instruction
            .texture
            .as_ref()
            .map_or((false, false), |t| (t.coherent, t.volatile));
        let chosen = register.index.fixed();
        for (slot, entry) in list.iter_mut().enumerate() {
            // A relative index may mean any of them.
            if chosen.is_none_or(|index| index as usize == slot) {
                entry.read |= access.read;
                entry.written |= access.written;
                entry.atomic |= access.atomic;
                entry.coherent |= coherent;
                entry.volatile |= volatile;
            }
        }
    }

    /// The temporaries that instructions name, in order.
    pub(super) fn temps(&self) -> impl Iterator<Item = u32> {
        self.temps.iter().copied()
    }

    /// True if all temporaries must live in one array.
    pub(super) fn temps_in_one_array(&self) -> bool {
        self.relative_temps
    }

    /// True if this declaration of temporaries must be an array.
    fn is_temp_array(&self, decl: &TempDecl) -> bool {
        decl.array != 0 && self.temp_arrays.contains(&decl.array)
    }

    pub(super) fn inputs_in_array(&self) -> bool {
        self.relative_inputs
    }

    pub(super) fn outputs_in_array(&self) -> bool {
        self.relative_outputs
    }

    pub(super) fn immediates_in_array(&self) -> bool {
        self.relative_immediates
    }
}

/// An input or output register as declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct IoRegister {
    /// What it stands for; `None` for vertex attributes.
    pub(super) semantic: Option<Semantic>,
    /// True for arrays of vertices.
    pub(super) per_vertex: bool,
    /// Other programs compute the same value.
    pub(super) invariant: bool,
}

/// Where the registers of each file live, by number.
#[derive(Debug)]
pub(super) struct Registers {
    /// Temporaries, counted from 0.
    pub(super) temps: u32,
    /// Input registers, counted from 0.
    pub(super) inputs: u32,
    /// Output registers, counted from 0.
    pub(super) outputs: u32,
    /// One more than the largest constant buffer.
    pub(super) const_buffers: u32,
    const_sizes: [u32; limits::CONST_BUFFERS as usize],
    temp_arrays: BTreeMap<u32, Range>,
    /// For each temporary the `ARRAY` it is an element of, 0 for none.
    temp_places: Vec<u32>,
    input_slots: Vec<Option<IoRegister>>,
    output_slots: Vec<Option<IoRegister>>,
}

impl Registers {
    pub(super) fn of(shader: &Shader, usage: &Usage) -> Registers {
        let temps = count(shader.temps.iter().map(|t| t.range));
        let mut registers = Registers {
            temps,
            inputs: count(shader.inputs.iter().map(|d| d.range)),
            outputs: count(shader.outputs.iter().map(|d| d.range)),
            const_buffers: shader
                .constants
                .iter()
                .map(|c| c.buffer + 1)
                .max()
                .unwrap_or(0),
            const_sizes: [0; limits::CONST_BUFFERS as usize],
            temp_arrays: BTreeMap::new(),
            temp_places: vec![0; temps as usize],
            input_slots: slots(&shader.inputs),
            output_slots: slots(&shader.outputs),
        };
        for decl in &shader.constants {
            if let Some(size) = registers.const_sizes.get_mut(decl.buffer as usize) {
                *size = (*size).max(decl.range.last + 1);
            }
        }
        for decl in shader.temps.iter().filter(|d| usage.is_temp_array(d)) {
            registers.temp_arrays.insert(decl.array, decl.range);
            for register in decl.range.first..=decl.range.last {
                if let Some(place) = registers.temp_places.get_mut(register as usize) {
                    *place = decl.array;
                }
            }
        }
        registers
    }

    /// Size of a constant buffer in vec4 registers, 0 if not declared.
    pub(super) fn constants(&self, buffer: u32) -> u32 {
        self.const_sizes.get(buffer as usize).copied().unwrap_or(0)
    }

    /// The relatively accessed array of this number.
    pub(super) fn temp_array(&self, array: u32) -> Option<Range> {
        self.temp_arrays.get(&array).copied()
    }

    /// The relatively accessed array that a temporary is an element of.
    pub(super) fn temp_array_of(&self, register: u32) -> Option<Range> {
        let array = self.temp_places.get(register as usize)?;
        self.temp_array(*array)
    }

    /// All relatively accessed arrays of temporaries.
    pub(super) fn temp_arrays(&self) -> impl Iterator<Item = Range> {
        self.temp_arrays.values().copied()
    }

    pub(super) fn input(&self, register: u32) -> Option<IoRegister> {
        self.input_slots.get(register as usize).copied().flatten()
    }

    pub(super) fn output(&self, register: u32) -> Option<IoRegister> {
        self.output_slots.get(register as usize).copied().flatten()
    }

    /// The declared outputs, by register.
    pub(super) fn all_outputs(&self) -> impl Iterator<Item = (u32, IoRegister)> {
        numbered(&self.output_slots)
    }

    /// The declared inputs, by register.
    pub(super) fn all_inputs(&self) -> impl Iterator<Item = (u32, IoRegister)> {
        numbered(&self.input_slots)
    }

    /// The first output register of this semantic.
    pub(super) fn output_of(&self, semantic: Semantic) -> Option<u32> {
        self.all_outputs()
            .find(|(_, slot)| slot.semantic == Some(semantic))
            .map(|(register, _)| register)
    }
}

fn numbered(slots: &[Option<IoRegister>]) -> impl Iterator<Item = (u32, IoRegister)> {
    (0u32..)
        .zip(slots)
        .filter_map(|(register, slot)| slot.map(|slot| (register, slot)))
}

fn slots(declarations: &[IoDecl]) -> Vec<Option<IoRegister>> {
    let mut slots = vec![None; count(declarations.iter().map(|d| d.range)) as usize];
    for decl in declarations {
        for register in decl.range.first..=decl.range.last {
            if let Some(slot) = slots.get_mut(register as usize) {
                *slot = Some(IoRegister {
                    semantic: decl.semantic_of(register),
                    per_vertex: decl.per_vertex,
                    invariant: decl.invariant,
                });
            }
        }
    }
    slots
}

/// One more than the last register of all ranges.
fn count(ranges: impl Iterator<Item = Range>) -> u32 {
    ranges.map(|r| r.last + 1).max().unwrap_or(0)
}
