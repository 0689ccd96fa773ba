//! What `kvm_run` says about an exit beyond what `kvm_ioctls::VcpuExit` passes on.
#![allow(
    unsafe_code,
    reason = "kvm_run is a union that the exit reason selects a member of"
)]

use kvm_bindings::{
    KVM_EXIT_INTERNAL_ERROR, KVM_EXIT_IO, KVM_INTERNAL_ERROR_EMULATION,
    KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES, kvm_run,
};

/// `KVM_EXIT_INTERNAL_ERROR` in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalError {
    /// `KVM_INTERNAL_ERROR_*`.
    pub suberror: u32,
    /// Words that depend on `suberror`.
    pub data: Vec<u64>,
    /// The instruction that could not be emulated, where KVM tells.
    pub instruction: Vec<u8>,
}

/// Most words of data, the size of the array in `kvm_run`.
const MAX_DATA: usize = 16;

/// The internal error that `run` describes, if it describes one.
pub fn internal_error(run: &kvm_run) -> Option<InternalError> {
    if run.exit_reason != KVM_EXIT_INTERNAL_ERROR {
        return None;
    }
    // SAFETY: the exit reason selects `internal`; all its fields are plain integers, so
    // any bytes in them are values.
    let internal = unsafe { run.__bindgen_anon_1.internal };
    let count = (internal.ndata as usize).min(MAX_DATA);
    let mut instruction = Vec::new();
    if internal.suberror == KVM_INTERNAL_ERROR_EMULATION && count > 0 {
        // SAFETY: for this suberror with data, KVM fills `emulation_failure`, which
        // consists of plain integers too.
        let failure = unsafe { run.__bindgen_anon_1.emulation_failure };
        if failure.flags & u64::from(KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES) != 0 {
            // SAFETY: as above; the one member of the union is a struct of bytes.
            let bytes = unsafe { failure.__bindgen_anon_1.__bindgen_anon_1 };
            let len = usize::from(bytes.insn_size).min(bytes.insn_bytes.len());
            instruction = bytes.insn_bytes[..len].to_vec();
        }
    }
    Some(InternalError {
        suberror: internal.suberror,
        data: internal.data[..count].to_vec(),
        instruction,
    })
}

/// The width in bytes of each access of the port I/O that `run` describes; `None` for
/// another exit. A string instruction makes several accesses in one exit.
pub fn port_access_width(run: &kvm_run) -> Option<usize> {
    // SAFETY: the exit reason selects `io`, a struct of plain integers.
    (run.exit_reason == KVM_EXIT_IO).then(|| unsafe { run.__bindgen_anon_1.io }.size.into())
}
