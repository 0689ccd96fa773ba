//! The options of `maro run`: one structure for the command line and for the
//! configuration file, so that the two cannot say different things.

use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use serde::Deserialize;

use super::ConfigError;
use super::values::{
    CharacterOption, DiscoveryOption, DiskOption, DisplayOption, GpuOption, MemorySize,
    QuirksOption, Resolution,
};

/// What a virtual machine is made of, as far as the user said so.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RunOptions {
    /// Guest kernel: an ELF vmlinux with a PVH entry, or a bzImage
    #[arg(long, value_name = "FILE")]
    pub kernel: Option<PathBuf>,

    /// Initial RAM disk for the kernel
    #[arg(long, value_name = "FILE")]
    pub initrd: Option<PathBuf>,

    /// Kernel command line; in place of the default one, which names the console and
    /// the first disk
    #[arg(long, value_name = "TEXT")]
    pub cmdline: Option<String>,

    /// Number of virtual CPUs [default: 1]
    #[arg(long, value_name = "N")]
    pub cpus: Option<u32>,

    /// Guest memory: a number with K, M, G or T [default: 512M]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<MemorySize>,

    /// Disk image, may be given several times; the first one is /dev/vda
    #[arg(long, value_name = "PATH[,ro]")]
    pub disk: Vec<DiskOption>,

    /// Graphics card [default: virgl]
    #[arg(long, value_name = "KIND")]
    pub gpu: Option<GpuOption>,

    /// Most host memory for what the guest's GPU makes [default: half of the host's memory]
    #[arg(long, value_name = "SIZE")]
    pub gpu_memory: Option<MemorySize>,

    /// Where the guest's screen is shown [default: auto]
    #[arg(long, value_name = "WHERE")]
    pub display: Option<DisplayOption>,

    /// Size of the guest's screen at start [default: 1280x800]
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    pub resolution: Option<Resolution>,

    /// First serial port (ttyS0): stdio, file=PATH or none [default: stdio]
    #[arg(long, value_name = "WHERE")]
    pub serial: Option<CharacterOption>,

    /// virtio console (hvc0): stdio, file=PATH or none [default: none]
    #[arg(long, value_name = "WHERE")]
    pub console: Option<CharacterOption>,

    /// Give the guest the host's random numbers [default: on]
    #[arg(long, value_name = "on|off", value_parser = BoolishValueParser::new(),
          hide_possible_values = true)]
    pub rng: Option<bool>,

    /// Write the guest's last picture to this PNG file at the end
    #[arg(long, value_name = "PNG")]
    pub screenshot: Option<PathBuf>,

    /// How the kernel learns of virtio devices [default: auto]
    #[arg(long, value_name = "HOW")]
    pub device_discovery: Option<DiscoveryOption>,

    /// Work around the limits of a KVM without hardware support [default: auto]
    #[arg(long, value_name = "auto|off")]
    pub quirks: Option<QuirksOption>,

    /// Exit code for a guest that resets itself [default: 16]
    #[arg(long, value_name = "CODE")]
    pub reset_exit_code: Option<u8>,

    /// Log the counts of KVM exits at the end
    #[arg(long, num_args = 0..=1, default_missing_value = "on", value_name = "on|off",
          require_equals = true, value_parser = BoolishValueParser::new(),
          hide_possible_values = true)]
    pub stats: Option<bool>,

    /// The KVM device, for tests
    #[arg(long, hide = true, value_name = "PATH")]
    pub kvm_device: Option<PathBuf>,
}

