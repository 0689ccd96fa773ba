//! Builds a machine from its configuration, runs it and takes it down.
//!
//! [`Machine::build`] reads as the list of what a machine is made of, in order. After
//! [`Machine::start`] each CPU has a thread, each disk has one, the small devices share
//! one and the graphics card has its own; the caller's thread is free to show a window
//! or to wait for the [`ending`].

pub mod character;
pub mod ending;
pub mod error;
pub mod graphics;
pub mod input;
mod parameters;
mod platform;
pub mod screenshot;
pub mod stats;
mod vcpu;
mod virtio;

use std::sync::Arc;

use kvm_ioctls::{Kvm, VcpuFd};
use maro_devices::virtio::block::{Block, Disk};
use maro_devices::virtio::console::Console;
use maro_devices::virtio::entropy::Entropy;
use maro_devices::virtio::input::Input;
use maro_devices::{Bus, DeviceLoop, Lifecycle};
use maro_gpu::GpuHandle;

use crate::boot::discovery::{self, Discovery};
use crate::boot::entry::Entry;
use crate::boot::{self, BootData};
use crate::config::MachineConfig;
use crate::config::values::CharacterOption;
use crate::kvm::vm::{SharedVm, Vm};
use crate::kvm::{self, Context, HostKvm, KvmError, cpuid, msrs};
use crate::memory::{self, MemoryMap};
use crate::tables::{self, Platform, acpi, mptable};
use character::Typing;
use ending::{Control, Ending};
use error::{HostContext, MachineError};
use graphics::Screen;
use input::GuestInput;
use stats::{ExitCounts, ExitTotals};
use vcpu::{Buses, CpuThreads, Vcpu};
use virtio::VirtioSlots;

/// A machine that is ready to start.
pub struct Machine {
    cpus: Vec<Vcpu>,
    parts: Parts,
}

/// What a machine consists of besides its CPUs. Dropped in this order: nothing that a
/// device's thread uses goes before the thread.
struct Parts {
    control: Arc<Control>,
    ending: Ending,
    typing: Option<Typing>,
    input: Option<GuestInput>,
    gpu: Option<GpuHandle>,
    counts: Vec<Arc<ExitCounts>>,
    _buses: Arc<Buses>,
    _loops: Vec<DeviceLoop>,
}

/// A machine whose CPUs run.
pub struct RunningMachine {
    cpus: CpuThreads,
    parts: Parts,
}

/// The virtio devices, and what the host holds of them.
struct Devices {
    windows: Vec<tables::VirtioWindow>,
    loops: Vec<DeviceLoop>,
    console_typing: Option<Typing>,
    input: Option<GuestInput>,
    gpu: Option<GpuHandle>,
}

impl Machine {
    /// Builds the machine that `config` describes; its graphics card draws on `screen`.
    ///
    /// # Errors
    /// If the host lacks something, or a file that the configuration names cannot be used.
    pub fn build(config: &MachineConfig, screen: Screen) -> Result<Self, MachineError> {
        let map = MemoryMap::new(config.memory, memory::host_total())?;
        let kvm = kvm::open(&config.kvm_device)?;
        check_cpus(&kvm, config.cpus)?;
        let vm: SharedVm = Arc::new(Vm::new(&kvm, map.allocate()?)?);
        let (vcpus, host) = create_cpus(&kvm, &vm, config.cpus)?;

        let lifecycle = Lifecycle::new().host("an event file descriptor")?;
        let ending = Ending::new(lifecycle.clone());
        let mut buses = Buses::default();
        let serial_output = character::output(&config.serial, "serial")?;
        let platform = platform::add(&vm, &mut buses.ports, &lifecycle, serial_output)?;
        let devices = add_virtio_devices(config, &vm, &mut buses.mmio, screen)?;

        let (entry, discovery) = load(config, &vm, map, host, devices.windows, tsc_khz(&vcpus)?)?;
        enter(&vcpus, entry)?;

        let typing = match config.serial {
            CharacterOption::Stdio => Some(Typing::Serial(platform.serial)),
            _ => devices.console_typing,
        };
        let buses = Arc::new(buses);
        let cpus: Vec<_> = (0..)
            .zip(vcpus)
            .map(|(id, fd)| Vcpu::new(fd, id, vm.clone(), buses.clone(), ending.clone()))
            .collect();
        let parts = Parts {
            control: Arc::new(Control::new(
                platform.button,
                ending.clone(),
                discovery.acpi,
            )),
            ending,
            typing,
            input: devices.input,
            gpu: devices.gpu,
            counts: cpus.iter().map(Vcpu::counts).collect(),
            _buses: buses,
            _loops: devices.loops,
        };
        Ok(Self { cpus, parts })
    }

