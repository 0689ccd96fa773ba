//! Responses: from what the device found to bytes.

use zerocopy::little_endian::U32;
use zerocopy::{FromZeros, IntoBytes};

use super::HeaderFlags;
use super::wire::{self, CtrlHeader, DisplayOne};
use crate::config::{Display, MAX_SCANOUTS};
use crate::renderer::{Capset, Rect};

/// A failed request's reply (5.7.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// `ERR_UNSPEC`: anything else, among it commands that the device does not know.
    Unspec = 0x1200,
    /// `ERR_OUT_OF_MEMORY`
    OutOfMemory = 0x1201,
    /// `ERR_INVALID_SCANOUT_ID`
    InvalidScanoutId = 0x1202,
    /// `ERR_INVALID_RESOURCE_ID`
    InvalidResourceId = 0x1203,
    /// `ERR_INVALID_CONTEXT_ID`
    InvalidContextId = 0x1204,
    /// `ERR_INVALID_PARAMETER`
    InvalidParameter = 0x1205,
}

/// A request's good reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// `OK_NODATA`
    NoData,
    /// `OK_DISPLAY_INFO`: the displays, of which only the first 16 are told.
    DisplayInfo(&'a [Display]),
    /// `OK_CAPSET_INFO`
    CapsetInfo {
        /// Number of the set.
        id: u32,
        /// Its newest version.
        version: u32,
        /// Size of that version in bytes.
        size: u32,
    },
    /// `OK_CAPSET`: the bytes of the set.
    Capset(&'a [u8]),
    /// `OK_EDID`: at most [`wire::EDID_AREA`] bytes.
    Edid(&'a [u8]),
}

impl<'a> From<&'a Capset> for Response<'a> {
    fn from(capset: &'a Capset) -> Self {
        Self::CapsetInfo {
            id: capset.id,
            version: capset.version,
            size: u32::try_from(capset.data.len()).unwrap_or(u32::MAX),
        }
    }
}

impl Response<'_> {
    const fn type_(&self) -> u32 {
        match self {
            Self::NoData => 0x1100,
            Self::DisplayInfo(_) => 0x1101,
            Self::CapsetInfo { .. } => 0x1102,
            Self::Capset(_) => 0x1103,
            Self::Edid(_) => 0x1104,
        }
    }

    fn encode_body(&self, bytes: &mut Vec<u8>) {
        match *self {
            Self::NoData => {}
            Self::DisplayInfo(displays) => {
                bytes.extend_from_slice(display_info(displays).as_bytes());
            }
            Self::CapsetInfo { id, version, size } => {
                let body = wire::RespCapsetInfo {
                    capset_id: U32::new(id),
                    capset_max_version: U32::new(version),
                    capset_max_size: U32::new(size),
                    padding: U32::ZERO,
                };
                bytes.extend_from_slice(body.as_bytes());
            }
            Self::Capset(data) => bytes.extend_from_slice(data),
            Self::Edid(edid) => {
                let edid = &edid[..edid.len().min(wire::EDID_AREA)];
                let body = wire::RespEdid {
                    size: U32::new(edid.len() as u32),
                    padding: U32::ZERO,
                };
                bytes.extend_from_slice(body.as_bytes());
                bytes.extend_from_slice(edid);
                bytes.resize(bytes.len() + wire::EDID_AREA - edid.len(), 0);
            }
        }
    }
}

/// Displays stand side by side, in the order of their scanouts.
fn display_info(displays: &[Display]) -> wire::RespDisplayInfo {
    let mut info = wire::RespDisplayInfo::new_zeroed();
    let mut x = 0u32;
    for (mode, display) in info
        .modes
        .iter_mut()
        .zip(displays.iter().take(MAX_SCANOUTS))
    {
        if !display.is_connected() {
            continue;
        }
        *mode = DisplayOne {
            rect: wire::Rect::new(Rect {
                x,
                y: 0,
                width: display.width,
                height: display.height,
            }),
            enabled: U32::new(1),
            flags: U32::ZERO,
        };
        x = x.saturating_add(display.width);
    }
    info
}

