//! What the kernel command line asks of init.
//!
//! Everything that is ours has the prefix `maro.`: the kernel takes a name
//! with a dot for a module's parameter and leaves it alone. The words after
//! `--` would reach init as arguments, but a boot loader may drop them.

/// How the machine is brought down when the command has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Power off where the firmware can, else reset.
    #[default]
    Auto,
    /// Power off.
    PowerOff,
    /// Reset the machine; the only way to end it without ACPI.
    Reset,
    /// Stay, with the last picture on the screen.
    Hold,
}

/// The options found on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `maro.run="program arguments"`.
    pub run: Option<String>,
    /// `maro.shell`: an interactive shell on the console.
    pub shell: bool,
    /// `maro.softkvm=1`: the host's KVM interprets guest kernel code.
    pub soft_kvm: bool,
    /// `maro.end=poweroff|reset|hold`.
    pub end: End,
    /// `maro.env=NAME=value`, any number of them.
    pub env: Vec<(String, String)>,
    /// `root=`, used only by the initrd.
    pub root: Option<String>,
    /// `rootfstype=`, used only by the initrd.
    pub root_type: Option<String>,
}

impl Options {
    /// Reads the text of `/proc/cmdline`. What init does not know is the
    /// kernel's business and no error.
    pub fn parse(text: &str) -> Self {
        let mut options = Self::default();
        for word in words(text) {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            let on = !matches!(value, Some("0" | "off" | "no"));
            match (name, value) {
                ("maro.run", Some(value)) => options.run = Some(value.to_owned()),
                ("maro.shell", _) => options.shell = on,
                ("maro.softkvm", _) => options.soft_kvm = on,
                ("maro.end", Some("poweroff")) => options.end = End::PowerOff,
                ("maro.end", Some("reset")) => options.end = End::Reset,
                ("maro.end", Some("hold")) => options.end = End::Hold,
                ("maro.env", Some(value)) => {
                    if let Some((name, value)) = value.split_once('=') {
                        options.env.push((name.to_owned(), value.to_owned()));
                    }
                }
                ("root", Some(value)) => options.root = Some(value.to_owned()),
                ("rootfstype", Some(value)) => options.root_type = Some(value.to_owned()),
                _ => {}
            }
        }
        options
    }
}

/// Splits as the kernel does: at white space, except inside double quotes,
/// which may stand anywhere in a word and are not part of it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a command needs a shell, or can be started by splitting it at
/// spaces. A shell costs a fork, which is dear on a software KVM.
pub fn needs_shell(command: &str) -> bool {
    command.contains(|c: char| "|&;<>()$`\\'*?[]#~=%{}!\n".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_our_words_among_the_kernel_s() {
        let options = Options::parse(
            "console=ttyS0 quiet maro.run=\"kmscube -c 60\" maro.softkvm=1 root=/dev/vda \
             rootfstype=erofs maro.env=A=b=c \"maro.env=D=e f\" maro.end=hold init=/x\n",
        );
        assert_eq!(options.run.as_deref(), Some("kmscube -c 60"));
        assert!(options.soft_kvm && !options.shell);
        assert_eq!(options.end, End::Hold);
        assert_eq!(options.root.as_deref(), Some("/dev/vda"));
        assert_eq!(options.root_type.as_deref(), Some("erofs"));
        let env = [("A", "b=c"), ("D", "e f")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(options.env, env);
    }

    #[test]
    fn flags_may_stand_alone_or_be_switched_off() {
        assert!(Options::parse("maro.shell").shell);
        assert!(!Options::parse("maro.shell=0").shell);
        assert_eq!(Options::parse("maro.end=nonsense").end, End::Auto);
        assert_eq!(Options::parse(""), Options::default());
    }

    #[test]
    fn an_open_quote_takes_the_rest() {
        assert_eq!(words("a \"b c"), ["a", "b c"]);
    }

    #[test]
    fn simple_commands_go_without_a_shell() {
        assert!(!needs_shell("glmark2-es2-drm -b build --size 640x480"));
        assert!(needs_shell("eglinfo | head"));
        assert!(needs_shell("A=1 kmscube"));
    }
}
