//! The small kernel, built from Debian's kernel source package.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, Workspace};
use crate::command::{Step, assignment, jobs};
use crate::recipe::Recipe;
use crate::{Error, Progress, SmallVariant, packages};

const SOURCE: &str = "linux-source-6.12";
const PACKAGES: &[&str] = &[
    SOURCE,
    "bc",
    "bison",
    "flex",
    "gcc",
    "libelf-dev",
    "make",
    "patch",
    "tar",
    "xz-utils",
];
const COMMON: &str = include_str!("../kernel/common.config");
/// The unpacked source, the objects, and some room.
const SPACE: u64 = 1400 << 20;

/// Parts of the source that no configuration here compiles, half of its size.
/// The files that describe configurations are all read, and stay.
const NOT_UNPACKED: &[&str] = &[
    "*.rst",
    "*.yaml",
    "*.dts*",
    "*/drivers/gpu/drm/amd/*.[ch]",
    "*/drivers/media/*.[ch]",
    "*/drivers/net/ethernet/*.[ch]",
    "*/drivers/net/wireless/*.[ch]",
    "*/sound/*.[ch]",
    "*/tools/perf",
    "*/tools/testing",
];

/// What makes a variant.
struct Variant {
    name: &'static str,
    config: &'static str,
    patch: Option<&'static str>,
}

impl SmallVariant {
    fn recipe(self) -> Variant {
        match self {
            Self::Hardware => Variant {
                name: "hardware",
                config: include_str!("../kernel/hardware.config"),
                patch: None,
            },
            Self::SoftwareKvm => Variant {
                name: "software-kvm",
                config: include_str!("../kernel/software-kvm.config"),
                patch: Some(include_str!("../kernel/software-kvm.patch")),
            },
        }
    }
}

/// Builds a variant, or finds it in the cache. Returns the `vmlinux`.
pub fn prepare(
    cache: &Cache,
    variant: SmallVariant,
    progress: &mut dyn Progress,
) -> Result<PathBuf, Error> {
    let variant = variant.recipe();
    let mut recipe = Recipe::new("small kernel", 1);
    recipe.add("source", SOURCE.as_bytes());
    recipe.add("config", COMMON.as_bytes());
    recipe.add("config", variant.config.as_bytes());
    recipe.add("patch", variant.patch.unwrap_or_default().as_bytes());
    let name = format!("kernel-{}-{}", variant.name, recipe.digest());
    let folder = cache.artifact(&name, "building the small kernel", SPACE, progress, |w| {
        packages::require(PACKAGES, "the small kernel", w)?;
        build(w, &variant)
    })?;
    Ok(folder.join("vmlinux"))
}

fn build(workspace: &mut Workspace<'_>, variant: &Variant) -> Result<(), Error> {
    let source = workspace.folder.join(SOURCE);
    let objects = workspace.folder.join("objects");
    fs::create_dir(&objects).map_err(|e| Error::file(&objects, e))?;

    Step::new("unpacking the kernel source", "tar")
        .folder(&workspace.folder)
        .args(["--extract", "--xz", "--file"])
        .arg(format!("/usr/src/{SOURCE}.tar.xz"))
        .args(
            NOT_UNPACKED
                .iter()
                .map(|pattern| format!("--exclude={pattern}")),
        )
        .run(workspace)?;
    if let Some(patch) = variant.patch {
        let file = workspace.folder.join("patch");
        fs::write(&file, patch).map_err(|e| Error::file(&file, e))?;
        Step::new("patching the kernel", "patch")
            .folder(&source)
            .args([
                "--strip=1",
                "--forward",
                "--no-backup-if-mismatch",
                "--input",
            ])
            .arg(&file)
            .run(workspace)?;
    }

    make("configuring the kernel", &source, &objects)
        .arg("tinyconfig")
        .run(workspace)?;
    let config = objects.join(".config");
    let mut file = OpenOptions::new()
        .append(true)
        .open(&config)
        .map_err(|e| Error::file(&config, e))?;
    for fragment in [COMMON, variant.config] {
        file.write_all(fragment.as_bytes())
            .map_err(|e| Error::file(&config, e))?;
    }
    drop(file);
    make("configuring the kernel", &source, &objects)
        .arg("olddefconfig")
        .run(workspace)?;
    let result = fs::read_to_string(&config).map_err(|e| Error::file(&config, e))?;
    let refused = refused(&[COMMON, variant.config], &result);
    if !refused.is_empty() {
        return Err(Error::KernelConfig(refused));
    }

    let step = format!("building the small kernel ({})", variant.name);
    make(&step, &source, &objects)
        .arg(format!("-j{}", jobs()))
        .arg("vmlinux")
        .run(workspace)?;

    let vmlinux = workspace.folder.join("vmlinux");
    fs::rename(objects.join("vmlinux"), &vmlinux).map_err(|e| Error::file(&vmlinux, e))?;
    let kept = workspace.folder.join("config");
    fs::rename(&config, &kept).map_err(|e| Error::file(&kept, e))?;
    for folder in [source, objects] {
        fs::remove_dir_all(&folder).map_err(|e| Error::file(&folder, e))?;
    }
    Ok(())
}

