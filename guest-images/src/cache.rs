//! The folder of finished artifacts: each under a name with its recipe's hash,
//! made in a folder beside it and moved into place when complete.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::{Error, Progress};

/// The folder that all artifacts are kept in.
pub struct Cache {
    folder: PathBuf,
}

/// An artifact in the making.
pub struct Workspace<'a> {
    /// An empty folder; what is here at the end is the artifact.
    pub folder: PathBuf,
    /// Where the tools' output goes.
    pub log: PathBuf,
    /// Told of the steps.
    pub progress: &'a mut dyn Progress,
}

impl Cache {
    /// The cache folder: `MARO_CACHE`, or `maro` in `XDG_CACHE_HOME` or in
    /// `~/.cache`.
    pub fn open() -> Result<Self, Error> {
        let variable = |name| {
            std::env::var_os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        let folder = folder(
            variable("MARO_CACHE"),
            variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()),
            variable("HOME"),
        )
        .ok_or(Error::NoCache)?;
        Self::at(&folder)
    }

    /// The cache at a given place.
    pub fn at(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
        // Tools are started in other folders, and get paths from here.
        let folder = folder.canonicalize().map_err(|e| Error::file(folder, e))?;
        Ok(Self { folder })
    }

    /// Returns the folder of an artifact, and makes it first if it is not
    /// there. While one process makes it, others wait.
    pub fn artifact(
        &self,
        name: &str,
        what: &str,
        space: u64,
        progress: &mut dyn Progress,
        make: impl FnOnce(&mut Workspace<'_>) -> Result<(), Error>,
    ) -> Result<PathBuf, Error> {
        let done = self.folder.join(name);
        if done.exists() {
            return Ok(done);
        }
        let _lock = self.lock(name, progress)?;
        // Another process may have made it while this one waited.
        if done.exists() {
            return Ok(done);
        }
        let folder = self.folder.join(format!("{name}.new"));
        if folder.exists() {
            // Of a run that was broken off.
            fs::remove_dir_all(&folder).map_err(|e| Error::file(&folder, e))?;
        }
        self.check_space(what, space)?;
        fs::create_dir(&folder).map_err(|e| Error::file(&folder, e))?;
        let log = self.folder.join(format!("{name}.log"));
        File::create(&log).map_err(|e| Error::file(&log, e))?;
        let mut workspace = Workspace {
            folder: folder.clone(),
            log: log.clone(),
            progress,
        };
        if let Err(error) = make(&mut workspace) {
            let error = self.or_full(error);
            // What is half made would only take space; the log stays.
            fs::remove_dir_all(&folder).unwrap_or_default();
            return Err(error);
        }
        fs::rename(&folder, &done).map_err(|e| Error::file(&done, e))?;
        fs::remove_file(&log).unwrap_or_default();
        Ok(done)
    }

    /// Holds an artifact's lock until the file is dropped.
    pub fn lock(&self, name: &str, progress: &mut dyn Progress) -> Result<File, Error> {
        let path = self.folder.join(format!("{name}.lock"));
        let file = File::create(&path).map_err(|e| Error::file(&path, e))?;
        if file.try_lock().is_err() {
            let step = "waiting for another process that makes the same image";
            let start = Instant::now();
            progress.begin(step);
            file.lock().map_err(|e| Error::file(&path, e))?;
            progress.end(step, start.elapsed());
        }
        Ok(file)
    }

    /// Fails if there is less free space than needed.
    fn check_space(&self, what: &str, needed: u64) -> Result<(), Error> {
        let free = self.free()?;
        if free >= needed {
            return Ok(());
        }
        Err(Error::DiskTooSmall {
            cache: self.folder.clone(),
            what: what.to_owned(),
            needed,
            free,
        })
    }

    /// A tool that failed for want of space says so in its own words, if at
    /// all; the free space tells.
    fn or_full(&self, error: Error) -> Error {
        const NEARLY_NOTHING: u64 = 8 << 20;
        match (&error, self.free()) {
            (Error::ToolFailed { .. }, Ok(free)) if free < NEARLY_NOTHING => {
                Error::DiskFull(self.folder.clone())
            }
            _ => error,
        }
    }

    fn free(&self) -> Result<u64, Error> {
        let stat =
            rustix::fs::statvfs(&self.folder).map_err(|e| Error::file(&self.folder, e.into()))?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn folder(own: Option<PathBuf>, xdg: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    own.or_else(|| xdg.map(|path| path.join("maro")))
        .or_else(|| home.map(|path| path.join(".cache/maro")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;

    fn make(cache: &Cache, space: u64) -> Result<PathBuf, Error> {
        cache.artifact("thing-1", "a thing", space, &mut Quiet, |workspace| {
            let path = workspace.folder.join("file");
            fs::write(&path, "content").map_err(|e| Error::file(&path, e))
        })
    }

    #[test]
    fn the_folder_follows_the_environment() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(folder(path("/a"), path("/b"), path("/c")), path("/a"));
        assert_eq!(folder(None, path("/b"), path("/c")), path("/b/maro"));
        assert_eq!(folder(None, None, path("/c")), path("/c/.cache/maro"));
        assert_eq!(folder(None, None, None), None);
    }

    #[test]
    fn an_artifact_is_made_once_and_left_overs_go() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        fs::create_dir(folder.path().join("thing-1.new")).unwrap();
        fs::write(folder.path().join("thing-1.new/stale"), "").unwrap();
        let done = make(&cache, 0).unwrap();
        assert_eq!(fs::read_to_string(done.join("file")).unwrap(), "content");
        assert!(!done.join("stale").exists());
        let again = cache.artifact("thing-1", "", u64::MAX, &mut Quiet, |_| unreachable!());
        assert_eq!(again.unwrap(), done);
    }

    #[test]
    fn a_failure_leaves_nothing_but_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let result = cache.artifact("thing-1", "", 0, &mut Quiet, |_| Err(Error::NoCache));
        assert!(matches!(result, Err(Error::NoCache)));
        assert!(!folder.path().join("thing-1.new").exists());
        assert!(folder.path().join("thing-1.log").exists());
        make(&cache, 0).unwrap();
        assert!(!folder.path().join("thing-1.log").exists());
    }

    #[test]
    fn two_makers_take_turns() {
        let folder = tempfile::tempdir().unwrap();
        let makers = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let cache = Cache::at(folder.path()).unwrap();
                    let made = cache.artifact("thing-1", "", 0, &mut Quiet, |_| {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        makers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        Ok(())
                    });
                    made.unwrap();
                });
            }
        });
        assert_eq!(makers.into_inner(), 1);
    }

    #[test]
    fn too_little_space_is_said_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let error = make(&cache, u64::MAX).unwrap_err();
        assert!(matches!(error, Error::DiskTooSmall { .. }));
        let text = error.to_string();
        assert!(text.contains("a thing needs about"), "{text}");
        assert!(text.contains("set MARO_CACHE"), "{text}");
        assert!(!folder.path().join("thing-1.new").exists());
    }

    #[test]
    fn a_disk_that_fills_up_is_named() {
        use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

        let folder = tempfile::tempdir().unwrap();
        if mount(
            "tmpfs",
            folder.path(),
            "tmpfs",
            MountFlags::empty(),
            c"size=256k",
        )
        .is_err()
        {
            eprintln!("skipped: only root can mount a small disk");
            return;
        }
        let cache = Cache::at(folder.path()).unwrap();
        let write = cache.artifact("thing-1", "a thing", 0, &mut Quiet, |workspace| {
            let path = workspace.folder.join("file");
            fs::write(&path, vec![1; 1 << 20]).map_err(|e| Error::file(&path, e))
        });
        // A tool that runs into the full disk.
        let tool = cache.artifact("thing-2", "a thing", 0, &mut Quiet, |workspace| {
            let to = workspace.folder.join("file");
            let copy = crate::command::Step::new("copying", "dd")
                .args(["if=/dev/zero", "bs=64k", "count=16"])
                .arg(format!("of={}", to.display()));
            copy.run(workspace)
        });
        unmount(folder.path(), UnmountFlags::DETACH).unwrap();
        for result in [write, tool] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::DiskFull(_)), "{error:?}");
            assert!(error.to_string().contains("Free some space"), "{error}");
        }
    }
}
