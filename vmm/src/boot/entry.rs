//! The state in which the first CPU enters a kernel.

use kvm_bindings::{kvm_dtable, kvm_regs, kvm_segment, kvm_sregs};
use vm_memory::{Bytes, GuestAddress};

use super::BootError;
use crate::memory::{GuestMemory, layout};

/// How the first CPU enters the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// 32-bit protected mode without paging (PVH).
    Pvh {
        /// Physical address of the entry point.
        address: u64,
        /// Physical address of the start info, for `ebx`.
        start_info: u64,
    },
    /// Long mode with the first GiB mapped one to one (64-bit boot protocol).
    Long64 {
        /// Physical address of the entry point.
        address: u64,
        /// Physical address of `boot_params`, for `rsi`.
        zero_page: u64,
    },
}

/// First address that the boot page tables do not map.
pub const IDENTITY_MAPPED: u64 = 1 << 30;

const CR0_PE: u64 = 1;
const CR0_ET: u64 = 1 << 4;
const CR0_PG: u64 = 1 << 31;
const CR4_PAE: u64 = 1 << 5;
const EFER_LME: u64 = 1 << 8;
const EFER_LMA: u64 = 1 << 10;
/// The bit of RFLAGS that is always set.
const RFLAGS_RESERVED: u64 = 1 << 1;

/// Page table entry: present and writable.
const PTE_PRESENT_WRITABLE: u64 = 0b11;
/// Page directory entry: a 2 MiB page.
const PDE_LARGE: u64 = 1 << 7;
const LARGE_PAGE: u64 = 2 << 20;
const PAGE: u64 = 4096;

/// Selectors that both protocols ask for: `__BOOT_CS`, `__BOOT_DS` and a task segment.
const CODE_SELECTOR: u16 = 0x10;
const DATA_SELECTOR: u16 = 0x18;
const TASK_SELECTOR: u16 = 0x20;

/// Segment types (Intel SDM volume 3, 3.4.5.1 and 3.5).
const TYPE_CODE: u8 = 0xb;
const TYPE_DATA: u8 = 0x3;
const TYPE_BUSY_TASK: u8 = 0xb;

fn flat(selector: u16, type_: u8) -> kvm_segment {
    kvm_segment {
        base: 0,
        limit: 0xffff_ffff,
        selector,
        type_,
        present: 1,
        s: 1,
        g: 1,
        db: 1,
        ..kvm_segment::default()
    }
}

fn task() -> kvm_segment {
    kvm_segment {
        limit: 0x67,
        selector: TASK_SELECTOR,
        type_: TYPE_BUSY_TASK,
        present: 1,
        ..kvm_segment::default()
    }
}

/// A segment as its descriptor in the global descriptor table.
fn descriptor(segment: &kvm_segment) -> u64 {
    let (base, limit) = (
        segment.base,
        u64::from(if segment.g == 1 {
            segment.limit >> 12
        } else {
            segment.limit
        }),
    );
    let bits = |value: u8, at: u32| u64::from(value) << at;
    (limit & 0xffff)
        | (base & 0xff_ffff) << 16
        | bits(segment.type_, 40)
        | bits(segment.s, 44)
        | bits(segment.dpl, 45)
        | bits(segment.present, 47)
        | ((limit >> 16) & 0xf) << 48
        | bits(segment.avl, 52)
        | bits(segment.l, 53)
        | bits(segment.db, 54)
        | bits(segment.g, 55)
        | ((base >> 24) & 0xff) << 56
}

impl Entry {
    /// General registers at the entry.
    pub fn regs(self) -> kvm_regs {
        match self {
            Self::Pvh {
                address,
                start_info,
            } => kvm_regs {
                rip: address,
                rbx: start_info,
                rflags: RFLAGS_RESERVED,
                ..kvm_regs::default()
            },
            Self::Long64 { address, zero_page } => kvm_regs {
                rip: address,
                rsi: zero_page,
                rsp: layout::BOOT_STACK,
                rbp: layout::BOOT_STACK,
                rflags: RFLAGS_RESERVED,
                ..kvm_regs::default()
            },
        }
    }

    /// Changes the system registers from their state after reset to that of the entry.
    pub fn apply(self, sregs: &mut kvm_sregs) {
        sregs.cs = flat(CODE_SELECTOR, TYPE_CODE);
        let data = flat(DATA_SELECTOR, TYPE_DATA);
        sregs.ds = data;
        sregs.es = data;
        sregs.fs = data;
        sregs.gs = data;
        sregs.ss = data;
        sregs.tr = task();
        sregs.cr4 = 0;
        match self {
            Self::Pvh { .. } => sregs.cr0 = CR0_PE | CR0_ET,
            Self::Long64 { .. } => {
                sregs.cs.l = 1;
                sregs.cs.db = 0;
                sregs.gdt = kvm_dtable {
                    base: layout::GDT,
                    limit: GDT_ENTRIES * 8 - 1,
                    ..kvm_dtable::default()
                };
                sregs.idt = kvm_dtable::default();
                sregs.cr3 = layout::PAGE_TABLES;
                sregs.cr4 = CR4_PAE;
                sregs.cr0 = CR0_PE | CR0_ET | CR0_PG;
                sregs.efer |= EFER_LME | EFER_LMA;
            }
        }
    }
}

