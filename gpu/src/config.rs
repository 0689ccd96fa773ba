//! What a virtio-gpu device is made with.

/// The most scanouts the protocol knows (`VIRTIO_GPU_MAX_SCANOUTS`, virtio 1.3, 5.7.6.8).
pub const MAX_SCANOUTS: usize = 16;

/// The longest edge of a display or of a 2D resource, in pixels. Every host GL of today
/// can make a texture of this size, and no display is larger.
pub const MAX_EDGE: u32 = 16384;

/// One of the guest's screens as it is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Display {
    /// Preferred width in pixels; 0 in either direction means that nothing is plugged in.
    pub width: u32,
    /// Preferred height in pixels.
    pub height: u32,
    /// Density in pixels an inch, from which the guest learns the physical size.
    pub dpi: u32,
    /// Refresh rate of the preferred mode in hertz.
    pub refresh: u32,
}

impl Display {
    /// A display of `width` by `height` pixels at 96 dots an inch and 60 Hz.
    pub const fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            dpi: 96,
            refresh: 60,
        }
    }

    /// True if a display is plugged in.
    pub const fn is_connected(&self) -> bool {
        self.width > 0 && self.height > 0
    }
}

impl Default for Display {
    fn default() -> Self {
        Self::new(1280, 800)
    }
}

/// How much of the host one guest may use through the device's own tables. Memory that a
/// renderer needs for 3D is the renderer's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Resources at one time.
    pub resources: usize,
    /// Contexts at one time.
    pub contexts: usize,
    /// Pairs of context and resource attached to it, at one time.
    pub attachments: usize,
    /// Pieces of guest memory in all backings together. Each costs the host 16 bytes;
    /// a guest whose memory is wholly fragmented needs one for each page.
    pub backing_pieces: usize,
    /// Bytes of all resources made by `RESOURCE_CREATE_2D` together.
    pub bytes_2d: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resources: 128 << 10,
            contexts: 4096,
            attachments: 1 << 20,
            backing_pieces: 4 << 20,
            bytes_2d: 512 << 20,
        }
    }
}

/// What a device is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// One entry a scanout, 1 to [`MAX_SCANOUTS`]; those of size 0 wait to be plugged in.
    pub displays: Vec<Display>,
    /// What one guest may use.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            displays: vec![Display::default()],
            limits: Limits::default(),
        }
    }
}
