//! Every command of the control and the cursor queue, its good and its bad forms.

use std::sync::atomic::Ordering::Relaxed;

use maro_gpu::backend::NullRenderer;
use maro_gpu::protocol::ErrorCode::{
    InvalidContextId, InvalidParameter, InvalidResourceId, InvalidScanoutId, OutOfMemory, Unspec,
};
use maro_gpu::protocol::Features;
use maro_gpu::renderer::ScanoutId;

use crate::rig::{PIXELS, Rig, capsets};

const OK: Result<Vec<u8>, maro_gpu::protocol::ErrorCode> = Ok(Vec::new());

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

#[test]
fn get_display_info_tells_every_display() {
    let mut rig = Rig::software();
    let info = words(&rig.send(0x100, &[]).expect("a reply"));
    assert_eq!(info.len(), 96);
    assert_eq!(info[..6], [0, 0, 640, 480, 1, 0]);
    assert_eq!(info[6..12], [640, 0, 320, 200, 1, 0]);
    assert!(info[12..].iter().all(|&word| word == 0));
}

#[test]
fn get_display_info_after_unplugging_tells_that() {
    let mut rig = Rig::software();
    assert_eq!(rig.device.set_display(ScanoutId(0), 0, 0), Ok(true));
    assert_eq!(rig.device.set_display(ScanoutId(0), 0, 0), Ok(false));
    let info = words(&rig.send(0x100, &[]).expect("a reply"));
    assert_eq!(info[..12], [0, 0, 0, 0, 0, 0, 0, 0, 320, 200, 1, 0]);
    let edid = rig.send(0x10a, &[0, 0]).expect("a reply");
    assert!(edid.iter().all(|&byte| byte == 0), "no display, no EDID");
}

#[test]
fn get_edid_has_the_size_of_its_display() {
    let mut rig = Rig::software();
    assert_eq!(rig.device.set_display(ScanoutId(1), 1000, 700), Ok(true));
    let reply = rig.send(0x10a, &[1, 0]).expect("a reply");
    assert_eq!(reply.len(), 1032);
    assert_eq!(words(&reply)[..2], [128, 0]);
    let timing = &reply[8 + 54..];
    let width = u32::from(timing[2]) | u32::from(timing[4] & 0xf0) << 4;
    let height = u32::from(timing[5]) | u32::from(timing[7] & 0xf0) << 4;
    assert_eq!((width, height), (1000, 700));
}

#[test]
fn get_edid_of_no_scanout_or_without_the_feature_is_refused() {
    let mut rig = Rig::software();
    assert_eq!(rig.send(0x10a, &[2, 0]), Err(InvalidScanoutId));
    assert_eq!(rig.send(0x10a, &[u32::MAX, 0]), Err(InvalidScanoutId));
    rig.restart(Features::empty());
    assert_eq!(rig.send(0x10a, &[0, 0]), Err(Unspec));
}

#[test]
fn resource_create_2d_takes_every_format_and_no_other() {
    let mut rig = Rig::software();
    for (id, format) in [1, 2, 3, 4, 67, 68, 121, 134].into_iter().enumerate() {
        assert_eq!(rig.send(0x101, &[id as u32 + 1, format, 4, 4]), OK);
    }
    rig.restart(Features::EDID);
    for format in [0, 5, 64, u32::MAX] {
        assert_eq!(rig.send(0x101, &[1, format, 4, 4]), Err(InvalidParameter));
    }
}

#[test]
fn resource_create_2d_bad_names_and_sizes_are_refused() {
    let mut rig = Rig::software();
    assert_eq!(rig.send(0x101, &[0, 1, 4, 4]), Err(InvalidResourceId));
    assert_eq!(rig.send(0x101, &[7, 1, 4, 4]), OK);
    assert_eq!(rig.send(0x101, &[7, 1, 4, 4]), Err(InvalidResourceId));
    for (width, height) in [
        (0, 4),
        (4, 0),
        (16385, 1),
        (1, u32::MAX),
        (1 << 31, 1 << 31),
    ] {
        assert_eq!(
            rig.send(0x101, &[8, 1, width, height]),
            Err(InvalidParameter)
        );
    }
}

