//! Stream output: which registers of the last vertex stage are captured into buffers.

/// One captured piece of an output register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamOutputRegister {
    /// `OUT[register]`
    pub register: u8,
    /// First component, 0 to 3.
    pub start: u8,
    /// Number of components, 1 to 4.
    pub components: u8,
    /// Target buffer, 0 to 3.
    pub buffer: u8,
    /// Place within a vertex of that buffer, in dwords.
    pub offset: u16,
    /// Vertex stream; GLES has stream 0 only.
    pub stream: u8,
}

/// What a shader object captures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StreamOutput {
    /// Size of a vertex in each buffer, in dwords.
    pub strides: [u32; 4],
    /// The pieces, at most 64.
    pub outputs: Vec<StreamOutputRegister>,
}
