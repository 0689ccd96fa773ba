//! Real programs over `maro vtest` draw what they draw on the host's driver directly:
//! every frame, pixel by pixel.
//!
//! apitrace records a program's calls once; the same calls then run on either side, so
//! that clocks change nothing. A compositor draws by what its windows keep from frame to
//! frame, which a recording loses; it runs itself, with clients that stand still.
//!
//! Runs when `MARO_GUEST_TESTS=1` is set, as `cargo xtask test` does. `MARO_BIN` names the
//! `maro` to test; without it, it is the one in the target folder. Pictures of a failure
//! are kept in a folder of each test under `target/tmp/pictures`.

mod compare;
mod desktop;
mod programs;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use maro_guest_images::Terminal;
use maro_tests::rig::server::{self, MESA};
use maro_tests::rig::{Renderer, Room, Server, room};

/// What a test and its helpers return.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const SOCKET: &str = "/tmp/vtest";
/// The only display of a room.
const DISPLAY: &str = ":0";
/// The names without a version that apitrace asks for.
const LIBRARIES: [(&str, &str); 2] = [
    ("libEGL.so", "libEGL.so.1"),
    ("libGLESv2.so", "libGLESv2.so.2"),
];

/// Which side draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Direct,
    Maro,
}

/// Debian's tree with a server of maro and, when the test starts it, a display.
struct Studio {
    // Before the room, which ends it.
    server: Option<Server>,
    room: Room,
    shared: tempfile::TempDir,
    /// What stays after the test.
    out: PathBuf,
}

impl Studio {
    /// `None` if these tests were not asked for.
    fn open(test: &str) -> Result<Option<Self>> {
        if env::var_os("MARO_GUEST_TESTS").is_none_or(|value| value != "1") {
            println!("skipped: run `cargo xtask test`, or set MARO_GUEST_TESTS=1");
            return Ok(None);
        }
        let tree = maro_guest_images::prepare_conformance_tree(&mut Terminal::default())?;
        let out = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("pictures")
            .join(test);
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        fs::create_dir_all(&out)?;
        let shared = tempfile::tempdir()?;
        let library = shared.path().join("lib");
        fs::create_dir(&library)?;
        for (name, target) in LIBRARIES {
            let target = Path::new("/usr/lib/x86_64-linux-gnu").join(target);
            std::os::unix::fs::symlink(target, library.join(name))?;
        }
        let renderer = Renderer::Maro {
            program: maro_tests::maro(),
            arguments: ["-v", "--host", "gles"].map(str::to_owned).into(),
        };
        server::install(&renderer, shared.path())?;
        let room = Room::open(&tree, shared.path())?;
        let server = Server::start(&room, &renderer, SOCKET)?;
        Ok(Some(Self {
            server,
            room,
            shared,
            out,
        }))
    }

    /// A command of the room that draws on one side.
    fn command(&self, side: Side) -> std::process::Command {
        let driver = match side {
            Side::Direct => "llvmpipe",
            Side::Maro => "virpipe",
        };
        let library = format!("{}/lib", room::SHARED);
        let mut environment = MESA.to_vec();
        environment.extend([
            ("GALLIUM_DRIVER", driver),
            ("VTEST_SOCKET_NAME", SOCKET),
            ("DISPLAY", DISPLAY),
            ("XDG_RUNTIME_DIR", room::SHARED),
            ("LD_LIBRARY_PATH", &library),
        ]);
        let mut command = self.room.command(&environment);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a shell's script to its end and returns what it printed.
    fn script(&self, side: Side, script: &str) -> Result<String> {
        let output = self
            .command(side)
            .args(["sh", "-c", script])
            .stderr(Stdio::inherit())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        Err(format!("{script}\nended with {}: {text}", output.status).into())
    }

    /// What maro logged since the last call; an error if that tells of a problem.
    fn log(&mut self) -> Result<String> {
        let log = self
            .server
            .as_mut()
            .map(Server::new_log)
            .unwrap_or_default();
        if let Some(complaint) = server::complaints(&log).next() {
            return Err(format!("maro says: {complaint}").into());
        }
        Ok(log)
    }
}
