//! QEMU with a card of `maro gpu`.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use maro_gpu::renderer::Image;
use maro_guest_images::{GuestTask, HostInfo, HostKind, KernelChoice, Request, Terminal};
use maro_renderer::present::compare::{Tolerance, compare};
use maro_renderer::present::png;

use tempfile::TempDir;

use crate::guest::Guest;
use crate::qmp::Qmp;
use crate::{LIMIT, Result, host};

/// What init says when it is the root's.
const READY: &str = "maro-init: ready";
/// How long a guest may take for that: a multiple of what it takes on a busy host.
const BOOT_LIMIT: Duration = Duration::from_secs(100);

/// A running `maro gpu`; it is ended with this value.
pub struct Card(Child);

impl Card {
    /// Starts it and waits until QEMU may connect.
    fn start(folder: &Path, socket: &Path, options: &[&str]) -> Result<Self> {
        let mut process = Command::new(host::maro())
            .args(["gpu", "--display", "monitor", "--socket-path"])
            .arg(socket)
            .arg("--screenshot")
            .arg(folder.join("screenshot.png"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("gpu.log"))?)
            .spawn()?;
        let output = process.stdout.take().ok_or("maro has no output")?;
        let card = Self(process);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if !line.starts_with("Listening on ") {
            return Err(format!("maro gpu does not listen: {line}").into());
        }
        Ok(card)
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) -> Result {
        self.0.kill()?;
        let status = self.0.wait()?;
        match status.signal() {
            Some(_) => Ok(()),
            None => Err(format!("maro gpu had ended before: {status}").into()),
        }
    }

    /// Waits for its end, which must be a success.
    pub fn expect_success(&mut self) -> Result {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(status) = self.0.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("maro gpu: {status}").into())
                };
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("maro gpu does not end".into())
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A guest of QEMU's.
pub struct Machine {
    pub guest: Guest,
    pub card: Card,
    pub qmp: Qmp,
    folder: PathBuf,
    _sockets: TempDir,
}

impl Machine {
    /// Boots Debian's kernel for `task`, with a card that `card` describes and one of
    /// QEMU's displays.
    pub fn boot(folder: &Path, task: &GuestTask, card: &[&str], display: &str) -> Result<Self> {
        let mut machine = Self::start(folder, task, card, display)?;
        let deadline = Instant::now() + BOOT_LIMIT;
        if machine.guest.wait_until(READY, deadline).is_ok() {
            return Ok(machine);
        }
        // On a host that is too busy, an emulated CPU can come up without a timer that
        // ticks, and Linux waits for it for ever. That says nothing of the card.
        println!("the guest does not come up within {BOOT_LIMIT:?}: once more");
        drop(machine);
        let mut machine = Self::start(folder, task, card, display)?;
        machine.guest.wait_for(READY)?;
        Ok(machine)
    }

    fn start(folder: &Path, task: &GuestTask, card: &[&str], display: &str) -> Result<Self> {
        // Paths of sockets have to be short.
        let sockets = tempfile::tempdir()?;
        let [gpu, control] = ["gpu", "control"].map(|name| sockets.path().join(name));
        let mut command = command(&gpu, &control, task, display)?;
        let card = Card::start(folder, &gpu, card)?;
        let guest = Guest::boot(&mut command, folder)?;
        let qmp = Qmp::connect(&control)?;
        Ok(Self {
            guest,
            card,
            qmp,
            folder: folder.to_owned(),
            _sockets: sockets,
        })
    }

    /// What QEMU shows now, kept as `name`.png.
    pub fn picture(&mut self, name: &str) -> Result<Image> {
        let file = self.folder.join(format!("{name}.png"));
        self.qmp.screendump(&file)?;
        Ok(png::read_file(&file)?)
    }

    /// Waits until QEMU shows `expected`.
    pub fn shows(&mut self, name: &str, expected: &Image, tolerance: Tolerance) -> Result {
        let start = Instant::now();
        loop {
            let found = compare(&self.picture(name)?, expected, tolerance);
            match found {
                Ok(found) if found.matches => return Ok(()),
                Ok(found) if start.elapsed() > LIMIT => {
                    let diff = self.folder.join(format!("{name}-diff.png"));
                    png::write_file(&diff, &found.diff)?;
                    let percent = found.share() * 100.0;
                    let most = found.max_difference;
                    return Err(format!(
                        "{name}: {percent:.2} % of the picture differ, by up to {most}; see {}",
                        diff.display()
                    )
                    .into());
                }
                Err(error) if start.elapsed() > LIMIT => return Err(error.into()),
                _ => thread::sleep(Duration::from_millis(200)),
            }
        }
    }
}

/// QEMU from its tree: started by the tree's own loader, so that the host's libraries do
/// not matter.
fn qemu() -> Result<Command> {
    let tree = maro_guest_images::prepare_qemu_tree(&mut Terminal::default())?;
    let libraries = tree.join("usr/lib/x86_64-linux-gnu");
    let mut command = Command::new(tree.join("usr/lib64/ld-linux-x86-64.so.2"));
    command
        .env("QEMU_MODULE_DIR", libraries.join("qemu"))
        .arg("--library-path")
        .arg(&libraries)
        .arg(tree.join("usr/bin/qemu-system-x86_64"));
    for firmware in ["usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"] {
        command.arg("-L").arg(tree.join(firmware));
    }
    Ok(command)
}

/// A name and a path as one option of QEMU's.
fn option(name: &str, path: &Path, rest: &str) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option.push(rest);
    option
}

fn command(gpu: &Path, control: &Path, task: &GuestTask, display: &str) -> Result<Command> {
    let request = Request {
        kernel: KernelChoice::Stock,
        // What stands behind /dev/kvm, if anything, does not matter to an emulator.
        ..Request::new(HostKind::HardwareKvm)
    };
    let image = maro_guest_images::prepare(&request, &mut Terminal::default())?;
    let line = image.cmdline(&HostInfo { tsc_khz: 0 }, task)?;
    let initrd = image.initrd.ok_or("a stock kernel has an initrd")?;
    let mut command = qemu()?;
    command
        .args(["-nodefaults", "-no-reboot", "-nic", "none", "-vga", "none"])
        .args(["-machine", "q35,accel=tcg,memory-backend=ram"])
        .args(["-cpu", "max", "-smp", "2", "-m", "1G"])
        .args(["-object", "memory-backend-memfd,id=ram,size=1G,share=on"])
        .arg("-chardev")
        .arg(option("socket,id=gpu,path=", gpu, ""))
        .args([
            "-device",
            "vhost-user-gpu-pci,chardev=gpu,xres=640,yres=480",
        ])
        .args(["-display", display, "-serial", "stdio", "-monitor", "none"])
        .arg("-qmp")
        .arg(option("unix:", control, ",server=on,wait=off"))
        .arg("-drive")
        .arg(option(
            "if=none,id=root,format=raw,readonly=on,file=",
            &image.disk,
            "",
        ))
        .args(["-device", "virtio-blk-pci,drive=root"])
        .args(["-append", &line])
        .arg("-kernel")
        .arg(&image.kernel)
        .arg("-initrd")
        .arg(initrd);
    Ok(command)
}