impl RunOptions {
    /// Reads options from a TOML file. Relative paths in it start at the file's folder.
    ///
    /// # Errors
    /// If the file cannot be read, or a key or value in it is wrong; the message names
    /// the key.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut options = Self::from_toml(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        })?;
        options.rebase(path.parent().unwrap_or(Path::new("")));
        Ok(options)
    }

    fn from_toml(text: &str) -> Result<Self, Box<toml::de::Error>> {
        toml::from_str(text).map_err(Box::new)
    }

    fn rebase(&mut self, folder: &Path) {
        let paths = [
            &mut self.kernel,
            &mut self.initrd,
            &mut self.screenshot,
            &mut self.kvm_device,
        ]
        .into_iter()
        .flatten()
        .chain(self.disk.iter_mut().map(|disk| &mut disk.path));
        for path in paths {
            *path = folder.join(&path);
        }
        for option in [&mut self.serial, &mut self.console].into_iter().flatten() {
            option.rebase(folder);
        }
    }

    /// These options, with `fallback` for each that was not given.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            kernel: self.kernel.or(fallback.kernel),
            initrd: self.initrd.or(fallback.initrd),
            cmdline: self.cmdline.or(fallback.cmdline),
            cpus: self.cpus.or(fallback.cpus),
            memory: self.memory.or(fallback.memory),
            disk: if self.disk.is_empty() {
                fallback.disk
            } else {
                self.disk
            },
            gpu: self.gpu.or(fallback.gpu),
            gpu_memory: self.gpu_memory.or(fallback.gpu_memory),
            display: self.display.or(fallback.display),
            resolution: self.resolution.or(fallback.resolution),
            serial: self.serial.or(fallback.serial),
            console: self.console.or(fallback.console),
            rng: self.rng.or(fallback.rng),
            screenshot: self.screenshot.or(fallback.screenshot),
            device_discovery: self.device_discovery.or(fallback.device_discovery),
            quirks: self.quirks.or(fallback.quirks),
            reset_exit_code: self.reset_exit_code.or(fallback.reset_exit_code),
            stats: self.stats.or(fallback.stats),
            kvm_device: self.kvm_device.or(fallback.kvm_device),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        options: RunOptions,
    }

    fn flags(line: &[&str]) -> RunOptions {
        Flags::parse_from([&["maro"], line].concat()).options
    }

    #[test]
    fn file_and_flags_say_the_same() {
        let file = r#"
            kernel = "vmlinux"
            initrd = "initrd.img"
            cmdline = "console=ttyS0 quiet"
            cpus = 4
            memory = "2G"
            disk = ["root.erofs,ro", "data.img"]
            gpu = "2d"
            gpu-memory = "1G"
            display = "headless"
            resolution = "800x600"
            serial = "file=serial.log"
            console = "none"
            rng = false
            screenshot = "out.png"
            device-discovery = "both"
            quirks = "off"
            reset-exit-code = 0
            stats = true
            kvm-device = "/dev/kvm"
        "#;
        let line = [
            "--kernel=vmlinux",
            "--initrd=initrd.img",
            "--cmdline=console=ttyS0 quiet",
            "--cpus=4",
            "--memory=2G",
            "--disk=root.erofs,ro",
            "--disk=data.img",
            "--gpu=2d",
            "--gpu-memory=1G",
            "--display=headless",
            "--resolution=800x600",
            "--serial=file=serial.log",
            "--console=none",
            "--rng=off",
            "--screenshot=out.png",
            "--device-discovery=both",
            "--quirks=off",
            "--reset-exit-code=0",
            "--stats",
            "--kvm-device=/dev/kvm",
        ];
        assert_eq!(RunOptions::from_toml(file).expect("parses"), flags(&line));
    }

    #[test]
    fn flags_win_over_the_file() {
        let file =
            RunOptions::from_toml("cpus = 4\nmemory = \"1G\"\ndisk = [\"a\"]").expect("parses");
        let merged = flags(&["--cpus=2", "--disk=b"]).or(file);
        assert_eq!(merged.cpus, Some(2));
        assert_eq!(merged.memory, Some(MemorySize { bytes: 1 << 30 }));
        assert_eq!(merged.disk, ["b".parse().expect("parses")]);
    }

    #[test]
    fn wrong_value_in_file_names_its_key() {
        for (text, key, hint) in [
            ("memory = \"much\"", "memory", "512M"),
            ("cpus = \"two\"", "cpus", "string"),
            ("gpu = \"3dfx\"", "gpu", "virgl"),
            ("disk = [\"x,fast\"]", "disk", "ro"),
            ("kernle = \"vmlinux\"", "kernle", "kernel"),
        ] {
            let message = RunOptions::from_toml(text).expect_err(text).to_string();
            assert!(
                message.contains(key) && message.contains(hint),
                "{text}: {message}"
            );
        }
    }

    #[test]
    fn relative_path_in_file_starts_at_its_folder() {
        let folder = tempfile::tempdir().expect("tempdir");
        let path = folder.path().join("vm.toml");
        std::fs::write(
            &path,
            "kernel = \"k\"\ndisk = [\"/abs\", \"rel,ro\"]\nserial = \"file=s\"",
        )
        .expect("writes");
        let options = RunOptions::from_file(&path).expect("parses");
        assert_eq!(options.kernel, Some(folder.path().join("k")));
        assert_eq!(options.disk[0].path, Path::new("/abs"));
        assert_eq!(options.disk[1].path, folder.path().join("rel"));
        assert_eq!(
            options.serial,
            Some(CharacterOption::File(folder.path().join("s")))
        );
    }

    #[test]
    fn missing_file_is_named() {
        let message = RunOptions::from_file(Path::new("/nonexistent/vm.toml"))
            .expect_err("no file")
            .to_string();
        assert!(message.contains("/nonexistent/vm.toml"), "{message}");
    }
}
