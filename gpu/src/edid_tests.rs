//! EDIDs are read back with a small parser written from the standards' tables, and by
//! `edid-decode` where it is installed.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

/// A mode as a reader of the EDID sees it.
#[derive(Debug, PartialEq)]
struct Mode {
    width: u32,
    height: u32,
    /// In hundredths of a hertz.
    refresh: u64,
    clock_khz: u64,
    h_sync: (u32, u32),
    v_sync: (u32, u32),
}

struct Parsed {
    preferred: Mode,
    base: Mode,
    name: String,
    serial: u32,
    cm: (u8, u8),
    mm: (u32, u32),
    standard: Vec<(u32, u32)>,
    v_max: u32,
    clock_max_mhz: u32,
}

fn mode(clock_khz: u64, h: [u32; 4], v: [u32; 4]) -> Mode {
    let total = u64::from(h[0] + h[1]) * u64::from(v[0] + v[1]);
    Mode {
        width: h[0],
        height: v[0],
        refresh: clock_khz * 100_000 / total,
        clock_khz,
        h_sync: (h[2], h[3]),
        v_sync: (v[2], v[3]),
    }
}

fn parse_detailed(d: &[u8]) -> Mode {
    let n = |byte: u8| u32::from(byte);
    let h = [
        n(d[2]) | (n(d[4]) & 0xf0) << 4,
        n(d[3]) | (n(d[4]) & 0x0f) << 8,
        n(d[8]) | (n(d[11]) & 0xc0) << 2,
        n(d[9]) | (n(d[11]) & 0x30) << 4,
    ];
    let v = [
        n(d[5]) | (n(d[7]) & 0xf0) << 4,
        n(d[6]) | (n(d[7]) & 0x0f) << 8,
        n(d[10]) >> 4 | (n(d[11]) & 0x0c) << 2,
        n(d[10]) & 15 | (n(d[11]) & 0x03) << 4,
    ];
    mode(u64::from(d[0]) * 10 + u64::from(d[1]) * 2560, h, v)
}

fn parse_displayid(block: &[u8]) -> Mode {
    assert_eq!(block[0], 0x70, "a DisplayID extension");
    let sum = |bytes: &[u8]| bytes.iter().map(|&b| u32::from(b)).sum::<u32>();
    assert_eq!(sum(&block[1..127]) % 256, 0, "the section's checksum");
    let mut timing = 5;
    while block[timing] != 3 {
        timing += 3 + usize::from(block[timing + 2]);
    }
    assert_eq!(block[timing..timing + 3], [3, 0, 20], "a type I timing");
    let t = &block[timing + 3..timing + 23];
    assert_eq!(t[3] & 0x80, 0x80, "preferred");
    let word = |i: usize| (u32::from(t[i]) | u32::from(t[i + 1] & 0x7f) << 8) + 1;
    let clock = u64::from(t[0]) | u64::from(t[1]) << 8 | u64::from(t[2]) << 16;
    mode(
        (clock + 1) * 10,
        [word(4), word(6), word(8), word(10)],
        [word(12), word(14), word(16), word(18)],
    )
}

fn parse(edid: &[u8]) -> Parsed {
    assert_eq!(edid.len(), 128 * (1 + usize::from(edid[126])));
    assert_eq!(edid[..8], [0, 255, 255, 255, 255, 255, 255, 0]);
    for block in edid.chunks(128) {
        let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
        assert_eq!(sum % 256, 0, "a block's checksum");
    }
    let descriptor = |tag: u8| {
        edid[54..126]
            .chunks(18)
            .find(|d| d[..3] == [0, 0, 0] && d[3] == tag)
            .expect("a descriptor")
    };
    let name = String::from_utf8_lossy(&descriptor(0xfc)[5..]);
    let range = descriptor(0xfd);
    let timing = &edid[54..72];
    let base = parse_detailed(timing);
    let preferred = edid
        .get(128..)
        .filter(|rest| !rest.is_empty())
        .map_or_else(|| parse_detailed(timing), parse_displayid);
    let add = |flag: u8| if range[4] & flag == 0 { 0 } else { 255 };
    Parsed {
        preferred,
        base,
        name: name.split('\n').next().unwrap_or_default().into(),
        serial: u32::from_le_bytes([edid[12], edid[13], edid[14], edid[15]]),
        cm: (edid[21], edid[22]),
        mm: (
            u32::from(timing[12]) | (u32::from(timing[14]) & 0xf0) << 4,
            u32::from(timing[13]) | (u32::from(timing[14]) & 0x0f) << 8,
        ),
        standard: edid[38..54]
            .chunks(2)
            .filter(|slot| *slot != [1, 1])
            .map(|slot| {
                let width = (u32::from(slot[0]) + 31) * 8;
                let (x, y) = [(16, 10), (4, 3), (5, 4), (16, 9)][usize::from(slot[1] >> 6)];
                (width, width * y / x)
            })
            .collect(),
        v_max: u32::from(range[6]) + add(2),
        clock_max_mhz: u32::from(range[9]) * 10,
    }
}

