//! `cargo xtask piglit`: piglit over maro, over its peer, and without either.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use maro_guest_images::Terminal;
use maro_tests::piglit::outcome::Status;
use maro_tests::piglit::profile::{self, Test};
use maro_tests::piglit::results::{self, Results, SUBTESTS, TESTS};
use maro_tests::piglit::run::{self, Plan, Report};
use maro_tests::piglit::{self, Renderer, sample};
use regex::Regex;

use crate::{build_maro, step, workspace};

/// What stands above the expectations.
const EXPECTATIONS_COMMENT: &str = "\
What does not pass over maro, and how it ends instead.\n\
Lines may only go: a test that passes fails the run until its line is removed.\n\
Crashes, hangs and errors of the server are never expected.";

/// What stands above the list.
const LIST_COMMENT: &str = "\
# The tests that are run over maro each time: a sample of piglit's quick_gl and quick_shader\n\
# with a share for every group, of what passes on the host's driver in a moment. Made with\n\
# cargo xtask piglit --server direct --all";

/// Who renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Server {
    /// maro vtest
    Maro,
    /// Debian's virgl_test_server
    Virglrenderer,
    /// No server: the host's driver
    Direct,
}

/// The host's GL, for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Host {
    /// OpenGL ES
    Gles,
    /// Desktop OpenGL
    Gl,
}

/// Arguments of `cargo xtask piglit`.
#[derive(Debug, Args)]
pub struct Piglit {
    /// Who renders
    #[arg(long, value_enum, default_value = "maro")]
    server: Server,

    /// The host's GL that the server renders with
    #[arg(long, value_enum, default_value = "gles")]
    host: Host,

    /// Limit maro's host to this version of OpenGL ES
    #[arg(long, value_name = "VERSION")]
    gles_version: Option<String>,

    /// The maro to test [default: the one in MARO_BIN, else a build of this checkout]
    #[arg(long, value_name = "FILE")]
    maro: Option<PathBuf>,

    /// The tests to run, a name a line [default: tests/piglit/list.txt]
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    list: Option<PathBuf>,

    /// Choose among all tests of piglit's quick_gl and quick_shader
    #[arg(long)]
    all: bool,

    /// Run only tests whose name matches
    #[arg(long, value_name = "REGEX")]
    filter: Option<Regex>,

    /// Run a sample only: of each group of n tests, this many times the root of n
    #[arg(long, value_name = "WEIGHT")]
    sample: Option<f64>,

    /// Name the tests and run none
    #[arg(long)]
    names: bool,

    /// How many tests run at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,

    /// Stop a test after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,

    /// Folder for results [default: target/piglit/SERVER]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Show all that tests print and servers log
    #[arg(long)]
    verbose: bool,

    /// Compare the results of two runs, named by their folders or files, and run nothing
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    compare: Vec<PathBuf>,

    /// Compare the parts of tests too
    #[arg(long, requires = "compare")]
    subtests: bool,

    /// Write tests/piglit/expectations.txt from this run, for a person who has looked at it
    #[arg(long, conflicts_with_all = ["filter", "list", "all", "sample"])]
    update_expectations: bool,

    /// Write tests/piglit/list.txt: the tests of this run that pass within this many seconds
    #[arg(long, value_name = "SECONDS")]
    make_list: Option<f32>,
}

impl Piglit {
    /// Runs tests, or compares results.
    ///
    /// # Errors
    /// If tests cannot be run. Tests that fail are no error here: `cargo xtask test` says
    /// whether all is as expected.
    pub fn execute(self) -> Result<()> {
        if let [a, b] = self.compare.as_slice() {
            return self.print_comparison(a, b);
        }
        if self.make_list.is_some() && self.server != Server::Direct {
            bail!("--make-list needs --server direct: the list is of what the host itself can do");
        }
        if self.update_expectations && self.title() != "maro-gles" {
            bail!("--update-expectations needs maro on an unlimited OpenGL ES host");
        }
        let tree = maro_guest_images::prepare_conformance_tree(&mut Terminal::default())?;
        let all = profile::read(&tree)?;
        let chosen = self.choose(&all)?;
        if self.names {
            chosen.iter().for_each(|(name, _)| println!("{name}"));
            return Ok(());
        }
        let renderer = self.renderer()?;
        let out = self.out_folder();
        step(&format!(
            "{} tests, results in {}",
            chosen.len(),
            out.display()
        ));
        let plan = Plan {
            tree: &tree,
            comment: format!("piglit, {}", self.title()),
            renderer,
            jobs: self.jobs,
            timeout: Duration::from_secs(self.timeout),
            out: out.clone(),
        };
        let quick = Mutex::new(BTreeSet::new());
        let results = run::run(&plan, &chosen, &|name, report| {
            self.show(name, report);
            let limit = self.make_list.unwrap_or_default();
            if report.status == Status::Pass && report.time.as_secs_f32() < limit {
                let mut quick = quick.lock().unwrap_or_else(|e| e.into_inner());
                quick.insert(name.to_owned());
            }
        })?;
        println!("{}: {}", self.title(), results::summary(&results));
        if let Some(seconds) = self.make_list {
            let quick = quick.into_inner().unwrap_or_else(|e| e.into_inner());
            write_list(&quick, self.sample, seconds)?;
        }
        if self.server == Server::Maro {
            self.hold_against_expectations(&results)?;
        }
        Ok(())
    }

