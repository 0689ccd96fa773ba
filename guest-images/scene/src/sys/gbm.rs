//! GBM: buffers that a GPU draws to and a screen shows. The library is loaded
//! at run time, so that building needs no GBM development package and the host
//! mode no GBM at all.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

use anyhow::{Context, Result};
use libloading::{Library, Symbol};

const FORMAT_XRGB8888: u32 = u32::from_le_bytes(*b"XR24");
const USE_SCANOUT: u32 = 1 << 0;
const USE_RENDERING: u32 = 1 << 2;

type Object = NonNull<c_void>;

/// A GBM device with one surface the size of a screen.
pub struct Screen {
    surface: Object,
    device: Object,
    lock_front: unsafe extern "C" fn(Object) -> Option<Object>,
    release: unsafe extern "C" fn(Object, Object),
    stride: unsafe extern "C" fn(Object) -> u32,
    handle: unsafe extern "C" fn(Object) -> u64,
    // The functions above live in the library, and the device uses the file.
    _library: Library,
    _card: File,
}

/// The buffer that was drawn last. It must go back by [`Screen::release`].
pub struct Front {
    object: Object,
    /// The kernel's handle of the buffer.
    pub handle: u32,
    /// Bytes from row to row.
    pub stride: u32,
}

impl Screen {
    /// The format of the buffers, as EGL names it.
    pub const FORMAT: u32 = FORMAT_XRGB8888;

    /// Opens GBM on a DRM device.
    pub fn new(card: File, width: u32, height: u32) -> Result<Self> {
        // SAFETY: libgbm's initialisers have no conditions.
        let library = unsafe { Library::new("libgbm.so.1") }.context("libgbm.so.1")?;
        // SAFETY: these are the types that gbm.h declares for these names. A
        // `union gbm_bo_handle` of eight bytes comes back as an integer does.
        let screen = unsafe {
            let create_device: Symbol<unsafe extern "C" fn(c_int) -> Option<Object>> =
                library.get(b"gbm_create_device\0")?;
            let create_surface: Symbol<
                unsafe extern "C" fn(Object, u32, u32, u32, u32) -> Option<Object>,
            > = library.get(b"gbm_surface_create\0")?;
            let lock_front = *library.get(b"gbm_surface_lock_front_buffer\0")?;
            let release = *library.get(b"gbm_surface_release_buffer\0")?;
            let stride = *library.get(b"gbm_bo_get_stride\0")?;
            let handle = *library.get(b"gbm_bo_get_handle\0")?;

            let device = create_device(card.as_raw_fd())
                .context("no GBM device: is Mesa's driver for this GPU installed?")?;
            let surface = create_surface(
                device,
                width,
                height,
                FORMAT_XRGB8888,
                USE_SCANOUT | USE_RENDERING,
            )
            .context("no GBM surface")?;
            Self {
                surface,
                device,
                lock_front,
                release,
                stride,
                handle,
                _library: library,
                _card: card,
            }
        };
        Ok(screen)
    }

    /// The device, for EGL.
    pub fn device(&self) -> *mut c_void {
        self.device.as_ptr()
    }

    /// The surface, for EGL.
    pub fn surface(&self) -> *mut c_void {
        self.surface.as_ptr()
    }

    /// Takes the buffer that the last swap of buffers finished.
    pub fn front(&self) -> Result<Front> {
        // SAFETY: the surface is alive as long as `self`; GBM returns null
        // when no buffer has been swapped.
        let object = unsafe { (self.lock_front)(self.surface) }.context("no buffer to show")?;
        // SAFETY: the buffer is locked, so it stays valid until released.
        let (handle, stride) = unsafe { ((self.handle)(object), (self.stride)(object)) };
        // The handle is the union's 32-bit member, in the low half.
        Ok(Front {
            object,
            handle: (handle & 0xffff_ffff) as u32,
            stride,
        })
    }

    /// Gives a buffer back to be drawn again.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the buffer is no longer ours"
    )]
    pub fn release(&self, front: Front) {
        // SAFETY: `front` was locked from this surface, and is consumed here.
        unsafe { (self.release)(self.surface, front.object) }
    }
}
