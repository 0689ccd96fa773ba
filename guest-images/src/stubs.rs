//! The trimmed root: the few files that a GLES program on virgl needs, with one
//! library of empty functions in place of those that Mesa loads for drivers and
//! window systems which are not there. A guest on a software KVM starts such a
//! program in a third of the time, because it takes a third of the page faults.
//! Mesa itself is Debian's, unchanged.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::cache::Workspace;
use crate::command::{Step, assignment, output};
use crate::recipe::entries;
use crate::root::matches;
use crate::{Error, packages};

/// What is in the trimmed root; part of the disk's recipe.
pub const RECIPE: &str = include_str!("../root/trimmed.list");

const TOOLS: &[&str] = &["binutils", "gcc", "libc-bin"];
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const STUB: &str = "libmaro-stub.so";
/// Mount points, and the folders that the links below point to.
const FOLDERS: &[&str] = &[
    "dev",
    "etc",
    "home",
    "mnt",
    "proc",
    "root",
    "run",
    "sys",
    "tmp",
    "usr/bin",
    "usr/lib",
    "usr/lib64",
    "usr/sbin",
    "var",
];
const LINKS: &[(&str, &str)] = &[
    ("bin", "usr/bin"),
    ("lib", "usr/lib"),
    ("lib64", "usr/lib64"),
    ("sbin", "usr/sbin"),
    ("usr/bin/sh", "dash"),
    (
        "usr/lib64/ld-linux-x86-64.so.2",
        "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    ),
];

/// A dynamic symbol, with its version if it has one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Symbol {
    name: String,
    version: Option<String>,
}

/// What a library offers under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Function,
    /// Data of a size.
    Object(u64),
}

/// The dynamic symbols of a file.
#[derive(Debug, Default)]
struct Symbols {
    imports: BTreeSet<Symbol>,
    exports: BTreeMap<Symbol, Kind>,
}

/// Makes the trimmed root in the folder `to`.
pub fn make_trimmed(workspace: &mut Workspace<'_>, tree: &Path, to: &Path) -> Result<(), Error> {
    packages::require(TOOLS, "the trimmed root disk", workspace)?;
    for folder in FOLDERS {
        make_folder(&to.join(folder))?;
    }
    make_folder(&to.join(LIBRARIES))?;
    for (link, target) in LINKS {
        make_link(target, &to.join(link))?;
    }

    let list = |kind: &'static str| {
        entries(RECIPE)
            .filter_map(move |line| line.strip_prefix(kind))
            .map(str::trim)
    };
    let is_stub = |name: &str| list("stub ").any(|pattern| matches(pattern, name));
    let mut queue: VecDeque<PathBuf> = list("file ").map(PathBuf::from).collect();
    let mut kept = BTreeSet::new();
    let mut stubbed = BTreeSet::new();
    while let Some(path) = queue.pop_front() {
        if !kept.insert(path.clone()) {
            continue;
        }
        copy(&tree.join(&path), &to.join(&path))?;
        for needed in needed(&tree.join(&path))? {
            if is_stub(&needed) {
                stubbed.insert(needed);
            } else {
                queue.push_back(Path::new(LIBRARIES).join(needed));
            }
        }
    }

    let mut imports = BTreeSet::new();
    for path in &kept {
        imports.extend(symbols(&tree.join(path))?.imports);
    }
    let mut exports = BTreeMap::new();
    for name in &stubbed {
        let library = symbols(&tree.join(LIBRARIES).join(name))?;
        exports.extend(
            library
                .exports
                .into_iter()
                .filter(|(symbol, _)| imports.contains(symbol)),
        );
    }
    build_stub(workspace, &exports, &to.join(LIBRARIES).join(STUB))?;
    for name in &stubbed {
        // The loader sees that these are one file, and loads it once.
        make_link(STUB, &to.join(LIBRARIES).join(name))?;
    }
    Step::new("listing the trimmed root's libraries", "/sbin/ldconfig")
        .args([OsStr::new("-X"), OsStr::new("-r")])
        .arg(to)
        .run(workspace)
}

fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|e| Error::file(path, e))
}

fn make_link(target: &str, link: &Path) -> Result<(), Error> {
    symlink(target, link).map_err(|e| Error::file(link, e))
}

/// Copies a file; a link becomes the file that it names.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| Error::file(from, e))
}

/// The libraries that a file is linked with; none if it is no ELF file.
fn needed(file: &Path) -> Result<Vec<String>, Error> {
    let text = readelf("--dynamic", file)?;
    let names = text.lines().filter(|line| line.contains("(NEEDED)"));
    Ok(names
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()))
        .collect())
}

fn symbols(file: &Path) -> Result<Symbols, Error> {
    Ok(parse_symbols(&readelf("--dyn-syms", file)?))
}

fn readelf(what: &str, file: &Path) -> Result<String, Error> {
    let args = [OsStr::new("--wide"), OsStr::new(what), file.as_os_str()];
    Ok(output("readelf", &args)?.1)
}

