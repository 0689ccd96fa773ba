//! `maro gpu` from outside: how it meets a monitor, and how it ends.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Output};

use common::{file, finish, maro, stderr};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The 2D card needs no GL, which a machine that runs these tests may lack.
const CARD: [&str; 5] = ["gpu", "--gpu", "2d", "--display", "headless"];

/// A card that waits for its monitor.
struct Card {
    process: Child,
    socket: PathBuf,
    _folder: TempDir,
}

impl Card {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("gpu");
        let mut process = maro(&CARD)
            .args(options)
            .arg("--socket-path")
            .arg(&socket)
            .spawn()
            .expect("starts");
        let output = process.stdout.take().expect("an output");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("a line");
        assert_eq!(line, format!("Listening on {}\n", socket.display()));
        Self {
            process,
            socket,
            _folder: folder,
        }
    }

    /// A monitor that has asked for features (GET_FEATURES, version 1, no body) and got
    /// its answer.
    fn monitor(&self) -> UnixStream {
        let mut monitor = UnixStream::connect(&self.socket).expect("it listens");
        let request = [1u32, 1, 0].map(u32::to_ne_bytes).concat();
        monitor.write_all(&request).expect("sent");
        let mut answer = [0; 12 + 8];
        monitor.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer[..12], [1u32, 5, 8].map(u32::to_ne_bytes).concat());
        monitor
    }

    /// Waits for its end, after which its socket is gone.
    fn finish(self) -> Output {
        let output = finish(self.process);
        assert!(!self.socket.exists(), "the socket is left behind");
        output
    }
}

#[track_caller]
fn expect(output: &Output, code: i32, hint: &str) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(message.contains(hint), "no `{hint}` in: {message}");
}

/// Runs a card that cannot listen at `path`.
fn expect_no_socket(path: &Path, hint: &str) {
    let mut command = maro(&CARD);
    command.arg("--socket-path").arg(path);
    expect(&finish(command.spawn().expect("starts")), 9, hint);
}

#[test]
fn socket_that_cannot_be_had_has_its_exit_code() {
    expect_no_socket(Path::new("/nonexistent/gpu"), "/nonexistent/gpu");
    expect_no_socket(file(b"text").path(), "is not a socket");
    let other = Card::start(&[]);
    expect_no_socket(&other.socket, "Another server listens");
    // Having been looked at, it still waits.
    drop(other.monitor());
    expect(&other.finish(), 0, "");
}

#[test]
fn monitor_that_leaves_ends_the_card_in_peace() {
    let card = Card::start(&[]);
    let monitor = card.monitor();
    drop(monitor);
    expect(&card.finish(), 0, "");
}

#[test]
fn monitor_that_breaks_the_protocol_is_told_of() {
    let card = Card::start(&[]);
    let mut monitor = card.monitor();
    monitor.write_all(&[0xff; 12]).expect("sent");
    expect(&card.finish(), 9, "vhost-user: the front end's request");
}

#[test]
fn signal_ends_a_card_that_nobody_wants() {
    let card = Card::start(&[]);
    let pid = i32::try_from(card.process.id())
        .ok()
        .and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), Signal::TERM).expect("sent");
    expect(&card.finish(), 143, "");
}

#[test]
fn screenshot_of_a_guest_that_drew_nothing_is_missed() {
    let card = Card::start(&["--screenshot", "/nonexistent/x.png"]);
    drop(card.monitor());
    expect(&card.finish(), 8, "the guest has not shown a picture");
}
