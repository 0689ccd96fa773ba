//! Which guest is booted: its files and its machine.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use maro_guest_images::{
    GuestImage, GuestTask, HostInfo, HostKind, KernelChoice, KernelKind, Request, RootKind,
    SmallVariant, Terminal,
};

use crate::config::options::RunOptions;
use crate::config::values::{
    CharacterOption, DiskOption, DisplayOption, GpuOption, MemorySize, Resolution,
};
use crate::config::{ConfigError, MachineConfig};
use crate::kvm::{self, HostKvm, KvmError, Probe};

/// Guest memory unless the user says otherwise. A software KVM takes a second and more
/// to set up what is not needed.
const MEMORY: [(HostKind, u64); 2] = [
    (HostKind::HardwareKvm, 1 << 30),
    (HostKind::SoftwareKvm, 256 << 20),
];

/// Why there is no guest to boot.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// KVM is missing or refused something.
    #[error(transparent)]
    Kvm(#[from] KvmError),
    /// The image could not be made.
    #[error("image: {0}")]
    Image(#[from] maro_guest_images::Error),
    /// The image's folder lacks a file.
    #[error(
        "image: {0} is missing. An image's folder has the kernel as vmlinux or vmlinuz, the root disk as \
         root.erofs and, for a kernel with modules, initrd; `--image auto` makes an image"
    )]
    Incomplete(PathBuf),
    /// The guest's command does not fit the kernel's command line.
    #[error("run: {0}")]
    Command(#[from] maro_guest_images::CmdlineError),
    /// The machine's options contradict each other.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The image to boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageOption {
    /// Made from Debian's packages, or found in the cache.
    Auto,
    /// The files of this folder.
    Folder(PathBuf),
}

impl FromStr for ImageOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "" => Err("the folder's path is missing".to_owned()),
            path => Ok(Self::Folder(path.into())),
        }
    }
}

/// The kernel to boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelOption {
    /// One of the image recipe's.
    Image(KernelChoice),
    /// This file, which needs no initrd.
    File(PathBuf),
}

impl FromStr for KernelOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Image(KernelChoice::Auto),
            "stock" => Self::Image(KernelChoice::Stock),
            "small" => Self::Image(KernelChoice::Small),
            "" => return Err("the kernel's path is missing".to_owned()),
            path => Self::File(path.into()),
        })
    }
}

/// The root disk to boot from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RootOption {
    /// The trimmed one on a software KVM, else the full one
    Auto,
    /// All of the image's programs
    Full,
    /// Only what a GLES program on KMS needs (maro-scene, kmscube)
    Trimmed,
}

/// What is asked of a guest.
#[derive(Clone, Debug)]
pub struct GuestOptions {
    /// The image.
    pub image: ImageOption,
    /// Its kernel.
    pub kernel: KernelOption,
    /// Its root disk.
    pub root: RootOption,
    /// The command that it runs.
    pub run: String,
    /// Variables for that.
    pub env: Vec<(String, String)>,
    /// Memory, if not the default.
    pub memory: Option<MemorySize>,
    /// Graphics card.
    pub gpu: GpuOption,
    /// Screen.
    pub resolution: Resolution,
    /// The KVM device.
    pub kvm_device: PathBuf,
}

/// What a host's KVM is, as far as guests depend on it.
struct Host {
    kind: HostKind,
    info: HostInfo,
}

/// Prepares the image and describes the machine; the guest's console goes to `serial`.
///
/// # Errors
/// If KVM or a file is missing, or the image cannot be made.
pub fn prepare(options: &GuestOptions, serial: PathBuf) -> Result<MachineConfig, GuestError> {
    let host = probe(&options.kvm_device)?;
    let image = find_image(options, host.kind)?;
    let task = GuestTask {
        run: Some(options.run.clone()),
        env: options.env.clone(),
        ..GuestTask::default()
    };
    let memory = options.memory.or_else(|| {
        let default = MEMORY.iter().find(|(kind, _)| *kind == host.kind);
        default.map(|(_, bytes)| MemorySize { bytes: *bytes })
    });
    let machine = RunOptions {
        cmdline: Some(image.cmdline(&host.info, &task)?),
        kernel: Some(image.kernel),
        initrd: image.initrd,
        disk: vec![DiskOption {
            path: image.disk,
            read_only: true,
        }],
        memory,
        gpu: Some(options.gpu),
        display: Some(DisplayOption::Headless),
        resolution: Some(options.resolution),
        serial: Some(CharacterOption::File(serial)),
        kvm_device: Some(options.kvm_device.clone()),
        ..RunOptions::default()
    };
    Ok(MachineConfig::resolve(machine, false)?)
}

