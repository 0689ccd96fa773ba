//! Mounts, modules, and the way from an initrd into the root.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount, mount_move};

use crate::cmdline::Options;
use crate::say;

/// The modules to load, one path a line, in order. Only an initrd has it.
const MODULE_LIST: &str = "/modules.list";
/// Where the root is mounted while still in the initrd.
const NEW_ROOT: &str = "/root";
/// Where this program lies in the root image.
const INIT: &str = "/usr/sbin/maro-init";
/// How long a root disk may take to appear.
const ROOT_PATIENCE: Duration = Duration::from_secs(30);

/// Why the guest could not be brought up: what was tried, and on what.
#[derive(Debug)]
pub struct Error(String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error {
    pub fn new(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// Reads the kernel command line.
pub fn options() -> Result<Options, Error> {
    let text = fs::read_to_string("/proc/cmdline").map_err(|e| Error::new("/proc/cmdline", e))?;
    Ok(Options::parse(&text))
}

/// Whether this is the initrd.
pub fn in_initrd() -> bool {
    Path::new(MODULE_LIST).exists()
}

/// Whether the kernel found ACPI tables.
pub fn has_acpi() -> bool {
    Path::new("/sys/firmware/acpi/tables").exists()
}

/// Mounts `/dev`, `/proc` and `/sys` where the kernel has not yet.
pub fn mount_kernel_filesystems() -> Result<(), Error> {
    mount_new("devtmpfs", "/dev", MountFlags::NOSUID, "mode=0755")?;
    mount_new("proc", "/proc", MountFlags::NOSUID, "")?;
    mount_new("sysfs", "/sys", MountFlags::NOSUID, "")
}

/// Gives programs the few places they write to; the root is read-only.
pub fn mount_writable_places() -> Result<(), Error> {
    let options = "mode=0755,size=50%";
    for place in ["/run", "/var", "/root"] {
        mount_new("tmpfs", place, MountFlags::NOSUID, options)?;
    }
    for place in ["/tmp", "/dev/shm"] {
        fs::create_dir_all(place).map_err(|e| Error::new(place, e))?;
        mount_new("tmpfs", place, MountFlags::NOSUID, "mode=1777,size=50%")?;
    }
    fs::create_dir_all("/dev/pts").map_err(|e| Error::new("/dev/pts", e))?;
    mount_new(
        "devpts",
        "/dev/pts",
        MountFlags::NOSUID,
        "mode=0620,ptmxmode=0666",
    )?;
    for place in ["/var/tmp", "/var/log", "/var/cache", "/var/lib"] {
        fs::create_dir(place).map_err(|e| Error::new(place, e))?;
    }
    Ok(())
}

/// A mount that may already be there: then it is left as it is.
fn mount_new(kind: &str, at: &str, flags: MountFlags, options: &str) -> Result<(), Error> {
    let options = std::ffi::CString::new(options).map_err(|e| Error::new(at, e))?;
    match mount(kind, at, kind, flags, options.as_c_str()) {
        Ok(()) | Err(Errno::BUSY) => Ok(()),
        Err(error) => Err(Error::new(format_args!("mount {kind} on {at}"), error)),
    }
}

/// Loads the initrd's modules, mounts the root and becomes its init. Returns
/// only if that failed.
pub fn switch_to_root(options: &Options) -> Error {
    match try_switch(options) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

fn try_switch(options: &Options) -> Result<std::convert::Infallible, Error> {
    load_modules()?;
    let device = options.root.as_deref().unwrap_or("/dev/vda");
    let kind = options.root_type.as_deref().unwrap_or("erofs");
    wait_for(device)?;
    fs::create_dir_all(NEW_ROOT).map_err(|e| Error::new(NEW_ROOT, e))?;
    mount(device, NEW_ROOT, kind, MountFlags::RDONLY, None)
        .map_err(|e| Error::new(format_args!("mount {device} ({kind})"), e))?;
    for place in ["/dev", "/proc", "/sys"] {
        let new = format!("{NEW_ROOT}{place}");
        mount_move(place, &new).map_err(|e| Error::new(new, e))?;
    }
    std::env::set_current_dir(NEW_ROOT).map_err(|e| Error::new(NEW_ROOT, e))?;
    mount_move(".", "/").map_err(|e| Error::new("moving the root", e))?;
    rustix::process::chroot(".").map_err(|e| Error::new("chroot", e))?;
    std::env::set_current_dir("/").map_err(|e| Error::new("/", e))?;
    Err(Error::new(INIT, Command::new(INIT).exec()))
}

/// Loads what the list names. The list is in an order in which every module
/// comes after those that it needs, so nothing has to be looked up here.
fn load_modules() -> Result<(), Error> {
    let list = fs::read_to_string(MODULE_LIST).map_err(|e| Error::new(MODULE_LIST, e))?;
    let mut loaded = 0;
    for path in list.lines() {
        let file = File::open(path).map_err(|e| Error::new(path, e))?;
        match rustix::system::finit_module(&file, c"", 0) {
            Ok(()) => loaded += 1,
            // Loaded already, or built for a device that is not here.
            Err(Errno::EXIST | Errno::NODEV) => {}
            Err(error) => return Err(Error::new(path, error)),
        }
        // Rootfs memory is the guest's memory.
        drop(fs::remove_file(path));
    }
    say("modules", loaded);
    Ok(())
}

fn wait_for(device: &str) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        match fs::metadata(device) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::new(device, error));
            }
            Err(_) if start.elapsed() > ROOT_PATIENCE => {
                let reason = "the root disk did not appear; is it given to the machine?";
                return Err(Error::new(device, reason));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
