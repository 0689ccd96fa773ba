//! CPU threads: run the guest, and answer its exits from the buses.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use kvm_ioctls::{VcpuExit, VcpuFd};
use maro_devices::Bus;
use vmm_sys_util::signal::{Killable, SIGRTMIN, register_signal_handler};

use super::ending::{Ending, Outcome};
use super::stats::{ExitCounts, ExitKind};
use crate::diagnose::{Cause, Report};
use crate::kvm::exit::{internal_error, port_access_width};
use crate::kvm::vm::SharedVm;
use crate::timing;

/// Where the guest's accesses go that KVM does not answer itself.
#[derive(Debug, Default)]
pub struct Buses {
    /// Port I/O.
    pub ports: Bus,
    /// Device registers in memory.
    pub mmio: Bus,
}

/// A CPU that is ready to run.
pub struct Vcpu {
    // Dropped before the VM that it belongs to.
    fd: VcpuFd,
    id: u8,
    buses: Arc<Buses>,
    counts: Arc<ExitCounts>,
    ending: Ending,
    // Keeps the guest's memory mapped for as long as this CPU may run.
    vm: SharedVm,
}

/// What a CPU does after an exit.
enum Next {
    /// Enter the guest again.
    Run,
    /// A write of several bytes to a port, whose access width `kvm_run` knows.
    WidePortOut(u16, Vec<u8>),
    /// The machine can end: nothing more to run.
    Stop,
    /// KVM says why in `kvm_run`.
    InternalError,
    /// The CPU cannot go on.
    Fail(Cause),
}

impl Vcpu {
    /// CPU `id` of `vm`, with the state in `fd`.
    pub fn new(fd: VcpuFd, id: u8, vm: SharedVm, buses: Arc<Buses>, ending: Ending) -> Self {
        Self {
            fd,
            id,
            buses,
            counts: Arc::default(),
            ending,
            vm,
        }
    }

    /// The counts of this CPU's exits.
    pub fn counts(&self) -> Arc<ExitCounts> {
        self.counts.clone()
    }

    fn run(mut self, stop: &AtomicBool) {
        if self.id == 0 {
            timing::log_first_instruction();
        }
        while !stop.load(Ordering::Acquire) {
            match self.step() {
                Next::Run => {}
                Next::Stop => return,
                Next::WidePortOut(port, data) => self.wide_port_out(port, &data),
                Next::InternalError => {
                    let error = internal_error(self.fd.get_kvm_run());
                    let cause = error.map_or_else(
                        || Cause::Unknown("an internal error".into()),
                        Cause::Internal,
                    );
                    return self.fail(cause);
                }
                Next::Fail(cause) => return self.fail(cause),
            }
        }
    }

    /// Enters the guest until its next exit, and answers that.
    fn step(&mut self) -> Next {
        let Self {
            fd, buses, counts, ..
        } = self;
        match fd.run() {
            Ok(VcpuExit::MmioRead(address, data)) => {
                counts.count(ExitKind::MmioRead);
                buses.mmio.read(address, data);
                Next::Run
            }
            Ok(VcpuExit::MmioWrite(address, data)) => {
                counts.count(ExitKind::MmioWrite);
                buses.mmio.write(address, data);
                Next::Run
            }
            Ok(VcpuExit::IoIn(port, data)) => {
                counts.count(ExitKind::PortIn);
                // A string instruction reads more than 4 bytes: no device here has such data.
                buses.ports.read(port.into(), data);
                Next::Run
            }
            Ok(VcpuExit::IoOut(port, data)) => {
                counts.count(ExitKind::PortOut);
                if data.len() == 1 {
                    buses.ports.write(port.into(), data);
                    Next::Run
                } else {
                    Next::WidePortOut(port, data.to_vec())
                }
            }
            Ok(VcpuExit::Intr) => {
                counts.count(ExitKind::Interrupted);
                Next::Run
            }
            Err(error) => match io::Error::from(error) {
                error
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) =>
                {
                    counts.count(ExitKind::Interrupted);
                    Next::Run
                }
                error => Next::Fail(Cause::Run(error.to_string())),
            },
            Ok(exit) => {
                counts.count(ExitKind::Other);
                rare_exit(&exit)
            }
        }
    }

    /// Splits what one instruction wrote into its accesses.
    fn wide_port_out(&mut self, port: u16, data: &[u8]) {
        let width = port_access_width(self.fd.get_kvm_run()).unwrap_or(1).max(1);
        for access in data.chunks(width) {
            self.buses.ports.write(port.into(), access);
        }
    }

    fn fail(&self, cause: Cause) {
        let report = Report::new(self.id, cause, &self.fd, self.vm.memory());
        self.ending.finish(Outcome::Stuck(Arc::new(report)));
    }
}

/// Exits that end a CPU's run, or never happen with in-kernel interrupt controllers.
fn rare_exit(exit: &VcpuExit<'_>) -> Next {
    match exit {
        VcpuExit::Shutdown => Next::Fail(Cause::TripleFault),
        VcpuExit::InternalError => Next::InternalError,
        VcpuExit::FailEntry(reason, _) => Next::Fail(Cause::FailEntry { reason: *reason }),
        VcpuExit::MemoryFault { gpa, .. } => Next::Fail(Cause::MemoryFault { address: *gpa }),
        VcpuExit::Hlt => Next::Stop,
        other => Next::Fail(Cause::Unknown(format!("{other:?}"))),
    }
}

/// The running CPUs.
pub struct CpuThreads {
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

/// How long CPUs are given to notice that they are to stop. One that KVM does not let go
/// (a software KVM may loop in its emulator) is left behind.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// The signal that gets a CPU out of the guest; its handler does nothing.
fn kick_signal() -> i32 {
    SIGRTMIN()
}

extern "C" fn on_kick(_: i32, _: *mut libc::siginfo_t, _: *mut std::ffi::c_void) {}

impl CpuThreads {
    /// Starts a thread for each CPU.
    ///
    /// # Errors
    /// Those of making a thread or of setting a signal handler.
    pub fn start(cpus: Vec<Vcpu>) -> io::Result<Self> {
        register_signal_handler(kick_signal(), on_kick).map_err(io::Error::from)?;
        let mut started = Self {
            threads: Vec::new(),
            stop: Arc::default(),
        };
        for cpu in cpus {
            let stop = started.stop.clone();
            let name = format!("cpu{}", cpu.id);
            started.threads.push(
                thread::Builder::new()
                    .name(name)
                    .spawn(move || cpu.run(&stop))?,
            );
        }
        Ok(started)
    }

    /// Stops all CPUs and joins their threads.
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let deadline = Instant::now() + STOP_PATIENCE;
        let mut running: Vec<_> = self.threads.drain(..).collect();
        while !running.is_empty() && Instant::now() < deadline {
            for thread in running.extract_if(.., |thread| thread.is_finished()) {
                if thread.join().is_err() {
                    log::error!("A CPU's thread panicked");
                }
            }
            // A signal that arrives just before the guest is entered is lost: repeat it.
            for thread in &running {
                let _ = thread.kill(kick_signal());
            }
            thread::sleep(Duration::from_micros(200));
        }
        if !running.is_empty() {
            log::warn!(
                "{} CPUs do not leave KVM; their threads end with the process",
                running.len()
            );
        }
    }
}

impl Drop for CpuThreads {
    fn drop(&mut self) {
        self.stop();
    }
}