fn edid(display: Display) -> Vec<u8> {
    let mut out = Vec::new();
    write(&display, 2, &mut out);
    out
}

const SIZES: [(u32, u32); 16] = [
    (1, 1),
    (64, 48),
    (640, 480),
    (1024, 768),
    (1280, 800),
    (1366, 768),
    (1920, 1080),
    (1921, 1081),
    (2560, 1440),
    (3840, 2160),
    (4095, 2160),
    (4096, 2160),
    (1080, 4096),
    (5120, 2880),
    (7680, 4320),
    (16384, 16384),
];

#[test]
fn write_any_size_is_the_preferred_mode() {
    for (width, height) in SIZES {
        let parsed = parse(&edid(Display::new(width, height)));
        let mode = parsed.preferred;
        assert_eq!((mode.width, mode.height), (width, height));
        // Clocks come in steps of 250 kHz, which tiny modes feel.
        if width >= 640 {
            assert!(mode.refresh.abs_diff(6000) < 60, "{mode:?}");
        }
        assert_eq!(mode.h_sync, (48, 32));
        assert!((4..=10).contains(&mode.v_sync.1));
        assert!(parsed.base.width <= 4095 && parsed.base.height <= 4095);
        assert_eq!(parsed.name, "maro display");
        assert_eq!(parsed.serial, 3);
    }
}

#[test]
fn write_1920x1080_has_the_timing_of_cvt() {
    let parsed = parse(&edid(Display::new(1920, 1080)));
    let expected = Mode {
        width: 1920,
        height: 1080,
        refresh: 5993,
        clock_khz: 138_500,
        h_sync: (48, 32),
        v_sync: (3, 5),
    };
    assert_eq!(parsed.preferred, expected);
    assert_eq!(parsed.base, expected);
}

#[test]
fn write_density_gives_the_physical_size() {
    let mut display = Display::new(1920, 1080);
    display.dpi = 127;
    let parsed = parse(&edid(display));
    assert_eq!(parsed.mm, (384, 216));
    assert_eq!(parsed.cm, (38, 22));
    display.dpi = 1;
    let parsed = parse(&edid(display));
    assert_eq!((parsed.mm, parsed.cm), ((0, 0), (0, 0)));
}

#[test]
fn write_high_refresh_is_within_the_range_limits() {
    for refresh in [0, 1, 24, 75, 144, 300, 1000, u32::MAX] {
        let display = Display {
            refresh,
            ..Display::new(800, 600)
        };
        let parsed = parse(&edid(display));
        let expected = refresh.clamp(1, 1000);
        let hertz = (parsed.preferred.refresh + 50) / 100;
        assert!(
            hertz.abs_diff(u64::from(expected)) <= 1,
            "{hertz} {refresh}"
        );
        assert!(parsed.v_max >= expected.min(510));
        assert!(u64::from(parsed.clock_max_mhz) * 1000 >= parsed.preferred.clock_khz);
    }
}

#[test]
fn write_standard_timings_are_smaller_than_the_preferred_mode() {
    let parsed = parse(&edid(Display::new(1680, 1050)));
    assert_eq!(parsed.standard.first(), Some(&(1600, 900)));
    assert!(parsed.standard.contains(&(1280, 1024)));
    assert!(parsed.standard.iter().all(|&(w, h)| w <= 1680 && h <= 1050));
    assert!(parse(&edid(Display::new(640, 480))).standard.is_empty());
}

/// Runs Debian's `edid-decode --check`; `None` where it is not installed.
fn edid_decode(edid: &[u8]) -> Option<(bool, String)> {
    let mut child = Command::new("edid-decode")
        .args(["--check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(edid).ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((output.status.success(), text))
}

#[test]
fn write_any_size_passes_edid_decode() {
    for (width, height) in SIZES.into_iter().filter(|size| size.0 >= 640) {
        let Some((passed, text)) = edid_decode(&edid(Display::new(width, height))) else {
            eprintln!("edid-decode is not installed: not checked by it");
            return;
        };
        assert!(passed, "{width}x{height}:\n{text}");
        assert!(text.contains(&format!("{width}x{height}")), "{text}");
    }
}
