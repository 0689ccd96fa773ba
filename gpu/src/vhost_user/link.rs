//! The display socket: QEMU's vhost-user-gpu protocol
//! (`docs/interop/vhost-user-gpu.rst`), in which the back end asks and the front end
//! answers.

use std::io;
use std::sync::Arc;
use std::thread;

use vhost::vhost_user::GpuBackend;
use vhost::vhost_user::gpu_message::{
    VhostUserGpuCursorPos, VhostUserGpuCursorUpdate, VhostUserGpuEdidRequest, VhostUserGpuScanout,
    VhostUserGpuUpdate, VirtioGpuRespGetEdid,
};
use vhost::vhost_user::message::VhostUserU64;

use super::picture::{changed_rows, pointer, write_rows};
use super::screen::{PointerChange, Screen, Work};
use crate::config::MAX_SCANOUTS;
use crate::device::display::ToldDisplay;
use crate::edid;
use crate::handle::{GpuHandle, HandleError, Request};
use crate::renderer::{Image, Rect, ScanoutId};

/// Protocol feature: the front end knows `GET_EDID`.
const FEATURE_EDID: u64 = 1 << 0;
/// Types of replies, which are those of virtio-gpu (5.7.6.7).
const RESP_OK_DISPLAY_INFO: u32 = 0x1101;
const RESP_OK_EDID: u32 = 0x1104;

