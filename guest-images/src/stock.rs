//! Debian's own kernel, with an initrd of our making.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::archive::Archive;
use crate::cache::{Cache, Workspace};
use crate::command::{Step, assignment, find};
use crate::modules::Modules;
use crate::programs::Programs;
use crate::recipe::{Recipe, entries};
use crate::root::SUITE;
use crate::{Error, Progress, packages};

const PACKAGES: &[&str] = &["debian-archive-keyring", "kmod", "mmdebstrap", "xz-utils"];
const PACKAGE: &str = "linux-image-amd64";
const MODULES: &str = include_str!("../kernel/stock-modules.list");
/// The package, unpacked, and the initrd.
const SPACE: u64 = 600 << 20;

/// Downloads the package that `linux-image-amd64` stands for. Run by mmdebstrap,
/// which has set up apt for the guest's release, with a folder as `$1`.
const DOWNLOAD: &str = r#"set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
name=$(apt-cache depends --important linux-image-amd64 |
    sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
cd "$1"
apt-get download "$name"
mv linux-image-*.deb kernel.deb"#;

/// Prepares the kernel and its initrd, or finds them in the cache.
pub fn prepare(
    cache: &Cache,
    programs: &Programs,
    progress: &mut dyn Progress,
) -> Result<(PathBuf, PathBuf), Error> {
    let mut recipe = Recipe::new("stock kernel", 1);
    recipe.add("suite", SUITE.as_bytes());
    recipe.add("modules", MODULES.as_bytes());
    recipe.add("programs", programs.digest.as_bytes());
    let name = format!("kernel-stock-{}", recipe.digest());
    let folder = cache.artifact(&name, "the stock kernel", SPACE, progress, |w| {
        packages::require(PACKAGES, "the stock kernel", w)?;
        build(w, &programs.init)
    })?;
    Ok((folder.join("vmlinuz"), folder.join("initrd")))
}

fn build(workspace: &mut Workspace<'_>, init: &Path) -> Result<(), Error> {
    let package = workspace.folder.join("kernel.deb");
    let tree = workspace.folder.join("tree");
    let mut download = std::ffi::OsString::from("download /kernel.deb ");
    download.push(&package);
    Step::new("downloading Debian's kernel", "mmdebstrap")
        .args(["--variant=custom", "--format=null"])
        .arg(format!("--customize-hook={DOWNLOAD}"))
        .arg(assignment("--customize-hook=", Path::new(&download)))
        .args([SUITE, "-"])
        .run(workspace)?;
    Step::new("unpacking Debian's kernel", "dpkg-deb")
        .arg("--extract")
        .args([&package, &tree])
        .run(workspace)?;

    let all_modules = tree.join("usr/lib/modules");
    let modules = find(&all_modules, "", "")?;
    let version = modules
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Step::new("listing its modules", "depmod")
        .arg("--basedir")
        .arg(tree.join("usr"))
        .arg(&version)
        .run(workspace)?;
    let dep_path = modules.join("modules.dep");
    let dep = fs::read_to_string(&dep_path).map_err(|e| Error::file(&dep_path, e))?;
    let order = Modules::parse(&dep).load_order(entries(MODULES));
    if !order.iter().any(|path| path.contains("virtio")) {
        return Err(Error::NotInPackage {
            package: PACKAGE.to_owned(),
            what: "virtio".to_owned(),
        });
    }
    let compressed: Vec<_> = order.iter().filter(|path| path.ends_with(".xz")).collect();
    if !compressed.is_empty() {
        Step::new("decompressing its modules", "xz")
            .folder(&modules)
            .arg("--decompress")
            .args(compressed)
            .run(workspace)?;
    }

    let initrd = workspace.folder.join("initrd");
    write_initrd(&initrd, init, &modules, &order).map_err(|(path, e)| Error::file(&path, e))?;
    let vmlinuz = workspace.folder.join("vmlinuz");
    let from = find(&tree.join("boot"), "vmlinuz-", "")?;
    fs::copy(&from, &vmlinuz).map_err(|e| Error::file(&vmlinuz, e))?;
    fs::remove_dir_all(&tree).map_err(|e| Error::file(&tree, e))?;
    fs::remove_file(&package).map_err(|e| Error::file(&package, e))
}

type FileError = (PathBuf, std::io::Error);

fn write_initrd(to: &Path, init: &Path, modules: &Path, order: &[&str]) -> Result<(), FileError> {
    let read = |path: &Path| fs::read(path).map_err(|e| (path.to_owned(), e));
    let failed = |e| (to.to_owned(), e);
    let file = File::create(to).map_err(failed)?;
    let mut archive = Archive::new(BufWriter::new(file));
    for folder in ["dev", "proc", "sys", "root", "modules"] {
        archive.folder(folder).map_err(failed)?;
    }
    archive
        .device("dev/console", 0o600, (5, 1))
        .map_err(failed)?;
    archive.file("init", 0o755, &read(init)?).map_err(failed)?;
    let mut list = String::new();
    for path in order {
        let path = path.strip_suffix(".xz").unwrap_or(path);
        let name = format!("modules/{}", path.rsplit('/').next().unwrap_or(path));
        archive
            .file(&name, 0o644, &read(&modules.join(path))?)
            .map_err(failed)?;
        list.push_str(&format!("/{name}\n"));
    }
    archive
        .file("modules.list", 0o644, list.as_bytes())
        .map_err(failed)?;
    archive.finish().map_err(failed)?;
    Ok(())
}