/// Writes the reply to a request with header `request` (`None` if it had no whole one)
/// into `bytes`, replacing what was there. A fenced request gets its fence back, also
/// with an error: a driver waits for it in either case.
pub fn encode(
    request: Option<&CtrlHeader>,
    outcome: Result<Response<'_>, ErrorCode>,
    bytes: &mut Vec<u8>,
) {
    let mut header = CtrlHeader::new_zeroed();
    header.type_ = U32::new(match &outcome {
        Ok(response) => response.type_(),
        Err(code) => *code as u32,
    });
    if let Some(request) = request {
        let flags = HeaderFlags::from_bits_truncate(request.flags.get());
        if flags.contains(HeaderFlags::FENCE) {
            header.flags = U32::new(flags.bits());
            header.fence_id = request.fence_id;
            header.ctx_id = request.ctx_id;
            if flags.contains(HeaderFlags::INFO_RING_IDX) {
                header.ring_idx = request.ring_idx;
            }
        }
    }
    bytes.clear();
    bytes.extend_from_slice(header.as_bytes());
    if let Ok(response) = outcome {
        response.encode_body(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::FromBytes;
    use zerocopy::little_endian::U64;

    fn reply(request: Option<&CtrlHeader>, outcome: Result<Response<'_>, ErrorCode>) -> Vec<u8> {
        let mut bytes = vec![0xaa; 3];
        encode(request, outcome, &mut bytes);
        bytes
    }

    fn header(bytes: &[u8]) -> CtrlHeader {
        CtrlHeader::read_from_prefix(bytes).expect("a header").0
    }

    fn fenced(flags: u32) -> CtrlHeader {
        CtrlHeader {
            type_: U32::new(0x207),
            flags: U32::new(flags),
            fence_id: U64::new(0x1_0000_0002),
            ctx_id: U32::new(3),
            ring_idx: 5,
            padding: [0; 3],
        }
    }

    #[test]
    fn encode_fenced_request_echoes_its_fence() {
        let reply = header(&reply(Some(&fenced(3)), Err(ErrorCode::OutOfMemory)));
        assert_eq!(reply.type_.get(), 0x1201);
        assert_eq!(
            CtrlHeader {
                type_: U32::new(0x207),
                ..reply
            },
            fenced(3)
        );
    }

    #[test]
    fn encode_fence_without_ring_has_ring_zero() {
        let reply = header(&reply(Some(&fenced(1)), Ok(Response::NoData)));
        assert_eq!((reply.flags.get(), reply.ring_idx), (1, 0));
    }

    #[test]
    fn encode_unfenced_request_echoes_nothing() {
        let reply = reply(Some(&fenced(0xffff_fffe)), Ok(Response::NoData));
        let mut expected = CtrlHeader::new_zeroed();
        expected.type_ = U32::new(0x1100);
        assert_eq!(reply, expected.as_bytes());
    }

    #[test]
    fn encode_display_info_places_displays_side_by_side() {
        let displays = [
            Display::new(800, 600),
            Display::new(0, 600),
            Display::new(10, 20),
        ];
        let bytes = reply(None, Ok(Response::DisplayInfo(&displays)));
        assert_eq!(bytes.len(), 408);
        let info = wire::RespDisplayInfo::ref_from_bytes(&bytes[24..]).expect("a display info");
        let modes = info
            .modes
            .map(|m| (m.rect.get().x, m.rect.get().width, m.enabled.get()));
        assert_eq!(
            modes[..4],
            [(0, 800, 1), (0, 0, 0), (800, 10, 1), (0, 0, 0)]
        );
    }

    #[test]
    fn encode_edid_fills_its_area() {
        let bytes = reply(None, Ok(Response::Edid(&[7; 256])));
        assert_eq!(bytes.len(), 1056);
        assert_eq!(bytes[24..32], [0, 1, 0, 0, 0, 0, 0, 0]);
        assert!(bytes[32..288].iter().all(|&b| b == 7));
        assert!(bytes[288..].iter().all(|&b| b == 0));
    }

    #[test]
    fn encode_capset_is_exactly_its_bytes() {
        let bytes = reply(None, Ok(Response::Capset(&[1, 2, 3])));
        assert_eq!(bytes[24..], [1, 2, 3]);
        assert_eq!(header(&bytes).type_.get(), 0x1103);
    }
}
