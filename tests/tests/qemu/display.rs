//! QEMU's display changes its size, and the guest its mode; then the card dies, and the
//! guest lives on.

use std::fs;

use maro_guest_images::GuestTask;
use maro_renderer::present::compare::Tolerance;
use serde_json::json;

use crate::dbus;
use crate::host::{draw_reference, folder, runs_maro};
use crate::machine::Machine;

/// The guest draws with its own CPU here (QEMU has no display for a virgl guest without a
/// GPU), by another version of Mesa than the host's: edges of triangles may differ.
const EDGES: Tolerance = Tolerance {
    channel: 8,
    pixels: 0.005,
};

/// Draws, and waits for a mode of the second size, for which the kernel must have seen
/// the display event, and asked for the size and the EDID. Draws again in that mode, and
/// then repeats what is typed.
const RUN: &str = "\
maro-scene kms --frames 20 --hold & \
cd -P /sys/class/drm/card0-Virtual-1; \
while echo detect > status; read mode < modes; \
do case $mode in 1000x720) break;; esac; sleep 0.2; done; \
echo new mode $mode; \
kill $!; wait $!; \
maro-scene kms --frames 20 --hold & \
while read line; do echo typed: $line; done";

#[test]
fn guest_follows_qemus_display_and_outlives_its_card() {
    if !runs_maro() {
        return;
    }
    let test = || -> crate::Result {
        let folder = folder("qemu-display");
        let first = draw_reference(&folder.join("first-expected.png"), "640x480", "20")?;
        let second = draw_reference(&folder.join("second-expected.png"), "1000x720", "20")?;
        let task = GuestTask {
            run: Some(RUN.into()),
            ..GuestTask::default()
        };
        let mut machine = Machine::boot(&folder, &task, &["--gpu", "2d"], "dbus,p2p=yes")?;
        machine.guest.wait_for("maro-scene: done")?;
        machine.shows("first", &first, EDGES)?;

        let display = machine.qmp.dbus_display()?;
        dbus::resize(display, 1000, 720)?;
        machine.guest.wait_for("new mode 1000x720")?;
        machine.guest.wait_for("maro-scene: mode 1000x720")?;
        machine.guest.wait_for("maro-scene: done")?;
        machine.shows("second", &second, EDGES)?;

        machine.card.kill()?;
        machine.guest.type_line("still here")?;
        machine.guest.wait_for("typed: still here")?;
        machine.qmp.command("quit", &json!({}))?;
        machine.guest.expect_exit(0)?;
        // What QEMU itself said of it is kept with the rest.
        let said = fs::read_to_string(folder.join("maro.log"))?;
        println!("QEMU said:\n{said}");
        Ok(())
    };
    if let Err(error) = test() {
        panic!("{error}");
    }
}