#[test]
fn resource_create_2d_ends_at_the_memory_limit_and_gets_it_back() {
    let mut rig = Rig::software();
    assert_eq!(rig.send(0x101, &[1, 1, 512, 256]), OK);
    assert_eq!(rig.send(0x101, &[2, 1, 512, 257]), Err(OutOfMemory));
    assert_eq!(rig.send(0x101, &[2, 1, 512, 256]), OK);
    assert_eq!(rig.send(0x101, &[3, 1, 1, 1]), Err(OutOfMemory));
    assert_eq!(rig.send(0x102, &[1, 0]), OK);
    assert_eq!(rig.send(0x101, &[3, 1, 1, 1]), OK);
}

#[test]
fn resource_create_ends_at_the_resource_limit() {
    let mut rig = Rig::null_3d();
    for id in 1..=8 {
        let create = [id, 2, 1, 2, 4, 4, 1, 1, 0, 0, 0, 0];
        assert_eq!(rig.send(0x204, &create), OK);
    }
    let create = [9, 2, 1, 2, 4, 4, 1, 1, 0, 0, 0, 0];
    assert_eq!(rig.send(0x204, &create), Err(OutOfMemory));
    assert_eq!(rig.send(0x101, &[9, 1, 4, 4]), Err(OutOfMemory));
    assert_eq!(rig.send(0x102, &[3, 0]), OK);
    assert_eq!(rig.send(0x204, &create), OK);
    assert_eq!(rig.send(0x204, &create), Err(InvalidResourceId));
}

#[test]
fn resource_unref_of_nothing_is_refused() {
    let mut rig = Rig::software();
    assert_eq!(rig.send(0x102, &[1, 0]), Err(InvalidResourceId));
    assert_eq!(rig.send(0x102, &[0, 0]), Err(InvalidResourceId));
}

#[test]
fn resource_unref_while_shown_switches_the_scanout_off() {
    let mut rig = Rig::software();
    rig.picture(1, 1, 2, 2, &[9; 16]);
    for scanout in [0, 1] {
        assert_eq!(rig.send(0x103, &[0, 0, 2, 2, scanout, 1]), OK);
    }
    assert!(
        rig.device
            .screenshot(ScanoutId(1))
            .is_ok_and(|i| i.is_some())
    );
    assert_eq!(rig.send(0x102, &[1, 0]), OK);
    for scanout in [0, 1] {
        assert_eq!(rig.device.screenshot(ScanoutId(scanout)), Ok(None));
    }
    assert_eq!(rig.send(0x104, &[0, 0, 2, 2, 1, 0]), Err(InvalidResourceId));
}

#[test]
fn attach_backing_good_and_bad_forms() {
    let mut rig = Rig::software();
    assert_eq!(
        rig.send(0x106, &[1, 1, 0, 0, 64, 0]),
        Err(InvalidResourceId)
    );
    assert_eq!(rig.send(0x101, &[1, 1, 4, 4]), OK);
    assert_eq!(rig.send(0x106, &[1, 0]), Err(InvalidParameter));
    let outside = [1, 1, 0, 1, 64, 0];
    assert_eq!(rig.send(0x106, &outside), Err(InvalidParameter));
    let empty = [1, 2, 0, 0, 64, 0, 0x1000, 0, 0, 0];
    assert_eq!(rig.send(0x106, &empty), Err(InvalidParameter));
    assert_eq!(rig.send(0x106, &[1, 1, 0, 0, 64, 0]), OK);
    // A second one takes the place of the first.
    assert_eq!(rig.send(0x106, &[1, 1, 0x1000, 0, 64, 0]), OK);
    assert_eq!(rig.send(0x107, &[1, 0]), OK);
    assert_eq!(rig.send(0x107, &[1, 0]), Err(InvalidParameter));
    assert_eq!(rig.send(0x107, &[2, 0]), Err(InvalidResourceId));
}

