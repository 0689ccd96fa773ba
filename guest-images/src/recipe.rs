//! The hash of a recipe: everything that decides what comes out.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

/// Collects the inputs of one artifact.
pub struct Recipe {
    hash: Sha256,
}

impl Recipe {
    /// A recipe of the given name; its version is to be raised when the code
    /// that follows it changes what comes out.
    pub fn new(name: &str, version: u32) -> Self {
        let mut recipe = Self {
            hash: Sha256::new(),
        };
        recipe.add("name", name.as_bytes());
        recipe.add("version", &version.to_le_bytes());
        recipe
    }

    /// Adds an input. Names and contents are told apart by their lengths.
    pub fn add(&mut self, name: &str, content: &[u8]) {
        for part in [name.as_bytes(), content] {
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
    }

    /// Adds the files of a folder, in the order of their names.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), Error> {
        let entries = fs::read_dir(folder).map_err(|e| Error::file(folder, e))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|e| Error::file(folder, e))?.path());
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                self.add("folder", name.as_bytes());
                self.add_folder(&path)?;
            } else {
                let content = fs::read(&path).map_err(|e| Error::file(&path, e))?;
                self.add(&name, &content);
            }
        }
        Ok(())
    }

    /// The hash as a name for files: 64 bits are plenty among a few dozen.
    pub fn digest(self) -> String {
        let hash = self.hash.finalize();
        hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The entries of a list file: a line each, without comments.
pub fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(parts: &[(&str, &str)]) -> String {
        let mut recipe = Recipe::new("test", 1);
        for (name, content) in parts {
            recipe.add(name, content.as_bytes());
        }
        recipe.digest()
    }

    #[test]
    fn every_input_counts() {
        let base = digest(&[("a", "1"), ("b", "2")]);
        assert_eq!(base, digest(&[("a", "1"), ("b", "2")]));
        assert_eq!(base.len(), 16);
        for other in [
            &[("a", "1")][..],
            &[("b", "2"), ("a", "1")],
            &[("a", "1b"), ("", "2")],
        ] {
            assert_ne!(base, digest(other));
        }
        assert_ne!(Recipe::new("x", 1).digest(), Recipe::new("x", 2).digest());
    }

    #[test]
    fn a_folder_counts_with_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let digest = || {
            let mut recipe = Recipe::new("test", 1);
            recipe.add_folder(folder.path()).unwrap();
            recipe.digest()
        };
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), "one").unwrap();
        let first = digest();
        assert_eq!(first, digest());
        fs::write(folder.path().join("src/main.rs"), "two").unwrap();
        let second = digest();
        fs::rename(
            folder.path().join("src/main.rs"),
            folder.path().join("main.rs"),
        )
        .unwrap();
        assert!(first != second && second != digest());
    }

    #[test]
    fn lists_have_comments() {
        assert!(entries("# no\n\n one \ntwo\n").eq(["one", "two"]));
    }
}
