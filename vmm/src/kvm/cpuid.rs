//! CPUID for the guest: what KVM supports and no more, with the guest's own topology.
//!
//! Leaves and bits: Intel SDM volume 2 (CPUID), AMD APM volume 3 (appendix E), and
//! Linux's `Documentation/virt/kvm/x86/cpuid.rst` for leaves from 0x4000_0000.

use kvm_bindings::{
    CpuId, KVM_CPUID_FLAG_SIGNIFCANT_INDEX, KVM_MAX_CPUID_ENTRIES, kvm_cpuid_entry2,
};
use kvm_ioctls::{Cap, Kvm, VcpuFd};

use super::{Context, HostKvm, KvmError};

const ECX1_CX16: u32 = 1 << 13;
/// Bits that KVM itself sets from control registers: MONITOR and OSXSAVE.
const ECX1_RUNTIME: u32 = 1 << 3 | 1 << 27;
const ECX1_TSC_DEADLINE: u32 = 1 << 24;
const ECX1_HYPERVISOR: u32 = 1 << 31;
const EDX1_HTT: u32 = 1 << 28;
const EDX7_ARCH_CAPABILITIES: u32 = 1 << 29;

/// Feature bits of leaf 0x4000_0001 that make a guest call its host with an instruction
/// that never returns on a software KVM: unhalt kick, IPI, yield, map-range, migration.
const PV_HYPERCALL_FEATURES: u32 = 1 << 7 | 1 << 11 | 1 << 13 | 1 << 16 | 1 << 17;

/// First hypervisor leaf.
const HYPERVISOR_BASE: u32 = 0x4000_0000;
/// Timing information, a convention that Linux guests read: eax is the TSC's and ebx
/// the local APIC timer's frequency, both in kHz.
const HYPERVISOR_TIMING: u32 = 0x4000_0010;
/// Frequency of KVM's local APIC timer in kHz.
const APIC_TIMER_KHZ: u32 = 1_000_000;

/// Leaves that describe the host's topology in a way that the guest's replaces.
const TOPOLOGY_LEAVES: [u32; 3] = [0xb, 0x1f, 0x8000_0026];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    Amd,
    Intel,
}

/// The guest's CPUID, but for what differs from one CPU to the next.
#[derive(Clone, Debug)]
pub struct Template {
    entries: Vec<kvm_cpuid_entry2>,
    cpus: u8,
    vendor: Vendor,
    tsc_deadline: bool,
}

/// Tells what kind of KVM this is, by giving a CPU the CPUID that KVM supports and
/// reading it back. A software KVM runs guest user code on the bare processor and cannot
/// hide that from it: it puts back features that it does not support. The CPU's CPUID is
/// set for good afterwards.
///
/// # Errors
/// Those of KVM.
pub fn probe_host(kvm: &Kvm, vcpu: &VcpuFd) -> Result<HostKvm, KvmError> {
    let asked = supported(kvm)?;
    set(vcpu, &asked)?;
    let got = vcpu
        .get_cpuid2(KVM_MAX_CPUID_ENTRIES)
        .context("read CPUID back")?;
    Ok(classify(&asked, got.as_slice()))
}

fn classify(asked: &[kvm_cpuid_entry2], got: &[kvm_cpuid_entry2]) -> HostKvm {
    let features = |entries: &[kvm_cpuid_entry2], function| {
        let leaf = entries
            .iter()
            .find(|e| (e.function, e.index) == (function, 0));
        leaf.map_or((0, 0), |e| (e.ebx, e.ecx))
    };
    // Hardware KVM changes only what follows control registers.
    let added_1 = features(got, 1).1 & !features(asked, 1).1 & !ECX1_RUNTIME;
    let added_7 = features(got, 7).0 & !features(asked, 7).0;
    if added_1 | added_7 == 0 {
        HostKvm::Hardware
    } else {
        HostKvm::Software
    }
}

fn supported(kvm: &Kvm) -> Result<Vec<kvm_cpuid_entry2>, KvmError> {
    let cpuid = kvm
        .get_supported_cpuid(KVM_MAX_CPUID_ENTRIES)
        .context("tell the CPUID it supports")?;
    Ok(cpuid.as_slice().to_vec())
}

