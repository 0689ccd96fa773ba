//! Displays, scanouts and the pointer.

use zerocopy::FromBytes;

use super::{Device, Error, Outcome};
use crate::config::{Display, MAX_EDGE};
use crate::edid;
use crate::protocol::wire::CtrlHeader;
use crate::protocol::{CommandType, Response, wire};
use crate::renderer::{self, Cursor, Image, Rect, ResourceId, ScanoutId};
use crate::stats::Counters;

/// What a scanout shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    resource: u32,
    rect: Rect,
}

/// Asks the owner of the displays how they are; the answer comes as
/// [`Device::displays_told`]. Called on the GPU thread, must not block.
pub(crate) type AskDisplays = Box<dyn FnMut() + Send>;

/// A display as its owner describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldDisplay {
    /// Preferred width in pixels; 0 in either direction means that nothing is plugged in.
    pub width: u32,
    /// Preferred height in pixels.
    pub height: u32,
    /// The display's own EDID; without, the device makes one.
    pub edid: Option<Vec<u8>>,
}

/// Who knows the size of the displays.
pub(super) enum DisplaySource {
    /// The monitor, which tells by [`Device::set_display`].
    Monitor,
    /// A front end, which is asked whenever the guest wants to know: it tells the guest
    /// of changes by itself, behind the device's back.
    FrontEnd { ask: AskDisplays, answer: Answer },
}

/// How far the front end's answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The last one has been used.
    Stale,
    /// It was asked.
    Awaited,
    /// It is there, for the next request.
    Fresh,
}

impl Device {
    /// Has the displays asked for by `ask` from now on; `None`: the monitor tells them.
    pub(crate) fn ask_displays_by(&mut self, ask: Option<AskDisplays>) {
        self.display_source = match ask {
            Some(ask) => DisplaySource::FrontEnd {
                ask,
                answer: Answer::Stale,
            },
            None => DisplaySource::Monitor,
        };
    }

    /// Takes the front end's answer. Displays that it does not name are unplugged, and
    /// those that the device does not have are passed over.
    pub(crate) fn displays_told(&mut self, told: Vec<ToldDisplay>) {
        if let DisplaySource::FrontEnd { answer, .. } = &mut self.display_source {
            *answer = Answer::Fresh;
        }
        let mut told = told.into_iter();
        for (display, edid) in self.displays.iter_mut().zip(&mut self.edids) {
            let new = told.next().unwrap_or_default();
            display.width = new.width.min(MAX_EDGE);
            display.height = new.height.min(MAX_EDGE);
            *edid = new.edid;
        }
    }

    /// True while the front end has been asked and has not answered.
    pub(crate) fn waits_for_displays(&self) -> bool {
        matches!(
            self.display_source,
            DisplaySource::FrontEnd {
                answer: Answer::Awaited,
                ..
            }
        )
    }

    /// False if `request` wants to know of displays and the front end has to be asked
    /// first, which is then done.
    pub(crate) fn displays_known(&mut self, request: &[u8]) -> bool {
        let DisplaySource::FrontEnd { ask, answer } = &mut self.display_source else {
            return true;
        };
        let asks = CtrlHeader::ref_from_prefix(request).is_ok_and(|(header, _)| {
            let number = header.type_.get();
            number == CommandType::GetDisplayInfo as u32 || number == CommandType::GetEdid as u32
        });
        if !asks {
            return true;
        }
        let known = *answer == Answer::Fresh;
        *answer = if known {
            Answer::Stale
        } else {
            ask();
            Answer::Awaited
        };
        known
    }

    fn scanout_index(&self, id: u32) -> Result<usize, Error> {
        usize::try_from(id)
            .ok()
            .filter(|index| *index < self.scanouts.len())
            .ok_or(Error::NoScanout(id))
    }

    /// Gives a scanout's display a new size, cut to [`MAX_EDGE`]. True if it changed.
    ///
    /// # Errors
    /// If there is no such scanout.
    pub fn set_display(
        &mut self,
        scanout: ScanoutId,
        width: u32,
        height: u32,
    ) -> Result<bool, Error> {
        let index = self.scanout_index(scanout.0)?;
        let display = &mut self.displays[index];
        let new = Display {
            width: width.min(MAX_EDGE),
            height: height.min(MAX_EDGE),
            ..*display
        };
        Ok(std::mem::replace(display, new) != new)
    }

