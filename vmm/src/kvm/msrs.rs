//! Model-specific registers: as KVM resets them, but for the few that a boot loader
//! would leave otherwise.

use kvm_bindings::{Msrs, kvm_msr_entry};
use kvm_ioctls::{Kvm, VcpuFd};

use super::{Context, KvmError};

/// `IA32_MISC_ENABLE`, with fast string operations on.
const MISC_ENABLE: (u32, u64) = (0x1a0, 1);
/// `IA32_MTRR_DEF_TYPE`: MTRRs on, memory is write-back.
const MTRR_DEF_TYPE: (u32, u64) = (0x2ff, 1 << 11 | 6);

/// What firmware would have written.
const BOOT_VALUES: [(u32, u64); 2] = [MISC_ENABLE, MTRR_DEF_TYPE];

/// The boot values among the MSRs that this host's KVM supports.
///
/// # Errors
/// Those of KVM.
pub fn supported_boot_values(kvm: &Kvm) -> Result<Vec<kvm_msr_entry>, KvmError> {
    let list = kvm
        .get_msr_index_list()
        .context("list its model-specific registers")?;
    let known = list.as_slice();
    Ok(BOOT_VALUES
        .iter()
        .filter(|(index, _)| known.contains(index))
        .map(|&(index, data)| kvm_msr_entry {
            index,
            data,
            ..kvm_msr_entry::default()
        })
        .collect())
}

/// Writes `values` to a CPU. One that KVM does not take is left alone and logged: no
/// guest depends on it.
///
/// # Errors
/// Those of KVM.
pub fn write(vcpu: &VcpuFd, values: &[kvm_msr_entry]) -> Result<(), KvmError> {
    for value in values {
        // A list of one entry is never too long.
        let Ok(one) = Msrs::from_entries(&[*value]) else {
            continue;
        };
        let written = vcpu
            .set_msrs(&one)
            .context("set a model-specific register")?;
        if written == 0 {
            log::debug!(
                "KVM does not take the value {:#x} for MSR {:#x}",
                value.data,
                value.index
            );
        }
    }
    Ok(())
}
