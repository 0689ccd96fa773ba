//! 2D without GL: resources are pixels in host memory, a scanout is a picture of its
//! own that a flush brings up to date.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use crate::config::{MAX_EDGE, MAX_SCANOUTS};
use crate::protocol::Format;
use crate::protocol::format::PIXEL_SIZE;
use crate::renderer::{
    Backing, Box3, Capset, ContextId, Cursor, Direction, Error, FenceId, FenceStatus, Image, Rect,
    Renderer, ResourceDesc, ResourceId, ScanoutId, Transfer,
};

/// Bytes of a pixel.
const PIXEL: usize = PIXEL_SIZE as usize;

/// The pointer's shape, with the place within it that points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CursorImage {
    /// The shape; its alpha is not multiplied into the other channels.
    pub image: Image,
    /// The hot spot, pixels from the left edge.
    pub hot_x: u32,
    /// The hot spot, pixels from the upper edge.
    pub hot_y: u32,
}

/// A viewer of the scanouts, called on the GPU thread: what it borrows it must copy.
pub trait FrameSink {
    /// The picture of a scanout changed within `damage` (pixels of the picture).
    /// A changed size means a changed mode.
    fn present(&mut self, scanout: ScanoutId, picture: &Image, damage: Rect);

    /// A scanout was switched off.
    fn blank(&mut self, scanout: ScanoutId);

    /// The pointer has another shape and place; `None` hides it.
    fn set_cursor(&mut self, cursor: &Cursor, shape: Option<&CursorImage>);

    /// The pointer moved.
    fn move_cursor(&mut self, scanout: ScanoutId, x: i32, y: i32);
}

/// A resource.
struct Picture {
    width: u32,
    height: u32,
    format: &'static Format,
    pixels: Vec<u8>,
    backing: Option<Arc<dyn Backing>>,
}

impl Picture {
    fn stride(&self) -> usize {
        self.width as usize * PIXEL
    }

    fn contains(&self, rect: Rect) -> bool {
        let end = |start: u32, len: u32| u64::from(start) + u64::from(len);
        end(rect.x, rect.width) <= u64::from(self.width)
            && end(rect.y, rect.height) <= u64::from(self.height)
    }

    /// Rows of a rectangle that the picture contains, each as a range of its pixels.
    fn rows(&self, rect: Rect) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (stride, len) = (self.stride(), rect.width as usize * PIXEL);
        let first = rect.y as usize * stride + rect.x as usize * PIXEL;
        (0..rect.height as usize).map(move |row| {
            let start = first + row * stride;
            start..start + len
        })
    }
}

/// A scanout that is on.
struct Screen {
    resource: ResourceId,
    source: Rect,
    picture: Image,
}

impl Screen {
    /// Converts `damage` (resource coordinates, on the resource) into the picture.
    /// The part of the picture that changed, if any did.
    fn update(&mut self, resource: &Picture, damage: Rect) -> Option<Rect> {
        let visible = intersection(damage, self.source)?;
        let changed = Rect {
            x: visible.x - self.source.x,
            y: visible.y - self.source.y,
            ..visible
        };
        let stride = self.picture.width as usize * PIXEL;
        let rows = self.picture.rgba.chunks_exact_mut(stride);
        let rows = rows.skip(changed.y as usize);
        for (to, from) in rows.zip(resource.rows(visible)) {
            let to = &mut to[changed.x as usize * PIXEL..][..changed.width as usize * PIXEL];
            let from = &resource.pixels[from];
            let from = from.as_chunks().0;
            for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from) {
                let [r, g, b, _] = resource.format.rgba(*from);
                // A screen has nothing behind it that could shine through.
                *to = [r, g, b, u8::MAX];
            }
        }
        Some(changed)
    }
}

fn intersection(a: Rect, b: Rect) -> Option<Rect> {
    let overlap = |a: u32, a_len: u32, b: u32, b_len: u32| {
        let start = a.max(b);
        let end = a.saturating_add(a_len).min(b.saturating_add(b_len));
        (end > start).then(|| (start, end - start))
    };
    let (x, width) = overlap(a.x, a.width, b.x, b.width)?;
    let (y, height) = overlap(a.y, a.height, b.y, b.height)?;
    Some(Rect {
        x,
        y,
        width,
        height,
    })
}

/// A renderer for 2D in host memory.
#[derive(Default)]
pub struct SoftwareRenderer {
    resources: HashMap<ResourceId, Picture>,
    screens: [Option<Screen>; MAX_SCANOUTS],
    sink: Option<Box<dyn FrameSink>>,
}

impl SoftwareRenderer {
    /// A renderer that nobody watches; pictures are read by
    /// [`read_scanout`](Renderer::read_scanout).
    pub fn new() -> Self {
        Self::default()
    }

