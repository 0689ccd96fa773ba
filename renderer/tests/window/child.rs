//! The process with the window: a guest that draws what standard input tells it, and
//! reports on standard output what its user does.

use std::io::stdin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use maro_gpu::renderer::{Image, Rect, ScanoutId};
use maro_renderer::gl::fence::SharedFence;
use maro_renderer::gl::{Framebuffer, Gl, Texture};
use maro_renderer::present::input::InputSink;
use maro_renderer::present::window::{
    CloseAnswer, SetupError, WindowCallbacks, WindowCloser, WindowConfig, WindowSetup,
    WindowViewer, run,
};
use maro_renderer::present::{CursorShape, Frame, Hold, Picture, Viewer};

use crate::{Result, pattern};

/// Tells this program that it is the process with the window.
pub const ARGUMENT: &str = "--be-the-window";

/// Time between two frames of the guest.
const FRAME: Duration = Duration::from_millis(25);
const SCANOUT: ScanoutId = ScanoutId(0);

pub fn main() -> ExitCode {
    let config = WindowConfig {
        size: (640, 480),
        ..WindowConfig::default()
    };
    match run(config, setup) {
        Ok(()) => {
            println!("end");
            ExitCode::SUCCESS
        }
        Err(e) => {
            println!("error {e}");
            ExitCode::FAILURE
        }
    }
}

fn setup(window: WindowSetup) -> std::result::Result<WindowCallbacks, SetupError> {
    let (sender, commands) = channel();
    std::thread::spawn(move || read_commands(&sender));
    let WindowSetup {
        context,
        viewer,
        closer,
        ..
    } = window;
    std::thread::spawn(move || {
        let context = match context.make_current() {
            Ok(context) => context,
            Err(e) => return println!("error {e}"),
        };
        let gl = context.gl();
        if let Err(e) = (Guest {
            gl,
            viewer,
            closer,
            show: Show::Nothing,
        })
        .serve(&commands)
        {
            println!("error {e}");
        }
    });
    println!("open");
    let mut closes = 0;
    Ok(WindowCallbacks {
        input: Box::new(Reporter),
        on_resize: Box::new(|ScanoutId(scanout), width, height| {
            println!("resize {scanout} {width} {height}");
        }),
        on_close: Box::new(move || {
            println!("close");
            closes += 1;
            if closes == 1 {
                CloseAnswer::Stay
            } else {
                CloseAnswer::Exit
            }
        }),
    })
}

struct Reporter;

impl InputSink for Reporter {
    fn key(&mut self, code: u16, pressed: bool) {
        println!("key {code} {}", u8::from(pressed));
    }

    fn pointer_move(&mut self, x: u32, y: u32) {
        println!("move {x} {y}");
    }

    fn button(&mut self, code: u16, pressed: bool) {
        println!("button {code} {}", u8::from(pressed));
    }

    fn wheel(&mut self, horizontal: i32, vertical: i32) {
        println!("wheel {horizontal} {vertical}");
    }

    fn sync(&mut self) {}
}

/// A command's first word and its numbers.
type Command = (String, Vec<u32>);

fn read_commands(sender: &Sender<Command>) {
    for line in stdin().lines().map_while(std::result::Result::ok) {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        let numbers = words.filter_map(|word| word.parse().ok()).collect();
        if sender.send((first.to_owned(), numbers)).is_err() {
            return;
        }
    }
}

/// What the guest shows at the moment.
enum Show {
    Nothing,
    /// Two textures by turns, as a guest that flips pages.
    Textures {
        pages: [Page; 2],
        next: usize,
        source: Rect,
    },
    /// Pixels, and whether they are new.
    Pixels {
        image: Arc<Image>,
        damage: Option<Rect>,
    },
}

struct Page {
    texture: Texture,
    framebuffer: Framebuffer,
    size: (u32, u32),
}

struct Guest {
    gl: std::rc::Rc<Gl>,
    viewer: WindowViewer,
    closer: WindowCloser,
    show: Show,
}

