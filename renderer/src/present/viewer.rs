//! The way from the renderer's thread to the window's.
//!
//! The renderer posts and goes on; the window collects when it comes round. Only the
//! newest frame waits: one that is replaced before the window has seen it leaves its
//! damage to its successor and its fence to the window, which can delete it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use maro_gpu::renderer::{Rect, ScanoutId};
use winit::event_loop::EventLoopProxy;

use super::{CursorShape, Frame, Picture, Viewer};
use crate::gl::fence::SharedFence;

/// What another thread asks of the window's loop.
#[derive(Debug)]
pub(super) enum Wake {
    /// Something was posted.
    Posted,
    /// End the loop.
    Close,
}

/// What happened since the window last looked. The outer `None` is "nothing new".
#[derive(Debug, Default)]
pub(super) struct Post {
    /// The newest frame; `Some(None)` if the scanout was switched off.
    pub frame: Option<Option<Frame>>,
    /// The pointer's shape; `Some(None)` hides it.
    pub shape: Option<Option<CursorShape>>,
    /// Place of the pointer's hot spot in scanout pixels.
    pub position: Option<(i32, i32)>,
    /// Fences that nobody will wait for.
    pub retired: Vec<SharedFence>,
}

impl Post {
    fn put_frame(&mut self, mut frame: Option<Frame>) {
        let old = self.frame.take();
        if let (Some(old), Some(new)) = (&old, &mut frame) {
            let size = picture_size(&new.picture);
            new.damage = match old {
                Some(old) if picture_size(&old.picture) == size => union(new.damage, old.damage),
                _ => whole(size),
            };
        }
        self.retired
            .extend(old.flatten().and_then(|old| into_fence(old.picture)));
        self.frame = Some(frame);
    }
}

/// Size of a picture in pixels.
fn picture_size(picture: &Picture) -> (u32, u32) {
    match picture {
        Picture::Texture { size, .. } => *size,
        Picture::Pixels(image) => (image.width, image.height),
    }
}

/// The fence of a picture that will not be drawn.
fn into_fence(picture: Picture) -> Option<SharedFence> {
    match picture {
        Picture::Texture { ready, .. } => ready,
        Picture::Pixels(_) => None,
    }
}

/// The rectangle of a whole picture.
fn whole((width, height): (u32, u32)) -> Rect {
    Rect {
        x: 0,
        y: 0,
        width,
        height,
    }
}

/// The smallest rectangle that holds both; an empty one adds nothing.
pub(super) fn union(a: Rect, b: Rect) -> Rect {
    if a.width == 0 || a.height == 0 {
        return b;
    }
    if b.width == 0 || b.height == 0 {
        return a;
    }
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = a.x.saturating_add(a.width).max(b.x.saturating_add(b.width));
    let lower =
        a.y.saturating_add(a.height)
            .max(b.y.saturating_add(b.height));
    Rect {
        x,
        y,
        width: right - x,
        height: lower - y,
    }
}

/// The box between the two threads.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    post: Mutex<Post>,
    /// A wake-up is under way: more posts need none.
    woken: AtomicBool,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Post> {
        // A panic elsewhere leaves whole values behind.
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all that was posted, leaving `empty` in its place, whose memory is used
    /// again.
    pub(super) fn collect(&self, empty: &mut Post) {
        // First, so that whatever is posted from now on wakes the window again.
        self.woken.store(false, Ordering::SeqCst);
        std::mem::swap(&mut *self.lock(), empty);
    }
}

/// A [`Viewer`] that shows one scanout in the window it was made with.
#[derive(Debug)]
pub struct WindowViewer {
    mailbox: Arc<Mailbox>,
    loop_proxy: EventLoopProxy<Wake>,
    scanout: ScanoutId,
}

impl WindowViewer {
    pub(super) fn new(
        mailbox: Arc<Mailbox>,
        loop_proxy: EventLoopProxy<Wake>,
        scanout: ScanoutId,
    ) -> Self {
        Self {
            mailbox,
            loop_proxy,
            scanout,
        }
    }

