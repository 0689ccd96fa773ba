//! A guest finds all devices by ACPI alone, and its power button ends it.

use std::fs;

use maro_guest_images::GuestTask;

use crate::guest::{self, Guest};
use crate::host::{folder, guest_test};
use crate::screen::Screen;
use crate::servers::Xvfb;

/// Lists what the kernel found, and uses the second disk and the console. No program is
/// started: each would take a second on a software KVM.
const LIST: &str = "\
for d in /sys/bus/virtio/devices/*; do \
read id < $d/device; cd -P $d/driver || cd /; echo virtio $id ${PWD##*/}; done; \
for d in /sys/bus/acpi/devices/*; do [ -e $d/hid ] && read id < $d/hid && echo acpi $id; done; \
for d in /sys/class/input/input*; do read name < $d/name; echo input $name; done; \
while read key rest; do case $key in processor) echo cpu $rest;; esac; done < /proc/cpuinfo; \
cd -P /sys/class/tty/ttyS0/device && echo serial $PWD; \
read word < /dev/vdb; echo disk $word; \
echo written by the guest > /dev/hvc0; \
echo listed; read line";

/// Device number and driver, in the order in which maro adds the devices.
const VIRTIO: [&str; 7] = [
    "0x0002 virtio_blk",
    "0x0002 virtio_blk",
    "0x0003 virtio_console",
    "0x0004 virtio_rng",
    "0x0010 virtio_gpu",
    "0x0012 virtio_input",
    "0x0012 virtio_input",
];

/// How many devices of each identifier ACPI must name, besides the CPUs.
const ACPI: [(&str, usize); 4] = [
    ("LNRO0005", VIRTIO.len()),
    ("PNP0501", 1),
    ("PNP0B00", 1),
    ("PNP0C0C", 1),
];

#[test]
fn guest_finds_every_device_by_acpi_and_obeys_the_power_button() {
    guest_test(|| {
        let folder = folder("acpi");
        let disk = folder.join("disk.img");
        let mut content = b"from-the-second-disk\n".to_vec();
        content.resize(1 << 20, 0);
        fs::write(&disk, content)?;
        let console = folder.join("hvc0.log");

        let task = GuestTask {
            run: Some(LIST.into()),
            acpi: true,
            ..GuestTask::default()
        };
        let server = Xvfb::start()?;
        let mut command = guest::command(&task, "")?;
        command
            .env("DISPLAY", server.display())
            .env_remove("WAYLAND_DISPLAY")
            .args(["--display", "window", "--resolution", "320x240"])
            .args(["--device-discovery", "acpi", "--stats", "--disk"])
            .arg(&disk)
            .arg("--console")
            .arg(format!("file={}", console.display()));
        let mut guest = Guest::boot(&mut command, &folder)?;
        guest.wait_for("listed")?;

        assert_eq!(guest.values("virtio"), VIRTIO);
        let acpi = guest.values("acpi");
        let cpus = guest.values("cpu").len();
        for (id, count) in ACPI.into_iter().chain([("ACPI0007", cpus)]) {
            let found = acpi.iter().filter(|found| **found == id).count();
            assert_eq!(found, count, "{id} in {acpi:?}");
        }
        assert!(cpus > 0);
        let inputs = guest.values("input");
        assert!(
            inputs.contains(&"Power Button") && inputs.len() == 3,
            "{inputs:?}"
        );
        // Under the PNP bus, which is where the ACPI tables are read.
        let serial = guest.values("serial");
        assert!(
            serial.iter().any(|path| path.contains("/pnp0/")),
            "{serial:?}"
        );
        assert_eq!(guest.values("disk"), ["from-the-second-disk"]);
        assert_eq!(
            fs::read_to_string(&console)?.trim_end(),
            "written by the guest"
        );

        let screen = Screen::connect(&server.display())?;
        screen.close_window()?;
        guest.wait_for("maro-init: power button pressed")?;
        guest.wait_for("reboot: Power down")?;
        guest.expect_exit(0)
    });
}
