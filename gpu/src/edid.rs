//! EDID 1.4 of a virtual display: any size, one preferred mode, a few smaller ones.
//!
//! The preferred mode has the reduced blanking of CVT 1.1. A mode beyond what a detailed
//! timing descriptor holds (4095 pixels an edge, a pixel clock of 655.35 MHz) is told in
//! a DisplayID 1.3 extension block; the base block then prefers the largest half,
//! quarter, ... of it that fits.

use crate::config::Display;

/// A gamma of 2.2, as EDID and DisplayID store it.
const GAMMA_2_2: u8 = 220 - 100;
/// Bytes of a block.
pub(crate) const BLOCK: usize = 128;
/// Manufacturer, three letters (PNP ID); none that is registered.
const MANUFACTURER: [u8; 3] = *b"MRV";
const PRODUCT: u16 = 1;
/// Year of the model.
const MODEL_YEAR: u32 = 2026;
/// The display's name; at most 13 letters.
const NAME: &[u8] = b"maro display";

/// Writes the EDID of `display`, the `index`th of its device, to the end of `out`.
pub fn write(display: &Display, index: u32, out: &mut Vec<u8>) {
    let preferred = Timing::reduced_blanking(display.width, display.height, display.refresh);
    let base = base_timing(&preferred);
    let extended = base != preferred;

    let mut block = [0; BLOCK];
    block[..8].copy_from_slice(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]);
    identity(&mut block, index);
    let size = PhysicalSize::of(display);
    features(&mut block, &size);
    chromaticity(&mut block);
    established_timings(&mut block, display);
    standard_timings(&mut block, display);
    let (descriptors, _) = block[54..126].as_chunks_mut::<18>();
    if let [first, name, range, unused] = descriptors {
        detailed_timing(first, &base, &size);
        display_name(name);
        range_limits(range, &preferred, &base);
        unused[3] = 0x10;
    }
    block[126] = extended.into();
    block[127] = checksum(&block);
    out.extend_from_slice(&block);
    if extended {
        out.extend_from_slice(&displayid_block(&preferred, &size, index));
    }
}

/// A video mode; all lengths in pixels or lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timing {
    width: u32,
    height: u32,
    h_blank: u32,
    v_blank: u32,
    v_sync: u32,
    refresh: u32,
    clock_khz: u64,
}

/// Horizontal front porch and sync width of reduced blanking.
const H_FRONT: u32 = 48;
const H_SYNC: u32 = 32;
/// Vertical front porch of reduced blanking.
const V_FRONT: u32 = 3;

impl Timing {
    /// CVT 1.1, section 3.4: reduced blanking.
    fn reduced_blanking(width: u32, height: u32, refresh: u32) -> Self {
        /// Least time of vertical blanking in microseconds.
        const MIN_V_BLANK_US: u64 = 460;
        const MIN_V_BACK: u32 = 6;
        const CLOCK_STEP_KHZ: u64 = 250;
        let refresh = refresh.clamp(1, 1000);
        let h_blank = 160;
        let v_sync = v_sync_of_aspect(width, height);
        let active_us = 1_000_000 - MIN_V_BLANK_US * u64::from(refresh);
        let lines = MIN_V_BLANK_US * u64::from(refresh) * u64::from(height) / active_us + 1;
        let v_blank = u32::try_from(lines)
            .unwrap_or(u32::MAX)
            .max(V_FRONT + v_sync + MIN_V_BACK);
        let total = u64::from(width + h_blank) * u64::from(height + v_blank);
        let clock_khz = (total * u64::from(refresh) / 1000 / CLOCK_STEP_KHZ).max(1);
        Self {
            width,
            height,
            h_blank,
            v_blank,
            v_sync,
            refresh,
            clock_khz: clock_khz * CLOCK_STEP_KHZ,
        }
    }

    fn fits_descriptor(&self) -> bool {
        let small = |len| len < 1 << 12;
        small(self.width)
            && small(self.height)
            && small(self.v_blank)
            && self.clock_khz / 10 <= u64::from(u16::MAX)
    }

    /// Lines a millisecond, rounded down.
    fn line_khz(&self) -> u64 {
        self.clock_khz / u64::from(self.width + self.h_blank)
    }
}

