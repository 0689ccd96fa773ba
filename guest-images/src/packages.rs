//! The Debian packages that the recipes' tools come from.

use std::ffi::OsStr;

use crate::Error;
use crate::cache::Workspace;
use crate::command::{Step, output};

/// Makes sure that packages are installed. Root installs what is missing; others
/// are told the command.
pub fn require(packages: &[&str], what: &str, workspace: &mut Workspace<'_>) -> Result<(), Error> {
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Error::PackagesMissing {
            what: what.to_owned(),
            packages: missing,
        });
    }
    if install(&missing, workspace).is_ok() {
        return Ok(());
    }
    // A fresh machine has no package lists, or old ones.
    apt("reading the package lists")
        .arg("update")
        .run(workspace)?;
    install(&missing, workspace)
}

fn install(packages: &[String], workspace: &mut Workspace<'_>) -> Result<(), Error> {
    apt(&format!("installing {}", packages.join(" ")))
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .run(workspace)
}

fn apt(name: &str) -> Step {
    // Another package manager may be at work: wait for its lock.
    Step::new(name, "apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=600"])
}

fn missing(packages: &[&str]) -> Result<Vec<String>, Error> {
    let mut args = vec![
        OsStr::new("-Wf"),
        OsStr::new("${Package} ${db:Status-Status}\n"),
    ];
    args.extend(packages.iter().map(OsStr::new));
    let listed = match output("dpkg-query", &args) {
        Ok((_, listed)) => listed,
        Err(Error::CannotStart { .. }) => return Err(Error::NotDebian),
        Err(error) => return Err(error),
    };
    Ok(not_installed(packages, &listed))
}

/// Which packages `dpkg-query` does not list as installed. One that it has
/// never heard of is not in the list at all.
fn not_installed(packages: &[&str], listed: &str) -> Vec<String> {
    let installed = |package: &&&str| {
        listed
            .lines()
            .any(|line| line.split_once(' ') == Some((package, "installed")))
    };
    let absent = packages.iter().filter(|package| !installed(package));
    absent.map(|package| (*package).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_not_installed() {
        let listed = "gcc installed\nflex config-files\nbc installed\n";
        assert_eq!(
            not_installed(&["gcc", "flex", "bc", "bison"], listed),
            ["flex", "bison"]
        );
        assert!(not_installed(&["gcc"], listed).is_empty());
    }

    #[test]
    fn the_message_is_a_command_to_copy() {
        let error = Error::PackagesMissing {
            what: "the root image".to_owned(),
            packages: vec!["mmdebstrap".to_owned(), "erofs-utils".to_owned()],
        };
        let text = error.to_string();
        let command = "apt-get install --no-install-recommends mmdebstrap erofs-utils";
        assert!(text.contains(command), "{text}");
    }
}
