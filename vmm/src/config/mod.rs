//! From what the user said to what the machine is built from.

pub mod options;
pub mod values;

use std::path::PathBuf;

use crate::exit::DEFAULT_RESET_CODE;
use crate::memory::default_gpu_memory;
use options::RunOptions;
use values::{
    CharacterOption, DiscoveryOption, DiskOption, DisplayOption, GpuOption, MemorySize,
    QuirksOption, Resolution,
};

/// Why the options do not describe a machine.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file could not be read.
    #[error("Cannot read the configuration file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the host said.
        source: std::io::Error,
    },
    /// The configuration file has a wrong key or value.
    #[error("The configuration file {path} is wrong: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Place, key and reason.
        source: Box<toml::de::Error>,
    },
    /// No kernel was named.
    #[error(
        "No kernel: name one with --kernel FILE, or with kernel = \"FILE\" in the configuration file"
    )]
    NoKernel,
    /// The number of CPUs is zero or beyond what the tables can describe.
    #[error("cpus: {0} virtual CPUs are not possible; choose 1 to {MAX_CPUS}")]
    Cpus(u32),
    /// Two devices want the terminal.
    #[error("serial and console cannot both be stdio: set one of them to none or file=PATH")]
    TwoOnStdio,
    /// A picture was asked for from a machine without a screen.
    #[error("screenshot: there is no picture to write with gpu = off or display = none")]
    ScreenshotWithoutScreen,
    /// A window was asked for from a machine without a graphics card.
    #[error("display: a window needs a graphics card; choose --gpu 2d or --gpu virgl")]
    WindowWithoutGpu,
}

/// Most CPUs a guest may have: xAPIC identifiers are 0 to 254, and the I/O APIC has one.
pub const MAX_CPUS: u32 = 254;

/// Where the guest's screen goes, after looking at the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    /// A window.
    Window,
    /// Nowhere, but pictures can be taken.
    Headless,
    /// There is no screen.
    None,
}

/// A machine to build; every value is decided.
#[derive(Clone, Debug)]
pub struct MachineConfig {
    /// Kernel image.
    pub kernel: PathBuf,
    /// Initial RAM disk.
    pub initrd: Option<PathBuf>,
    /// The user's kernel command line, in place of the default one.
    pub cmdline: Option<String>,
    /// Number of virtual CPUs, 1 to [`MAX_CPUS`].
    pub cpus: u8,
    /// Size of the guest's memory.
    pub memory: MemorySize,
    /// Disks in the order of their names in the guest.
    pub disks: Vec<DiskOption>,
    /// Graphics card.
    pub gpu: GpuOption,
    /// Most host memory for what the guest's GPU makes.
    pub gpu_memory: MemorySize,
    /// Where the screen goes.
    pub display: Display,
    /// Size of the screen at start.
    pub resolution: Resolution,
    /// Serial port.
    pub serial: CharacterOption,
    /// virtio console.
    pub console: CharacterOption,
    /// Whether there is an entropy device.
    pub rng: bool,
    /// PNG to write at the end.
    pub screenshot: Option<PathBuf>,
    /// How the kernel learns of virtio devices.
    pub discovery: DiscoveryOption,
    /// Whether to work around a software KVM.
    pub quirks: QuirksOption,
    /// Exit code for a guest that resets itself.
    pub reset_code: u8,
    /// Log the counts of KVM exits at the end.
    pub stats: bool,
    /// The KVM device.
    pub kvm_device: PathBuf,
}