/// Sets a CPU's CPUID.
///
/// # Errors
/// Those of KVM.
pub fn set(vcpu: &VcpuFd, entries: &[kvm_cpuid_entry2]) -> Result<(), KvmError> {
    let too_many = |_| KvmError::Request {
        what: "take CPUID",
        source: std::io::Error::other("it has too many leaves"),
    };
    vcpu.set_cpuid2(&CpuId::from_entries(entries).map_err(too_many)?)
        .context("take CPUID")
}

impl Template {
    /// What every CPU of a guest with `cpus` CPUs sees; `tsc_khz` is the frequency of
    /// its time stamp counter.
    ///
    /// # Errors
    /// Those of KVM.
    pub fn new(kvm: &Kvm, host: HostKvm, cpus: u8, tsc_khz: u32) -> Result<Self, KvmError> {
        let tsc_deadline = kvm.check_extension(Cap::TscDeadlineTimer);
        Ok(Self::from_supported(
            supported(kvm)?,
            host,
            cpus,
            tsc_khz,
            tsc_deadline,
        ))
    }

    fn from_supported(
        mut entries: Vec<kvm_cpuid_entry2>,
        host: HostKvm,
        cpus: u8,
        tsc_khz: u32,
        tsc_deadline: bool,
    ) -> Self {
        entries.retain(|entry| !TOPOLOGY_LEAVES.contains(&entry.function));
        if host == HostKvm::Software {
            restrict_to_software_kvm(&mut entries);
        }
        add_timing_leaf(&mut entries, tsc_khz);
        // "GenuineIntel" has "Genu" in ebx of leaf 0; everyone else follows AMD.
        let intel = entries
            .iter()
            .any(|e| e.function == 0 && e.ebx == u32::from_le_bytes(*b"Genu"));
        Self {
            entries,
            cpus,
            vendor: if intel { Vendor::Intel } else { Vendor::Amd },
            tsc_deadline,
        }
    }

    /// The CPUID of the CPU with APIC identifier `id`.
    pub fn for_cpu(&self, id: u8) -> Vec<kvm_cpuid_entry2> {
        let mut entries = self.entries.clone();
        for entry in &mut entries {
            self.patch(entry, id);
        }
        let max_leaf = entries
            .iter()
            .find(|e| e.function == 0)
            .map_or(0, |e| e.eax);
        if max_leaf >= 0xb {
            entries.extend(self.extended_topology(id));
        }
        entries
    }

    /// Writes what depends on the CPU and on their number into one leaf.
    fn patch(&self, entry: &mut kvm_cpuid_entry2, id: u8) {
        let cpus = u32::from(self.cpus);
        match (entry.function, self.vendor) {
            (1, _) => {
                entry.ebx = (entry.ebx & 0xffff) | cpus << 16 | u32::from(id) << 24;
                entry.ecx |= ECX1_HYPERVISOR;
                set_bit(&mut entry.ecx, ECX1_TSC_DEADLINE, self.tsc_deadline);
                set_bit(&mut entry.edx, EDX1_HTT, cpus > 1);
            }
            // Each cache belongs to one CPU, the last level to all.
            (4, Vendor::Intel) if entry.eax & 0x1f != 0 => {
                let level = (entry.eax >> 5) & 0b111;
                let sharing = if level >= 3 { cpus - 1 } else { 0 };
                let cores = self.id_space() - 1;
                entry.eax = (entry.eax & 0x3fff) | sharing << 14 | cores.min(0x3f) << 26;
            }
            (0x8000_0008, Vendor::Amd) => {
                entry.ecx = (entry.ecx & !0xf0ff) | (cpus - 1) | self.id_bits() << 12;
            }
            (0x8000_001d, Vendor::Amd) if entry.eax & 0x1f != 0 => {
                let level = (entry.eax >> 5) & 0b111;
                let sharing = if level >= 3 { cpus - 1 } else { 0 };
                entry.eax = (entry.eax & !(0xfff << 14)) | sharing << 14;
            }
            (0x8000_001e, Vendor::Amd) => {
                entry.eax = id.into();
                entry.ebx = (entry.ebx & !0xffff) | u32::from(id);
                entry.ecx = 0;
            }
            _ => {}
        }
    }

