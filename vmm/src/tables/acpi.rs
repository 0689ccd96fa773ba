//! ACPI tables (ACPI 6.5) of a hardware-reduced machine: RSDP, XSDT, FADT, MADT, DSDT.
//!
//! The DSDT names the CPUs, the serial port, the clock, a power button behind a generic
//! event device, and each virtio-mmio device as `LNRO0005`, the identifier that Linux's
//! virtio-mmio driver matches.

use acpi_tables::Aml;
use acpi_tables::aml::{
    Device, EISAName, IO, Interrupt, Memory32Fixed, Method, Name, Notify, Package, Path,
    ResourceTemplate, Scope,
};
use acpi_tables::fadt::{FADTBuilder, Flags};
use acpi_tables::gas::{AccessSize, AddressSpace, GAS};
use acpi_tables::madt::{
    EnabledStatus, IoApic, LocalInterruptController, MADT, ProcessorLocalApic,
};
use acpi_tables::rsdp::Rsdp;
use acpi_tables::sdt::Sdt;
use acpi_tables::xsdt::XSDT;
use maro_devices::{power, rtc, serial};
use vm_memory::{Bytes, GuestAddress};

use super::{Platform, TableError, VirtioWindow, io_apic_id};
use crate::memory::{GuestMemory, layout};

const OEM_ID: [u8; 6] = *b"MARO  ";
const OEM_TABLE_ID: [u8; 8] = *b"MAROVMM ";
const OEM_REVISION: u32 = 1;

/// Interrupt of the power button's event device.
pub const POWER_BUTTON_GSI: u32 = 9;

/// `IAPC_BOOT_ARCH` of the FADT (5.2.9.3): there is no VGA; bits for an 8042 and for
/// devices that are not listed stay clear.
const BOOT_ARCH_NO_VGA: u16 = 1 << 2;
/// `_STA`: present, enabled, shown and working.
const STATUS_PRESENT: u8 = 0xf;
/// Notification of a power button: it was pressed (5.6.6).
const BUTTON_PRESSED: u8 = 0x80;

fn bytes(aml: &dyn Aml) -> Vec<u8> {
    let mut bytes = Vec::new();
    aml.to_aml_bytes(&mut bytes);
    bytes
}

/// An edge-triggered, active-high interrupt of its own.
fn interrupt(gsi: u32) -> Interrupt {
    Interrupt::new(true, true, false, false, gsi)
}

/// One device with its identifier, its number and its resources.
fn device(name: &str, hid: &dyn Aml, uid: u32, resources: Vec<&dyn Aml>) -> Vec<u8> {
    bytes(&Device::new(
        name.into(),
        vec![
            &Name::new("_HID".into(), hid),
            &Name::new("_UID".into(), &uid),
            &Name::new("_STA".into(), &STATUS_PRESENT),
            &Name::new("_CRS".into(), &ResourceTemplate::new(resources)),
        ],
    ))
}

fn cpu(id: u8) -> Vec<u8> {
    let name = format!("C{id:03X}");
    bytes(&Device::new(
        name.as_str().into(),
        vec![
            &Name::new("_HID".into(), &"ACPI0007"),
            &Name::new("_UID".into(), &id),
            &Name::new("_STA".into(), &STATUS_PRESENT),
        ],
    ))
}

fn serial_port() -> Vec<u8> {
    let ports = IO::new(
        serial::COM1_BASE,
        serial::COM1_BASE,
        1,
        serial::SERIAL_LEN as u8,
    );
    device(
        "COM1",
        &EISAName::new("PNP0501"),
        0,
        vec![&ports, &interrupt(serial::COM1_IRQ)],
    )
}

fn clock() -> Vec<u8> {
    let ports = IO::new(rtc::RTC_BASE, rtc::RTC_BASE, 1, rtc::RTC_LEN as u8);
    device("RTC0", &EISAName::new("PNP0B00"), 0, vec![&ports])
}

/// The power button, and the event device that notifies it on its interrupt.
fn power_button() -> Vec<u8> {
    let button = bytes(&Device::new(
        "PWRB".into(),
        vec![
            &Name::new("_HID".into(), &EISAName::new("PNP0C0C")),
            &Name::new("_UID".into(), &0u8),
            &Name::new("_STA".into(), &STATUS_PRESENT),
        ],
    ));
    let events = bytes(&Device::new(
        "GED0".into(),
        vec![
            &Name::new("_HID".into(), &"ACPI0013"),
            &Name::new("_UID".into(), &0u8),
            &Name::new("_STA".into(), &STATUS_PRESENT),
            &Name::new(
                "_CRS".into(),
                &ResourceTemplate::new(vec![&interrupt(POWER_BUTTON_GSI)]),
            ),
            &Method::new(
                "_EVT".into(),
                1,
                true,
                vec![&Notify::new(&Path::new("PWRB"), &BUTTON_PRESSED)],
            ),
        ],
    ));
    [button, events].concat()
}