/// Reads the table that `readelf --dyn-syms` prints: number, value, size, type,
/// binding, visibility, section and name, the name with `@version` or, for the
/// default of several, `@@version`.
fn parse_symbols(table: &str) -> Symbols {
    let mut symbols = Symbols::default();
    for line in table.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let &[number, _, size, kind, _, _, section, full_name, ..] = &fields[..] else {
            continue;
        };
        // Not the line with the columns' names.
        if number.trim_end_matches(':').parse::<u32>().is_err() {
            continue;
        }
        let (name, version) = match full_name.split_once('@') {
            Some((name, version)) => (name, Some(version.trim_start_matches('@').to_owned())),
            None => (full_name, None),
        };
        let symbol = Symbol {
            name: name.to_owned(),
            version,
        };
        match (section, kind) {
            ("UND", _) => {
                symbols.imports.insert(symbol);
            }
            (_, "OBJECT" | "TLS") => {
                let hex = size
                    .strip_prefix("0x")
                    .and_then(|hex| u64::from_str_radix(hex, 16).ok());
                let size = hex.or_else(|| size.parse().ok()).unwrap_or(8);
                symbols.exports.insert(symbol, Kind::Object(size));
            }
            _ => {
                symbols.exports.insert(symbol, Kind::Function);
            }
        }
    }
    symbols
}

fn build_stub(
    workspace: &mut Workspace<'_>,
    exports: &BTreeMap<Symbol, Kind>,
    to: &Path,
) -> Result<(), Error> {
    let source = workspace.folder.join("stub.s");
    let script = workspace.folder.join("stub.map");
    for (path, text) in [
        (&source, assembly(exports)),
        (&script, version_script(exports)),
    ] {
        fs::write(path, text).map_err(|e| Error::file(path, e))?;
    }
    Step::new("building the stub library", "gcc")
        .args(["-shared", "-nostdlib"])
        .arg(format!("-Wl,-soname,{STUB}"))
        .arg(assignment("-Wl,--version-script=", &script))
        .arg("-o")
        .args([to, &source])
        .run(workspace)?;
    for path in [source, script] {
        fs::remove_file(&path).map_err(|e| Error::file(&path, e))?;
    }
    Ok(())
}

/// All functions are one: it returns 0.
fn assembly(exports: &BTreeMap<Symbol, Kind>) -> String {
    let mut functions = String::new();
    let mut objects = String::new();
    for (symbol, kind) in exports {
        let name = &symbol.name;
        let written = match kind {
            Kind::Function => {
                write!(
                    functions,
                    ".globl \"{name}\"\n.type \"{name}\", @function\n\"{name}\":\n"
                )
            }
            Kind::Object(size) => write!(
                objects,
                ".globl \"{name}\"\n.type \"{name}\", @object\n.size \"{name}\", {size}\n\
                 .balign 16\n\"{name}\": .zero {size}\n"
            ),
        };
        // Writing to a string cannot fail.
        written.unwrap_or_default();
    }
    format!(
        ".text\n{functions}xorl %eax, %eax\nret\n.bss\n{objects}\
         .section .note.GNU-stack, \"\", @progbits\n"
    )
}

/// The versions, each with its symbols.
fn version_script(exports: &BTreeMap<Symbol, Kind>) -> String {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for symbol in exports.keys() {
        let version = symbol.version.as_deref().unwrap_or_default();
        versions.entry(version).or_default().push(&symbol.name);
    }
    let mut script = String::new();
    for (version, names) in versions {
        // A script cannot have both named versions and one without a name;
        // what has no version is exported by the last rule.
        if !version.is_empty() {
            writeln!(
                script,
                "{version} {{ global: \"{}\"; }};",
                names.join("\"; \"")
            )
            .unwrap_or_default();
        }
    }
    if script.is_empty() {
        "{ global: *; };\n".to_owned()
    } else {
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
Symbol table '.dynsym' contains 4 entries:
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND 
     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND free@GLIBC_2.2.5 (2)
     2: 0000000000001130    21 FUNC    GLOBAL DEFAULT   12 LLVMDisposeModule@@LLVM_19.1
     3: 0000000000004010    40 OBJECT  GLOBAL DEFAULT   20 table
";

    fn symbol(name: &str, version: Option<&str>) -> Symbol {
        Symbol {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        }
    }

    #[test]
    fn reads_the_symbol_table() {
        let symbols = parse_symbols(TABLE);
        assert_eq!(
            symbols.imports,
            BTreeSet::from([symbol("free", Some("GLIBC_2.2.5"))])
        );
        let exports = BTreeMap::from([
            (
                symbol("LLVMDisposeModule", Some("LLVM_19.1")),
                Kind::Function,
            ),
            (symbol("table", None), Kind::Object(40)),
        ]);
        assert_eq!(symbols.exports, exports);
    }

    #[test]
    fn writes_symbols_with_their_versions() {
        let exports = parse_symbols(TABLE).exports;
        let text = assembly(&exports);
        assert!(
            text.contains("\"LLVMDisposeModule\":\nxorl %eax, %eax\nret\n"),
            "{text}"
        );
        assert!(text.contains("\"table\": .zero 40"), "{text}");
        let script = version_script(&exports);
        assert_eq!(script, "LLVM_19.1 { global: \"LLVMDisposeModule\"; };\n");
    }
}