fn probe(device: &Path) -> Result<Host, KvmError> {
    let kvm = kvm::open(device)?;
    let Probe { host, tsc_khz } = kvm::probe(&kvm)?;
    Ok(Host {
        kind: match host {
            HostKvm::Hardware => HostKind::HardwareKvm,
            HostKvm::Software => HostKind::SoftwareKvm,
        },
        info: HostInfo { tsc_khz },
    })
}

fn find_image(options: &GuestOptions, host: HostKind) -> Result<GuestImage, GuestError> {
    let (choice, file) = match &options.kernel {
        KernelOption::Image(choice) => (*choice, None),
        KernelOption::File(path) => (KernelChoice::Auto, Some(path)),
    };
    let root = match (options.root, host) {
        (RootOption::Auto, HostKind::SoftwareKvm) | (RootOption::Trimmed, _) => RootKind::Trimmed,
        (RootOption::Auto | RootOption::Full, _) => RootKind::Full,
    };
    let mut image = match &options.image {
        ImageOption::Folder(folder) => image_in(folder, host)?,
        ImageOption::Auto => {
            let request = Request {
                kernel: choice,
                root,
                ..Request::new(host)
            };
            maro_guest_images::prepare(&request, &mut Terminal::default())?
        }
    };
    if let Some(kernel) = file {
        image.kernel = kernel.clone();
        image.initrd = None;
        image.kind = small(host);
    }
    Ok(image)
}

fn small(host: HostKind) -> KernelKind {
    KernelKind::Small(match host {
        HostKind::HardwareKvm => SmallVariant::Hardware,
        HostKind::SoftwareKvm => SmallVariant::SoftwareKvm,
    })
}

/// The image whose files are in `folder`.
fn image_in(folder: &Path, host: HostKind) -> Result<GuestImage, GuestError> {
    let existing = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    let needed = |name: &str, found: Option<PathBuf>| {
        found.ok_or_else(|| GuestError::Incomplete(folder.join(name)))
    };
    let initrd = existing("initrd");
    Ok(GuestImage {
        kind: if initrd.is_some() {
            KernelKind::Stock
        } else {
            small(host)
        },
        kernel: needed(
            "vmlinux",
            existing("vmlinux").or_else(|| existing("vmlinuz")),
        )?,
        initrd,
        disk: needed("root.erofs", existing("root.erofs"))?,
        tree: folder.join("root"),
        scene: folder.join("maro-scene"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_and_image_are_words_or_paths() {
        assert_eq!(
            "stock".parse(),
            Ok(KernelOption::Image(KernelChoice::Stock))
        );
        assert_eq!("./stock".parse(), Ok(KernelOption::File("./stock".into())));
        assert_eq!("auto".parse(), Ok(ImageOption::Auto));
        assert_eq!(
            "/images/a".parse(),
            Ok(ImageOption::Folder("/images/a".into()))
        );
        assert!("".parse::<KernelOption>().is_err());
    }

    #[test]
    fn folder_without_root_disk_says_what_belongs_there() {
        let folder = tempfile::tempdir().expect("tempdir");
        std::fs::write(folder.path().join("vmlinux"), "").expect("writes");
        let error = image_in(folder.path(), HostKind::HardwareKvm).expect_err("no root");
        let text = error.to_string();
        assert!(
            text.contains("root.erofs is missing") && text.contains("--image auto"),
            "{text}"
        );
        std::fs::write(folder.path().join("root.erofs"), "").expect("writes");
        let image = image_in(folder.path(), HostKind::SoftwareKvm).expect("complete");
        assert_eq!(image.kind, KernelKind::Small(SmallVariant::SoftwareKvm));
        std::fs::write(folder.path().join("initrd"), "").expect("writes");
        let image = image_in(folder.path(), HostKind::HardwareKvm).expect("complete");
        assert_eq!(image.kind, KernelKind::Stock);
    }

    #[test]
    fn missing_kvm_is_told_before_an_image_is_made() {
        let options = GuestOptions {
            image: ImageOption::Auto,
            kernel: KernelOption::Image(KernelChoice::Auto),
            root: RootOption::Auto,
            run: "true".into(),
            env: Vec::new(),
            memory: None,
            gpu: GpuOption::Virgl,
            resolution: Resolution {
                width: 640,
                height: 480,
            },
            kvm_device: "/nonexistent/kvm".into(),
        };
        let error = prepare(&options, "/dev/null".into()).expect_err("no KVM");
        assert!(
            matches!(error, GuestError::Kvm(KvmError::Missing(_))),
            "{error}"
        );
    }
}
