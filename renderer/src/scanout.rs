//! Scanouts: which part of which resource a guest's screen shows.

use std::collections::BTreeMap;
use std::rc::Rc;

use maro_gpu::renderer::{Cursor, Error, Image, Rect, ScanoutId};

use crate::gl::fence::SharedFence;
use crate::host::Host;
use crate::present::{CursorShape, Frame, Hold, Picture, Viewer};
use crate::resource::{Resource, readback};

/// Most scanouts of a virtio-gpu device (5.7.4).
const MAX_SCANOUTS: u32 = 16;
/// Largest pointer shape that is shown, in pixels on a side.
const MAX_CURSOR: u32 = 512;

struct Scanout {
    resource: Rc<Resource>,
    rect: Rect,
    hold: Hold,
}

/// All scanouts and whoever looks at them.
pub struct Scanouts {
    shown: BTreeMap<ScanoutId, Scanout>,
    /// Resources that a viewer may still sample.
    retired: Vec<(Rc<Resource>, Hold)>,
    viewer: Option<Box<dyn Viewer>>,
}

impl Scanouts {
    /// No scanout is on.
    pub fn new(viewer: Option<Box<dyn Viewer>>) -> Self {
        Self {
            shown: BTreeMap::new(),
            retired: Vec::new(),
            viewer,
        }
    }

    /// Shows a part of a resource, or switches the scanout off.
    ///
    /// # Errors
    /// If the scanout does not exist or the part lies outside of the resource.
    pub fn set(
        &mut self,
        id: ScanoutId,
        source: Option<(Rc<Resource>, Rect)>,
    ) -> Result<(), Error> {
        check_scanout(id)?;
        self.retired.retain(|(_, hold)| !hold.is_released());
        let new = match source {
            Some((resource, rect)) => {
                let size = (resource.desc().width, resource.desc().height);
                let inside = |at: u32, extent: u32, size: u32| {
                    extent != 0 && u64::from(at) + u64::from(extent) <= u64::from(size)
                };
                let suits = resource
                    .texture()
                    .is_some_and(|texture| texture.samples() == 0);
                if !suits
                    || !inside(rect.x, rect.width, size.0)
                    || !inside(rect.y, rect.height, size.1)
                {
                    return Err(Error::InvalidParameter(format!(
                        "{rect:?} of resource {} of {}x{}",
                        resource.id().0,
                        size.0,
                        size.1
                    )));
                }
                Some((resource, rect))
            }
            None => None,
        };
        let old = self.shown.remove(&id);
        match new {
            Some((resource, rect)) => {
                let hold = match &old {
                    Some(old) if Rc::ptr_eq(&old.resource, &resource) => old.hold.clone(),
                    _ => Hold::default(),
                };
                self.shown.insert(
                    id,
                    Scanout {
                        resource,
                        rect,
                        hold,
                    },
                );
            }
            None => {
                if let Some(viewer) = &mut self.viewer {
                    viewer.frame(id, None);
                }
            }
        }
        if let Some(old) = old
            && !old.hold.is_released()
        {
            self.retired.push((old.resource, old.hold));
        }
        Ok(())
    }

    /// Tells the viewer that a resource has new content.
    pub fn flush(&mut self, host: &Host, resource: &Rc<Resource>, damage: Rect) {
        self.retired.retain(|(_, hold)| !hold.is_released());
        let Some(viewer) = &mut self.viewer else {
            return;
        };
        let Some(texture) = resource.texture() else {
            return;
        };
        let showing = self
            .shown
            .iter()
            .filter(|(_, s)| Rc::ptr_eq(&s.resource, resource));
        for (id, scanout) in showing {
            let mut ready = None;
            if viewer.samples_textures() {
                ready = host.gl.fence_sync().map(SharedFence::new);
                if ready.is_none() {
                    // The viewer's context can wait for nothing then.
                    host.gl.finish();
                }
                // Another context waits for the fence, so it must reach the GPU first.
                host.gl.flush();
            }
            let frame = Frame {
                picture: Picture::Texture {
                    name: texture.name(),
                    size: (resource.desc().width, resource.desc().height),
                    ready,
                    hold: scanout.hold.clone(),
                },
                source: scanout.rect,
                damage,
            };
            viewer.frame(*id, Some(frame));
        }
    }

    /// Sets the pointer's shape.
    ///
    /// # Errors
    /// If the scanout does not exist or the shape cannot be read.
    pub fn update_cursor(
        &mut self,
        host: &Host,
        cursor: &Cursor,
        resource: Option<&Resource>,
    ) -> Result<(), Error> {
        check_scanout(cursor.scanout)?;
        let Some(viewer) = &mut self.viewer else {
            return Ok(());
        };
        let shape = match resource {
            Some(resource) => {
                let (width, height) = (resource.desc().width, resource.desc().height);
                if width > MAX_CURSOR || height > MAX_CURSOR {
                    return Err(Error::InvalidParameter(format!(
                        "a pointer of {width}x{height}"
                    )));
                }
                let area = Rect {
                    x: 0,
                    y: 0,
                    width,
                    height,
                };
                let image = readback::read_pixels(host, resource, area)?;
                Some(CursorShape {
                    image: image.into(),
                    hot_x: cursor.hot_x,
                    hot_y: cursor.hot_y,
                })
            }
            None => None,
        };
        viewer.cursor_shape(cursor.scanout, shape);
        viewer.cursor_position(cursor.scanout, cursor.x, cursor.y);
        Ok(())
    }

    /// Moves the pointer.
    ///
    /// # Errors
    /// If the scanout does not exist.
    pub fn move_cursor(&mut self, id: ScanoutId, x: i32, y: i32) -> Result<(), Error> {
        check_scanout(id)?;
        if let Some(viewer) = &mut self.viewer {
            viewer.cursor_position(id, x, y);
        }
        Ok(())
    }

    /// Reads what a scanout shows.
    ///
    /// # Errors
    /// If the scanout does not exist or the host cannot read it.
    pub fn read(&self, host: &Host, id: ScanoutId) -> Result<Option<Image>, Error> {
        check_scanout(id)?;
        let Some(scanout) = self.shown.get(&id) else {
            return Ok(None);
        };
        let mut image = readback::read_pixels(host, &scanout.resource, scanout.rect)?;
        for pixel in image.rgba.as_chunks_mut::<4>().0 {
            pixel[3] = 0xff;
        }
        Ok(Some(image))
    }

    /// Switches all scanouts off.
    pub fn reset(&mut self) {
        while let Some((id, scanout)) = self.shown.pop_first() {
            if let Some(viewer) = &mut self.viewer {
                viewer.frame(id, None);
            }
            self.retired.push((scanout.resource, scanout.hold));
        }
        self.retired.retain(|(_, hold)| !hold.is_released());
    }
}

fn check_scanout(id: ScanoutId) -> Result<(), Error> {
    if id.0 < MAX_SCANOUTS {
        Ok(())
    } else {
        Err(Error::InvalidScanout(id.0))
    }
}
