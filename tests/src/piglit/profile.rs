//! Which tests there are: piglit's own lists, as Debian ships them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::Error;

/// Piglit's folder in the tree.
pub const ROOT: &str = "/usr/lib/x86_64-linux-gnu/piglit";

/// The lists that are read. The tests of GLSL's compiler alone are in others.
const PROFILES: &[&str] = &["quick_gl", "quick_shader"];

/// Where a test draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Into framebuffer objects only.
    None,
    /// Into a window.
    Window,
}

impl Surface {
    /// The window system's name in piglit.
    pub fn platform(self) -> &'static str {
        match self {
            Self::None => "surfaceless_egl",
            Self::Window => "x11_egl",
        }
    }
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Program and arguments; paths are relative to [`ROOT`].
    pub command: Vec<String>,
    /// Where it draws.
    pub surface: Surface,
}

/// Reads the lists of the tree: all tests that run without GLX, by name.
///
/// # Errors
/// [`Error::Profile`] if a list is not there or not as expected.
pub fn read(tree: &Path) -> Result<BTreeMap<String, Test>, Error> {
    let mut tests = BTreeMap::new();
    for profile in PROFILES {
        let path = tree
            .join(ROOT.trim_start_matches('/'))
            .join(format!("tests/{profile}.xml.gz"));
        let error = |why: &str| Error::Profile(path.clone(), why.to_owned());
        let output = Command::new("gzip").arg("-dc").arg(&path).output();
        let output = output.map_err(|e| error(&format!("gzip: {e}")))?;
        let text = String::from_utf8(output.stdout).map_err(|_| error("this is no text"))?;
        let found = parse(&text).map_err(|name| error(&format!("{name} is not understood")))?;
        if found.is_empty() {
            return Err(error("there is no test in it"));
        }
        tests.extend(found);
    }
    Ok(tests)
}

/// The tests of one list; an error is the name of the test that is not understood.
fn parse(text: &str) -> Result<Vec<(String, Test)>, String> {
    let mut tests = Vec::new();
    // Written by a program: no spaces to skip, no attributes in another order.
    for element in text.split("<Test type=\"").skip(1) {
        let name = unescape(between(element, "name=\"", "\"").unwrap_or_default());
        let kind = element.split('"').next().unwrap_or_default();
        let option = |option: &str| {
            between(
                element,
                &format!("<option name=\"{option}\" value=\""),
                "\"",
            )
            .map(unescape)
        };
        let list = |name: &str| option(name).map(|value| strings(&value));
        let concurrent = option("run_concurrent").as_deref() == Some("True");
        // Tests that may run beside others are those that need no window.
        let surface = if concurrent {
            Surface::None
        } else {
            Surface::Window
        };
        let Some(mut command) = list("command").filter(|words| !words.is_empty()) else {
            return Err(name);
        };
        let platform = surface.platform();
        let here = |platforms: Vec<String>| platforms.iter().any(|p| p == platform);
        if !list("require_platforms").is_none_or(here)
            || list("exclude_platforms").is_some_and(here)
        {
            continue;
        }
        command[0].insert_str(0, "bin/");
        match kind {
            "gl_builtin" => {
                let file = command.get_mut(1).ok_or_else(|| name.clone())?;
                file.insert_str(0, "tests/");
            }
            _ => {
                command.retain(|word| word != "-auto" && word != "-fbo");
                command.push("-auto".to_owned());
                if concurrent {
                    command.push("-fbo".to_owned());
                }
            }
        }
        tests.push((name, Test { command, surface }));
    }
    Ok(tests)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

/// Replaces XML's entities.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// The strings of a list as Python writes it: `['a', "b's"]`.
fn strings(list: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut quote = None;
    let mut current = String::new();
    let mut characters = list.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (None, _) => {}
            (Some(open), _) if character == open => {
                strings.push(std::mem::take(&mut current));
                quote = None;
            }
            (Some(_), '\\') => current.extend(characters.next()),
            (Some(_), _) => current.push(character),
        }
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = concat!(
        r#"<PiglitTestList count="4" name="x"><Test type="gl" name="a@b &lt;1&gt;">"#,
        r#"<option name="command" value="['prog', 'it\'s', '-auto']" />"#,
        r#"<option name="run_concurrent" value="True" /></Test>"#,
        r#"<Test type="gl" name="glx"><option name="require_platforms" value="['glx']" />"#,
        r#"<option name="command" value="['g']" />"#,
        r#"<option name="run_concurrent" value="False" /></Test>"#,
        r#"<Test type="gl" name="window"><option name="command" value="['w', 'x']" />"#,
        r#"<option name="run_concurrent" value="False" /></Test>"#,
        r#"<Test type="gl_builtin" name="c"><option name="command" value="['c', 'f.txt']" />"#,
        r#"<option name="run_concurrent" value="True" /></Test></PiglitTestList>"#,
    );

    #[test]
    fn a_list_gives_names_and_command_lines() {
        let tests = parse(LIST).unwrap();
        let names: Vec<&str> = tests.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a@b <1>", "window", "c"]);
        let command = |i: usize| tests[i].1.command.join(" ");
        assert_eq!(command(0), "bin/prog it's -auto -fbo");
        assert_eq!(command(1), "bin/w x -auto");
        assert_eq!(command(2), "bin/c tests/f.txt");
        assert_eq!(tests[1].1.surface, Surface::Window);
    }

    #[test]
    fn a_test_without_a_command_is_named() {
        let text = r#"<Test type="gl" name="bare"></Test>"#;
        assert_eq!(parse(text), Err("bare".to_owned()));
    }

    #[test]
    fn python_strings_are_read_with_either_quote() {
        assert_eq!(strings(r#"['a', "b's", 'c\\d']"#), ["a", "b's", r"c\d"]);
        assert!(strings("[]").is_empty());
    }
}
