//! Guest images: a kernel and a root disk with Mesa's virgl driver, made from
//! Debian's packages by the recipes in this folder.
//!
//! [`prepare`] returns the files that a machine boots from; what is not made
//! yet is made first, which takes from a minute (the stock kernel) to a quarter
//! of an hour (the small one). Everything is kept in the cache folder under the
//! hash of its recipe, so that the next call returns at once.
//!
//! The recipes are the other files of this folder:
//!
//! - `kernel/`: configuration fragments, the patch for a software KVM, and the
//!   modules that a stock kernel's initrd loads;
//! - `root/`: the packages of the root, and what is removed from it again;
//! - `init/`: process 1 of the guests; `scene/`: a GL program whose picture on a
//!   guest's screen can be compared with its picture on the host.

#![forbid(unsafe_code)]

mod archive;
mod cache;
mod cmdline;
mod command;
mod error;
mod modules;
mod packages;
mod programs;
mod progress;
mod recipe;
mod root;
mod small;
mod stock;
mod stubs;

use std::path::PathBuf;

use cache::Cache;

pub use cmdline::{CmdlineError, End, GuestTask, HostInfo};
pub use error::Error;
pub use progress::{Progress, Quiet, Terminal};

/// What stands behind `/dev/kvm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// The processor's virtualization.
    HardwareKvm,
    /// A KVM that interprets guest kernel code; no unpatched kernel runs.
    SoftwareKvm,
}

/// The kernel that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelChoice {
    /// The stock kernel, or the small one where no stock kernel can run.
    #[default]
    Auto,
    /// Debian's own.
    Stock,
    /// The one built from Debian's source package.
    Small,
}

/// The kernel of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelKind {
    /// Debian's own, with an initrd that loads the modules; finds its devices
    /// by ACPI.
    Stock,
    /// Everything built in; boots in a fraction of the time.
    Small(SmallVariant),
}

/// The variants of the small kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallVariant {
    /// All processors, and the processor's mitigations.
    Hardware,
    /// Patched and cut down for a software KVM. Has ACPI, which costs seconds
    /// there and is switched off on the command line unless asked for.
    SoftwareKvm,
}

/// What is on the root disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RootKind {
    /// All packages of the recipe.
    #[default]
    Full,
    /// Only what a GLES program on virgl needs, with stubs for the libraries
    /// that it loads and never calls. For tests on a software KVM, where
    /// loading a library costs a second.
    Trimmed,
}

/// What is to be prepared.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The kernel.
    pub kernel: KernelChoice,
    /// The host that it is for.
    pub host: HostKind,
    /// The root disk.
    pub root: RootKind,
}

/// The files of a guest.
#[derive(Clone, Debug)]
pub struct GuestImage {
    /// Which kernel it is.
    pub kind: KernelKind,
    /// The kernel: an ELF `vmlinux` with a PVH entry, or a bzImage.
    pub kernel: PathBuf,
    /// The initrd, if the kernel needs one.
    pub initrd: Option<PathBuf>,
    /// The root disk, an erofs image, to be attached read-only and first.
    pub disk: PathBuf,
    /// The same root as a folder.
    pub tree: PathBuf,
    /// `maro-scene`, for the host: it also draws the reference pictures.
    pub scene: PathBuf,
}

impl Request {
    /// A full root and the kernel that suits the host.
    pub fn new(host: HostKind) -> Self {
        Self {
            kernel: KernelChoice::Auto,
            host,
            root: RootKind::Full,
        }
    }

    /// The kernel that will be used.
    ///
    /// # Errors
    /// [`Error::StockNeedsHardware`] for a stock kernel on a software KVM.
    pub fn kernel_kind(&self) -> Result<KernelKind, Error> {
        match (self.kernel, self.host) {
            (KernelChoice::Stock, HostKind::SoftwareKvm) => Err(Error::StockNeedsHardware),
            (KernelChoice::Small | KernelChoice::Auto, HostKind::SoftwareKvm) => {
                Ok(KernelKind::Small(SmallVariant::SoftwareKvm))
            }
            (KernelChoice::Small, HostKind::HardwareKvm) => {
                Ok(KernelKind::Small(SmallVariant::Hardware))
            }
            (KernelChoice::Stock | KernelChoice::Auto, HostKind::HardwareKvm) => {
                Ok(KernelKind::Stock)
            }
        }
    }
}

/// Prepares a guest: its kernel and its root disk.
///
/// # Errors
/// Each names what to do: see [`Error`].
pub fn prepare(request: &Request, progress: &mut dyn Progress) -> Result<GuestImage, Error> {
    let kind = request.kernel_kind()?;
    let cache = Cache::open()?;
    let programs = programs::prepare(&cache, progress)?;
    let tree = root::prepare_tree(&cache, &programs, progress)?;
    let disk = root::prepare_disk(&cache, &tree, &programs, request.root, progress)?;
    let (kernel, initrd) = match kind {
        KernelKind::Stock => {
            let (kernel, initrd) = stock::prepare(&cache, &programs, progress)?;
            (kernel, Some(initrd))
        }
        KernelKind::Small(variant) => (small::prepare(&cache, variant, progress)?, None),
    };
    Ok(GuestImage {
        kind,
        kernel,
        initrd,
        disk,
        tree: tree.root,
        scene: programs.scene,
    })
}

/// Prepares the root as a folder alone: Debian's Mesa and the programs that
/// draw with it, to be entered with `chroot`. To be read, not changed: disks
/// are made from it.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_tree(progress: &mut dyn Progress) -> Result<PathBuf, Error> {
    let cache = Cache::open()?;
    let programs = programs::prepare(&cache, progress)?;
    Ok(root::prepare_tree(&cache, &programs, progress)?.root)
}

/// Prepares the tree in which the conformance tests run, to be entered with
/// `chroot`: Debian's piglit, Mesa, Xvfb and `virgl_test_server`. To be read,
/// not changed.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_conformance_tree(progress: &mut dyn Progress) -> Result<PathBuf, Error> {
    root::prepare_conformance_tree(&Cache::open()?, progress)
}

/// Prepares a tree with Debian's newest QEMU, which the host's release may not have. Its
/// programs run where they are: by the tree's own loader and libraries.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_qemu_tree(progress: &mut dyn Progress) -> Result<PathBuf, Error> {
    root::prepare_qemu_tree(&Cache::open()?, progress)
}

/// Prepares `maro-scene` alone, for reference pictures on the host.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_scene(progress: &mut dyn Progress) -> Result<PathBuf, Error> {
    let cache = Cache::open()?;
    Ok(programs::prepare(&cache, progress)?.scene)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_decides_what_auto_means() {
        let kind = |kernel, host| {
            Request {
                kernel,
                ..Request::new(host)
            }
            .kernel_kind()
        };
        let soft = KernelKind::Small(SmallVariant::SoftwareKvm);
        assert_eq!(
            kind(KernelChoice::Auto, HostKind::SoftwareKvm).unwrap(),
            soft
        );
        assert_eq!(
            kind(KernelChoice::Small, HostKind::SoftwareKvm).unwrap(),
            soft
        );
        assert_eq!(
            kind(KernelChoice::Auto, HostKind::HardwareKvm).unwrap(),
            KernelKind::Stock
        );
        let hardware = KernelKind::Small(SmallVariant::Hardware);
        assert_eq!(
            kind(KernelChoice::Small, HostKind::HardwareKvm).unwrap(),
            hardware
        );
        assert!(matches!(
            kind(KernelChoice::Stock, HostKind::SoftwareKvm),
            Err(Error::StockNeedsHardware)
        ));
    }
}