    /// Takes the way from the terminal to the guest, if the configuration has one.
    pub fn take_typing(&mut self) -> Option<Typing> {
        self.parts.typing.take()
    }

    /// Takes the guest's keyboard and pointer, if the machine has a window.
    pub fn take_input(&mut self) -> Option<GuestInput> {
        self.parts.input.take()
    }

    /// The graphics card, if there is one.
    pub fn gpu(&self) -> Option<GpuHandle> {
        self.parts.gpu.clone()
    }

    /// Starts the CPUs.
    ///
    /// # Errors
    /// If the host refuses a thread.
    pub fn start(self) -> Result<RunningMachine, MachineError> {
        let cpus = CpuThreads::start(self.cpus).host("a thread for a CPU")?;
        Ok(RunningMachine {
            cpus,
            parts: self.parts,
        })
    }

    /// Control over the machine, for other threads.
    pub fn control(&self) -> Arc<Control> {
        self.parts.control.clone()
    }
}

impl RunningMachine {
    /// The end of the machine, to wait for.
    pub fn ending(&self) -> &Ending {
        &self.parts.ending
    }

    /// The graphics card, if there is one.
    pub fn gpu(&self) -> Option<GpuHandle> {
        self.parts.gpu.clone()
    }

    /// Stops the CPUs and ends the devices' threads; returns the counts of exits.
    pub fn shutdown(mut self) -> ExitTotals {
        self.cpus.stop();
        ExitTotals::sum(self.parts.counts.iter().map(AsRef::as_ref))
    }
}

fn check_cpus(kvm: &Kvm, asked: u8) -> Result<(), KvmError> {
    let available = kvm.get_max_vcpus();
    if usize::from(asked) > available {
        return Err(KvmError::TooManyCpus { asked, available });
    }
    Ok(())
}

/// Makes the CPUs with their CPUID and boot MSRs, and tells what kind of KVM this is.
fn create_cpus(kvm: &Kvm, vm: &Vm, count: u8) -> Result<(Vec<VcpuFd>, HostKvm), KvmError> {
    let vcpus = (0..count)
        .map(|id| vm.create_vcpu(id))
        .collect::<Result<Vec<_>, _>>()?;
    let host = match vcpus.first() {
        Some(first) => cpuid::probe_host(kvm, first)?,
        None => HostKvm::Hardware,
    };
    if host == HostKvm::Software {
        log::info!(
            "The host's KVM has no hardware support: the guest needs a kernel built for that"
        );
        if count > 1 {
            log::warn!(
                "A guest with {count} CPUs may hang on a KVM without hardware support; use --cpus 1"
            );
        }
    }
    let template = cpuid::Template::new(kvm, host, count, tsc_khz(&vcpus)?)?;
    let msrs = msrs::supported_boot_values(kvm)?;
    for (id, vcpu) in (0..).zip(&vcpus) {
        cpuid::set(vcpu, &template.for_cpu(id))?;
        msrs::write(vcpu, &msrs)?;
    }
    Ok((vcpus, host))
}

/// The frequency of the CPUs' time stamp counter, 0 if unknown.
fn tsc_khz(vcpus: &[VcpuFd]) -> Result<u32, KvmError> {
    vcpus.first().map_or(Ok(0), |vcpu| {
        vcpu.get_tsc_khz().context("tell its TSC frequency")
    })
}