/// The vertical sync width that CVT gives each aspect ratio.
fn v_sync_of_aspect(width: u32, height: u32) -> u32 {
    const TABLE: [(u64, u64, u32); 5] = [(4, 3, 4), (16, 9, 5), (16, 10, 6), (5, 4, 7), (15, 9, 7)];
    TABLE
        .iter()
        .find(|(x, y, _)| u64::from(width) * y == u64::from(height) * x)
        .map_or(10, |&(.., v_sync)| v_sync)
}

/// The mode for the base block.
fn base_timing(preferred: &Timing) -> Timing {
    let mut timing = *preferred;
    while !timing.fits_descriptor() {
        timing = Timing::reduced_blanking(
            (timing.width / 2).max(1),
            (timing.height / 2).max(1),
            timing.refresh,
        );
    }
    timing
}

/// Width and height of the picture in millimetres.
struct PhysicalSize {
    width: u32,
    height: u32,
}

impl PhysicalSize {
    fn of(display: &Display) -> Self {
        let dpi = u64::from(if display.dpi == 0 { 96 } else { display.dpi });
        let mm = |pixels: u32| {
            let tenths = u64::from(pixels) * 254;
            u32::try_from((tenths + 5 * dpi) / (10 * dpi)).unwrap_or(u32::MAX)
        };
        Self {
            width: mm(display.width),
            height: mm(display.height),
        }
    }

    /// In units of `unit` millimetres; both 0, that is unknown, if either has no number
    /// in `1..=max`: one 0 alone would mean an aspect ratio.
    fn in_units(&self, unit: u32, max: u32) -> (u32, u32) {
        let round = |mm: u32| mm.saturating_add(unit / 2) / unit;
        let (width, height) = (round(self.width), round(self.height));
        let fits = |n: u32| (1..=max).contains(&n);
        if fits(width) && fits(height) {
            (width, height)
        } else {
            (0, 0)
        }
    }
}

fn identity(block: &mut [u8; BLOCK], index: u32) {
    let letters = MANUFACTURER.map(|letter| u16::from(letter - b'A' + 1));
    let id = letters[0] << 10 | letters[1] << 5 | letters[2];
    block[8..10].copy_from_slice(&id.to_be_bytes());
    block[10..12].copy_from_slice(&PRODUCT.to_le_bytes());
    block[12..16].copy_from_slice(&(index + 1).to_le_bytes());
    block[16] = 0xff; // no week: the year is the model's
    block[17] = (MODEL_YEAR - 1990) as u8;
    block[18..20].copy_from_slice(&[1, 4]);
}

fn features(block: &mut [u8; BLOCK], size: &PhysicalSize) {
    const DIGITAL_8_BITS: u8 = 0x80 | 2 << 4;
    const SRGB: u8 = 1 << 2;
    const FIRST_TIMING_IS_NATIVE: u8 = 1 << 1;
    let (width, height) = size.in_units(10, 255);
    block[20] = DIGITAL_8_BITS;
    block[21] = width as u8;
    block[22] = height as u8;
    block[23] = GAMMA_2_2;
    block[24] = SRGB | FIRST_TIMING_IS_NATIVE;
}

/// The primaries and the white point of sRGB.
fn chromaticity(block: &mut [u8; BLOCK]) {
    // x and y of red, green, blue and white, in 1/10000.
    const SRGB: [u32; 8] = [6400, 3300, 3000, 6000, 1500, 600, 3127, 3290];
    let points = SRGB.map(|v| (v * 1024 + 5000) / 10000);
    for (low, point) in points.iter().enumerate() {
        block[25 + low / 4] |= ((point & 3) as u8) << (6 - 2 * (low % 4));
        block[27 + low] = (point >> 2) as u8;
    }
}

fn smaller(display: &Display, width: u32, height: u32) -> bool {
    width <= display.width
        && height <= display.height
        && (width, height) != (display.width, display.height)
}

fn established_timings(block: &mut [u8; BLOCK], display: &Display) {
    /// Width, height, byte and bit; all at 60 Hz.
    const TABLE: [(u32, u32, usize, u8); 3] = [
        (640, 480, 35, 1 << 5),
        (800, 600, 35, 1 << 0),
        (1024, 768, 36, 1 << 3),
    ];
    for (width, height, byte, bit) in TABLE {
        if smaller(display, width, height) {
            block[byte] |= bit;
        }
    }
}