    fn print_comparison(&self, a: &Path, b: &Path) -> Result<()> {
        for file in if self.subtests {
            vec![TESTS, SUBTESTS]
        } else {
            vec![TESTS]
        } {
            let read = |path: &Path| {
                let file = if path.is_dir() {
                    path.join(file)
                } else {
                    path.to_owned()
                };
                results::read(&file)
            };
            let names = (a.display().to_string(), b.display().to_string());
            let (a, b) = (read(a)?, read(b)?);
            println!("{}", results::compare((&names.0, &a), (&names.1, &b)));
        }
        Ok(())
    }

    /// The tests to run.
    fn choose<'a>(&self, all: &'a BTreeMap<String, Test>) -> Result<run::Tests<'a>> {
        let default = || piglit::folder().join("list.txt");
        let names = if self.all {
            all.keys().cloned().collect()
        } else {
            results::read_list(&self.list.clone().unwrap_or_else(default))?
        };
        let mut chosen = Vec::new();
        for name in &names {
            let (name, test) = all
                .get_key_value(name)
                .with_context(|| format!("piglit has no test {name} that runs without GLX"))?;
            if self
                .filter
                .as_ref()
                .is_none_or(|filter| filter.is_match(name))
            {
                chosen.push((name.as_str(), test));
            }
        }
        if let Some(weight) = self.sample {
            let kept = sample::choose(chosen.iter().map(|(name, _)| *name), weight);
            chosen.retain(|(name, _)| kept.binary_search(name).is_ok());
        }
        if chosen.is_empty() {
            bail!("no test matches; --all chooses among more than the fixed list");
        }
        Ok(chosen)
    }

    fn renderer(&self) -> Result<Renderer> {
        let mut arguments = Vec::new();
        Ok(match self.server {
            Server::Direct => Renderer::Direct,
            Server::Virglrenderer => {
                if self.host == Host::Gles {
                    arguments.push("--use-gles".to_owned());
                }
                Renderer::Virglrenderer { arguments }
            }
            Server::Maro => {
                let host = match self.host {
                    Host::Gles => "gles",
                    Host::Gl => "gl",
                };
                arguments.extend(["--host".to_owned(), host.to_owned()]);
                if let Some(version) = &self.gles_version {
                    arguments.extend(["--gles-version".to_owned(), version.clone()]);
                }
                let named = || std::env::var_os("MARO_BIN").map(PathBuf::from);
                let program = match self.maro.clone().or_else(named) {
                    Some(program) => program,
                    None => build_maro(false)?,
                };
                Renderer::Maro { program, arguments }
            }
        })
    }

    /// The renderer in a few words.
    fn title(&self) -> String {
        let host = match (self.server, self.host) {
            (Server::Direct, _) => return "direct".to_owned(),
            (_, Host::Gles) => "gles",
            (_, Host::Gl) => "gl",
        };
        let server = match self.server {
            Server::Virglrenderer => "virglrenderer",
            _ => "maro",
        };
        let version = self.gles_version.as_deref().unwrap_or_default();
        format!("{server}-{host}{version}")
    }

    fn out_folder(&self) -> PathBuf {
        let default = || workspace().join("target/piglit").join(self.title());
        self.out.clone().unwrap_or_else(default)
    }

    fn show(&self, name: &str, report: &Report) {
        let seconds = report.time.as_secs_f32();
        println!("{:<12} {seconds:6.2} s  {name}", report.status);
        if self.verbose {
            for line in report.output.lines() {
                println!("    {line}");
            }
        }
    }

    /// Says what is not as expected, or writes down what is.
    fn hold_against_expectations(&self, results: &Results) -> Result<()> {
        let path = piglit::folder().join("expectations.txt");
        if self.update_expectations {
            let lines = results
                .iter()
                .filter(|(_, status)| status.may_be_expected());
            let text = results::format(EXPECTATIONS_COMMENT, lines);
            return std::fs::write(&path, text).with_context(|| path.display().to_string());
        }
        let mut expected = if path.exists() {
            results::read(&path)?
        } else {
            Results::new()
        };
        // Those of tests that were not chosen say nothing now.
        expected.retain(|name, _| results.contains_key(name));
        let surprises = results::surprises(results, &expected);
        if !surprises.is_empty() {
            println!("not as expected: {}", surprises.len());
            surprises.iter().for_each(|line| println!("  {line}"));
        }
        Ok(())
    }
}

fn write_list(names: &BTreeSet<String>, sample: Option<f64>, seconds: f32) -> Result<()> {
    let sample = sample.map_or(String::new(), |weight| format!(" --sample {weight}"));
    let mut text = format!("{LIST_COMMENT}{sample} --make-list {seconds}\n");
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    let path = piglit::folder().join("list.txt");
    std::fs::write(&path, text).with_context(|| path.display().to_string())
}