/// Adds the virtio devices in the order in which a guest numbers them. Devices that may
/// wait for different things have a thread each.
fn add_virtio_devices(
    config: &MachineConfig,
    vm: &Vm,
    mmio: &mut Bus,
    screen: Screen,
) -> Result<Devices, MachineError> {
    let mut slots = VirtioSlots::new(vm, mmio);
    let mut loops = Vec::new();
    let mut start_loop = |name: &str| -> Result<_, MachineError> {
        let new = DeviceLoop::start(name).host("a thread for a device")?;
        let handle = new.handle();
        loops.push(new);
        Ok(handle)
    };
    for (index, disk) in config.disks.iter().enumerate() {
        let image = Disk::open(&disk.path, disk.read_only)?;
        slots.add(Box::new(Block::new(
            start_loop(&format!("disk{index}"))?,
            image,
        )))?;
    }
    let mut console_typing = None;
    if config.console != CharacterOption::None {
        let output = character::output(&config.console, "console")?;
        let input = if config.console == CharacterOption::Stdio {
            let (typing, input) = Typing::console()?;
            console_typing = Some(typing);
            Some(input)
        } else {
            None
        };
        slots.add(Box::new(Console::new(
            start_loop("console")?,
            output,
            input,
        )))?;
    }
    let has_window = matches!(screen, Screen::Window(_));
    let small = if config.rng || has_window {
        Some(start_loop("devices")?)
    } else {
        None
    };
    if let (Some(small), true) = (&small, config.rng) {
        slots.add(Box::new(
            Entropy::new(small.clone()).host("random numbers")?,
        ))?;
    }
    let card = graphics::create(config, screen)?;
    let gpu = card.as_ref().map(|card| card.handle());
    if let Some(card) = card {
        slots.add(Box::new(card))?;
    }
    let mut input = None;
    if let (Some(small), true) = (small, has_window) {
        let (keyboard, keys) = Input::keyboard(small.clone()).host("an event for input")?;
        slots.add(Box::new(keyboard))?;
        let (tablet, pointer) = Input::tablet(small).host("an event for input")?;
        slots.add(Box::new(tablet))?;
        input = Some(GuestInput::new(keys, pointer));
    }
    Ok(Devices {
        windows: slots.finish(),
        loops,
        console_typing,
        input,
        gpu,
    })
}

/// Loads kernel and initrd and writes all that the kernel reads first.
fn load(
    config: &MachineConfig,
    vm: &Vm,
    map: MemoryMap,
    host: HostKvm,
    virtio: Vec<tables::VirtioWindow>,
    tsc_khz: u32,
) -> Result<(Entry, Discovery), MachineError> {
    let memory = vm.memory();
    let kernel = boot::load_kernel(memory, map, &config.kernel)?;
    let initrd = config
        .initrd
        .as_ref()
        .map(|path| boot::load_initrd(memory, map, &kernel, path))
        .transpose()?;
    let mut cmdline = parameters::base(config);
    let discovery = discovery::decide(config.discovery, &cmdline, &kernel, memory);
    parameters::add_quirks(&mut cmdline, config.quirks, host, tsc_khz);
    parameters::add_devices(&mut cmdline, discovery, &virtio);
    log::info!("Kernel command line: {cmdline}");

    let platform = Platform {
        cpus: config.cpus,
        virtio,
        discovery,
    };
    let rsdp = acpi::write(memory, &platform)?;
    mptable::write(memory, &platform)?;
    let data = BootData {
        cmdline: cmdline.as_str(),
        initrd,
        rsdp,
    };
    Ok((kernel.write_boot_data(memory, map, &data)?, discovery))
}

/// Puts the first CPU at the kernel's entry; the others wait for it to start them.
fn enter(vcpus: &[VcpuFd], entry: Entry) -> Result<(), KvmError> {
    let Some(first) = vcpus.first() else {
        return Ok(());
    };
    let mut sregs = first.get_sregs().context("read a CPU's registers")?;
    entry.apply(&mut sregs);
    first.set_sregs(&sregs).context("set a CPU's registers")?;
    first
        .set_regs(&entry.regs())
        .context("set a CPU's registers")
}