    fn post(&self, put: impl FnOnce(&mut Post)) {
        put(&mut self.mailbox.lock());
        if !self.mailbox.woken.swap(true, Ordering::SeqCst) {
            // The loop has ended and nobody looks any more: that is no fault of the renderer.
            let _ = self.loop_proxy.send_event(Wake::Posted);
        }
    }
}

impl Viewer for WindowViewer {
    fn frame(&mut self, scanout: ScanoutId, frame: Option<Frame>) {
        if scanout == self.scanout {
            self.post(|post| post.put_frame(frame));
        } else if let Some(fence) = frame.and_then(|frame| into_fence(frame.picture)) {
            self.post(|post| post.retired.push(fence));
        }
    }

    fn cursor_shape(&mut self, scanout: ScanoutId, shape: Option<CursorShape>) {
        if scanout == self.scanout {
            self.post(|post| post.shape = Some(shape));
        }
    }

    fn cursor_position(&mut self, scanout: ScanoutId, x: i32, y: i32) {
        if scanout == self.scanout {
            self.post(|post| post.position = Some((x, y)));
        }
    }
}

#[cfg(test)]
mod tests {
    use maro_gpu::renderer::Image;

    use super::*;

    fn frame(size: (u32, u32), damage: Rect) -> Frame {
        let rgba = vec![0; (size.0 * size.1 * 4) as usize];
        let image = Image {
            width: size.0,
            height: size.1,
            rgba,
        };
        Frame {
            picture: Picture::Pixels(Arc::new(image)),
            source: whole(size),
            damage,
        }
    }

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn replaced_frame_leaves_its_damage_to_the_next() {
        let mut post = Post::default();
        post.put_frame(Some(frame((8, 8), rect(1, 1, 2, 2))));
        post.put_frame(Some(frame((8, 8), rect(5, 0, 1, 2))));
        let newest = post.frame.flatten().expect("a frame was put");
        assert_eq!(newest.damage, rect(1, 0, 5, 3));
    }

    #[test]
    fn frame_of_another_size_is_wholly_new() {
        let mut post = Post::default();
        post.put_frame(Some(frame((8, 8), rect(1, 1, 2, 2))));
        post.put_frame(Some(frame((4, 4), rect(0, 0, 1, 1))));
        let newest = post.frame.flatten().expect("a frame was put");
        assert_eq!(newest.damage, rect(0, 0, 4, 4));
    }

    #[test]
    fn frame_after_the_scanout_was_off_is_wholly_new() {
        let mut post = Post::default();
        post.put_frame(None);
        post.put_frame(Some(frame((8, 8), rect(1, 1, 2, 2))));
        let newest = post.frame.flatten().expect("a frame was put");
        assert_eq!(newest.damage, rect(0, 0, 8, 8));
    }

    #[test]
    fn scanout_switched_off_replaces_a_waiting_frame() {
        let mut post = Post::default();
        post.put_frame(Some(frame((8, 8), rect(1, 1, 2, 2))));
        post.put_frame(None);
        assert!(matches!(post.frame, Some(None)));
    }

    #[test]
    fn collecting_takes_everything_once() {
        let mailbox = Mailbox::default();
        mailbox.lock().position = Some((3, 4));
        mailbox.woken.store(true, Ordering::SeqCst);
        let mut post = Post::default();
        mailbox.collect(&mut post);
        assert_eq!(post.position, Some((3, 4)));
        assert!(!mailbox.woken.load(Ordering::SeqCst));
        let mut again = Post::default();
        mailbox.collect(&mut again);
        assert_eq!(again.position, None);
    }

    #[test]
    fn union_ignores_empty_rectangles_and_does_not_overflow() {
        assert_eq!(union(rect(3, 3, 0, 9), rect(1, 2, 3, 4)), rect(1, 2, 3, 4));
        assert_eq!(union(rect(1, 2, 3, 4), Rect::default()), rect(1, 2, 3, 4));
        let huge = union(rect(u32::MAX, 0, u32::MAX, 1), rect(0, 0, 1, 1));
        assert_eq!(huge, rect(0, 0, u32::MAX, 1));
    }
}
