//! Writing to standard output and standard error, whose reader may leave early
//! (`maro doctor | head`, `maro smoke 2>&1 | grep -q ok`).

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::exit::ExitStatus;

/// Prints `text` as it is. A reader that has left has read what it wanted, so that is no
/// failure; anything else, a full disk for example, is told on standard error.
///
/// # Errors
/// The status to end with.
pub fn print(text: impl Display) -> Result<(), ExitStatus> {
    write_to(&mut io::stdout().lock(), text).map_err(|error| {
        tell(format_args!(
            "maro: Standard output cannot be written: {error}"
        ));
        ExitStatus::Output
    })
}

/// Writes a line to standard error. The exit code says the same to who does not listen,
/// so a line that is lost changes nothing.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn write_to(output: &mut impl Write, text: impl Display) -> io::Result<()> {
    let written = write!(output, "{text}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};

    use super::*;

    #[test]
    fn reader_that_has_left_is_no_failure() {
        let (reader, writer) = rustix::pipe::pipe().expect("makes a pipe");
        drop(reader);
        assert!(write_to(&mut File::from(writer), "text").is_ok());
    }

    #[test]
    fn full_disk_is_a_failure() {
        let full = OpenOptions::new().write(true).open("/dev/full");
        let error = write_to(&mut full.expect("opens"), "text").expect_err("full");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
