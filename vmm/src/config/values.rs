//! The values that options take: each parses from the same text on the command line
//! and in the configuration file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use serde::Deserialize;

/// An amount of guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct MemorySize {
    /// Size in bytes.
    pub bytes: u64,
}

/// Factors of the suffixes that a memory size may end in.
const SIZE_SUFFIXES: [(&str, u64); 4] = [
    ("K", 1 << 10),
    ("M", 1 << 20),
    ("G", 1 << 30),
    ("T", 1 << 40),
];

impl FromStr for MemorySize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not an amount of memory: write a whole number and K, M, G or T, \
                 for example 512M or 2G (a bare number counts MiB)"
            )
        };
        let upper = text.trim().to_ascii_uppercase();
        let (digits, factor) = SIZE_SUFFIXES
            .iter()
            .find_map(|&(suffix, factor)| upper.strip_suffix(suffix).map(|rest| (rest, factor)))
            .unwrap_or((&upper, 1 << 20));
        let count: u64 = digits.parse().map_err(|_| wrong())?;
        let bytes = count.checked_mul(factor).ok_or_else(wrong)?;
        Ok(Self { bytes })
    }
}

impl TryFrom<String> for MemorySize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (suffix, factor) = SIZE_SUFFIXES
            .iter()
            .rev()
            .find(|(_, factor)| self.bytes != 0 && self.bytes.is_multiple_of(*factor))
            .unwrap_or(&("", 1));
        write!(f, "{}{suffix}", self.bytes / factor)
    }
}

/// A disk image: `path` or `path,ro`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DiskOption {
    /// The image, read as raw sectors; may be a block device.
    pub path: PathBuf,
    /// The guest may not write it.
    pub read_only: bool,
}

impl FromStr for DiskOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, read_only) = match text.rsplit_once(',') {
            Some((path, "ro")) => (path, true),
            Some((path, "rw")) => (path, false),
            Some((_, other)) => {
                return Err(format!(
                    "`{other}` after the comma is not a disk flag: write `path` or `path,ro`"
                ));
            }
            None => (text, false),
        };
        if path.is_empty() {
            return Err("the path of the disk image is missing".to_owned());
        }
        Ok(Self {
            path: path.into(),
            read_only,
        })
    }
}

impl TryFrom<String> for DiskOption {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Where characters from the guest go: `stdio`, `file=PATH` or `none`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum CharacterOption {
    /// This terminal, both ways.
    Stdio,
    /// Output into a file, which is overwritten; no input.
    File(PathBuf),
    /// Output is dropped; no input.
    None,
}

impl FromStr for CharacterOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("file=")) {
            ("stdio", _) => Ok(Self::Stdio),
            ("none", _) => Ok(Self::None),
            (_, Some(path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(format!(
                "`{text}` is not one of `stdio`, `file=PATH` and `none`"
            )),
        }
    }
}

impl TryFrom<String> for CharacterOption {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl CharacterOption {
    /// Makes a relative path start at `folder`.
    pub fn rebase(&mut self, folder: &Path) {
        if let Self::File(path) = self {
            *path = folder.join(&path);
        }
    }
}

/// Size of the guest's screen in pixels: `WIDTHxHEIGHT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Resolution {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Largest width and height of a screen: what 2D resources of Linux guests are limited to.
const MAX_SCREEN_EDGE: u32 = 8192;

impl FromStr for Resolution {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let edge = |digits: &str| {
            digits
                .parse::<u32>()
                .ok()
                .filter(|edge| (64..=MAX_SCREEN_EDGE).contains(edge))
        };
        text.split_once(['x', 'X'])
            .and_then(|(width, height)| {
                Some(Self {
                    width: edge(width)?,
                    height: edge(height)?,
                })
            })
            .ok_or_else(|| {
                format!(
                    "`{text}` is not a screen size: write WIDTHxHEIGHT, for example 1280x800, \
                     each between 64 and {MAX_SCREEN_EDGE}"
                )
            })
    }
}

impl TryFrom<String> for Resolution {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// The guest's graphics card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GpuOption {
    /// None.
    Off,
    /// A plain screen: the guest draws with its CPU.
    #[value(name = "2d")]
    #[serde(rename = "2d")]
    TwoD,
    /// OpenGL through the guest's virgl driver and the host's OpenGL ES.
    Virgl,
}

/// Where the guest's screen is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisplayOption {
    /// A window where the host has a display, else headless.
    Auto,
    /// A window.
    Window,
    /// Nowhere, but pictures can be taken.
    Headless,
    /// There is no screen.
    None,
}

/// How the guest's kernel learns of the virtio-mmio devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiscoveryOption {
    /// By the command line for a kernel that can be seen to need it, else by ACPI.
    Auto,
    /// By ACPI (`LNRO0005` devices in the DSDT).
    Acpi,
    /// By `virtio_mmio.device=` on the kernel's command line.
    Cmdline,
    /// Both ways.
    Both,
}

/// Whether to work around the limits of a KVM that runs without hardware support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuirksOption {
    /// Add the kernel parameters that such a KVM needs, where it is found.
    Auto,
    /// Leave the kernel's command line as it is.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_size_with_suffix_counts_bytes() {
        for (text, bytes) in [
            ("512M", 512 << 20),
            ("512m", 512 << 20),
            ("2G", 2 << 30),
            ("131072K", 128 << 20),
            ("256", 256 << 20),
            ("1T", 1 << 40),
        ] {
            assert_eq!(text.parse(), Ok(MemorySize { bytes }), "{text}");
        }
    }

    #[test]
    fn memory_size_of_nonsense_says_how_to_write_it() {
        for text in [
            "",
            "M",
            "-5M",
            "1.5G",
            "12Q",
            "99999999999999999999",
            "999999999T",
            "0x10M",
        ] {
            let message = text.parse::<MemorySize>().expect_err(text);
            assert!(message.contains("512M"), "{message}");
        }
    }

    #[test]
    fn memory_size_prints_in_the_largest_whole_unit() {
        for text in ["512M", "3G", "1536M", "5K"] {
            assert_eq!(
                text.parse::<MemorySize>().expect("parses").to_string(),
                text
            );
        }
    }

    #[test]
    fn disk_with_flag_is_split_at_the_last_comma() {
        let disk: DiskOption = "a,b.img,ro".parse().expect("parses");
        assert_eq!(
            disk,
            DiskOption {
                path: "a,b.img".into(),
                read_only: true
            }
        );
        assert!(!"root.img".parse::<DiskOption>().expect("parses").read_only);
        assert!(
            "root.img,fast"
                .parse::<DiskOption>()
                .expect_err("flag")
                .contains("`fast`")
        );
        assert!(",ro".parse::<DiskOption>().is_err());
    }

    #[test]
    fn character_option_takes_three_forms() {
        assert_eq!("stdio".parse(), Ok(CharacterOption::Stdio));
        assert_eq!("none".parse(), Ok(CharacterOption::None));
        assert_eq!(
            "file=/tmp/x".parse(),
            Ok(CharacterOption::File("/tmp/x".into()))
        );
        assert!("file=".parse::<CharacterOption>().is_err());
        assert!("tcp:1".parse::<CharacterOption>().is_err());
    }

    #[test]
    fn resolution_outside_limits_is_refused() {
        assert_eq!(
            "1366x768".parse(),
            Ok(Resolution {
                width: 1366,
                height: 768
            })
        );
        for text in ["0x0", "1280", "9000x100", "axb", "1280x800x2", "-1x5"] {
            assert!(text.parse::<Resolution>().is_err(), "{text}");
        }
    }
}
