//! Test results in the XML that CI systems read (the schema of JUnit's Ant task).

use std::fmt::Write as _;
use std::time::Duration;

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not, for this reason.
    Failed(String),
    /// It was not made, for this reason.
    Skipped(String),
}

/// One check.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is checked.
    pub name: String,
    /// How long it took.
    pub time: Duration,
    /// How it ended.
    pub verdict: Verdict,
}

/// The checks as a document. `time` is that of them all, which may overlap; `log` is the
/// output that belongs to them.
pub fn document(suite: &str, time: Duration, cases: &[Case], log: &str) -> String {
    let count =
        |wanted: fn(&Verdict) -> bool| cases.iter().filter(|case| wanted(&case.verdict)).count();
    let failures = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let skipped = count(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let totals = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{:.3}\"",
        cases.len(),
        time.as_secs_f64()
    );
    let suite = escape(suite);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n<testsuite name=\"{suite}\" {totals}>\n"
    );
    for case in cases {
        write_case(&mut xml, &suite, case);
    }
    xml.push_str("<system-out>");
    xml.push_str(&escape(log));
    xml.push_str("</system-out>\n</testsuite>\n</testsuites>\n");
    xml
}

fn write_case(xml: &mut String, suite: &str, case: &Case) {
    let inner = match &case.verdict {
        Verdict::Passed => String::new(),
        Verdict::Failed(reason) => format!("<failure message=\"{}\"/>", escape(reason)),
        Verdict::Skipped(reason) => format!("<skipped message=\"{}\"/>", escape(reason)),
    };
    // A string takes everything.
    let _ = writeln!(
        xml,
        "<testcase classname=\"{suite}\" name=\"{}\" time=\"{:.3}\">{inner}</testcase>",
        escape(&case.name),
        case.time.as_secs_f64()
    );
}

/// Text that can stand in XML 1.0, also between quotes. What XML cannot say even
/// escaped, such as a terminal's control characters, becomes U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, verdict: Verdict) -> Case {
        Case {
            name: name.into(),
            time: Duration::from_millis(1500),
            verdict,
        }
    }

    #[test]
    fn document_counts_its_cases() {
        let xml = document(
            "maro smoke",
            Duration::from_secs(2),
            &[
                case("boots", Verdict::Passed),
                case("picture", Verdict::Failed("3 pixels differ".into())),
                case("other", Verdict::Skipped("no KVM".into())),
            ],
            "line\n",
        );
        assert!(
            xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"2.000\""),
            "{xml}"
        );
        assert!(xml.contains("<failure message=\"3 pixels differ\"/>"));
        assert!(xml.contains("<skipped message=\"no KVM\"/>"));
        assert!(xml.contains("name=\"boots\" time=\"1.500\"></testcase>"));
    }

    #[test]
    fn text_of_a_guest_cannot_break_the_document() {
        let xml = document(
            "s",
            Duration::ZERO,
            &[case("a\"<b>&", Verdict::Passed)],
            "]]>\u{1b}[0m\0</system-out>",
        );
        assert!(xml.contains("name=\"a&quot;&lt;b&gt;&amp;\""));
        assert!(
            xml.contains("<system-out>]]&gt;\u{fffd}[0m\u{fffd}&lt;/system-out&gt;</system-out>")
        );
    }
}
