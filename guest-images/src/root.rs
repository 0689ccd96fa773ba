//! The root: a folder made from Debian's packages, and disk images of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, Workspace};
use crate::command::Step;
use crate::programs::Programs;
use crate::recipe::{Recipe, entries};
use crate::{Error, Progress, RootKind, packages, stubs};

/// The Debian release of the guests.
pub const SUITE: &str = "trixie";

const TOOLS: &[&str] = &["debian-archive-keyring", "erofs-utils", "mmdebstrap"];
/// What mmdebstrap needs besides to work without being root.
const TOOLS_UNPRIVILEGED: &[&str] = &["uidmap"];
const PACKAGES: &str = include_str!("../root/packages.list");
const REMOVE: &str = include_str!("../root/remove.list");
/// The packages of the conformance tests' tree.
const CONFORMANCE_PACKAGES: &str = include_str!("../root/piglit.list");
/// The packages of the tree with QEMU.
const QEMU_PACKAGES: &str = include_str!("../root/qemu.list");
/// What is of no use in trees for the host.
const HOST_REMOVE: &str = "var/cache/apt/*\nvar/lib/apt/lists/*\n";
/// Files of our own: where they go, and what is in them.
const FILES: &[(&str, &str)] = &[
    (
        "usr/libexec/maro-desktop",
        include_str!("../root/maro-desktop"),
    ),
    (
        "etc/xdg/weston/weston.ini",
        include_str!("../root/weston.ini"),
    ),
];
/// The archive and the unpacked tree, before anything is removed.
const TREE_SPACE: u64 = 1600 << 20;
const CONFORMANCE_SPACE: u64 = 4000 << 20;
const QEMU_SPACE: u64 = 1400 << 20;
const DISK_SPACE: u64 = 600 << 20;

/// Never unpacked.
const NOT_INSTALLED: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/lintian/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
];

/// The root as a folder.
pub struct Tree {
    /// The folder.
    pub root: PathBuf,
    digest: String,
}

/// Makes the tree, or finds it in the cache, and puts our own programs into it.
pub fn prepare_tree(
    cache: &Cache,
    programs: &Programs,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let contents = Contents {
        packages: PACKAGES,
        remove: REMOVE,
    };
    let digest = contents.digest("root tree", 2);
    let name = format!("tree-{digest}");
    let folder = cache.artifact(&name, "the root image", TREE_SPACE, progress, |w| {
        make_tree(&contents, "the root image", w)
    })?;
    let root = folder.join("root");
    let _lock = cache.lock(&name, progress)?;
    for (from, to) in [
        (&programs.init, "usr/sbin/maro-init"),
        (&programs.scene, "usr/local/bin/maro-scene"),
    ] {
        let content = fs::read(from).map_err(|e| Error::file(from, e))?;
        install(&content, &root.join(to))?;
    }
    for (to, content) in FILES {
        install(content.as_bytes(), &root.join(to))?;
    }
    Ok(Tree { root, digest })
}

/// Makes the tree in which the conformance tests run, or finds it in the cache.
pub fn prepare_conformance_tree(
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<PathBuf, Error> {
    let what = "the tree of the conformance tests";
    let contents = Contents {
        packages: CONFORMANCE_PACKAGES,
        remove: HOST_REMOVE,
    };
    let name = format!("conformance-{}", contents.digest("conformance tree", 1));
    let folder = cache.artifact(&name, what, CONFORMANCE_SPACE, progress, |w| {
        make_tree(&contents, what, w)
    })?;
    Ok(folder.join("root"))
}

/// Makes the tree with QEMU, or finds it in the cache.
pub fn prepare_qemu_tree(cache: &Cache, progress: &mut dyn Progress) -> Result<PathBuf, Error> {
    let what = "the tree with QEMU";
    let contents = Contents {
        packages: QEMU_PACKAGES,
        remove: HOST_REMOVE,
    };
    let name = format!("qemu-{}", contents.digest("QEMU tree", 1));
    let folder = cache.artifact(&name, what, QEMU_SPACE, progress, |w| {
        make_tree(&contents, what, w)
    })?;
    Ok(folder.join("root"))
}

/// What decides a tree: two lists.
struct Contents {
    packages: &'static str,
    remove: &'static str,
}

impl Contents {
    fn digest(&self, name: &str, version: u32) -> String {
        let mut recipe = Recipe::new(name, version);
        recipe.add("suite", SUITE.as_bytes());
        recipe.add("packages", self.packages.as_bytes());
        recipe.add("remove", self.remove.as_bytes());
        recipe.digest()
    }
}

fn make_tree(contents: &Contents, what: &str, workspace: &mut Workspace<'_>) -> Result<(), Error> {
    packages::require(TOOLS, what, workspace)?;
    if !rustix::process::geteuid().is_root() {
        packages::require(TOOLS_UNPRIVILEGED, what, workspace)?;
    }
    let archive = workspace.folder.join("root.tar");
    let root = workspace.folder.join("root");
    let include: Vec<&str> = entries(contents.packages).collect();
    Step::new(
        &format!("installing Debian {SUITE} into {what}"),
        "mmdebstrap",
    )
    .args(["--variant=essential", "--architectures=amd64"])
    .arg("--aptopt=Acquire::Retries \"3\"")
    .args(
        NOT_INSTALLED
            .iter()
            .map(|path| format!("--dpkgopt=path-exclude={path}")),
    )
    .arg(format!("--include={}", include.join(",")))
    .arg(SUITE)
    .arg(&archive)
    .run(workspace)?;
    // By way of an archive, because a folder that mmdebstrap makes without
    // being root belongs to users that do not exist here.
    fs::create_dir(&root).map_err(|e| Error::file(&root, e))?;
    let mut unpack = Step::new(&format!("unpacking {what}"), "tar")
        .arg("--extract")
        .arg("--file")
        .arg(&archive)
        .arg("--directory")
        .arg(&root)
        .arg("--delay-directory-restore");
    if !rustix::process::geteuid().is_root() {
        // Only root makes devices. A guest has its own, a chroot needs these.
        unpack = unpack.arg("--exclude=./dev/*");
    }
    unpack.run(workspace)?;
    fs::remove_file(&archive).map_err(|e| Error::file(&archive, e))?;
    for pattern in entries(contents.remove) {
        remove(&root, pattern)?;
    }
    Ok(())
}

/// Removes what a pattern names. Only its last part may have a `*`, and a
/// pattern that names nothing is no error: packages change.
fn remove(root: &Path, pattern: &str) -> Result<(), Error> {
    let (folder, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let folder = root.join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry.map_err(|e| Error::file(&folder, e))?;
        if !matches(last, &entry.file_name().to_string_lossy()) {
            continue;
        }
        let path = entry.path();
        let is_folder = entry
            .file_type()
            .map_err(|e| Error::file(&path, e))?
            .is_dir();
        let removed = if is_folder {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(|e| Error::file(&path, e))?;
    }
    Ok(())
}

/// Whether a name matches a pattern in which `*` stands for anything.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len())
                .filter(|&i| name.is_char_boundary(i))
                .any(|i| matches(rest, &name[i..]))
        }),
    }
}

