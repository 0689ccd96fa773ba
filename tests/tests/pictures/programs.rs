//! Programs that apitrace records: benchmarks and gears.

use std::path::Path;
use std::{fs, io};

use maro_renderer::present::png;
use maro_tests::rig::server;

use crate::compare::{self, Difference};
use crate::{Result, Side, Studio};

/// A program to record.
struct Program {
    name: &'static str,
    /// `apitrace trace --api` and the player of it.
    api: &'static str,
    player: &'static str,
    command: &'static str,
    /// Frames at the start that are left out: some programs draw into their window before
    /// they know its size, and what is then in it is nobody's.
    skip: usize,
    /// Frames there must be.
    frames: usize,
    /// Frames of those that are played, if not all.
    trim: Option<&'static str>,
}

const PROGRAMS: &[Program] = &[
    // With the precision that maro's shaders have: the driver computes `mediump` in half
    // floats, and differs from itself by that.
    Program {
        name: "glmark2-es2",
        api: "egl",
        player: "eglretrace",
        command: "glmark2-es2 -s 320x240 -b :nframes=2:fragment-precision=high,high,high,high \
            -b build:use-vbo=false -b build:use-vbo=true -b build:model=bunny \
            -b texture:texture-filter=nearest -b texture:texture-filter=linear -b texture:texture-filter=mipmap \
            -b shading:shading=gouraud -b shading:shading=blinn-phong-inf -b shading:shading=phong -b shading:shading=cel \
            -b bump:bump-render=high-poly -b bump:bump-render=normals -b bump:bump-render=height \
            -b 'effect2d:kernel=0,1,0;1,-4,1;0,1,0;' -b 'effect2d:kernel=1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;' \
            -b pulsar:light=false:quads=5:texture=false -b pulsar:light=true:quads=5:texture=true \
            -b desktop:blur-radius=5:effect=blur:passes=1:separable=true:windows=4 -b desktop:effect=shadow:windows=4 \
            -b buffer:update-method=map -b buffer:update-method=subdata -b buffer:interleave=true:update-method=map \
            -b ideas:speed=60 -b jellyfish \
            -b conditionals:vertex-steps=5:fragment-steps=5 -b function:fragment-complexity=medium:fragment-steps=5 \
            -b loop:vertex-steps=5:fragment-steps=5 -b loop:fragment-uniform=false:fragment-steps=5",
        skip: 0,
        frames: 56,
        trim: None,
    },
    Program {
        name: "glmark2",
        api: "gl",
        player: "glretrace",
        command: "glmark2 -s 320x240 -b :nframes=2 \
            -b build -b texture -b shading:shading=phong -b bump:bump-render=height -b effect2d -b desktop \
            -b buffer -b ideas:speed=60 -b jellyfish -b terrain -b shadow -b refract -b conditionals -b function \
            -b loop -b pulsar",
        skip: 0,
        frames: 32,
        trim: None,
    },
    Program {
        name: "es2gears",
        api: "egl",
        player: "eglretrace",
        command: "timeout --preserve-status 3 es2gears_x11.x86_64-linux-gnu",
        skip: 1,
        frames: 8,
        trim: Some("0-8"),
    },
];

/// Long enough for a busy machine.
const LIMIT_S: u32 = 400;

#[test]
fn frames_of_real_programs_are_those_of_the_driver() {
    run().unwrap_or_else(|error| panic!("{error}"));
}

fn run() -> Result {
    let Some(mut studio) = Studio::open("programs")? else {
        return Ok(());
    };
    server::start_display(&studio.room, 0, &[])?;
    let mut failures = Vec::new();
    for program in PROGRAMS {
        if let Err(error) = try_program(&mut studio, program) {
            failures.push(format!("{}: {error}", program.name));
        }
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(failures.join("\n").into()),
    }
}

fn try_program(studio: &mut Studio, program: &Program) -> Result {
    let Program {
        name,
        api,
        player,
        command,
        ..
    } = *program;
    let trace = format!("/tmp/{name}.trace");
    // A program that was stopped ends with the signal's status; what counts is its trace.
    studio.script(
        Side::Direct,
        &format!("timeout {LIMIT_S} apitrace trace --api {api} --output {trace} {command} >&2; test -s {trace}"),
    )?;
    if let Some(frames) = program.trim {
        let trim = format!(
            "apitrace trim --frames={frames} --output /tmp/trimmed {trace} >&2 && mv /tmp/trimmed {trace}"
        );
        studio.script(Side::Direct, &trim)?;
    }
    for (side, folder) in [(Side::Direct, "direct"), (Side::Maro, "maro")] {
        let folder = format!("/mnt/{name}-{folder}");
        studio.script(
            side,
            &format!(
                "mkdir {folder} && timeout {LIMIT_S} {player} --benchmark --snapshot-prefix={folder}/ {trace} >&2"
            ),
        )?;
    }
    let log = studio.log()?;
    if !log.contains(player) {
        return Err(format!("{player} was no client of maro: {log}").into());
    }
    let path = |side| studio.shared.path().join(format!("{name}-{side}"));
    compare_folders(&path("direct"), &path("maro"), program, &studio.out)
}

fn compare_folders(direct: &Path, maro: &Path, program: &Program, out: &Path) -> Result {
    let files = fs::read_dir(direct)?;
    let mut names: Vec<_> = files
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()?;
    names.sort();
    let frames = names.len().saturating_sub(program.skip);
    if frames < program.frames {
        let least = program.frames;
        return Err(format!("{frames} frames instead of at least {least}").into());
    }
    let (mut identical, mut plain, mut other) = (0, 0, Vec::new());
    for name in names.iter().skip(program.skip) {
        let left = png::read_file(&direct.join(name))?;
        let right = png::read_file(&maro.join(name))?;
        let difference = Difference::new(&left, &right)?;
        identical += usize::from(difference.is_none());
        plain += usize::from(compare::is_plain(&left));
        if !difference.is_small() {
            let name = Path::new(name).with_extension("");
            let name = format!("{}-{}", program.name, name.display());
            compare::keep(out, &name, &left, &right)?;
            other.push(format!("{name}: {difference}"));
        }
    }
    println!(
        "{}: {frames} frames, {identical} the same to the bit, {} beyond the tolerance",
        program.name,
        other.len()
    );
    if plain * 4 > frames {
        return Err(format!("{plain} of {frames} frames show nothing").into());
    }
    match other.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} of {frames} frames differ; pictures are in {}:\n{}",
            other.len(),
            out.display(),
            other.join("\n")
        )
        .into()),
    }
}
