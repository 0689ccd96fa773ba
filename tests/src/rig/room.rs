//! The place where tests run: Debian's tree with namespaces of its own around it.
//!
//! Mounts, processes and the network are the room's alone. All of it ends with the room,
//! and the room ends with this process, however that ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Error;

/// Where the room's own folder is, seen from inside.
pub const SHARED: &str = "/mnt";

/// Mounts what programs need, enters the tree and says the process's number outside. Then
/// it waits for the end of its input, which comes when whoever opened the room is gone: as
/// process 1 of the room it takes all others with it.
const ENTER: &str = r#"set -e
tree=$1
mount --make-rprivate /
mount --rbind /dev "$tree/dev"
mount --rbind /sys "$tree/sys"
mount -t tmpfs tmpfs "$tree/tmp"
mount --bind "$2" "$tree/mnt"
read -r outside rest < /proc/self/stat
mount -t proc proc "$tree/proc"
exec chroot "$tree" sh -c 'echo "$0"; exec cat' "$outside"
"#;

/// An open room.
#[derive(Debug)]
pub struct Room {
    first: Child,
    outside: String,
    shared: PathBuf,
}

impl Room {
    /// Opens a room in `tree`, with the folder `shared` at [`SHARED`].
    ///
    /// # Errors
    /// [`Error::NoRoom`] if namespaces cannot be had.
    pub fn open(tree: &Path, shared: &Path) -> Result<Self, Error> {
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        let mut first = command
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child"])
            .args(["sh", "-c", ENTER, "sh"])
            .args([tree, shared])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| Error::NoRoom(e.to_string()))?;
        let mut outside = String::new();
        if let Some(output) = first.stdout.take() {
            let read = BufReader::new(output).read_line(&mut outside);
            read.map_err(|e| Error::NoRoom(e.to_string()))?;
        }
        let outside = outside.trim().to_owned();
        if outside.is_empty() {
            let status = first.wait().map_err(|e| Error::NoRoom(e.to_string()))?;
            return Err(Error::NoRoom(status.to_string()));
        }
        Ok(Self {
            first,
            outside,
            shared: shared.to_owned(),
        })
    }

    /// A command that runs in the room, with nothing but the given environment.
    pub fn command(&self, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.outside]);
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
            .args(["--mount", "--net", "--pid", "--root", "env"])
            .args(["--ignore-environment", "--chdir=/"])
            .args(["PATH=/usr/sbin:/usr/bin", "HOME=/tmp", "LC_ALL=C.UTF-8"]);
        for (name, value) in environment {
            command.arg(format!("{name}={value}"));
        }
        command
    }

    /// A file of the room, seen from outside.
    pub fn path(&self, inside: &str) -> PathBuf {
        Path::new("/proc")
            .join(&self.outside)
            .join("root")
            .join(inside.trim_start_matches('/'))
    }

    /// The folder that is shared with the room.
    pub fn shared(&self) -> &Path {
        &self.shared
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.first.stdin.take());
        // It ends on its own now; its status says nothing.
        let _ = self.first.wait();
    }
}