fn virtio(index: u32, window: VirtioWindow) -> Vec<u8> {
    let name = format!("V{index:03X}");
    let registers = Memory32Fixed::new(true, window.base, layout::VIRTIO_MMIO_SIZE as u32);
    device(
        &name,
        &"LNRO0005",
        index,
        vec![&registers, &interrupt(window.gsi)],
    )
}

fn sdt(signature: [u8; 4], revision: u8, body: &[u8]) -> Vec<u8> {
    let mut table = Sdt::new(signature, 36, revision, OEM_ID, OEM_TABLE_ID, OEM_REVISION);
    table.append_slice(body);
    table.as_slice().to_vec()
}

fn dsdt(platform: &Platform) -> Vec<u8> {
    let mut devices = Vec::new();
    for id in 0..platform.cpus {
        devices.extend(cpu(id));
    }
    devices.extend(serial_port());
    devices.extend(clock());
    devices.extend(power_button());
    if platform.discovery.acpi {
        for (index, window) in (0..).zip(&platform.virtio) {
            devices.extend(virtio(index, *window));
        }
    }
    let off = bytes(&Name::new(
        "_S5_".into(),
        &Package::new(vec![&power::S5_SLEEP_TYPE]),
    ));
    let body = [off, Scope::raw("_SB_".into(), devices)].concat();
    // Revision 2: integers are 64 bits wide.
    sdt(*b"DSDT", 2, &body)
}

fn fadt(dsdt: u64) -> Vec<u8> {
    let port = |port: u16| {
        GAS::new(
            AddressSpace::SystemIo,
            8,
            0,
            AccessSize::ByteAccess,
            port.into(),
        )
    };
    let mut fadt = FADTBuilder::new(OEM_ID, OEM_TABLE_ID, OEM_REVISION)
        .dsdt_64(dsdt)
        .flag(Flags::HwReducedAcpi)
        .flag(Flags::ResetRegSup)
        // Neither button is a fixed one.
        .flag(Flags::PwrButton)
        .flag(Flags::SlpButton)
        .flag(Flags::Wbinvd);
    fadt.iapc_boot_arch = BOOT_ARCH_NO_VGA.into();
    fadt.reset_reg = port(power::RESET_PORT);
    fadt.reset_value = power::RESET_VALUE;
    fadt.sleep_control_reg = port(power::SLEEP_CONTROL_PORT);
    fadt.sleep_status_reg = port(power::SLEEP_STATUS_PORT);
    fadt.century = rtc::CENTURY_INDEX;
    bytes(&fadt.finalize())
}

fn madt(cpus: u8) -> Vec<u8> {
    let controller = LocalInterruptController::Address(layout::LOCAL_APIC);
    let mut madt = MADT::new(OEM_ID, OEM_TABLE_ID, OEM_REVISION, controller);
    for id in 0..cpus {
        madt.add_structure(ProcessorLocalApic::new(id, id, EnabledStatus::Enabled));
    }
    madt.add_structure(IoApic::new(io_apic_id(cpus), layout::IO_APIC, 0));
    bytes(&madt)
}

fn xsdt(tables: &[u64]) -> Vec<u8> {
    let mut xsdt = XSDT::new(OEM_ID, OEM_TABLE_ID, OEM_REVISION);
    for address in tables {
        xsdt.add_entry(*address);
    }
    bytes(&xsdt)
}

/// The tables one behind the other, from the root pointer on, at `base`.
struct Layout {
    base: u64,
    image: Vec<u8>,
}

impl Layout {
    /// Appends a table on a 16-byte border and returns its address.
    fn place(&mut self, table: &[u8]) -> u64 {
        self.image.resize(self.image.len().next_multiple_of(16), 0);
        let address = self.base + self.image.len() as u64;
        self.image.extend(table);
        address
    }
}

/// All tables as they lie in memory from `base`, the root pointer first.
fn build(platform: &Platform, base: u64) -> Vec<u8> {
    let mut layout = Layout {
        base,
        image: vec![0; Rsdp::len()],
    };
    let dsdt = layout.place(&dsdt(platform));
    let fadt = layout.place(&fadt(dsdt));
    let madt = layout.place(&madt(platform.cpus));
    let xsdt = layout.place(&xsdt(&[fadt, madt]));
    let root = bytes(&Rsdp::new(OEM_ID, xsdt));
    layout.image[..root.len()].copy_from_slice(&root);
    layout.image
}

/// Writes the tables to guest memory and returns the root pointer's address.
///
/// # Errors
/// If they do not fit in their place.
pub fn write(memory: &GuestMemory, platform: &Platform) -> Result<u64, TableError> {
    let image = build(platform, layout::ACPI_TABLES);
    if image.len() as u64 > layout::ACPI_CAPACITY {
        return Err(TableError::TooLarge("ACPI", layout::ACPI_CAPACITY));
    }
    memory.write_slice(&image, GuestAddress(layout::ACPI_TABLES))?;
    Ok(layout::ACPI_TABLES)
}

#[cfg(test)]
mod tests {
    use std::path::Path as FilePath;
    use std::process::Command;

    use super::*;
    use crate::boot::discovery::Discovery;

