//! Why a CPU cannot go on: a plain sentence, its registers and the code at its
//! instruction pointer.

use std::fmt;

use kvm_bindings::{kvm_regs, kvm_segment, kvm_sregs};
use kvm_ioctls::VcpuFd;
use vm_memory::{Bytes, GuestAddress};

use crate::exit::ExitStatus;
use crate::kvm::exit::InternalError;
use crate::memory::GuestMemory;

/// What stopped a CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The guest faulted while it handled a fault while it handled a fault.
    TripleFault,
    /// KVM could not go on.
    Internal(InternalError),
    /// The processor refused the guest's state.
    FailEntry {
        /// The processor's reason.
        reason: u64,
    },
    /// KVM could not reach guest memory.
    MemoryFault {
        /// Guest physical address.
        address: u64,
    },
    /// An exit that `maro` does not know.
    Unknown(String),
    /// The request to run failed.
    Run(String),
}

impl Cause {
    /// The exit code that tells it.
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::TripleFault => ExitStatus::GuestCrash,
            Self::Internal(_) | Self::FailEntry { .. } => ExitStatus::KvmInternalError,
            Self::MemoryFault { .. } | Self::Unknown(_) | Self::Run(_) => ExitStatus::UnknownExit,
        }
    }
}

/// `KVM_INTERNAL_ERROR_*`, with what each means to a user.
const SUBERRORS: [(u32, &str); 4] = [
    (
        1,
        "it had to emulate an instruction that its emulator does not know. On a KVM without hardware \
         support this is the limit of that KVM: use a kernel built for it, or a machine with VT-x or AMD-V. \
         On hardware it means that the guest ran code from a device's memory, or was misled into it",
    ),
    (
        2,
        "an event arrived while another one was being delivered; the guest's memory or tables are damaged",
    ),
    (
        3,
        "the processor reported an error while it delivered an event to the guest",
    ),
    (
        4,
        "the processor left the guest for a reason that this KVM does not know; update the host's kernel",
    ),
];

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TripleFault => f.write_str(
                "The guest crashed with a triple fault: an exception struck while its handler for exceptions \
                 was failing. Usual reasons are a kernel that is not built for this machine, memory that is \
                 too small, or a guest that reset itself in this way (reboot=t)",
            ),
            Self::Internal(error) => {
                let meaning = SUBERRORS
                    .iter()
                    .find(|(number, _)| *number == error.suberror)
                    .map_or("it gave a reason that maro does not know", |(_, meaning)| meaning);
                write!(f, "KVM stopped with internal error {}: {meaning}", error.suberror)?;
                if !error.instruction.is_empty() {
                    write!(f, ". The instruction: {}", Hex(&error.instruction))?;
                }
                if !error.data.is_empty() {
                    write!(f, ". Data: {:x?}", error.data)?;
                }
                Ok(())
            }
            Self::FailEntry { reason } => write!(
                f,
                "The processor refused to run the guest (reason {reason:#x}): its CPU state is not valid, \
                 or this processor lacks something that the state needs"
            ),
            Self::MemoryFault { address } => write!(
                f,
                "KVM could not reach the guest's memory at {address:#x}; the host may be out of memory"
            ),
            Self::Unknown(reason) => {
                write!(f, "KVM stopped for a reason that maro does not know: {reason}")
            }
            Self::Run(error) => write!(f, "KVM refused to run the guest: {error}"),
        }
    }
}

/// Bytes as two hexadecimal digits each.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{byte:02x}")?;
        }
        Ok(())
    }
}

/// A CPU that cannot go on.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its number.
    pub cpu: u8,
    /// What stopped it.
    pub cause: Cause,
    state: Option<(kvm_regs, kvm_sregs)>,
    code: Vec<u8>,
}

/// How many bytes of code a report shows.
const CODE_LEN: u64 = 32;

impl Report {
    /// Looks at a CPU that stopped for `cause`.
    pub fn new(cpu: u8, cause: Cause, vcpu: &VcpuFd, memory: &GuestMemory) -> Self {
        let state = vcpu
            .get_regs()
            .and_then(|regs| Ok((regs, vcpu.get_sregs()?)))
            .ok();
        let code = state.map_or_else(Vec::new, |(regs, sregs)| {
            code_at(vcpu, memory, sregs.cs.base.wrapping_add(regs.rip))
        });
        Self {
            cpu,
            cause,
            state,
            code,
        }
    }
}