    /// The picture on a scanout, `None` while it is off.
    ///
    /// # Errors
    /// If the scanout does not exist or the host's driver failed.
    pub fn screenshot(&mut self, scanout: ScanoutId) -> Result<Option<Image>, renderer::Error> {
        if self.scanout_index(scanout.0).is_err() {
            return Err(renderer::Error::InvalidScanout(scanout.0));
        }
        self.renderer.read_scanout(scanout)
    }

    pub(super) fn get_edid(&mut self, get: &wire::GetEdid) -> Outcome<'_> {
        let index = self.scanout_index(get.scanout.get())?;
        self.edid.clear();
        match &self.edids[index] {
            Some(edid) => self.edid.extend_from_slice(edid),
            None if self.displays[index].is_connected() => {
                edid::write(&self.displays[index], index as u32, &mut self.edid);
            }
            None => {}
        }
        Ok(Response::Edid(&self.edid))
    }

    pub(super) fn set_scanout(&mut self, set: &wire::SetScanout) -> Outcome<'_> {
        let index = self.scanout_index(set.scanout_id.get())?;
        let scanout = ScanoutId(set.scanout_id.get());
        let id = set.resource_id.get();
        if id == 0 {
            self.renderer.set_scanout(scanout, None)?;
            self.scanouts[index] = None;
            return Ok(Response::NoData);
        }
        let resource = self.resource(id)?;
        let rect = set.rect.get();
        resource.check_rect(rect)?;
        if rect.width == 0 || rect.height == 0 {
            return Err(Error::Rectangle {
                rect,
                width: resource.width,
                height: resource.height,
            });
        }
        self.renderer
            .set_scanout(scanout, Some((ResourceId(id), rect)))?;
        self.scanouts[index] = Some(Shown { resource: id, rect });
        Ok(Response::NoData)
    }

    /// Switches off every scanout that shows resource `id`.
    pub(super) fn hide(&mut self, id: u32) -> Result<(), renderer::Error> {
        let mut result = Ok(());
        for (index, scanout) in self.scanouts.iter_mut().enumerate() {
            if scanout.is_some_and(|shown| shown.resource == id) {
                *scanout = None;
                result = result.and(self.renderer.set_scanout(ScanoutId(index as u32), None));
            }
        }
        result
    }

    pub(super) fn flush(&mut self, flush: &wire::ResourceFlush) -> Outcome<'_> {
        let id = flush.resource_id.get();
        let damage = flush.rect.get();
        self.resource(id)?.check_rect(damage)?;
        if damage.width == 0 || damage.height == 0 {
            return Ok(Response::NoData);
        }
        self.renderer.flush(ResourceId(id), damage)?;
        for (frames, scanout) in self.counters.frames.iter().zip(&self.scanouts) {
            if scanout.is_some_and(|shown| shown.resource == id) {
                Counters::add(frames, 1);
            }
        }
        Ok(Response::NoData)
    }

    pub(super) fn update_cursor(&mut self, update: &wire::UpdateCursor) -> Result<(), Error> {
        self.scanout_index(update.scanout_id.get())?;
        let id = update.resource_id.get();
        if id != 0 {
            self.resource(id)?;
        }
        self.renderer.update_cursor(&Cursor {
            scanout: ScanoutId(update.scanout_id.get()),
            resource: (id != 0).then_some(ResourceId(id)),
            hot_x: update.hot_x.get(),
            hot_y: update.hot_y.get(),
            x: update.x.get().cast_signed(),
            y: update.y.get().cast_signed(),
        })?;
        Ok(())
    }

    pub(super) fn move_cursor(&mut self, update: &wire::UpdateCursor) -> Result<(), Error> {
        self.scanout_index(update.scanout_id.get())?;
        let scanout = ScanoutId(update.scanout_id.get());
        let (x, y) = (update.x.get().cast_signed(), update.y.get().cast_signed());
        self.renderer.move_cursor(scanout, x, y)?;
        Ok(())
    }
}