/// Puts a file into the tree unless it is there already, in one step, so that
/// no one ever sees half of it. All of them may be executed: some are programs.
fn install(content: &[u8], to: &Path) -> Result<(), Error> {
    if fs::read(to).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let new = to.with_extension("new");
    let put = || {
        fs::create_dir_all(to.parent().unwrap_or(Path::new("/")))?;
        fs::write(&new, content)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
        fs::rename(&new, to)
    };
    put().map_err(|e| Error::file(to, e))
}

/// Makes a disk image of the tree, or finds it in the cache.
pub fn prepare_disk(
    cache: &Cache,
    tree: &Tree,
    programs: &Programs,
    kind: RootKind,
    progress: &mut dyn Progress,
) -> Result<PathBuf, Error> {
    let mut recipe = Recipe::new("root disk", 1);
    recipe.add("tree", tree.digest.as_bytes());
    recipe.add("programs", programs.digest.as_bytes());
    for (name, content) in FILES {
        recipe.add(name, content.as_bytes());
    }
    let kind_name = match kind {
        RootKind::Full => "full",
        RootKind::Trimmed => "trimmed",
    };
    recipe.add("kind", kind_name.as_bytes());
    recipe.add("stubs", stubs::RECIPE.as_bytes());
    let name = format!("disk-{kind_name}-{}", recipe.digest());
    let folder = cache.artifact(&name, "the root disk", DISK_SPACE, progress, |w| {
        packages::require(TOOLS, "the root disk", w)?;
        let disk = w.folder.join("root.erofs");
        match kind {
            RootKind::Full => make_disk(w, &tree.root, &disk),
            RootKind::Trimmed => {
                let trimmed = w.folder.join("root");
                stubs::make_trimmed(w, &tree.root, &trimmed)?;
                make_disk(w, &trimmed, &disk)?;
                fs::remove_dir_all(&trimmed).map_err(|e| Error::file(&trimmed, e))
            }
        }
    })?;
    Ok(folder.join("root.erofs"))
}

fn make_disk(workspace: &mut Workspace<'_>, root: &Path, disk: &Path) -> Result<(), Error> {
    Step::new("making the root disk", "mkfs.erofs")
        // Uncompressed, and files at page boundaries: a guest on a software
        // KVM reads a disk faster than it unpacks one. The same bytes each
        // time.
        .args(["--quiet", "--all-root", "-T0", "-Enoinline_data"])
        .arg("-U00000000-0000-4000-8000-6d61726f0001")
        .args([disk, root])
        .run(workspace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        assert!(matches("libx265.so.*", "libx265.so.215"));
        assert!(matches("libfftw3*.so.*", "libfftw3f.so.3"));
        assert!(matches("*", "anything"));
        assert!(!matches("libicu*.so.*", "libcurl.so.4"));
        assert!(!matches("doc", "docs"));
    }

    #[test]
    fn only_what_a_pattern_names_is_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("usr/lib/sub")).unwrap();
        for name in ["a.so.1", "a.so.1.2", "b.so.1"] {
            fs::write(root.path().join("usr/lib").join(name), "").unwrap();
        }
        for pattern in ["usr/lib/a.so.*", "usr/lib/sub", "usr/none/x"] {
            remove(root.path(), pattern).unwrap();
        }
        let left: Vec<_> = fs::read_dir(root.path().join("usr/lib"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["b.so.1"]);
    }

    #[test]
    fn a_program_is_installed_once() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("bin/to");
        install(b"1", &to).unwrap();
        assert_eq!(
            fs::metadata(&to).unwrap().permissions().mode() & 0o777,
            0o755
        );
        let before = fs::metadata(&to).unwrap().modified().unwrap();
        install(b"1", &to).unwrap();
        assert_eq!(before, fs::metadata(&to).unwrap().modified().unwrap());
        install(b"2", &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "2");
    }
}