    /// A renderer that tells `sink` of every change.
    pub fn with_sink(sink: Box<dyn FrameSink>) -> Self {
        Self {
            sink: Some(sink),
            ..Self::default()
        }
    }

    fn resource(&mut self, id: ResourceId) -> Result<&mut Picture, Error> {
        self.resources
            .get_mut(&id)
            .ok_or(Error::InvalidResource(id.0))
    }

    fn screen(&mut self, id: ScanoutId) -> Result<&mut Option<Screen>, Error> {
        usize::try_from(id.0)
            .ok()
            .and_then(|index| self.screens.get_mut(index))
            .ok_or(Error::InvalidScanout(id.0))
    }

    fn cursor_image(&self, cursor: &Cursor) -> Result<Option<CursorImage>, Error> {
        let Some(id) = cursor.resource else {
            return Ok(None);
        };
        let resource = self
            .resources
            .get(&id)
            .ok_or(Error::InvalidResource(id.0))?;
        let pixels = resource.pixels.as_chunks().0;
        let rgba = pixels.iter().flat_map(|p| resource.format.rgba(*p));
        Ok(Some(CursorImage {
            image: Image {
                width: resource.width,
                height: resource.height,
                rgba: rgba.collect(),
            },
            hot_x: cursor.hot_x,
            hot_y: cursor.hot_y,
        }))
    }
}

fn unsupported() -> Error {
    Error::Unsupported("3D is not done by the software renderer".into())
}

fn invalid(message: &str) -> Error {
    Error::InvalidParameter(message.into())
}

/// The rectangle of a transfer that a single 2D level can have.
fn transfer_rect(region: &Box3, transfer: &Transfer) -> Result<Rect, Error> {
    if transfer.level != 0 || region.z != 0 || region.depth != 1 {
        return Err(invalid("a 2D resource has one level and one layer"));
    }
    Ok(Rect {
        x: region.x,
        y: region.y,
        width: region.width,
        height: region.height,
    })
}

impl Renderer for SoftwareRenderer {
    fn capsets(&self) -> &[Capset] {
        &[]
    }

    fn create_context(&mut self, _: ContextId, _: u32, _: &str) -> Result<(), Error> {
        Err(unsupported())
    }

    fn destroy_context(&mut self, _: ContextId) -> Result<(), Error> {
        Err(unsupported())
    }

    fn create_resource(&mut self, id: ResourceId, desc: &ResourceDesc) -> Result<(), Error> {
        const TARGETS_2D: [u32; 2] = [2, 5];
        if self.resources.contains_key(&id) {
            return Err(Error::InvalidResource(id.0));
        }
        let simple = TARGETS_2D.contains(&desc.target)
            && desc.depth <= 1
            && desc.array_size <= 1
            && desc.last_level == 0
            && desc.nr_samples <= 1;
        let edges = [desc.width, desc.height];
        if !simple || !edges.iter().all(|edge| (1..=MAX_EDGE).contains(edge)) {
            return Err(invalid("this is no picture of a possible size"));
        }
        let format =
            Format::from_number(desc.format).ok_or_else(|| invalid("this is no 2D format"))?;
        let size = desc.width as usize * desc.height as usize * PIXEL;
        let mut pixels = Vec::new();
        pixels
            .try_reserve_exact(size)
            .map_err(|_| Error::OutOfMemory(format!("{size} bytes for a 2D resource")))?;
        pixels.resize(size, 0);
        let picture = Picture {
            width: desc.width,
            height: desc.height,
            format,
            pixels,
            backing: None,
        };
        self.resources.insert(id, picture);
        Ok(())
    }

    fn destroy_resource(&mut self, id: ResourceId) -> Result<(), Error> {
        self.resources
            .remove(&id)
            .map(drop)
            .ok_or(Error::InvalidResource(id.0))
    }

    fn attach_backing(&mut self, id: ResourceId, backing: Arc<dyn Backing>) -> Result<(), Error> {
        self.resource(id)?.backing = Some(backing);
        Ok(())
    }

    fn detach_backing(&mut self, id: ResourceId) -> Result<(), Error> {
        self.resource(id)?.backing = None;
        Ok(())
    }

    fn attach_resource(&mut self, _: ContextId, _: ResourceId) -> Result<(), Error> {
        Err(unsupported())
    }

    fn detach_resource(&mut self, _: ContextId, _: ResourceId) -> Result<(), Error> {
        Err(unsupported())
    }