#[test]
fn attach_backing_counts_pieces_against_the_limit() {
    let mut rig = Rig::software();
    let scattered = |id: u32, count: u32| {
        let entries = (0..count).flat_map(|i| [0x2000 * i, 0, 16, 0]);
        [id, count].into_iter().chain(entries).collect::<Vec<_>>()
    };
    for id in [1, 2] {
        assert_eq!(rig.send(0x101, &[id, 1, 4, 4]), OK);
    }
    assert_eq!(rig.send(0x106, &scattered(1, 17)), Err(OutOfMemory));
    assert_eq!(rig.send(0x106, &scattered(1, 10)), OK);
    assert_eq!(rig.send(0x106, &scattered(2, 7)), Err(OutOfMemory));
    assert_eq!(rig.send(0x106, &scattered(2, 6)), OK);
    // Replacing gives back what the old one had.
    assert_eq!(rig.send(0x106, &scattered(1, 10)), OK);
    assert_eq!(rig.send(0x107, &[1, 0]), OK);
    assert_eq!(rig.send(0x106, &scattered(2, 16)), OK);
    assert_eq!(rig.send(0x102, &[2, 0]), OK);
    assert_eq!(rig.send(0x106, &scattered(1, 16)), OK);
    // Adjacent entries are one piece.
    let adjacent: Vec<u32> = (0..32).flat_map(|i| [16 * i, 0, 16, 0]).collect();
    let attach = [&[1, 32], &adjacent[..]].concat();
    assert_eq!(rig.send(0x106, &attach), OK);
}

/// A picture of 4 x 3 whose pixels are all different, and its RGBA if it is B8G8R8X8.
fn pattern() -> (Vec<u8>, Vec<u8>) {
    let bgrx: Vec<u8> = (0..48).map(|i| i as u8 * 5).collect();
    let rgba = bgrx
        .chunks_exact(4)
        .flat_map(|p| [p[2], p[1], p[0], 255])
        .collect();
    (bgrx, rgba)
}

fn rgba(rig: &mut Rig, scanout: u32) -> Vec<u8> {
    let image = rig.device.screenshot(ScanoutId(scanout));
    image
        .expect("a picture")
        .expect("a scanout that is on")
        .rgba
}

#[test]
fn transfer_flush_shows_the_guests_pixels() {
    let mut rig = Rig::software();
    let (bgrx, expected) = pattern();
    rig.picture(1, 2, 4, 3, &bgrx);
    assert_eq!(rig.send(0x103, &[0, 0, 4, 3, 0, 1]), OK);
    assert_eq!(rgba(&mut rig, 0), [0, 0, 0, 255].repeat(12));
    assert_eq!(rig.send(0x105, &[0, 0, 4, 3, 0, 0, 1, 0]), OK);
    assert_eq!(
        rgba(&mut rig, 0),
        [0, 0, 0, 255].repeat(12),
        "not flushed yet"
    );
    assert_eq!(rig.send(0x104, &[0, 0, 4, 3, 1, 0]), OK);
    assert_eq!(rgba(&mut rig, 0), expected);
    assert_eq!(rig.counters.snapshot().frames_of(ScanoutId(0)), 1);
    assert_eq!(rig.counters.snapshot().frames_of(ScanoutId(1)), 0);
}

#[test]
fn transfer_of_a_part_uses_the_stride_of_the_resource() {
    let mut rig = Rig::software();
    let (bgrx, whole) = pattern();
    rig.picture(1, 2, 4, 3, &bgrx);
    assert_eq!(rig.send(0x103, &[0, 0, 4, 3, 0, 1]), OK);
    let offset = 4 * 4 + 4;
    assert_eq!(rig.send(0x105, &[1, 1, 2, 2, offset, 0, 1, 0]), OK);
    // Of the four pixels, only the right ones are told.
    assert_eq!(rig.send(0x104, &[2, 0, 1, 3, 1, 0]), OK);
    let mut expected = [0, 0, 0, 255].repeat(12);
    for y in [1, 2] {
        let at = (y * 4 + 2) * 4;
        expected[at..at + 4].copy_from_slice(&whole[at..at + 4]);
    }
    assert_eq!(rgba(&mut rig, 0), expected);
}

#[test]
fn set_scanout_of_a_part_shows_that_part() {
    let mut rig = Rig::software();
    let (bgrx, whole) = pattern();
    rig.picture(1, 2, 4, 3, &bgrx);
    assert_eq!(rig.send(0x105, &[0, 0, 4, 3, 0, 0, 1, 0]), OK);
    assert_eq!(rig.send(0x103, &[2, 1, 2, 2, 1, 1]), OK);
    let expected = [&whole[24..32], &whole[40..48]].concat();
    assert_eq!(rgba(&mut rig, 1), expected, "right before any flush");
    assert_eq!(rig.send(0x103, &[0, 0, 0, 0, 1, 0]), OK);
    assert_eq!(rig.device.screenshot(ScanoutId(1)), Ok(None));
}