impl MachineConfig {
    /// Decides every value; `host_display` says whether the host can show a window.
    ///
    /// # Errors
    /// If an option is missing, out of range or contradicts another.
    pub fn resolve(options: RunOptions, host_display: bool) -> Result<Self, ConfigError> {
        let cpus = options.cpus.unwrap_or(1);
        let gpu = options.gpu.unwrap_or(GpuOption::Virgl);
        let display = options.display.unwrap_or(DisplayOption::Auto);
        let config = Self {
            kernel: options.kernel.ok_or(ConfigError::NoKernel)?,
            initrd: options.initrd,
            cmdline: options.cmdline,
            cpus: u8::try_from(cpus)
                .ok()
                .filter(|&n| (1..=MAX_CPUS).contains(&u32::from(n)))
                .ok_or(ConfigError::Cpus(cpus))?,
            memory: options.memory.unwrap_or(MemorySize { bytes: 512 << 20 }),
            disks: options.disk,
            gpu,
            gpu_memory: options.gpu_memory.unwrap_or(MemorySize {
                bytes: default_gpu_memory(),
            }),
            display: resolve_display(gpu, display, host_display)?,
            resolution: options.resolution.unwrap_or(Resolution {
                width: 1280,
                height: 800,
            }),
            serial: options.serial.unwrap_or(CharacterOption::Stdio),
            console: options.console.unwrap_or(CharacterOption::None),
            rng: options.rng.unwrap_or(true),
            screenshot: options.screenshot,
            discovery: options.device_discovery.unwrap_or(DiscoveryOption::Auto),
            quirks: options.quirks.unwrap_or(QuirksOption::Auto),
            reset_code: options.reset_exit_code.unwrap_or(DEFAULT_RESET_CODE),
            stats: options.stats.unwrap_or(false),
            kvm_device: options.kvm_device.unwrap_or_else(|| "/dev/kvm".into()),
        };
        if config.serial == CharacterOption::Stdio && config.console == CharacterOption::Stdio {
            return Err(ConfigError::TwoOnStdio);
        }
        if config.screenshot.is_some() && config.display == Display::None {
            return Err(ConfigError::ScreenshotWithoutScreen);
        }
        Ok(config)
    }
}

fn resolve_display(
    gpu: GpuOption,
    display: DisplayOption,
    host_display: bool,
) -> Result<Display, ConfigError> {
    Ok(match (gpu, display) {
        (GpuOption::Off, DisplayOption::Window) => return Err(ConfigError::WindowWithoutGpu),
        (GpuOption::Off, _) | (_, DisplayOption::None) => Display::None,
        (_, DisplayOption::Window) => Display::Window,
        (_, DisplayOption::Auto) if host_display => Display::Window,
        (_, DisplayOption::Auto | DisplayOption::Headless) => Display::Headless,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> RunOptions {
        RunOptions {
            kernel: Some("vmlinux".into()),
            ..RunOptions::default()
        }
    }

    #[test]
    fn resolve_with_a_kernel_alone_takes_the_defaults() {
        let config = MachineConfig::resolve(options(), false).expect("resolves");
        assert_eq!(config.cpus, 1);
        assert_eq!(config.memory.bytes, 512 << 20);
        assert_eq!(config.display, Display::Headless);
        assert_eq!(config.serial, CharacterOption::Stdio);
        assert!(config.rng);
    }

    #[test]
    fn resolve_with_a_host_display_opens_a_window_unless_there_is_no_gpu() {
        let with = |gpu| MachineConfig::resolve(RunOptions { gpu, ..options() }, true);
        assert_eq!(with(None).expect("resolves").display, Display::Window);
        assert_eq!(
            with(Some(GpuOption::Off)).expect("resolves").display,
            Display::None
        );
    }

    #[test]
    fn resolve_of_contradictions_is_refused() {
        let cases = [
            (RunOptions::default(), "--kernel"),
            (
                RunOptions {
                    cpus: Some(0),
                    ..options()
                },
                "1 to 254",
            ),
            (
                RunOptions {
                    cpus: Some(255),
                    ..options()
                },
                "1 to 254",
            ),
            (
                RunOptions {
                    cpus: Some(257),
                    ..options()
                },
                "1 to 254",
            ),
            (
                RunOptions {
                    console: Some(CharacterOption::Stdio),
                    ..options()
                },
                "stdio",
            ),
            (
                RunOptions {
                    gpu: Some(GpuOption::Off),
                    screenshot: Some("x.png".into()),
                    ..options()
                },
                "screenshot",
            ),
            (
                RunOptions {
                    gpu: Some(GpuOption::Off),
                    display: Some(DisplayOption::Window),
                    ..options()
                },
                "--gpu",
            ),
        ];
        for (options, hint) in cases {
            let message = MachineConfig::resolve(options, false)
                .expect_err(hint)
                .to_string();
            assert!(message.contains(hint), "{message}");
        }
    }
}
