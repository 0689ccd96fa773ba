//! What came of a test, read from what it printed and how it ended.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// How a test ended, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// All is as it should be.
    Pass,
    /// Something it needs is not offered.
    Skip,
    /// Right, with a complaint.
    Warn,
    /// Something is wrong.
    Fail,
    /// The server refused a command, or logged an error.
    ServerError,
    /// The test's process was ended by a signal.
    Crash,
    /// It did not end in time.
    Timeout,
    /// The server ended during the test.
    ServerCrash,
}

/// All of them, with the names used in files.
pub const STATUSES: [(Status, &str); 8] = [
    (Status::Pass, "pass"),
    (Status::Skip, "skip"),
    (Status::Warn, "warn"),
    (Status::Fail, "fail"),
    (Status::ServerError, "server-error"),
    (Status::Crash, "crash"),
    (Status::Timeout, "timeout"),
    (Status::ServerCrash, "server-crash"),
];

impl Status {
    /// Whether an expectation may say this: errors of the server, crashes and hangs are
    /// never expected.
    pub fn may_be_expected(self) -> bool {
        matches!(self, Self::Skip | Self::Warn | Self::Fail)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = STATUSES.iter().find(|(status, _)| status == self);
        f.pad(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Status {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let found = STATUSES.iter().find(|(_, name)| *name == text);
        found.map(|(status, _)| *status).ok_or(())
    }
}

/// How a test's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal,
    /// It was stopped when its time was over.
    TimedOut,
}

/// What a test said of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its own judgement; none if it never gave one.
    pub result: Option<Status>,
    /// Its parts.
    pub subtests: BTreeMap<String, Status>,
}

/// Reads the lines that begin with `PIGLIT:`, each with a JSON object.
pub fn read(output: &str) -> Said {
    let mut said = Said::default();
    for line in output.lines() {
        let Some(json) = line.trim_start().strip_prefix("PIGLIT:") else {
            continue;
        };
        let Ok(value) = serde_json::from_str::<Value>(json.trim()) else {
            continue;
        };
        if let Some(status) = value.get("result").and_then(status) {
            said.result = Some(status);
        }
        let parts = value.get("subtest").and_then(Value::as_object);
        for (name, value) in parts.into_iter().flatten() {
            if let Some(status) = status(value) {
                said.subtests.insert(name.clone(), status);
            }
        }
    }
    said
}

fn status(value: &Value) -> Option<Status> {
    value.as_str()?.parse().ok()
}

/// The status of a whole test. As in piglit, a part that is worse than the whole decides,
/// and a process that ends with an error has not passed.
pub fn judge(said: &Said, ending: Ending) -> Status {
    let code = match ending {
        Ending::Signal => return Status::Crash,
        Ending::TimedOut => return Status::Timeout,
        Ending::Code(code) => code,
    };
    let parts = said.subtests.values().copied();
    // Skipped parts do not make a test that ran a skipped one.
    let worst = parts.filter(|status| *status > Status::Skip).max();
    let own = match said.result {
        Some(Status::Pass) if code != 0 => Status::Warn,
        Some(Status::Skip) if code == 0 => Status::Skip,
        Some(status) if code == 0 => status,
        // No judgement, or a bad ending.
        _ => Status::Fail,
    };
    worst.map_or(own, |worst| own.max(worst))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(output: &str, code: i32) -> Status {
        judge(&read(output), Ending::Code(code))
    }

    #[test]
    fn a_test_is_as_it_says_unless_it_ends_badly() {
        let pass = "noise\nPIGLIT: {\"result\": \"pass\" }\n";
        assert_eq!(judged(pass, 0), Status::Pass);
        assert_eq!(judged(pass, 1), Status::Warn);
        assert_eq!(judged("PIGLIT: {\"result\": \"skip\" }", 0), Status::Skip);
        assert_eq!(judged("PIGLIT: {\"result\": \"fail\" }", 1), Status::Fail);
        assert_eq!(judged("nothing", 0), Status::Fail);
        assert_eq!(judge(&read(pass), Ending::Signal), Status::Crash);
        assert_eq!(judge(&read(pass), Ending::TimedOut), Status::Timeout);
    }

    #[test]
    fn the_worst_part_decides() {
        let parts = "PIGLIT: {\"subtest\": {\"a\" : \"skip\"}}\n\
                     PIGLIT: {\"subtest\": {\"b\" : \"fail\"}}\n";
        let whole = "PIGLIT: {\"result\": \"pass\" }\n";
        assert_eq!(judged(&format!("{parts}{whole}"), 0), Status::Fail);
        let skipped = "PIGLIT: {\"subtest\": {\"a\" : \"skip\"}}\n";
        assert_eq!(judged(&format!("{skipped}{whole}"), 0), Status::Pass);
        assert_eq!(read(parts).subtests.len(), 2);
    }

    #[test]
    fn names_are_read_back() {
        for (status, name) in STATUSES {
            assert_eq!(status.to_string().parse(), Ok(status));
            assert_eq!(name.parse(), Ok(status));
        }
        assert_eq!("good".parse::<Status>(), Err(()));
    }
}
