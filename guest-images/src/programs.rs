//! The programs of our own that are in every guest, built from this checkout.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, Workspace};
use crate::command::Step;
use crate::recipe::Recipe;
use crate::{Error, Progress};

const TARGET: &str = "x86_64-unknown-linux-gnu";
const SPACE: u64 = 400 << 20;

/// The built programs.
pub struct Programs {
    /// Process 1, statically linked.
    pub init: PathBuf,
    /// The scene, for guest and host.
    pub scene: PathBuf,
    /// The hash of their sources.
    pub digest: String,
}

/// Builds the programs, or finds them in the cache.
pub fn prepare(cache: &Cache, progress: &mut dyn Progress) -> Result<Programs, Error> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut recipe = Recipe::new("programs", 1);
    for folder in ["init", "scene"] {
        let folder = sources.join(folder);
        if !folder.exists() {
            return Err(Error::NoSources(folder));
        }
        recipe.add_folder(&folder)?;
    }
    let digest = recipe.digest();
    let name = format!("programs-{digest}");
    let folder = cache.artifact(
        &name,
        "building the guest's programs",
        SPACE,
        progress,
        |w| {
            // Kept, so that a change of one file does not compile every crate again.
            let target = w.folder.with_file_name("cargo-target");
            build(
                w,
                sources,
                &target,
                "maro-guest-init",
                "-Ctarget-feature=+crt-static -Crelocation-model=static",
            )?;
            build(w, sources, &target, "maro-scene", "")?;
            for program in ["maro-guest-init", "maro-scene"] {
                let from = target.join(TARGET).join("release").join(program);
                fs::copy(&from, w.folder.join(program)).map_err(|e| Error::file(&from, e))?;
            }
            Ok(())
        },
    )?;
    Ok(Programs {
        init: folder.join("maro-guest-init"),
        scene: folder.join("maro-scene"),
        digest,
    })
}

fn build(
    workspace: &mut Workspace<'_>,
    sources: &Path,
    target: &Path,
    package: &str,
    flags: &str,
) -> Result<(), Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Step::new(&format!("building {package}"), cargo)
        .folder(sources)
        .args([
            "build",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--package",
            package,
        ])
        .env("CARGO_TARGET_DIR", target)
        // A caller's own flags (coverage, sanitizers) are not for guests.
        .without_env("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", flags)
        // Nothing here is hot: building quickly counts.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_STRIP", "true")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .run(workspace)
}