#[test]
fn every_format_reads_back_as_rgba() {
    let orders: [(u32, &[u8; 4]); 8] = [
        (1, b"BGRA"),
        (2, b"BGRX"),
        (3, b"ARGB"),
        (4, b"XRGB"),
        (67, b"RGBA"),
        (68, b"XBGR"),
        (121, b"ABGR"),
        (134, b"RGBX"),
    ];
    for (format, order) in orders {
        let mut rig = Rig::software();
        let pixel = order.map(|channel| match channel {
            b'R' => 10,
            b'G' => 20,
            b'B' => 30,
            _ => 40,
        });
        rig.picture(1, format, 1, 1, &pixel);
        assert_eq!(rig.send(0x105, &[0, 0, 1, 1, 0, 0, 1, 0]), OK);
        assert_eq!(rig.send(0x103, &[0, 0, 1, 1, 0, 1]), OK);
        assert_eq!(rgba(&mut rig, 0), [10, 20, 30, 255], "{format}");
    }
}

#[test]
fn transfer_2d_bad_forms_are_refused() {
    let mut rig = Rig::software();
    let transfer = |rig: &mut Rig, body: [u32; 8]| rig.send(0x105, &body);
    assert_eq!(
        transfer(&mut rig, [0, 0, 4, 3, 0, 0, 1, 0]),
        Err(InvalidResourceId)
    );
    assert_eq!(rig.send(0x101, &[2, 1, 4, 3]), OK);
    assert_eq!(
        transfer(&mut rig, [0, 0, 4, 3, 0, 0, 2, 0]),
        Err(InvalidParameter),
        "no backing"
    );
    rig.picture(1, 2, 4, 3, &[0; 48]);
    for body in [
        [1, 0, 4, 3, 0, 0, 1, 0],
        [0, 1, 4, 3, 0, 0, 1, 0],
        [u32::MAX, 0, 2, 1, 0, 0, 1, 0],
        [0, u32::MAX, 1, u32::MAX, 0, 0, 1, 0],
        [0, 0, 4, 3, 1, 0, 1, 0],
        [0, 0, 1, 1, 45, 0, 1, 0],
        [0, 0, 1, 1, u32::MAX, u32::MAX, 1, 0],
        [3, 2, 1, 1, u32::MAX - 3, u32::MAX, 1, 0],
    ] {
        assert_eq!(transfer(&mut rig, body), Err(InvalidParameter), "{body:x?}");
    }
    assert_eq!(transfer(&mut rig, [3, 2, 1, 1, 44, 0, 1, 0]), OK);
    assert_eq!(transfer(&mut rig, [4, 3, 0, 0, 0, 0, 1, 0]), OK, "empty");
}

#[test]
fn transfer_2d_from_a_backing_too_short_is_refused() {
    let mut rig = Rig::software();
    assert_eq!(rig.send(0x101, &[1, 1, 4, 4]), OK);
    assert_eq!(rig.send(0x106, &[1, 1, PIXELS as u32, 0, 63, 0]), OK);
    let whole = [0, 0, 4, 4, 0, 0, 1, 0];
    assert_eq!(rig.send(0x105, &whole), Err(InvalidParameter));
    assert_eq!(rig.send(0x105, &[0, 0, 4, 3, 0, 0, 1, 0]), OK);
}

#[test]
fn set_scanout_bad_forms_are_refused() {
    let mut rig = Rig::software();
    rig.picture(1, 2, 4, 3, &[0; 48]);
    for scanout in [2, 16, u32::MAX] {
        for resource in [0, 1] {
            assert_eq!(
                rig.send(0x103, &[0, 0, 4, 3, scanout, resource]),
                Err(InvalidScanoutId)
            );
        }
    }
    assert_eq!(rig.send(0x103, &[0, 0, 4, 3, 0, 2]), Err(InvalidResourceId));
    for rect in [
        [0, 0, 5, 3],
        [1, 0, 4, 3],
        [0, 0, 0, 3],
        [2, u32::MAX, 1, 2],
    ] {
        let body = [&rect[..], &[0, 1]].concat();
        assert_eq!(rig.send(0x103, &body), Err(InvalidParameter), "{rect:?}");
    }
    // Switching off what is off is fine.
    assert_eq!(rig.send(0x103, &[0, 0, 0, 0, 0, 0]), OK);
}