    fn platform(cpus: u8, virtio: u32) -> Platform {
        Platform {
            cpus,
            virtio: (0..virtio)
                .map(|n| VirtioWindow {
                    base: 0xd000_0000 + n * 0x1000,
                    gsi: 16 + n,
                })
                .collect(),
            discovery: Discovery {
                acpi: true,
                cmdline: false,
            },
        }
    }

    fn sum(bytes: &[u8]) -> u8 {
        bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
    }

    fn u64_at(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"))
    }

    /// Follows the root pointer; returns each table by its signature.
    fn tables(image: &[u8], base: u64) -> Vec<(String, Vec<u8>)> {
        let table = |address: u64| {
            let at = (address - base) as usize;
            let len = u32::from_le_bytes(image[at + 4..at + 8].try_into().expect("4 bytes"));
            image[at..at + len as usize].to_vec()
        };
        let xsdt = table(u64_at(image, 24));
        let mut found = vec![xsdt.clone()];
        found.extend(
            xsdt[36..]
                .chunks_exact(8)
                .map(|entry| table(u64_at(entry, 0))),
        );
        let dsdt = table(u64_at(&found[1], 140));
        found.push(dsdt);
        found
            .into_iter()
            .map(|table| (String::from_utf8_lossy(&table[..4]).into_owned(), table))
            .collect()
    }

    /// Disassembles a table with `iasl`, which complains about anything malformed.
    fn disassemble(folder: &FilePath, name: &str, table: &[u8]) -> String {
        let path = folder.join(format!("{name}.aml"));
        std::fs::write(&path, table).expect("writes");
        let output = Command::new("iasl")
            .arg("-d")
            .arg(&path)
            .output()
            .expect("iasl runs; install it with `apt-get install acpica-tools`");
        let messages = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {messages}");
        for word in ["Error", "Warning", "Invalid", "Incorrect"] {
            assert!(!messages.contains(word), "{name}: {messages}");
        }
        std::fs::read_to_string(path.with_extension("dsl")).expect("reads")
    }

    #[test]
    fn tables_are_linked_and_their_checksums_zero() {
        for (cpus, devices) in [(1, 0), (2, 5), (254, 15)] {
            let image = build(&platform(cpus, devices), 0xe_0000);
            assert!(
                image.len() as u64 <= layout::ACPI_CAPACITY,
                "{}",
                image.len()
            );
            assert_eq!(&image[..8], b"RSD PTR ");
            assert_eq!((sum(&image[..20]), sum(&image[..36])), (0, 0));
            let tables = tables(&image, 0xe_0000);
            let names: Vec<_> = tables.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["XSDT", "FACP", "APIC", "DSDT"]);
            for (name, table) in &tables {
                assert_eq!(sum(table), 0, "{name}");
            }
        }
    }

    #[test]
    fn iasl_reads_all_tables_and_finds_the_devices() {
        let folder = tempfile::tempdir().expect("tempdir");
        let image = build(&platform(3, 2), 0xe_0000);
        let text: Vec<_> = tables(&image, 0xe_0000)
            .iter()
            .map(|(name, table)| disassemble(folder.path(), name, table))
            .collect();
        let [_, fadt, madt, dsdt] = text.as_slice() else {
            panic!("four tables")
        };
        for part in [
            "Hardware Reduced (V5) : 1",
            "Reset Register Supported (V2) : 1",
        ] {
            assert!(fadt.contains(part), "{part}: {fadt}");
        }
        assert_eq!(madt.matches("[Processor Local APIC]").count(), 3, "{madt}");
        assert_eq!(madt.matches("[I/O APIC]").count(), 1, "{madt}");
        assert_eq!(dsdt.matches("\"ACPI0007\"").count(), 3, "{dsdt}");
        assert_eq!(dsdt.matches("\"LNRO0005\"").count(), 2, "{dsdt}");
        for part in [
            "PNP0501",
            "PNP0C0C",
            "ACPI0013",
            "0xD0001000",
            "Notify (PWRB, 0x80)",
            "0x00000011,",
        ] {
            assert!(dsdt.contains(part), "{part}: {dsdt}");
        }
    }

    #[test]
    fn iasl_compiles_what_it_disassembled() {
        let folder = tempfile::tempdir().expect("tempdir");
        let image = build(&platform(2, 3), 0xe_0000);
        let (_, dsdt) = tables(&image, 0xe_0000).pop().expect("DSDT");
        disassemble(folder.path(), "dsdt", &dsdt);
        let output = Command::new("iasl")
            .current_dir(folder.path())
            .args(["-p", "again", "dsdt.dsl"])
            .output()
            .expect("iasl runs; install it with `apt-get install acpica-tools`");
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{messages}");
        assert!(messages.contains("0 Errors, 0 Warnings"), "{messages}");
    }

    #[test]
    fn devices_announced_otherwise_are_left_out() {
        let mut platform = platform(1, 2);
        platform.discovery = Discovery {
            acpi: false,
            cmdline: true,
        };
        let image = build(&platform, 0xe_0000);
        assert!(!image.windows(8).any(|window| window == b"LNRO0005"));
    }
}
