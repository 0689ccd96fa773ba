//! Which modules a stock kernel needs, and in which order.

use std::collections::{HashMap, HashSet};

/// Modules by name, each with its path and the paths of what it needs, as
/// `depmod` wrote them.
pub struct Modules<'a> {
    by_name: HashMap<String, &'a str>,
    needs: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Modules<'a> {
    /// Reads the text of `modules.dep`: `path: path path`, a line a module.
    pub fn parse(dep: &'a str) -> Self {
        let mut modules = Self {
            by_name: HashMap::new(),
            needs: HashMap::new(),
        };
        for (path, needed) in dep.lines().filter_map(|line| line.split_once(':')) {
            modules.by_name.insert(name(path), path);
            modules
                .needs
                .insert(path, needed.split_whitespace().collect());
        }
        modules
    }

    /// The paths of the wanted modules and of all that they need, each after
    /// those that it needs itself. Names that are no modules are passed over:
    /// the kernel has them built in.
    pub fn load_order(&self, wanted: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut order = Vec::new();
        let mut seen = HashSet::new();
        for wanted in wanted {
            if let Some(path) = self.by_name.get(&name(wanted)) {
                self.visit(path, &mut seen, &mut order);
            }
        }
        order
    }

    fn visit(&self, path: &'a str, seen: &mut HashSet<&'a str>, order: &mut Vec<&'a str>) {
        if !seen.insert(path) {
            return;
        }
        for needed in self.needs.get(path).into_iter().flatten() {
            self.visit(needed, seen, order);
        }
        order.push(path);
    }
}

/// A module's name as the kernel compares it: the file's name without its
/// suffixes, dashes as underscores.
fn name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split(".ko").next().unwrap_or(file);
    stem.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEP: &str = "\
kernel/drm/virtio/virtio-gpu.ko.xz: kernel/virtio/dma_buf.ko.xz kernel/drm/shmem.ko.xz kernel/drm/drm.ko.xz
kernel/drm/shmem.ko.xz: kernel/drm/drm.ko.xz
kernel/drm/drm.ko.xz:
kernel/virtio/dma_buf.ko.xz:
kernel/virtio/virtio_mmio.ko.xz:
";

    #[test]
    fn a_module_comes_after_what_it_needs() {
        let order =
            Modules::parse(DEP).load_order(["virtio_gpu", "virtio-mmio", "drm", "built_in"]);
        assert_eq!(
            order,
            [
                "kernel/virtio/dma_buf.ko.xz",
                "kernel/drm/drm.ko.xz",
                "kernel/drm/shmem.ko.xz",
                "kernel/drm/virtio/virtio-gpu.ko.xz",
                "kernel/virtio/virtio_mmio.ko.xz",
            ]
        );
    }

    #[test]
    fn a_circle_ends() {
        let modules = Modules::parse("a.ko: b.ko\nb.ko: a.ko\n");
        assert_eq!(modules.load_order(["a"]), ["b.ko", "a.ko"]);
    }
}