fn make(step: &str, source: &Path, objects: &Path) -> Step {
    Step::new(step, "make")
        .folder(source)
        .arg(assignment("O=", objects))
        .arg("ARCH=x86_64")
        // The same kernel whoever builds it, and when.
        .env("KBUILD_BUILD_TIMESTAMP", "@0")
        .env("KBUILD_BUILD_USER", "maro")
        .env("KBUILD_BUILD_HOST", "maro")
        // Flags of a make that started this program.
        .without_env("MAKEFLAGS")
}

/// The settings of the fragments that the configuration does not have: the
/// kernel drops what it does not know or what misses something it needs.
fn refused(fragments: &[&str], config: &str) -> Vec<String> {
    let holds = |setting: &str| match off(setting) {
        Some(name) => !config.lines().any(|line| is_setting_of(line, name)),
        None => config.lines().any(|line| line == setting),
    };
    let settings = fragments.iter().flat_map(|fragment| fragment.lines());
    settings
        .filter(|line| line.starts_with("CONFIG_") || off(line).is_some())
        .filter(|setting| !holds(setting))
        .map(|setting| setting.trim_start_matches("# ").to_owned())
        .collect()
}

/// The name in `# CONFIG_NAME is not set`.
fn off(line: &str) -> Option<&str> {
    line.strip_prefix("# ")?
        .strip_suffix(" is not set")
        .filter(|name| name.starts_with("CONFIG_"))
}

fn is_setting_of(line: &str, name: &str) -> bool {
    line.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_did_not_take_are_found() {
        let fragment = "# A comment.\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"x\"\n";
        assert!(refused(&[fragment], "CONFIG_A=y\nCONFIG_C=\"x\"\nCONFIG_BB=y\n").is_empty());
        let refused = refused(&[fragment], "CONFIG_B=y\nCONFIG_C=\"y\"\n");
        assert_eq!(
            refused,
            ["CONFIG_A=y", "CONFIG_B is not set", "CONFIG_C=\"x\""]
        );
    }

    #[test]
    fn no_fragment_contradicts_the_common_one() {
        for variant in [SmallVariant::Hardware, SmallVariant::SoftwareKvm] {
            let both = [COMMON, variant.recipe().config];
            // What the fragments say together, later lines last.
            let mut config = std::collections::BTreeMap::new();
            for line in both.iter().flat_map(|fragment| fragment.lines()) {
                if let Some(name) = off(line) {
                    config.insert(name, String::new());
                } else if let Some((name, _)) = line.split_once('=') {
                    config.insert(name, line.to_owned());
                }
            }
            let text: Vec<String> = config.into_values().collect();
            assert_eq!(refused(&both, &text.join("\n")), Vec::<String>::new());
        }
    }
}
