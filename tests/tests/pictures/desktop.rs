//! A compositor's desktop: weston, a picture viewer and a GL client, all on one side.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use maro_gpu::renderer::Image;
use maro_tests::rig::server;

use crate::compare::{self, Difference};
use crate::{Result, Side, Studio};

/// Nothing that moves, nothing that tells the time.
const CONFIG: &str = "\
[core]
idle-time=0
[shell]
panel-position=none
background-color=0xff336699
animation=none
startup-animation=none
close-animation=none
locking=false
";

/// Starts weston in a window of the size of its screen, then clients that stand still,
/// each when the one before can be seen. Ends with its input.
const SESSION: &str = "\
weston --backend=x11 --renderer=gl --width=640 --height=480 --config=/mnt/weston.ini --log=/mnt/weston.log &
weston=$!
export WAYLAND_DISPLAY=wayland-1
until test -S /mnt/wayland-1; do kill -0 $weston || exit 1; sleep 0.1; done
weston-image /usr/share/weston/wayland.png &
image=$!
sleep 4
egltri_wayland.x86_64-linux-gnu &
triangle=$!
sleep 5
touch /mnt/ready
cat >/dev/null
kill $triangle $image $weston
wait
";

/// As long as the picture must stay as it is to be the final one.
const STILL: Duration = Duration::from_secs(3);
/// When it must be.
const LIMIT: Duration = Duration::from_secs(120);
/// Of what the test wants to see there is more than this many colours.
const COLORS: usize = 1000;

#[test]
fn desktop_of_a_compositor_is_that_of_the_driver() {
    run().unwrap_or_else(|error| panic!("{error}"));
}

fn run() -> Result {
    let Some(direct) = Studio::open("desktop-direct")? else {
        return Ok(());
    };
    let (left, _) = desktop(&direct, Side::Direct)?;
    let Some(mut maro) = Studio::open("desktop")? else {
        return Ok(());
    };
    let (right, weston) = desktop(&maro, Side::Maro)?;
    if !weston.contains("GL renderer: virgl") {
        return Err(format!("weston does not draw with virgl: {weston}").into());
    }
    let clients = maro.log()?.matches(" began").count();
    // weston and the triangle at least; both start more than one.
    if clients < 2 {
        return Err(format!("{clients} clients of maro").into());
    }
    let difference = Difference::new(&left, &right)?;
    println!("desktop: {difference}");
    if difference.is_small() {
        return Ok(());
    }
    compare::keep(&maro.out, "desktop", &left, &right)?;
    Err(format!("{difference}; pictures are in {}", maro.out.display()).into())
}

/// The desktop when it has come to rest, and weston's log.
fn desktop(studio: &Studio, side: Side) -> Result<(Image, String)> {
    let shared = studio.shared.path();
    fs::write(shared.join("weston.ini"), CONFIG)?;
    let screen = ["-screen", "0", "640x480x24", "-fbdir", "/mnt"];
    server::start_display(&studio.room, 0, &screen)?;
    let mut session = studio
        .command(side)
        .args(["sh", "-c", SESSION])
        .stdin(std::process::Stdio::piped())
        .stderr(fs::File::create(studio.out.join("session.log"))?)
        .spawn()?;
    let image = come_to_rest(shared);
    drop(session.stdin.take());
    session.wait()?;
    let log = fs::read_to_string(shared.join("weston.log"))?;
    image
        .map(|image| (image, log.clone()))
        .map_err(|error| format!("{error}; weston says:\n{log}").into())
}

/// The first picture that shows something and stays for a while, with all clients there.
fn come_to_rest(shared: &Path) -> Result<Image> {
    let start = Instant::now();
    let mut last = (Instant::now(), Vec::new());
    loop {
        // The file is there before the server has filled it.
        let image = read_xwd(&fs::read(shared.join("Xvfb_screen0"))?);
        let seen = match image {
            Ok(image) if image.rgba != last.1 || !shared.join("ready").exists() => {
                last = (Instant::now(), image.rgba);
                "it changes".to_owned()
            }
            Ok(image) if last.0.elapsed() > STILL && colors(&image) > COLORS => return Ok(image),
            Ok(_) => "it shows little".to_owned(),
            Err(error) => error.to_string(),
        };
        if start.elapsed() > LIMIT {
            return Err(format!("no desktop came to rest within {LIMIT:?}: {seen}").into());
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn colors(image: &Image) -> usize {
    let pixels = image.rgba.chunks(4);
    pixels.collect::<std::collections::HashSet<_>>().len()
}

/// Reads what Xvfb keeps of its screen: X11/XWDFile.h, 32 bits a pixel, blue first.
fn read_xwd(file: &[u8]) -> Result<Image> {
    let word = |index: usize| -> Result<u32> {
        let bytes = file.get(index * 4..index * 4 + 4);
        let bytes = bytes.ok_or("the screen's file is cut off")?;
        Ok(u32::from_be_bytes(bytes.try_into()?))
    };
    let [header, width, height, bits, stride, colors] =
        [0, 4, 5, 11, 12, 19].map(|index| word(index).unwrap_or(0));
    if bits != 32 || stride != width * 4 {
        return Err(format!("a screen of {bits} bits a pixel, {stride} bytes a row").into());
    }
    let at = header as usize + colors as usize * 12;
    let size = stride as usize * height as usize;
    let pixels = file
        .get(at..at + size)
        .ok_or("the screen's file is short")?;
    let rgba = pixels.chunks(4);
    Ok(Image {
        width,
        height,
        rgba: rgba.flat_map(|p| [p[2], p[1], p[0], 255]).collect(),
    })
}