/// Null, unused, code, data and task (two slots in long mode).
const GDT_ENTRIES: u16 = 6;

/// Writes the descriptor table and the page tables of the 64-bit entry: the first GiB,
/// one to one, in pages of 2 MiB.
pub fn write_long_mode_tables(memory: &GuestMemory) -> Result<(), BootError> {
    let mut code = flat(CODE_SELECTOR, TYPE_CODE);
    code.l = 1;
    code.db = 0;
    let gdt = [
        0,
        0,
        descriptor(&code),
        descriptor(&flat(DATA_SELECTOR, TYPE_DATA)),
        descriptor(&task()),
        0,
    ];
    for (at, entry) in (layout::GDT..).step_by(8).zip(gdt) {
        memory.write_obj(entry, GuestAddress(at))?;
    }

    let (pml4, pdpt, directory) = (
        layout::PAGE_TABLES,
        layout::PAGE_TABLES + PAGE,
        layout::PAGE_TABLES + 2 * PAGE,
    );
    memory.write_obj(pdpt | PTE_PRESENT_WRITABLE, GuestAddress(pml4))?;
    memory.write_obj(directory | PTE_PRESENT_WRITABLE, GuestAddress(pdpt))?;
    let mut entries = Vec::with_capacity(PAGE as usize);
    for address in (0..IDENTITY_MAPPED).step_by(LARGE_PAGE as usize) {
        entries.extend((address | PTE_PRESENT_WRITABLE | PDE_LARGE).to_le_bytes());
    }
    memory.write_slice(&entries, GuestAddress(directory))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pvh_entry_is_protected_mode_without_paging() {
        let entry = Entry::Pvh {
            address: 0x100_0450,
            start_info: 0x6000,
        };
        let mut sregs = kvm_sregs {
            cr4: 0x20,
            ..kvm_sregs::default()
        };
        entry.apply(&mut sregs);
        assert_eq!(sregs.cr0 & (CR0_PE | CR0_PG), CR0_PE);
        assert_eq!(sregs.cr4, 0);
        assert_eq!(
            (sregs.cs.base, sregs.cs.limit, sregs.cs.db, sregs.cs.l),
            (0, 0xffff_ffff, 1, 0)
        );
        let regs = entry.regs();
        assert_eq!((regs.rip, regs.rbx, regs.rflags), (0x100_0450, 0x6000, 2));
    }

    #[test]
    fn long64_entry_is_long_mode_with_paging() {
        let entry = Entry::Long64 {
            address: 0x100_0200,
            zero_page: 0x7000,
        };
        let mut sregs = kvm_sregs::default();
        entry.apply(&mut sregs);
        assert_eq!(sregs.cr0 & (CR0_PE | CR0_PG), CR0_PE | CR0_PG);
        assert_eq!(sregs.efer, EFER_LME | EFER_LMA);
        assert_eq!((sregs.cs.l, sregs.cs.db, sregs.cs.selector), (1, 0, 0x10));
        assert_eq!((entry.regs().rip, entry.regs().rsi), (0x100_0200, 0x7000));
    }

    #[test]
    fn long_mode_tables_map_the_first_gib_one_to_one() {
        let memory = GuestMemory::from_ranges(&[(GuestAddress(0), 1 << 20)]).expect("maps");
        write_long_mode_tables(&memory).expect("writes");
        let read = |at| memory.read_obj::<u64>(GuestAddress(at)).expect("reads");
        for address in [0u64, 0x20_0000, 0x1234_5678, IDENTITY_MAPPED - 1] {
            let walk =
                |table: u64, shift: u32| read((table & !0xfff) + ((address >> shift) & 0x1ff) * 8);
            let directory_entry = walk(walk(walk(layout::PAGE_TABLES, 39), 30), 21);
            assert_eq!(directory_entry & 0x83, 0x83);
            assert_eq!(directory_entry & !0xfff, address & !(LARGE_PAGE - 1));
        }
        assert_eq!(read(layout::PAGE_TABLES + PAGE + 8), 0);
    }

    #[test]
    fn gdt_holds_the_flat_segments() {
        let memory = GuestMemory::from_ranges(&[(GuestAddress(0), 1 << 20)]).expect("maps");
        write_long_mode_tables(&memory).expect("writes");
        let read = |index: u64| {
            memory
                .read_obj::<u64>(GuestAddress(layout::GDT + index * 8))
                .expect("reads")
        };
        assert_eq!(read(2), 0x00af_9b00_0000_ffff);
        assert_eq!(read(3), 0x00cf_9300_0000_ffff);
        assert_eq!(read(4), 0x0000_8b00_0000_0067);
    }
}