fn standard_timings(block: &mut [u8; BLOCK], display: &Display) {
    const UNUSED: [u8; 2] = [1, 1];
    /// Width, height and the code of their aspect ratio; all at 60 Hz, best first.
    const TABLE: [(u32, u32, u8); 12] = [
        (2048, 1152, 3),
        (1920, 1200, 0),
        (1920, 1080, 3),
        (1600, 1200, 1),
        (1680, 1050, 0),
        (1600, 900, 3),
        (1440, 900, 0),
        (1280, 1024, 2),
        (1280, 960, 1),
        (1280, 800, 0),
        (1152, 864, 1),
        (1280, 720, 3),
    ];
    let mut modes = TABLE
        .iter()
        .filter(|(width, height, _)| smaller(display, *width, *height))
        .map(|(width, _, aspect)| [(width / 8 - 31) as u8, aspect << 6]);
    for slot in block[38..54].as_chunks_mut().0 {
        *slot = modes.next().unwrap_or(UNUSED);
    }
}

fn detailed_timing(bytes: &mut [u8; 18], timing: &Timing, size: &PhysicalSize) {
    const DIGITAL_SYNC_POSITIVE_H: u8 = 0x1a;
    let high = |a: u32, b: u32| ((a >> 8 << 4) | (b >> 8)) as u8;
    let (mm_width, mm_height) = size.in_units(1, 4095);
    let clock = (timing.clock_khz / 10) as u16;
    bytes[..2].copy_from_slice(&clock.to_le_bytes());
    bytes[2] = timing.width as u8;
    bytes[3] = timing.h_blank as u8;
    bytes[4] = high(timing.width, timing.h_blank);
    bytes[5] = timing.height as u8;
    bytes[6] = timing.v_blank as u8;
    bytes[7] = high(timing.height, timing.v_blank);
    bytes[8] = H_FRONT as u8;
    bytes[9] = H_SYNC as u8;
    bytes[10] = (V_FRONT << 4 | timing.v_sync) as u8;
    bytes[12] = mm_width as u8;
    bytes[13] = mm_height as u8;
    bytes[14] = high(mm_width, mm_height);
    bytes[17] = DIGITAL_SYNC_POSITIVE_H;
}

fn display_name(bytes: &mut [u8; 18]) {
    bytes[3] = 0xfc;
    bytes[5..].fill(b' ');
    bytes[5..5 + NAME.len()].copy_from_slice(NAME);
    if let Some(end) = bytes.get_mut(5 + NAME.len()) {
        *end = b'\n';
    }
}

/// What the display can show: wide enough for every mode told elsewhere.
fn range_limits(bytes: &mut [u8; 18], preferred: &Timing, base: &Timing) {
    const ONLY_LIMITS: u8 = 1;
    /// Bits that add 255 to the maximum, for vertical and horizontal rates.
    const V_MAX_ADD: u8 = 2;
    const H_MAX_ADD: u8 = 2 << 2;
    let line = preferred.line_khz();
    let (v_max, v_add) = rate_byte(u64::from(preferred.refresh).max(75));
    let (h_max, h_add) = rate_byte((line + 1).max(100));
    let clock = preferred.clock_khz.div_ceil(10_000).clamp(17, 255);
    bytes[3] = 0xfd;
    bytes[4] = if v_add { V_MAX_ADD } else { 0 } | if h_add { H_MAX_ADD } else { 0 };
    bytes[5] = preferred.refresh.min(24) as u8;
    bytes[6] = v_max;
    bytes[7] = line.min(base.line_khz()).clamp(1, 30) as u8;
    bytes[8] = h_max;
    bytes[9] = clock as u8;
    bytes[10] = ONLY_LIMITS;
    bytes[11] = b'\n';
    bytes[12..].fill(b' ');
}

/// A rate as a byte, and whether 255 is to be added to it.
fn rate_byte(rate: u64) -> (u8, bool) {
    match u8::try_from(rate) {
        Ok(byte) => (byte, false),
        Err(_) => ((rate - 255).min(255) as u8, true),
    }
}

