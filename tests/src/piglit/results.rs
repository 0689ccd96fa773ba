//! Results and expectations as files: a line a test, sorted, so that they can be compared
//! by eye, by `diff`, and by [`compare`].

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::Error;
use super::outcome::{STATUSES, Status};

/// Statuses by the names of tests.
pub type Results = BTreeMap<String, Status>;

/// The file of a run's folder that has the tests' results.
pub const TESTS: &str = "results.txt";
/// The file that has those of the tests' parts.
pub const SUBTESTS: &str = "subtests.txt";

/// The entries of a file: its lines without comments.
pub fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads a list of tests.
///
/// # Errors
/// [`Error::File`].
pub fn read_list(path: &Path) -> Result<Vec<String>, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::File(path.to_owned(), e))?;
    Ok(entries(&text).map(str::to_owned).collect())
}

/// Reads lines of the form `test = status`.
///
/// # Errors
/// [`Error::File`], or [`Error::Line`] for a line of another form.
pub fn read(path: &Path) -> Result<Results, Error> {
    let text = fs::read_to_string(path).map_err(|e| Error::File(path.to_owned(), e))?;
    parse(&text).map_err(|line| Error::Line(path.to_owned(), line))
}

/// Reads entries; an error is the line that is not one.
fn parse(text: &str) -> Result<Results, String> {
    let entry = |line: &str| {
        // A test's name may have a `=` in it, a status has none.
        let (name, status) = line.rsplit_once(" = ")?;
        Some((name.trim().to_owned(), status.parse().ok()?))
    };
    entries(text)
        .map(|line| entry(line).ok_or_else(|| line.to_owned()))
        .collect()
}

/// Writes lines of the form `test = status` below a comment.
pub fn format<'a>(
    comment: &str,
    results: impl IntoIterator<Item = (&'a String, &'a Status)>,
) -> String {
    let mut text = String::new();
    for line in comment.lines() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# {line}");
    }
    for (name, status) in results {
        let _ = writeln!(text, "{name} = {status}");
    }
    text
}

/// How many tests ended how, on one line.
pub fn summary(results: &Results) -> String {
    let counts = STATUSES.iter().filter_map(|(status, name)| {
        let count = results.values().filter(|found| *found == status).count();
        (count > 0).then(|| format!("{count} {name}"))
    });
    let counts: Vec<String> = counts.collect();
    format!("{} tests: {}", results.len(), counts.join(", "))
}

/// What of the results is not as expected; each line says what to do.
pub fn surprises(results: &Results, expected: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, status) in results {
        let line = match (status, expected.get(name)) {
            (status, _) if *status > Status::Fail => {
                format!("{name}: {status}; this is a bug whatever the test says")
            }
            (Status::Pass, None) => continue,
            (Status::Pass, Some(_)) => format!("{name}: passes now; remove its line"),
            (status, Some(other)) if status == other => continue,
            (status, Some(other)) => format!("{name}: {status}, and {other} was expected"),
            (status, None) => format!("{name}: {status}, and it has to pass"),
        };
        lines.push(line);
    }
    for (name, status) in expected {
        if !results.contains_key(name) {
            lines.push(format!(
                "{name}: is expected to {status} and is not in the list; remove its line"
            ));
        }
        if !status.may_be_expected() {
            lines.push(format!(
                "{name}: {status} is never expected; remove its line"
            ));
        }
    }
    lines
}

/// Compares results of the same tests: how many went from which status to which, and
/// the tests that pass on one side only.
pub fn compare(a: (&str, &Results), b: (&str, &Results)) -> String {
    let (name_a, a) = a;
    let (name_b, b) = b;
    let mut changes: BTreeMap<(Status, Status), Vec<&str>> = BTreeMap::new();
    for (test, status) in a {
        if let Some(other) = b.get(test) {
            changes.entry((*status, *other)).or_default().push(test);
        }
    }
    let mut text = format!(
        "A = {name_a}: {}\nB = {name_b}: {}\n\n",
        summary(a),
        summary(b)
    );
    let _ = writeln!(text, "{:>12}  {:<12}  tests", "A", "B");
    for ((from, to), tests) in &changes {
        let _ = writeln!(text, "{from:>12}  {to:<12}  {}", tests.len());
    }
    for (title, wanted) in [
        ("pass in A, not in B", true),
        ("pass in B, not in A", false),
    ] {
        let differing = changes.iter().filter(|((from, to), _)| {
            let (good, bad) = if wanted { (from, to) } else { (to, from) };
            *good == Status::Pass && *bad != Status::Pass
        });
        let differing: Vec<_> = differing.collect();
        let count: usize = differing.iter().map(|(_, tests)| tests.len()).sum();
        let _ = writeln!(text, "\n{title}: {count}");
        for ((from, to), tests) in differing {
            let bad = if wanted { to } else { from };
            for test in tests {
                let _ = writeln!(text, "  {bad:<12}  {test}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(lines: &str) -> Results {
        parse(lines).unwrap()
    }

    #[test]
    fn a_file_is_read_back() {
        let there = results("# note\na = b x = fail\n\nc@d = pass\n");
        assert_eq!(there.get("a = b x"), Some(&Status::Fail));
        assert_eq!(results(&format("one\ntwo", &there)), there);
        assert_eq!(parse("fine = pass\nodd line"), Err("odd line".to_owned()));
        assert_eq!(parse("a = good"), Err("a = good".to_owned()));
    }

    #[test]
    fn all_that_is_not_as_expected_is_said() {
        let found = results("a = pass\nb = fail\nc = fail\nd = crash\ne = skip\nf = pass");
        assert_eq!(surprises(&results("a = pass"), &Results::new()).len(), 0);
        let expected = results("b = fail\nd = crash\ne = fail\nf = skip\ngone = fail");
        let lines = surprises(&found, &expected);
        let about = |name: &str| lines.iter().filter(|line| line.starts_with(name)).count();
        let counts = ["a:", "b:", "c:", "d:", "e:", "f:", "gone:"].map(about);
        assert_eq!(counts, [0, 0, 1, 2, 1, 1, 1], "{lines:#?}");
    }

    #[test]
    fn a_comparison_names_what_only_one_side_passes() {
        let a = results("x = pass\ny = fail\nz = pass");
        let b = results("x = pass\ny = pass\nz = crash");
        let text = compare(("one", &a), ("two", &b));
        assert!(
            text.contains("pass in A, not in B: 1\n  crash         z\n"),
            "{text}"
        );
        assert!(
            text.contains("pass in B, not in A: 1\n  fail          y\n"),
            "{text}"
        );
    }
}
