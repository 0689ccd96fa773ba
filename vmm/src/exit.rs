//! The exit codes of `maro`, which scripts and CI jobs may rely on.

use std::process::ExitCode;

/// How `maro` ended, as its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// The guest powered itself off, or the command did what it was asked.
    Success,
    /// Something failed on the host that no other code names.
    Failure,
    /// The command line or the configuration file is wrong.
    Usage,
    /// /dev/kvm is missing, closed to this user, or lacks something `maro` needs.
    Kvm,
    /// The kernel, the initrd or the kernel command line cannot be used.
    Boot,
    /// The guest's memory is too large, too small or cannot be had.
    Memory,
    /// A disk image cannot be used.
    Disk,
    /// The graphics card or the display cannot be had on this host.
    Graphics,
    /// A file for serial, console or screenshot output cannot be used.
    Output,
    /// `maro gpu`: the socket cannot be had, or the monitor at its other end breaks the
    /// protocol.
    FrontEnd,
    /// The guest reset itself; the code can be chosen with `--reset-exit-code`.
    GuestReset(u8),
    /// The guest crashed: a triple fault.
    GuestCrash,
    /// KVM gave up with an internal error.
    KvmInternalError,
    /// KVM stopped for a reason that `maro` does not know.
    UnknownExit,
    /// `maro smoke`: the picture is not the one that is expected.
    PictureDiffers,
    /// `maro smoke`: what is waited for did not come in time.
    Timeout,
    /// `maro smoke`: the guest or its command ended first.
    EndedEarly,
    /// A signal ended `maro`.
    Signal(u8),
}

/// Code of [`ExitStatus::GuestReset`] unless the user chose another.
pub const DEFAULT_RESET_CODE: u8 = 16;

impl ExitStatus {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Kvm => 3,
            Self::Boot => 4,
            Self::Memory => 5,
            Self::Disk => 6,
            Self::Graphics => 7,
            Self::Output => 8,
            Self::FrontEnd => 9,
            Self::GuestReset(code) => code,
            Self::GuestCrash => 17,
            Self::KvmInternalError => 18,
            Self::UnknownExit => 19,
            Self::PictureDiffers => 20,
            Self::Timeout => 21,
            Self::EndedEarly => 22,
            // What a shell reports for a process that a signal ended.
            Self::Signal(number) => 128u8.saturating_add(number),
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// The table of exit codes for `maro run --help`.
pub const HELP: &str = "\
Exit codes:
  0    the guest powered itself off
  1    something failed on the host that no other code names
  2    the command line or the configuration file is wrong
  3    KVM is missing, closed to this user or lacks something
  4    the kernel, the initrd or the kernel command line cannot be used
  5    the guest's memory is too large, too small or cannot be had
  6    a disk image cannot be used
  7    the graphics card or the display cannot be had on this host
  8    a serial, console or screenshot file cannot be used
  16   the guest reset itself (--reset-exit-code chooses another code)
  17   the guest crashed with a triple fault
  18   KVM stopped with an internal error
  19   KVM stopped for an unknown reason
  128+N  signal N ended maro";

/// The table of exit codes for `maro gpu --help`, after what QEMU is to be told.
pub const GPU_HELP: &str = "\
QEMU connects with (memory-backend-memfd: the guest's memory has to be shared):
  -object memory-backend-memfd,id=ram,size=2G,share=on -machine q35,memory-backend=ram
  -chardev socket,id=gpu,path=SOCKET
  -device vhost-user-gpu-pci,chardev=gpu -vga none -display none

Exit codes:
  0    the monitor has left
  2    the command line is wrong
  7    the graphics card or the display cannot be had on this host
  8    the screenshot cannot be written
  9    the socket cannot be had, or the monitor breaks the protocol
  128+N  signal N ended maro";

/// The table of exit codes for `maro smoke --help`.
pub const SMOKE_HELP: &str = "\
Exit codes:
  0    the guest showed its picture, and all that was expected is right
  20   the picture differs from the expected one; diff.png shows where
  21   the picture or a text on the console did not come in time
  22   the guest or its command ended before
Others are those of `maro run`; among them:
  2    the command line is wrong or the expected picture cannot be read
  3    KVM is missing, closed to this user or lacks something
  6    the image cannot be made or used
  8    a result cannot be written";
