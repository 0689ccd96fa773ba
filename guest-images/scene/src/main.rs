//! A small scene of two lit, textured cubes, drawn with OpenGL ES 2 in two
//! places by the same code: in a guest on its screen (`maro-scene kms`), and
//! on the host into a PNG (`maro-scene host`). What a frame shows follows from
//! its number alone, so that the guest's screen can be compared with the
//! picture that the host drew without a guest.

mod host;
mod kms;
mod math;
mod model;
mod sys;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
usage: maro-scene kms [--card PATH] [--frames N] [--hold [SECONDS]]
       maro-scene host [--size WxH] [--frames N] --png FILE

kms   draws on the screen of a DRM device and keeps the last frame shown for
      as long as --hold says; without a number, until it is ended
host  draws the same frames off screen and writes the last one
";

/// How long the last frame stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hold {
    #[default]
    No,
    For(Duration),
    Forever,
}

/// The options of both modes.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    card: PathBuf,
    frames: u32,
    hold: Hold,
    size: (u32, u32),
    png: Option<PathBuf>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let result = parse(arguments).and_then(|options| match mode.as_str() {
        "kms" => kms::run(&options),
        "host" => host::run(&options),
        _ => bail!("{USAGE}"),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("maro-scene: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options {
        card: "/dev/dri/card0".into(),
        frames: 10,
        hold: Hold::No,
        size: (640, 480),
        png: None,
    };
    let mut arguments = arguments.peekable();
    while let Some(name) = arguments.next() {
        if name == "--hold" {
            options.hold = match arguments.next_if(|next| !next.starts_with("--")) {
                None => Hold::Forever,
                Some(text) => {
                    Hold::For(Duration::from_secs(text.parse().context("--hold SECONDS")?))
                }
            };
            continue;
        }
        let value = arguments
            .next()
            .with_context(|| format!("{name} needs a value\n{USAGE}"))?;
        match name.as_str() {
            "--card" => options.card = value.into(),
            "--frames" => options.frames = value.parse().context("--frames N")?,
            "--size" => options.size = parse_size(&value).context("--size WxH")?,
            "--png" => options.png = Some(value.into()),
            _ => bail!("unknown option {name}\n{USAGE}"),
        }
    }
    if options.frames == 0 {
        bail!("--frames must be at least 1");
    }
    Ok(options)
}

fn parse_size(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once('x')?;
    let size = (width.parse().ok()?, height.parse().ok()?);
    let sensible = 1..=8192;
    (sensible.contains(&size.0) && sensible.contains(&size.1)).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(text: &str) -> Result<Options> {
        parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn hold_takes_a_number_or_none() {
        assert_eq!(
            parse_words("--hold --frames 3").unwrap().hold,
            Hold::Forever
        );
        assert_eq!(parse_words("--hold --frames 3").unwrap().frames, 3);
        let five = Hold::For(Duration::from_secs(5));
        assert_eq!(parse_words("--hold 5").unwrap().hold, five);
        assert_eq!(parse_words("").unwrap().hold, Hold::No);
        assert!(parse_words("--hold x").is_err());
    }

    #[test]
    fn wrong_options_are_refused() {
        for text in [
            "--frames",
            "--frames 0",
            "--frames x",
            "--size 640",
            "--size 0x1",
            "--what 1",
        ] {
            assert!(parse_words(text).is_err(), "{text}");
        }
        assert_eq!(parse_words("--size 320x200").unwrap().size, (320, 200));
    }
}