/// Why the display socket is not used any more.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    /// The front end has closed it, or answered with nonsense.
    #[error("the front end's display socket: {0}")]
    Socket(#[from] io::Error),
    /// A reply is of another type than its request asks for.
    #[error("the front end answers with type {0:#x} where {1:#x} was to come")]
    Reply(u32, u32),
    /// The GPU thread is gone.
    #[error(transparent)]
    Gpu(#[from] HandleError),
}

/// One display socket, with the thread that uses it.
pub(super) struct Link {
    socket: GpuBackend,
    gpu: GpuHandle,
    screen: Arc<Screen>,
    /// The front end's protocol features that are in use.
    features: u64,
    /// What the front end shows of each scanout.
    shown: [Option<Image>; MAX_SCANOUTS],
    /// Pixels on their way.
    pixels: Vec<u8>,
}

impl Link {
    /// Uses `socket` from now on, in place of any earlier one.
    ///
    /// # Errors
    /// If there is no thread left.
    pub(super) fn start(socket: GpuBackend, gpu: GpuHandle, screen: Arc<Screen>) -> io::Result<()> {
        let number = screen.open_link();
        let asked = Arc::clone(&screen);
        gpu.request(Request::AskDisplays(Some(Box::new(move || asked.ask()))))
            .map_err(io::Error::other)?;
        let link = Self {
            socket,
            gpu,
            screen,
            features: 0,
            shown: Default::default(),
            pixels: Vec::new(),
        };
        thread::Builder::new()
            .name("display-socket".into())
            .spawn(move || link.run(number))?;
        Ok(())
    }

    fn run(mut self, number: u64) {
        let result = self.negotiate().and_then(|()| self.serve(number));
        if let Err(error) = result {
            // The front end closes the socket whenever a driver stops.
            let level = match error {
                LinkError::Socket(_) => log::Level::Debug,
                _ => log::Level::Warn,
            };
            self.screen.give_up(number, || {
                log::log!(level, "the guest's displays stay as they are: {error}");
                // A driver may wait for an answer. That the GPU thread is gone is no loss.
                let _ = self.gpu.request(Request::AskDisplays(None));
            });
        }
    }

    fn negotiate(&mut self) -> Result<(), LinkError> {
        let offered = self.socket.get_protocol_features()?.value;
        self.features = offered & FEATURE_EDID;
        self.socket
            .set_protocol_features(&VhostUserU64::new(self.features))?;
        Ok(())
    }

    fn serve(&mut self, number: u64) -> Result<(), LinkError> {
        while let Some(work) = self.screen.wait(number) {
            let Work {
                ask,
                pictures,
                pointer,
            } = work;
            if ask {
                let displays = self.displays()?;
                self.gpu.request(Request::DisplaysTold(displays))?;
            }
            for scanout in (0..MAX_SCANOUTS as u32).filter(|i| pictures >> i & 1 == 1) {
                self.show(scanout)?;
            }
            if let Some(change) = pointer {
                self.show_pointer(&change)?;
            }
        }
        Ok(())
    }

    /// Asks how the displays are.
    fn displays(&self) -> Result<Vec<ToldDisplay>, LinkError> {
        let info = self.socket.get_display_info()?;
        expect_type(info.hdr.type_, RESP_OK_DISPLAY_INFO)?;
        let mut displays = Vec::with_capacity(MAX_SCANOUTS);
        for (scanout_id, mode) in (0..).zip(&info.pmodes) {
            displays.push(if mode.enabled == 0 {
                ToldDisplay::default()
            } else {
                ToldDisplay {
                    width: mode.r.width,
                    height: mode.r.height,
                    edid: self.edid(scanout_id)?,
                }
            });
        }
        Ok(displays)
    }

    fn edid(&self, scanout_id: u32) -> Result<Option<Vec<u8>>, LinkError> {
        if self.features & FEATURE_EDID == 0 {
            return Ok(None);
        }
        let request = VhostUserGpuEdidRequest { scanout_id };
        let reply = self.socket.get_edid(&request)?;
        expect_type(reply.hdr.type_, RESP_OK_EDID)?;
        Ok(edid_blocks(&reply).map(<[u8]>::to_vec))
    }

    /// Shows what is on a scanout now.
    fn show(&mut self, scanout_id: u32) -> Result<(), LinkError> {
        let image = match self.gpu.screenshot(ScanoutId(scanout_id)) {
            Ok(image) => image,
            Err(HandleError::Renderer(error)) => {
                log::debug!("scanout {scanout_id} cannot be read for the front end: {error}");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some(shown) = self.shown.get_mut(scanout_id as usize) else {
            return Ok(());
        };
        let size = |image: &Image| (image.width, image.height);
        let (width, height) = image.as_ref().map_or((0, 0), size);
        let old = shown.take();
        let rows = match (&old, &image) {
            (Some(old), Some(image)) if size(old) == size(image) => changed_rows(old, image),
            (None, None) => None,
            _ => {
                self.socket.set_scanout(&VhostUserGpuScanout {
                    scanout_id,
                    width,
                    height,
                })?;
                (height > 0).then_some(Rect {
                    x: 0,
                    y: 0,
                    width,
                    height,
                })
            }
        };
        if let (Some(image), Some(rows)) = (&image, rows) {
            self.pixels.clear();
            write_rows(image, rows, &mut self.pixels);
            let update = VhostUserGpuUpdate {
                scanout_id,
                x: rows.x,
                y: rows.y,
                width: rows.width,
                height: rows.height,
            };
            self.socket.update_scanout(&update, &self.pixels)?;
        }
        *shown = image;
        Ok(())
    }

    fn show_pointer(&self, change: &PointerChange) -> Result<(), LinkError> {
        let of = &change.pointer;
        let pos = VhostUserGpuCursorPos {
            scanout_id: of.scanout,
            x: of.x.cast_unsigned(),
            y: of.y.cast_unsigned(),
        };
        match &of.shape {
            None => self.socket.cursor_pos_hide(&pos)?,
            Some(shape) if change.shape => {
                let update = VhostUserGpuCursorUpdate {
                    pos,
                    hot_x: shape.hot_x,
                    hot_y: shape.hot_y,
                };
                self.socket.cursor_update(&update, &pointer(&shape.image))?;
            }
            Some(_) => self.socket.cursor_pos(&pos)?,
        }
        Ok(())
    }
}

fn expect_type(found: u32, expected: u32) -> Result<(), LinkError> {
    if found == expected {
        Ok(())
    } else {
        Err(LinkError::Reply(found, expected))
    }
}

/// The blocks of an EDID that there are; `None` without a first one.
fn edid_blocks(reply: &VirtioGpuRespGetEdid) -> Option<&[u8]> {
    /// Where the first block says how many follow (VESA E-EDID 1.4, 3.11).
    const EXTENSIONS: usize = 126;
    let bytes = reply.edid.get(..reply.size as usize)?;
    let blocks = 1 + usize::from(*bytes.get(EXTENSIONS)?);
    let end = bytes.len().min(blocks * edid::BLOCK) / edid::BLOCK * edid::BLOCK;
    bytes.get(..end).filter(|bytes| !bytes.is_empty())
}