#[test]
fn resource_flush_bad_forms_are_refused() {
    let mut rig = Rig::software();
    rig.picture(1, 2, 4, 3, &[0; 48]);
    assert_eq!(rig.send(0x104, &[0, 0, 4, 3, 2, 0]), Err(InvalidResourceId));
    for rect in [[0, 0, 5, 3], [4, 0, 1, 1], [u32::MAX, 0, 1, 1]] {
        let body = [&rect[..], &[1, 0]].concat();
        assert_eq!(rig.send(0x104, &body), Err(InvalidParameter), "{rect:?}");
    }
    assert_eq!(rig.send(0x104, &[0, 0, 4, 3, 1, 0]), OK, "not shown");
    assert_eq!(rig.counters.snapshot().frames, [0; 16]);
}

#[test]
fn screenshot_of_no_scanout_is_an_error() {
    let mut rig = Rig::software();
    assert!(rig.device.screenshot(ScanoutId(2)).is_err());
    assert!(rig.device.screenshot(ScanoutId(u32::MAX)).is_err());
}

#[test]
fn capsets_are_told_by_index_and_fetched_by_number() {
    let mut rig = Rig::null_3d();
    let info = rig.send(0x108, &[1, 0]).expect("a reply");
    assert_eq!(words(&info), [2, 2, 1376, 0]);
    assert_eq!(rig.send(0x108, &[2, 0]), Err(InvalidParameter));
    assert_eq!(rig.send(0x108, &[u32::MAX, 0]), Err(InvalidParameter));
    assert_eq!(rig.send(0x109, &[1, 1]), Ok(vec![0x11; 308]));
    assert_eq!(rig.send(0x109, &[2, 1]), Ok(vec![0x22; 1376]));
    assert_eq!(rig.send(0x109, &[2, 3]), Err(InvalidParameter));
    assert_eq!(rig.send(0x109, &[3, 0]), Err(InvalidParameter));
}

/// The body of `CTX_CREATE` with a name of 5 letters.
fn create_context(nlen: u32, init: u32) -> Vec<u32> {
    let mut body = vec![nlen, init];
    body.extend([u32::from_le_bytes(*b"glxg"), u32::from_le_bytes(*b"ears")]);
    body.resize(18, 0);
    body
}

#[test]
fn contexts_good_and_bad_forms() {
    let mut rig = Rig::null_3d();
    let create = create_context(8, 2);
    assert_eq!(rig.send_in(0, 0x200, &create), Err(InvalidContextId));
    assert_eq!(rig.send_in(1, 0x200, &create), OK);
    assert_eq!(rig.send_in(1, 0x200, &create), Err(InvalidContextId));
    for (nlen, init) in [(65, 2), (u32::MAX, 2), (8, 3), (8, 0x102)] {
        let create = create_context(nlen, init);
        assert_eq!(rig.send_in(2, 0x200, &create), Err(InvalidParameter));
    }
    assert_eq!(rig.send_in(2, 0x200, &create_context(64, 0)), OK);
    assert_eq!(rig.send_in(3, 0x200, &create), OK);
    assert_eq!(rig.send_in(4, 0x200, &create), Err(OutOfMemory));
    assert_eq!(rig.send_in(2, 0x201, &[]), OK);
    assert_eq!(rig.send_in(2, 0x201, &[]), Err(InvalidContextId));
    assert_eq!(rig.send_in(4, 0x200, &create), OK);
}

#[test]
fn create_context_without_context_init_ignores_the_field() {
    let mut rig = Rig::null_3d();
    rig.restart(Features::VIRGL);
    let create = create_context(8, 0xffff_ffff);
    assert_eq!(rig.send_in(1, 0x200, &create), OK);
}

const TEXTURE: [u32; 11] = [2, 1, 2, 4, 4, 1, 1, 0, 0, 0, 0];