    /// Leaf 0xb: one thread a core, all cores in one package.
    fn extended_topology(&self, id: u8) -> [kvm_cpuid_entry2; 3] {
        const LEVEL_SMT: u32 = 1;
        const LEVEL_CORE: u32 = 2;
        let level = |index, shift, count, kind: u32| kvm_cpuid_entry2 {
            function: 0xb,
            index,
            flags: KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
            eax: shift,
            ebx: count,
            ecx: index | kind << 8,
            edx: id.into(),
            ..kvm_cpuid_entry2::default()
        };
        [
            level(0, 0, 1, LEVEL_SMT),
            level(1, self.id_bits(), self.cpus.into(), LEVEL_CORE),
            level(2, 0, 0, 0),
        ]
    }

    /// Number of APIC identifiers that the package spans: a power of two.
    fn id_space(&self) -> u32 {
        u32::from(self.cpus).next_power_of_two()
    }

    fn id_bits(&self) -> u32 {
        self.id_space().trailing_zeros()
    }
}

fn set_bit(register: &mut u32, bit: u32, on: bool) {
    if on {
        *register |= bit;
    } else {
        *register &= !bit;
    }
}

/// Takes away what a software KVM announces and its emulator cannot do.
fn restrict_to_software_kvm(entries: &mut [kvm_cpuid_entry2]) {
    for entry in entries {
        match (entry.function, entry.index) {
            (1, _) => entry.ecx &= !ECX1_CX16,
            (7, 0) => entry.edx &= !EDX7_ARCH_CAPABILITIES,
            (0x4000_0001, _) => entry.eax &= !PV_HYPERCALL_FEATURES,
            _ => {}
        }
    }
}

