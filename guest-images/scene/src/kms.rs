//! The scene on a screen: kernel mode setting, GBM buffers and page flips.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;

use anyhow::{Context, Result, bail};
use drm::Device as BasicDevice;
use drm::buffer::{Buffer, DrmFourcc, Handle};
use drm::control::{
    Device as ControlDevice, Event, Mode, ModeTypeFlags, PageFlipFlags, connector, crtc,
    framebuffer,
};

use crate::sys::egl::Egl;
use crate::sys::gbm::{Front, Screen};
use crate::sys::gl::Painter;
use crate::{Hold, Options};

struct Card(File);

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
impl BasicDevice for Card {}
impl ControlDevice for Card {}

/// A GBM buffer as the DRM device takes it.
struct FrontBuffer<'a> {
    front: &'a Front,
    size: (u32, u32),
    handle: Handle,
}

impl Buffer for FrontBuffer<'_> {
    fn size(&self) -> (u32, u32) {
        self.size
    }
    fn format(&self) -> DrmFourcc {
        DrmFourcc::Xrgb8888
    }
    fn pitch(&self) -> u32 {
        self.front.stride
    }
    fn handle(&self) -> Handle {
        self.handle
    }
}

/// A screen to draw on: the way from a picture to a connector.
struct Output {
    connector: connector::Handle,
    crtc: crtc::Handle,
    mode: Mode,
}

/// A picture that is on the screen, or was until the next flip.
struct Shown {
    front: Front,
    framebuffer: framebuffer::Handle,
}

/// Draws the frames on the first connected screen at its preferred mode.
pub fn run(options: &Options) -> Result<()> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&options.card)
        .with_context(|| options.card.display().to_string())?;
    let card = Card(file);
    let output = find_output(&card)?;
    let (width, height) = output.mode.size();
    let size = (u32::from(width), u32::from(height));
    println!("maro-scene: mode {width}x{height}");

    let screen = Screen::new(card.0.try_clone()?, size.0, size.1)?;
    println!("maro-scene: gbm ready");
    let egl = Egl::on_screen(&screen)?;
    let painter = Painter::new(&egl, size.0, size.1)?;
    println!("GL_RENDERER: {}", painter.renderer());
    println!("GL_VERSION: {}", painter.version());

    let mut shown: Option<Shown> = None;
    for frame in 0..options.frames {
        painter.draw(frame)?;
        egl.swap_buffers()?;
        let next = next_picture(&card, &screen, size)?;
        match shown.take() {
            None => card
                .set_crtc(
                    output.crtc,
                    Some(next.framebuffer),
                    (0, 0),
                    &[output.connector],
                    Some(output.mode),
                )
                .context("setting the mode")?,
            Some(old) => {
                flip(&card, output.crtc, next.framebuffer)?;
                card.destroy_framebuffer(old.framebuffer)
                    .context("dropping the last frame")?;
                screen.release(old.front);
            }
        }
        shown = Some(next);
        println!("frame {frame}");
    }
    println!("maro-scene: done");
    match options.hold {
        Hold::No => {}
        Hold::For(time) => thread::sleep(time),
        Hold::Forever => loop {
            thread::park();
        },
    }
    Ok(())
}

fn find_output(card: &Card) -> Result<Output> {
    let resources = card
        .resource_handles()
        .context("this DRM device has no screens")?;
    for &handle in resources.connectors() {
        let info = card.get_connector(handle, true)?;
        if info.state() != connector::State::Connected {
            continue;
        }
        let preferred = |mode: &&Mode| mode.mode_type().contains(ModeTypeFlags::PREFERRED);
        let Some(&mode) = info.modes().iter().find(preferred).or(info.modes().first()) else {
            continue;
        };
        for &encoder in info.encoders() {
            let possible = card.get_encoder(encoder)?.possible_crtcs();
            if let Some(&crtc) = resources.filter_crtcs(possible).first() {
                return Ok(Output {
                    connector: handle,
                    crtc,
                    mode,
                });
            }
        }
    }
    bail!("no connected screen")
}

fn next_picture(card: &Card, screen: &Screen, size: (u32, u32)) -> Result<Shown> {
    let front = screen.front()?;
    let handle = drm::control::from_u32(front.handle).context("GBM gave no buffer handle")?;
    let buffer = FrontBuffer {
        front: &front,
        size,
        handle,
    };
    let framebuffer = card
        .add_framebuffer(&buffer, 24, 32)
        .context("adding a framebuffer")?;
    Ok(Shown { front, framebuffer })
}

/// Shows a picture and waits until the old one is free.
fn flip(card: &Card, crtc: crtc::Handle, framebuffer: framebuffer::Handle) -> Result<()> {
    card.page_flip(crtc, framebuffer, PageFlipFlags::EVENT, None)
        .context("page flip")?;
    loop {
        for event in card.receive_events().context("waiting for the flip")? {
            if matches!(event, Event::PageFlip(_)) {
                return Ok(());
            }
        }
    }
}
