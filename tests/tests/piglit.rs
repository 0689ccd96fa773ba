//! Piglit over `maro vtest`: the tests of `piglit/list.txt` pass, but for those of
//! `piglit/expectations.txt`, and none crashes, hangs or is refused anything.
//!
//! Runs when `MARO_GUEST_TESTS=1` is set, as `cargo xtask test` does. `MARO_BIN` names the
//! `maro` to test; without it, it is the one in the target folder.

use std::env;
use std::path::Path;
use std::time::Duration;

use maro_guest_images::Terminal;
use maro_tests::piglit::run::{self, Plan};
use maro_tests::piglit::{self, Renderer, profile, results};

const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn piglit_over_vtest_ends_as_expected() {
    if env::var_os("MARO_GUEST_TESTS").is_none_or(|value| value != "1") {
        println!("skipped: piglit is run by `cargo xtask test`, or with MARO_GUEST_TESTS=1");
        return;
    }
    let maro = maro_tests::maro();
    let tree = maro_guest_images::prepare_conformance_tree(&mut Terminal::default())
        .unwrap_or_else(|error| panic!("the tree of the tests cannot be made: {error}"));
    let all = profile::read(&tree).unwrap_or_else(|error| panic!("{error}"));
    let folder = piglit::folder();
    let names = results::read_list(&folder.join("list.txt")).unwrap_or_else(|e| panic!("{e}"));
    let expected =
        results::read(&folder.join("expectations.txt")).unwrap_or_else(|e| panic!("{e}"));
    let tests = names.iter().map(|name| match all.get(name) {
        Some(test) => (name.as_str(), test),
        None => panic!("list.txt: piglit has no test {name}"),
    });

    // Kept after the test: it has what failing tests printed.
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("piglit");
    let plan = Plan {
        tree: &tree,
        renderer: Renderer::Maro {
            program: maro,
            arguments: vec!["--host".to_owned(), "gles".to_owned()],
        },
        jobs: std::thread::available_parallelism().map_or(2, usize::from),
        timeout: TIMEOUT,
        out: out.clone(),
        comment: "piglit, maro-gles".to_owned(),
    };
    let found = run::run(&plan, &tests.collect(), &|_, _| {}).unwrap_or_else(|e| panic!("{e}"));
    println!("{}", results::summary(&found));
    let surprises = results::surprises(&found, &expected);
    assert!(
        surprises.is_empty(),
        "{} of {} tests are not as tests/piglit/expectations.txt says; what they printed is in \
         {}/details:\n{}",
        surprises.len(),
        found.len(),
        out.display(),
        surprises.join("\n")
    );
}