/// Adds the timing leaf behind KVM's own hypervisor leaves, if there are any.
fn add_timing_leaf(entries: &mut Vec<kvm_cpuid_entry2>, tsc_khz: u32) {
    let Some(base) = entries
        .iter_mut()
        .find(|entry| entry.function == HYPERVISOR_BASE)
    else {
        return;
    };
    if tsc_khz == 0 || base.eax >= HYPERVISOR_TIMING {
        return;
    }
    base.eax = HYPERVISOR_TIMING;
    entries.push(kvm_cpuid_entry2 {
        function: HYPERVISOR_TIMING,
        eax: tsc_khz,
        ebx: APIC_TIMER_KHZ,
        ..kvm_cpuid_entry2::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECX1_X2APIC: u32 = 1 << 21;

    fn leaf(function: u32, index: u32, [eax, ebx, ecx, edx]: [u32; 4]) -> kvm_cpuid_entry2 {
        kvm_cpuid_entry2 {
            function,
            index,
            eax,
            ebx,
            ecx,
            edx,
            ..kvm_cpuid_entry2::default()
        }
    }

    fn find(entries: &[kvm_cpuid_entry2], function: u32, index: u32) -> kvm_cpuid_entry2 {
        *entries
            .iter()
            .find(|e| (e.function, e.index) == (function, index))
            .expect("leaf")
    }

    fn host(vendor: &[u8; 4]) -> Vec<kvm_cpuid_entry2> {
        let all = u32::MAX;
        vec![
            leaf(0, 0, [0x1f, u32::from_le_bytes(*vendor), 0, 0]),
            leaf(1, 0, [0, 0x7708_0800, ECX1_CX16 | ECX1_X2APIC, EDX1_HTT]),
            leaf(4, 0, [0xfc00_4121, 0, 0, 0]),
            leaf(4, 3, [0xfc03_c163, 0, 0, 0]),
            leaf(4, 4, [0, 0, 0, 0]),
            leaf(7, 0, [0, 0, 0, all]),
            leaf(0xb, 0, [1, 2, 0x100, 77]),
            leaf(0x1f, 0, [1, 2, 0x100, 77]),
            leaf(0x4000_0000, 0, [0x4000_0001, 0, 0, 0]),
            leaf(0x4000_0001, 0, [all, 0, 0, 0]),
            leaf(0x8000_0008, 0, [0x3030, 0, 0x703f, 0]),
            leaf(0x8000_001d, 3, [0x3_c163, 0, 0, 0]),
            leaf(0x8000_001e, 0, [77, 0x100, 0x300, 0]),
        ]
    }

    fn template(vendor: &[u8; 4], host_kvm: HostKvm, cpus: u8) -> Template {
        Template::from_supported(host(vendor), host_kvm, cpus, 2_596_120, true)
    }

    #[test]
    fn apic_identifiers_agree_in_all_leaves() {
        for id in 0..6u8 {
            let expected = u32::from(id);
            let intel = template(b"Genu", HostKvm::Hardware, 6).for_cpu(id);
            assert_eq!(find(&intel, 1, 0).ebx >> 24, expected);
            assert_eq!(find(&intel, 0xb, 0).edx, expected);
            assert_eq!(find(&intel, 0xb, 1).edx, expected);
            let amd = template(b"Auth", HostKvm::Hardware, 6).for_cpu(id);
            assert_eq!(find(&amd, 0x8000_001e, 0).eax, expected);
        }
    }

    #[test]
    fn topology_is_one_package_of_single_threaded_cores() {
        let intel = template(b"Genu", HostKvm::Hardware, 6).for_cpu(0);
        assert_eq!((find(&intel, 1, 0).ebx >> 16) & 0xff, 6);
        assert_eq!((find(&intel, 0xb, 0).eax, find(&intel, 0xb, 0).ebx), (0, 1));
        assert_eq!((find(&intel, 0xb, 1).eax, find(&intel, 0xb, 1).ebx), (3, 6));
        assert_eq!(find(&intel, 4, 0).eax >> 26, 7);
        assert_eq!((find(&intel, 4, 0).eax >> 14) & 0xfff, 0);
        assert_eq!((find(&intel, 4, 3).eax >> 14) & 0xfff, 5);
        assert!(!intel.iter().any(|entry| entry.function == 0x1f));
        let amd = template(b"Auth", HostKvm::Hardware, 6).for_cpu(0);
        assert_eq!(find(&amd, 0x8000_0008, 0).ecx & 0xf0ff, 0x3005);
        assert_eq!((find(&amd, 0x8000_001d, 3).eax >> 14) & 0xfff, 5);
        assert_eq!(find(&amd, 0x8000_001e, 0).ecx, 0);
    }

    #[test]
    fn single_cpu_has_no_hyperthreading_bit() {
        let one = template(b"Genu", HostKvm::Hardware, 1).for_cpu(0);
        assert_eq!(find(&one, 1, 0).edx & EDX1_HTT, 0);
        assert_eq!((find(&one, 0xb, 1).eax, find(&one, 0xb, 1).ebx), (0, 1));
    }

    #[test]
    fn hardware_kvm_keeps_all_features() {
        let entries = template(b"Genu", HostKvm::Hardware, 2).for_cpu(1);
        let one = find(&entries, 1, 0);
        let wanted = ECX1_CX16 | ECX1_X2APIC | ECX1_TSC_DEADLINE | ECX1_HYPERVISOR;
        assert_eq!(one.ecx & wanted, wanted);
        assert_eq!(find(&entries, 7, 0).edx, u32::MAX);
        assert_eq!(find(&entries, 0x4000_0001, 0).eax, u32::MAX);
    }

    #[test]
    fn software_kvm_loses_what_its_emulator_lacks() {
        let entries = template(b"Auth", HostKvm::Software, 1).for_cpu(0);
        assert_eq!(find(&entries, 1, 0).ecx & ECX1_CX16, 0);
        assert_eq!(find(&entries, 7, 0).edx & EDX7_ARCH_CAPABILITIES, 0);
        assert_eq!(
            find(&entries, 0x4000_0001, 0).eax & PV_HYPERCALL_FEATURES,
            0
        );
    }

    #[test]
    fn kvm_that_adds_features_is_a_software_kvm() {
        let asked = [
            leaf(1, 0, [0, 0, 0x8120_2000, 0]),
            leaf(7, 0, [0, 0x0180_0002, 4, 0]),
        ];
        let mut got = asked;
        assert_eq!(classify(&asked, &got), HostKvm::Hardware);
        got[0].ecx |= ECX1_RUNTIME;
        assert_eq!(classify(&asked, &got), HostKvm::Hardware);
        got[1].ebx |= 1 << 20;
        assert_eq!(classify(&asked, &got), HostKvm::Software);
        got = asked;
        got[0].ecx |= 1 << 26;
        assert_eq!(classify(&asked, &got), HostKvm::Software);
    }

    #[test]
    fn timing_leaf_tells_the_frequency() {
        let entries = template(b"Auth", HostKvm::Hardware, 1).for_cpu(0);
        assert_eq!(find(&entries, 0x4000_0000, 0).eax, 0x4000_0010);
        let timing = find(&entries, 0x4000_0010, 0);
        assert_eq!((timing.eax, timing.ebx), (2_596_120, 1_000_000));
    }
}