/// The bytes at a guest linear address, as far as they are mapped.
fn code_at(vcpu: &VcpuFd, memory: &GuestMemory, linear: u64) -> Vec<u8> {
    let mut code = Vec::new();
    for address in (0..CODE_LEN).map(|offset| linear.wrapping_add(offset)) {
        // A look-up for each byte: simple, and right at the border of a page.
        let byte = vcpu
            .translate_gva(address)
            .ok()
            .filter(|translation| translation.valid != 0)
            .and_then(|translation| {
                memory
                    .read_obj::<u8>(GuestAddress(translation.physical_address))
                    .ok()
            });
        match byte {
            Some(byte) => code.push(byte),
            None => break,
        }
    }
    code
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}.", self.cause)?;
        let Some((regs, sregs)) = &self.state else {
            return write!(f, "CPU {}: its registers cannot be read.", self.cpu);
        };
        writeln!(f, "CPU {}:", self.cpu)?;
        let general = [
            [
                ("rax", regs.rax),
                ("rbx", regs.rbx),
                ("rcx", regs.rcx),
                ("rdx", regs.rdx),
            ],
            [
                ("rsi", regs.rsi),
                ("rdi", regs.rdi),
                ("rbp", regs.rbp),
                ("rsp", regs.rsp),
            ],
            [
                ("r8", regs.r8),
                ("r9", regs.r9),
                ("r10", regs.r10),
                ("r11", regs.r11),
            ],
            [
                ("r12", regs.r12),
                ("r13", regs.r13),
                ("r14", regs.r14),
                ("r15", regs.r15),
            ],
            [
                ("rip", regs.rip),
                ("flags", regs.rflags),
                ("cr0", sregs.cr0),
                ("cr2", sregs.cr2),
            ],
            [
                ("cr3", sregs.cr3),
                ("cr4", sregs.cr4),
                ("efer", sregs.efer),
                ("apic", sregs.apic_base),
            ],
        ];
        for row in general {
            for (name, value) in row {
                write!(f, "  {name:<5} {value:016x}")?;
            }
            writeln!(f)?;
        }
        for (name, segment) in [
            ("cs", &sregs.cs),
            ("ss", &sregs.ss),
            ("ds", &sregs.ds),
            ("fs", &sregs.fs),
            ("gs", &sregs.gs),
        ] {
            writeln!(f, "  {}", Segment(name, segment))?;
        }
        writeln!(
            f,
            "  gdt {:016x} limit {:04x}  idt {:016x} limit {:04x}",
            sregs.gdt.base, sregs.gdt.limit, sregs.idt.base, sregs.idt.limit
        )?;
        if self.code.is_empty() {
            write!(f, "  code at rip: not mapped")
        } else {
            write!(f, "  code at rip: {}", Hex(&self.code))
        }
    }
}

struct Segment<'a>(&'a str, &'a kvm_segment);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, s) = self;
        let bits = if s.l == 1 {
            64
        } else if s.db == 1 {
            32
        } else {
            16
        };
        write!(
            f,
            "{name}  {:04x} base {:016x} limit {:08x} type {:x} dpl {} {bits}-bit",
            s.selector, s.base, s.limit, s.type_, s.dpl
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(cause: Cause) -> Report {
        let regs = kvm_regs {
            rip: 0xffff_ffff_8100_1234,
            rax: 0xabc,
            ..kvm_regs::default()
        };
        Report {
            cpu: 1,
            cause,
            state: Some((regs, kvm_sregs::default())),
            code: vec![0xf3, 0x0f, 0xb8],
        }
    }

    #[test]
    fn report_shows_sentence_registers_and_code() {
        let text = report(Cause::TripleFault).to_string();
        for part in [
            "triple fault",
            "CPU 1",
            "ffffffff81001234",
            "0000000000000abc",
            "f3 0f b8",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn internal_error_shows_the_instruction() {
        let cause = Cause::Internal(InternalError {
            suberror: 1,
            data: vec![7],
            instruction: vec![0x0f, 0x01, 0xcb],
        });
        let text = cause.to_string();
        assert!(
            text.contains("emulate") && text.contains("0f 01 cb"),
            "{text}"
        );
        let other = Cause::Internal(InternalError {
            suberror: 77,
            data: vec![],
            instruction: vec![],
        });
        assert!(other.to_string().contains("77"));
    }

    #[test]
    fn causes_have_their_own_exit_codes() {
        assert_eq!(Cause::TripleFault.status().code(), 17);
        let internal = InternalError {
            suberror: 1,
            data: vec![],
            instruction: vec![],
        };
        assert_eq!(Cause::Internal(internal).status().code(), 18);
        assert_eq!(Cause::Unknown("x".into()).status().code(), 19);
    }
}