/// A rig with resources 1 and 2 and context 1.
fn rig_3d() -> Rig {
    let mut rig = Rig::null_3d();
    for id in [1, 2] {
        let create = [&[id], &TEXTURE[..]].concat();
        assert_eq!(rig.send(0x204, &create), OK);
    }
    assert_eq!(rig.send_in(1, 0x200, &create_context(8, 2)), OK);
    rig
}

#[test]
fn attaching_to_contexts_good_and_bad_forms() {
    let mut rig = rig_3d();
    assert_eq!(rig.send_in(9, 0x202, &[1, 0]), Err(InvalidContextId));
    assert_eq!(rig.send_in(1, 0x202, &[9, 0]), Err(InvalidResourceId));
    assert_eq!(rig.send_in(1, 0x203, &[1, 0]), Err(InvalidResourceId));
    assert_eq!(rig.send_in(9, 0x203, &[1, 0]), Err(InvalidContextId));
    assert_eq!(rig.send_in(1, 0x202, &[1, 0]), OK);
    assert_eq!(rig.send_in(1, 0x202, &[1, 0]), OK, "again is fine");
    assert_eq!(rig.send_in(1, 0x203, &[1, 0]), OK);
    assert_eq!(rig.send_in(1, 0x203, &[1, 0]), Err(InvalidResourceId));
}

#[test]
fn attachments_end_at_their_limit_and_get_it_back() {
    let mut rig = rig_3d();
    for context in [2, 3] {
        let create = create_context(8, 2);
        assert_eq!(rig.send_in(context, 0x200, &create), OK);
    }
    for (context, resource) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
        assert_eq!(rig.send_in(context, 0x202, &[resource, 0]), OK);
    }
    assert_eq!(rig.send_in(3, 0x202, &[1, 0]), Err(OutOfMemory));
    assert_eq!(rig.send_in(2, 0x201, &[]), OK);
    assert_eq!(rig.send_in(3, 0x202, &[1, 0]), OK);
    assert_eq!(rig.send_in(3, 0x202, &[2, 0]), OK);
    // Dropping a resource takes it from every context.
    assert_eq!(rig.send(0x102, &[1, 0]), OK);
    let create = [&[5], &TEXTURE[..]].concat();
    assert_eq!(rig.send(0x204, &create), OK);
    assert_eq!(rig.send_in(3, 0x202, &[5, 0]), OK);
    assert_eq!(rig.send_in(1, 0x202, &[5, 0]), OK);
    assert_eq!(rig.send_in(1, 0x203, &[1, 0]), Err(InvalidResourceId));
}

#[test]
fn transfer_3d_needs_context_attachment_and_backing() {
    let mut rig = rig_3d();
    let body = |resource: u32, offset: u32| [0, 0, 0, 4, 4, 1, offset, 0, resource, 0, 0, 0];
    for command in [0x205, 0x206] {
        assert_eq!(rig.send_in(1, command, &body(9, 0)), Err(InvalidResourceId));
        assert_eq!(rig.send_in(9, command, &body(1, 0)), Err(InvalidContextId));
        assert_eq!(
            rig.send_in(1, command, &body(1, 0)),
            Err(InvalidResourceId),
            "not attached"
        );
    }
    assert_eq!(rig.send_in(1, 0x202, &[1, 0]), OK);
    assert_eq!(rig.send_in(1, 0x205, &body(1, 0)), Err(InvalidParameter));
    assert_eq!(rig.send(0x106, &[1, 1, 0, 0, 64, 0]), OK);
    for command in [0x205, 0x206] {
        assert_eq!(rig.send_in(1, command, &body(1, 0)), OK);
        assert_eq!(rig.send_in(1, command, &body(1, 65)), Err(InvalidParameter));
    }
}

#[test]
fn submit_reaches_the_renderer_word_for_word() {
    let renderer = NullRenderer::new(capsets());
    let seen = renderer.counters();
    let mut rig = Rig::new(Box::new(renderer));
    assert_eq!(rig.send_in(1, 0x207, &[0, 0]), Err(InvalidContextId));
    assert_eq!(rig.send_in(1, 0x200, &create_context(8, 2)), OK);
    assert_eq!(rig.send_in(1, 0x207, &[12, 0, 1, 2, 3, 4]), OK);
    assert_eq!(rig.send_in(1, 0x207, &[0, 0]), OK);
    assert_eq!(
        (seen.submits.load(Relaxed), seen.words.load(Relaxed)),
        (2, 3)
    );
    assert_eq!(
        rig.send_in(1, 0x207, &[13, 0, 1, 2, 3]),
        Err(InvalidParameter)
    );
    assert_eq!(
        rig.send_in(1, 0x207, &[16, 0, 1, 2, 3]),
        Err(InvalidParameter)
    );
    let stats = rig.counters.snapshot();
    assert_eq!((stats.submits, stats.submit_bytes), (2, 12));
}