/// An extension block with a DisplayID section: what the standard demands of one, and
/// the timing.
fn displayid_block(timing: &Timing, size: &PhysicalSize, index: u32) -> [u8; BLOCK] {
    const SECTION: usize = 1;
    const SECTION_DATA: usize = 121;
    const VERSION_1_3: u8 = 0x13;
    const STANDALONE_DISPLAY: u8 = 3;
    let mut section = Vec::with_capacity(BLOCK);
    section.extend_from_slice(&[VERSION_1_3, SECTION_DATA as u8, STANDALONE_DISPLAY, 0]);
    let data_start = section.len();
    data_block(&mut section, 0x00, &product(index));
    data_block(&mut section, 0x01, &parameters(timing, size));
    data_block(&mut section, 0x0f, &INTERFACE);
    data_block(&mut section, 0x03, &type_i_timing(timing));
    section.resize(data_start + SECTION_DATA, 0);
    section.push(checksum(&section));

    let mut block = [0; BLOCK];
    block[0] = 0x70;
    block[SECTION..][..section.len()].copy_from_slice(&section);
    block[127] = checksum(&block);
    block
}

fn data_block(section: &mut Vec<u8>, tag: u8, data: &[u8]) {
    section.extend_from_slice(&[tag, 0, data.len() as u8]);
    section.extend_from_slice(data);
}

/// DisplayID 1.3, section 4.1: product identification, without a name.
fn product(index: u32) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..3].copy_from_slice(&MANUFACTURER);
    bytes[3..5].copy_from_slice(&PRODUCT.to_le_bytes());
    bytes[5..9].copy_from_slice(&(index + 1).to_le_bytes());
    bytes[9] = 0xff; // no week: the year is the model's
    bytes[10] = (MODEL_YEAR - 2000) as u8;
    bytes
}

/// DisplayID 1.3, section 4.2: display parameters.
fn parameters(timing: &Timing, size: &PhysicalSize) -> [u8; 12] {
    const BITS_8_AND_8: u8 = 0x77;
    let (width, height) = size.in_units(1, u32::from(u16::MAX) / 10);
    let (long, short) = (
        timing.width.max(timing.height),
        timing.width.min(timing.height),
    );
    let aspect = (u64::from(long) * 100 / u64::from(short)).clamp(100, 355);
    let mut bytes = [0; 12];
    let fields = [width * 10, height * 10, timing.width, timing.height];
    for (bytes, field) in bytes.chunks_exact_mut(2).zip(fields) {
        bytes.copy_from_slice(&(field as u16).to_le_bytes());
    }
    bytes[9] = GAMMA_2_2;
    bytes[10] = (aspect - 100) as u8;
    bytes[11] = BITS_8_AND_8;
    bytes
}

/// DisplayID 1.3, section 4.14: DisplayPort 1.4 with four lanes, 8 bits of RGB.
const INTERFACE: [u8; 10] = [0x94, 0x14, 1 << 1, 0, 0, 0, 0, 0, 0, 0];

/// DisplayID 1.3, section 4.4.1: every number is stored less one.
fn type_i_timing(timing: &Timing) -> [u8; 20] {
    const PREFERRED: u8 = 1 << 7;
    const ASPECT_UNDEFINED: u8 = 8;
    const POSITIVE_SYNC: u32 = 1 << 15;
    let clock = (timing.clock_khz / 10).saturating_sub(1).min(0xff_ffff) as u32;
    let mut bytes = [0; 20];
    bytes[..3].copy_from_slice(&clock.to_le_bytes()[..3]);
    bytes[3] = PREFERRED | ASPECT_UNDEFINED;
    let fields = [
        timing.width - 1,
        timing.h_blank - 1,
        (H_FRONT - 1) | POSITIVE_SYNC,
        H_SYNC - 1,
        timing.height - 1,
        timing.v_blank - 1,
        V_FRONT - 1,
        timing.v_sync - 1,
    ];
    for (bytes, field) in bytes[4..].chunks_exact_mut(2).zip(fields) {
        bytes.copy_from_slice(&(field as u16).to_le_bytes());
    }
    bytes
}

/// The byte that makes the sum of all bytes a multiple of 256.
fn checksum(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0u8, |sum, byte| sum.wrapping_add(*byte))
        .wrapping_neg()
}

#[cfg(test)]
#[path = "edid_tests.rs"]
mod tests;