impl Guest {
    fn serve(&mut self, commands: &Receiver<Command>) -> Result {
        loop {
            match commands.recv_timeout(FRAME) {
                Ok((name, numbers)) => self.command(&name, &numbers)?,
                Err(RecvTimeoutError::Timeout) => self.present()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn command(&mut self, name: &str, numbers: &[u32]) -> Result {
        match (name, numbers) {
            ("texture", &[width, height]) => {
                self.textures((width, height), whole((width, height)))?;
            }
            ("part", &[tw, th, x, y, width, height]) => {
                self.textures(
                    (tw, th),
                    Rect {
                        x,
                        y,
                        width,
                        height,
                    },
                )?;
            }
            ("pixels", &[width, height]) => {
                let image = Arc::new(pattern::image((width, height)));
                self.show = Show::Pixels {
                    image,
                    damage: Some(whole((width, height))),
                };
            }
            ("repaint", &[x, y, width, height]) => {
                let Show::Pixels { image, damage } = &mut self.show else {
                    return Ok(());
                };
                let size = (image.width, image.height);
                *image = Arc::new(pattern::plain(size, pattern::REPAINTED));
                *damage = Some(Rect {
                    x,
                    y,
                    width,
                    height,
                });
            }
            ("off", []) => {
                self.show = Show::Nothing;
                self.viewer.frame(SCANOUT, None);
            }
            ("cursor", &[x, y]) => {
                let mut image = pattern::plain((16, 16), [0; 4]);
                pattern::fill(&mut image, (0, 0, 8, 16), [255; 4]);
                pattern::fill(&mut image, (8, 0, 4, 16), [128; 4]);
                let shape = CursorShape {
                    image: Arc::new(image),
                    hot_x: 4,
                    hot_y: 2,
                };
                self.viewer.cursor_shape(SCANOUT, Some(shape));
                self.viewer
                    .cursor_position(SCANOUT, i32::try_from(x)?, i32::try_from(y)?);
            }
            ("end", []) => self.closer.close(),
            _ => return Err(format!("unknown command {name} {numbers:?}").into()),
        }
        Ok(())
    }

    fn textures(&mut self, size: (u32, u32), source: Rect) -> Result {
        let pages = [Page::new(&self.gl, size)?, Page::new(&self.gl, size)?];
        self.show = Show::Textures {
            pages,
            next: 0,
            source,
        };
        Ok(())
    }

    fn present(&mut self) -> Result {
        let frame = match &mut self.show {
            Show::Nothing => return Ok(()),
            Show::Textures {
                pages,
                next,
                source,
            } => {
                let page = &pages[*next];
                *next = 1 - *next;
                page.draw(&self.gl);
                let fence = self.gl.fence_sync().ok_or("the driver made no fence")?;
                self.gl.flush();
                let picture = Picture::Texture {
                    name: page.texture.name(),
                    size: page.size,
                    ready: Some(SharedFence::new(fence)),
                    hold: Hold::default(),
                };
                Frame {
                    picture,
                    source: *source,
                    damage: whole(page.size),
                }
            }
            Show::Pixels { image, damage } => {
                let Some(damage) = damage.take() else {
                    return Ok(());
                };
                let source = whole((image.width, image.height));
                Frame {
                    picture: Picture::Pixels(Arc::clone(image)),
                    source,
                    damage,
                }
            }
        };
        self.viewer.frame(SCANOUT, Some(frame));
        Ok(())
    }
}

impl Page {
    fn new(gl: &std::rc::Rc<Gl>, size: (u32, u32)) -> Result<Self> {
        let (texture, framebuffer) = (Texture::new(gl)?, Framebuffer::new(gl)?);
        gl.edit_texture(glow::TEXTURE_2D, texture.name());
        let (width, height) = (i32::try_from(size.0)?, i32::try_from(size.1)?);
        gl.tex_storage_2d(glow::TEXTURE_2D, 1, glow::RGBA8, width, height);
        gl.bind_draw_framebuffer(Some(framebuffer.name()));
        let (target, name) = (glow::DRAW_FRAMEBUFFER, Some(texture.name()));
        gl.framebuffer_texture_2d(target, glow::COLOR_ATTACHMENT0, glow::TEXTURE_2D, name, 0);
        Ok(Self {
            texture,
            framebuffer,
            size,
        })
    }

    /// Draws the pattern; alpha is left at nonsense, as guests may.
    fn draw(&self, gl: &Gl) {
        gl.bind_draw_framebuffer(Some(self.framebuffer.name()));
        gl.set_enabled(glow::SCISSOR_TEST, true);
        for (area, color) in pattern::quarters(self.size)
            .into_iter()
            .zip(pattern::QUARTERS)
        {
            let [x, y, width, height] = [area.0, area.1, area.2, area.3].map(|v| v as i32);
            gl.scissor(x, y, width, height);
            let [r, g, b, _] = color.map(|c| f32::from(c) / 255.0);
            gl.clear_buffer_color(0, &[r, g, b, 0.2]);
        }
    }
}

fn whole((width, height): (u32, u32)) -> Rect {
    Rect {
        x: 0,
        y: 0,
        width,
        height,
    }
}