#[test]
fn commands_of_a_feature_not_negotiated_are_refused() {
    let mut rig = Rig::software();
    for command in (0x108..=0x109).chain(0x200..=0x207) {
        assert_eq!(
            rig.send_in(1, command, &[0; 18]),
            Err(Unspec),
            "{command:x}"
        );
    }
    // Features that no device here offers, whatever the driver says.
    let mut rig = Rig::null_3d();
    rig.restart(Features::all());
    for command in [0x10b, 0x10c, 0x10d, 0x208, 0x209] {
        assert_eq!(
            rig.send_in(1, command, &[0; 20]),
            Err(Unspec),
            "{command:x}"
        );
    }
    rig.restart(Features::EDID);
    assert_eq!(rig.send_in(1, 0x200, &create_context(8, 2)), Err(Unspec));
}

#[test]
fn features_follow_the_renderer() {
    let offered = |rig: &Rig| rig.device.offered_features();
    assert_eq!(offered(&Rig::software()), Features::EDID);
    assert_eq!(
        offered(&Rig::null_3d()),
        Features::EDID | Features::VIRGL | Features::CONTEXT_INIT
    );
}

#[test]
fn cursor_commands_on_the_control_queue_are_refused() {
    let mut rig = Rig::software();
    for command in [0x300, 0x301] {
        assert_eq!(rig.send(command, &[0; 8]), Err(Unspec));
    }
    assert_eq!(rig.cursor(0x100, &[]), Err(Unspec));
}

#[test]
fn cursor_good_and_bad_forms() {
    let mut rig = Rig::software();
    rig.picture(1, 1, 4, 4, &[0; 64]);
    assert_eq!(rig.cursor(0x300, &[0, 5, 6, 0, 1, 1, 1, 0]), Ok(()));
    assert_eq!(rig.cursor(0x301, &[1, u32::MAX, 6, 0, 9, 9, 9, 0]), Ok(()));
    assert_eq!(rig.cursor(0x300, &[0, 5, 6, 0, 0, 0, 0, 0]), Ok(()));
    for scanout in [2, 16, u32::MAX] {
        for command in [0x300, 0x301] {
            assert_eq!(
                rig.cursor(command, &[scanout, 5, 6, 0, 1, 1, 1, 0]),
                Err(InvalidScanoutId)
            );
        }
    }
    let no_shape = [0, 5, 6, 0, 2, 1, 1, 0];
    assert_eq!(rig.cursor(0x300, &no_shape), Err(InvalidResourceId));
}

#[test]
fn reset_forgets_everything_but_the_displays() {
    let renderer = NullRenderer::new(capsets());
    let seen = renderer.counters();
    let mut rig = Rig::new(Box::new(renderer));
    assert_eq!(rig.device.set_display(ScanoutId(0), 99, 88), Ok(true));
    assert_eq!(rig.send_in(1, 0x200, &create_context(8, 2)), OK);
    rig.picture(1, 1, 512, 512, &[0; 64]);
    assert_eq!(rig.send_in(1, 0x202, &[1, 0]), OK);
    assert_eq!(rig.send(0x103, &[0, 0, 4, 4, 0, 1]), OK);
    rig.restart(Features::all());
    assert_eq!(seen.resets.load(Relaxed), 1);
    assert_eq!(rig.device.screenshot(ScanoutId(0)), Ok(None));
    assert_eq!(rig.send(0x102, &[1, 0]), Err(InvalidResourceId));
    assert_eq!(rig.send_in(1, 0x201, &[]), Err(InvalidContextId));
    // All limits are whole again.
    rig.picture(1, 1, 512, 512, &[0; 64]);
    let info = words(&rig.send(0x100, &[]).expect("a reply"));
    assert_eq!(info[2..4], [99, 88]);
}