    fn transfer(
        &mut self,
        context: Option<ContextId>,
        id: ResourceId,
        transfer: &Transfer,
        direction: Direction,
    ) -> Result<(), Error> {
        if context.is_some() {
            return Err(unsupported());
        }
        let resource = self.resource(id)?;
        let rect = transfer_rect(&transfer.region, transfer)?;
        if !resource.contains(rect) {
            return Err(invalid("the box is not within the resource"));
        }
        let Some(backing) = resource.backing.clone() else {
            return Err(invalid("the resource has no backing"));
        };
        let stride = match transfer.stride {
            0 => resource.stride() as u64,
            stride => u64::from(stride),
        };
        let mut offset = transfer.offset;
        for row in resource.rows(rect) {
            let pixels = &mut resource.pixels[row];
            match direction {
                Direction::ToHost => backing.read(offset, pixels)?,
                Direction::FromHost => backing.write(offset, pixels)?,
            }
            offset = offset.saturating_add(stride);
        }
        Ok(())
    }

    fn submit(&mut self, _: ContextId, _: &[u32]) -> Result<(), Error> {
        Err(unsupported())
    }

    fn create_fence(&mut self, _: FenceId) -> Result<FenceStatus, Error> {
        Ok(FenceStatus::Signaled)
    }

    fn fence_event(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn poll_fences(&mut self, _: &mut dyn FnMut(FenceId)) {}

    fn set_scanout(
        &mut self,
        scanout: ScanoutId,
        source: Option<(ResourceId, Rect)>,
    ) -> Result<(), Error> {
        let Some((id, source)) = source else {
            let was_on = self.screen(scanout)?.take().is_some();
            if let (true, Some(sink)) = (was_on, &mut self.sink) {
                sink.blank(scanout);
            }
            return Ok(());
        };
        let old = self.screen(scanout)?.take();
        let resource = self.resource(id)?;
        if source.width == 0 || source.height == 0 || !resource.contains(source) {
            return Err(invalid("the rectangle is not within the resource"));
        }
        // Flipping between buffers of one size reuses the picture.
        let mut picture = old.map(|screen| screen.picture).unwrap_or_default();
        if (picture.width, picture.height) != (source.width, source.height) {
            let size = source.width as usize * source.height as usize * PIXEL;
            picture = Image {
                width: source.width,
                height: source.height,
                rgba: vec![0; size],
            };
        }
        let mut screen = Screen {
            resource: id,
            source,
            picture,
        };
        // A flush after this may tell of a part only: the rest must be right already.
        let damage = screen.update(resource, source);
        if let (Some(damage), Some(sink)) = (damage, &mut self.sink) {
            sink.present(scanout, &screen.picture, damage);
        }
        *self.screen(scanout)? = Some(screen);
        Ok(())
    }

    fn flush(&mut self, id: ResourceId, damage: Rect) -> Result<(), Error> {
        let resource = self
            .resources
            .get(&id)
            .ok_or(Error::InvalidResource(id.0))?;
        if !resource.contains(damage) {
            return Err(invalid("the rectangle is not within the resource"));
        }
        for (index, screen) in self.screens.iter_mut().enumerate() {
            let Some(screen) = screen.as_mut().filter(|screen| screen.resource == id) else {
                continue;
            };
            let changed = screen.update(resource, damage);
            if let (Some(changed), Some(sink)) = (changed, &mut self.sink) {
                sink.present(ScanoutId(index as u32), &screen.picture, changed);
            }
        }
        Ok(())
    }

    fn update_cursor(&mut self, cursor: &Cursor) -> Result<(), Error> {
        self.screen(cursor.scanout)?;
        let shape = self.cursor_image(cursor)?;
        if let Some(sink) = &mut self.sink {
            sink.set_cursor(cursor, shape.as_ref());
        }
        Ok(())
    }

    fn move_cursor(&mut self, scanout: ScanoutId, x: i32, y: i32) -> Result<(), Error> {
        self.screen(scanout)?;
        if let Some(sink) = &mut self.sink {
            sink.move_cursor(scanout, x, y);
        }
        Ok(())
    }

    fn read_scanout(&mut self, scanout: ScanoutId) -> Result<Option<Image>, Error> {
        let screen = self.screen(scanout)?;
        Ok(screen.as_ref().map(|screen| screen.picture.clone()))
    }

    fn reset(&mut self) {
        self.resources.clear();
        for index in 0..MAX_SCANOUTS {
            let scanout = ScanoutId(index as u32);
            // Switching off fails only for scanouts beyond the last.
            let _ = self.set_scanout(scanout, None);
            if let Some(sink) = &mut self.sink {
                let hidden = Cursor {
                    scanout,
                    resource: None,
                    hot_x: 0,
                    hot_y: 0,
                    x: 0,
                    y: 0,
                };
                sink.set_cursor(&hidden, None);
            }
        }
    }
}
