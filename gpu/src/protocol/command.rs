//! Requests: from bytes to a [`Command`], borrowed and total.

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::wire::{self, CtrlHeader, MemEntry};

// A command stream reaches the renderer as the words the guest wrote.
#[cfg(not(target_endian = "little"))]
compile_error!("command streams are little-endian words and are not swapped here");

/// Declares [`CommandType`]: number on the wire, name here, name in the specification
/// without its prefix.
macro_rules! command_types {
    ($($number:literal $name:ident $text:literal)*) => {
        /// The type of a request (5.7.6.7).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CommandType {
            $(#[doc = concat!("`", $text, "`")] $name = $number,)*
        }

        impl CommandType {
            /// Every command there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The command of a number on the wire.
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name in the specification, without `VIRTIO_GPU_CMD_`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

command_types! {
    0x100 GetDisplayInfo "GET_DISPLAY_INFO"
    0x101 ResourceCreate2d "RESOURCE_CREATE_2D"
    0x102 ResourceUnref "RESOURCE_UNREF"
    0x103 SetScanout "SET_SCANOUT"
    0x104 ResourceFlush "RESOURCE_FLUSH"
    0x105 TransferToHost2d "TRANSFER_TO_HOST_2D"
    0x106 ResourceAttachBacking "RESOURCE_ATTACH_BACKING"
    0x107 ResourceDetachBacking "RESOURCE_DETACH_BACKING"
    0x108 GetCapsetInfo "GET_CAPSET_INFO"
    0x109 GetCapset "GET_CAPSET"
    0x10a GetEdid "GET_EDID"
    0x10b ResourceAssignUuid "RESOURCE_ASSIGN_UUID"
    0x10c ResourceCreateBlob "RESOURCE_CREATE_BLOB"
    0x10d SetScanoutBlob "SET_SCANOUT_BLOB"
    0x200 CtxCreate "CTX_CREATE"
    0x201 CtxDestroy "CTX_DESTROY"
    0x202 CtxAttachResource "CTX_ATTACH_RESOURCE"
    0x203 CtxDetachResource "CTX_DETACH_RESOURCE"
    0x204 ResourceCreate3d "RESOURCE_CREATE_3D"
    0x205 TransferToHost3d "TRANSFER_TO_HOST_3D"
    0x206 TransferFromHost3d "TRANSFER_FROM_HOST_3D"
    0x207 Submit3d "SUBMIT_3D"
    0x208 ResourceMapBlob "RESOURCE_MAP_BLOB"
    0x209 ResourceUnmapBlob "RESOURCE_UNMAP_BLOB"
    0x300 UpdateCursor "UPDATE_CURSOR"
    0x301 MoveCursor "MOVE_CURSOR"
}

/// A request's body, borrowed from the bytes of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the command of its name, see CommandType"
)]
pub enum Command<'a> {
    GetDisplayInfo,
    ResourceCreate2d(&'a wire::ResourceCreate2d),
    ResourceUnref(&'a wire::ResourceRef),
    SetScanout(&'a wire::SetScanout),
    ResourceFlush(&'a wire::ResourceFlush),
    TransferToHost2d(&'a wire::TransferToHost2d),
    ResourceAttachBacking(&'a wire::AttachBacking, &'a [MemEntry]),
    ResourceDetachBacking(&'a wire::ResourceRef),
    GetCapsetInfo(&'a wire::GetCapsetInfo),
    GetCapset(&'a wire::GetCapset),
    GetEdid(&'a wire::GetEdid),
    ResourceAssignUuid(&'a wire::ResourceRef),
    ResourceCreateBlob(&'a wire::ResourceCreateBlob, &'a [MemEntry]),
    SetScanoutBlob(&'a wire::SetScanoutBlob),
    CtxCreate(&'a wire::CtxCreate),
    CtxDestroy,
    CtxAttachResource(&'a wire::ResourceRef),
    CtxDetachResource(&'a wire::ResourceRef),
    ResourceCreate3d(&'a wire::ResourceCreate3d),
    TransferToHost3d(&'a wire::TransferHost3d),
    TransferFromHost3d(&'a wire::TransferHost3d),
    Submit3d(&'a [u32]),
    ResourceMapBlob(&'a wire::ResourceMapBlob),
    ResourceUnmapBlob(&'a wire::ResourceRef),
    UpdateCursor(&'a wire::UpdateCursor),
    MoveCursor(&'a wire::UpdateCursor),
}

/// Why a request's bytes are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are not even the bytes of a header.
    #[error("a request of {0} bytes has no whole header")]
    NoHeader(usize),
    /// The type is none that the protocol knows.
    #[error("there is no command {0:#x}")]
    Unknown(u32),
    /// The body is shorter than the command's structure.
    #[error("{command} needs {need} bytes after its header, not {have}")]
    TooShort {
        /// Name of the command.
        command: &'static str,
        /// Bytes that the structure has.
        need: usize,
        /// Bytes that there are.
        have: usize,
    },
    /// The data after the structure is shorter than its count says.
    #[error("{command} says {count} x {size} bytes of data follow, but {have} bytes do")]
    TooLittleData {
        /// Name of the command.
        command: &'static str,
        /// Items that the command says.
        count: u32,
        /// Bytes of one item.
        size: usize,
        /// Bytes that there are.
        have: usize,
    },
    /// A command stream is not made of whole words.
    #[error("a command stream of {0} bytes is not made of whole words")]
    NotWords(u32),
}

/// A request: its header and its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Head of the request.
    pub header: &'a CtrlHeader,
    /// Its body.
    pub command: Command<'a>,
}

impl<'a> Request<'a> {
    /// Decodes a request; bytes beyond what the command needs are ignored, since
    /// drivers may send a whole buffer. `bytes` must start at a multiple of 4 in memory
    /// for a command stream to be found.
    ///
    /// # Errors
    /// If the bytes are no command, or end before it does.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, body) =
            CtrlHeader::ref_from_prefix(bytes).map_err(|_| DecodeError::NoHeader(bytes.len()))?;
        let number = header.type_.get();
        let type_ = CommandType::from_number(number).ok_or(DecodeError::Unknown(number))?;
        let command = Command::decode(Body { type_, bytes: body })?;
        Ok(Self { header, command })
    }
}

impl<'a> Command<'a> {
    fn decode(body: Body<'a>) -> Result<Self, DecodeError> {
        use CommandType as T;
        Ok(match body.type_ {
            T::GetDisplayInfo => Self::GetDisplayInfo,
            T::ResourceCreate2d => Self::ResourceCreate2d(body.get()?),
            T::ResourceUnref => Self::ResourceUnref(body.get()?),
            T::SetScanout => Self::SetScanout(body.get()?),
            T::ResourceFlush => Self::ResourceFlush(body.get()?),
            T::TransferToHost2d => Self::TransferToHost2d(body.get()?),
            T::ResourceAttachBacking => {
                let (attach, rest) = body.split::<wire::AttachBacking>()?;
                Self::ResourceAttachBacking(attach, rest.items(attach.nr_entries.get())?)
            }
            T::ResourceDetachBacking => Self::ResourceDetachBacking(body.get()?),
            T::GetCapsetInfo => Self::GetCapsetInfo(body.get()?),
            T::GetCapset => Self::GetCapset(body.get()?),
            T::GetEdid => Self::GetEdid(body.get()?),
            T::ResourceAssignUuid => Self::ResourceAssignUuid(body.get()?),
            T::ResourceCreateBlob => {
                let (create, rest) = body.split::<wire::ResourceCreateBlob>()?;
                Self::ResourceCreateBlob(create, rest.items(create.nr_entries.get())?)
            }
            T::SetScanoutBlob => Self::SetScanoutBlob(body.get()?),
            T::CtxCreate => Self::CtxCreate(body.get()?),
            T::CtxDestroy => Self::CtxDestroy,
            T::CtxAttachResource => Self::CtxAttachResource(body.get()?),
            T::CtxDetachResource => Self::CtxDetachResource(body.get()?),
            T::ResourceCreate3d => Self::ResourceCreate3d(body.get()?),
            T::TransferToHost3d => Self::TransferToHost3d(body.get()?),
            T::TransferFromHost3d => Self::TransferFromHost3d(body.get()?),
            T::Submit3d => {
                let (submit, rest) = body.split::<wire::Submit3d>()?;
                let size = submit.size.get();
                if !size.is_multiple_of(4) {
                    return Err(DecodeError::NotWords(size));
                }
                Self::Submit3d(rest.items(size / 4)?)
            }
            T::ResourceMapBlob => Self::ResourceMapBlob(body.get()?),
            T::ResourceUnmapBlob => Self::ResourceUnmapBlob(body.get()?),
            T::UpdateCursor => Self::UpdateCursor(body.get()?),
            T::MoveCursor => Self::MoveCursor(body.get()?),
        })
    }

    /// The type of the command.
    pub const fn type_(&self) -> CommandType {
        use CommandType as T;
        match self {
            Self::GetDisplayInfo => T::GetDisplayInfo,
            Self::ResourceCreate2d(_) => T::ResourceCreate2d,
            Self::ResourceUnref(_) => T::ResourceUnref,
            Self::SetScanout(_) => T::SetScanout,
            Self::ResourceFlush(_) => T::ResourceFlush,
            Self::TransferToHost2d(_) => T::TransferToHost2d,
            Self::ResourceAttachBacking(..) => T::ResourceAttachBacking,
            Self::ResourceDetachBacking(_) => T::ResourceDetachBacking,
            Self::GetCapsetInfo(_) => T::GetCapsetInfo,
            Self::GetCapset(_) => T::GetCapset,
            Self::GetEdid(_) => T::GetEdid,
            Self::ResourceAssignUuid(_) => T::ResourceAssignUuid,
            Self::ResourceCreateBlob(..) => T::ResourceCreateBlob,
            Self::SetScanoutBlob(_) => T::SetScanoutBlob,
            Self::CtxCreate(_) => T::CtxCreate,
            Self::CtxDestroy => T::CtxDestroy,
            Self::CtxAttachResource(_) => T::CtxAttachResource,
            Self::CtxDetachResource(_) => T::CtxDetachResource,
            Self::ResourceCreate3d(_) => T::ResourceCreate3d,
            Self::TransferToHost3d(_) => T::TransferToHost3d,
            Self::TransferFromHost3d(_) => T::TransferFromHost3d,
            Self::Submit3d(_) => T::Submit3d,
            Self::ResourceMapBlob(_) => T::ResourceMapBlob,
            Self::ResourceUnmapBlob(_) => T::ResourceUnmapBlob,
            Self::UpdateCursor(_) => T::UpdateCursor,
            Self::MoveCursor(_) => T::MoveCursor,
        }
    }
}

/// What follows the header, and for messages the command that it belongs to.
#[derive(Clone, Copy)]
struct Body<'a> {
    type_: CommandType,
    bytes: &'a [u8],
}

impl<'a> Body<'a> {
    fn split<T>(self) -> Result<(&'a T, Self), DecodeError>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned,
    {
        let short = || DecodeError::TooShort {
            command: self.type_.name(),
            need: size_of::<T>(),
            have: self.bytes.len(),
        };
        let (value, bytes) = T::ref_from_prefix(self.bytes).map_err(|_| short())?;
        Ok((value, Self { bytes, ..self }))
    }

    fn get<T>(self) -> Result<&'a T, DecodeError>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned,
    {
        Ok(self.split()?.0)
    }

    /// The first `count` items of the data.
    fn items<T: FromBytes + Immutable>(self, count: u32) -> Result<&'a [T], DecodeError> {
        let short = || DecodeError::TooLittleData {
            command: self.type_.name(),
            count,
            size: size_of::<T>(),
            have: self.bytes.len(),
        };
        let len = usize::try_from(count).map_err(|_| short())?;
        let (items, _) = <[T]>::ref_from_prefix_with_elems(self.bytes, len).map_err(|_| short())?;
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::{FromZeros, IntoBytes};

    /// A request of `number` with `words` after its header, aligned as the queue does.
    fn request(number: u32, words: &[u32]) -> Vec<u32> {
        let mut request = vec![number, 0, 0, 0, 0, 0];
        request.extend_from_slice(words);
        request
    }

    #[test]
    fn from_number_of_every_command_round_trips() {
        for &command in CommandType::ALL {
            assert_eq!(CommandType::from_number(command as u32), Some(command));
        }
        assert_eq!(CommandType::ALL.len(), 26);
        assert_eq!(CommandType::from_number(0x10e), None);
    }

    #[test]
    fn decode_every_command_accepts_its_exact_size_and_no_less() {
        for &type_ in CommandType::ALL {
            let whole = request(type_ as u32, &[0; 32]);
            let decoded = Request::decode(whole.as_bytes());
            let decoded = decoded.map(|request| request.command.type_());
            assert_eq!(decoded, Ok(type_));
            let mut need = size_of::<CtrlHeader>();
            while Request::decode(&whole.as_bytes()[..need]).is_err() {
                need += 1;
            }
            let expected = match type_ {
                CommandType::GetDisplayInfo | CommandType::CtxDestroy => 24,
                CommandType::ResourceCreate2d | CommandType::ResourceMapBlob => 40,
                CommandType::SetScanout | CommandType::ResourceFlush => 48,
                CommandType::TransferToHost2d
                | CommandType::ResourceCreateBlob
                | CommandType::UpdateCursor
                | CommandType::MoveCursor => 56,
                CommandType::SetScanoutBlob | CommandType::CtxCreate => 96,
                CommandType::ResourceCreate3d
                | CommandType::TransferToHost3d
                | CommandType::TransferFromHost3d => 72,
                _ => 32,
            };
            assert_eq!(need, expected, "{}", type_.name());
        }
    }

    #[test]
    fn decode_short_header_is_refused() {
        let header = CtrlHeader::new_zeroed();
        assert_eq!(
            Request::decode(&header.as_bytes()[..23]),
            Err(DecodeError::NoHeader(23))
        );
    }

    #[test]
    fn decode_unknown_type_is_refused() {
        let bytes = request(0x400, &[]);
        assert_eq!(
            Request::decode(bytes.as_bytes()),
            Err(DecodeError::Unknown(0x400))
        );
    }

    #[test]
    fn decode_submit_yields_its_words() {
        let bytes = request(0x207, &[8, 0, 0xdead_beef, 7, 99]);
        let decoded = Request::decode(bytes.as_bytes()).expect("a submit");
        assert_eq!(decoded.command, Command::Submit3d(&[0xdead_beef, 7]));
    }

    #[test]
    fn decode_submit_of_odd_or_missing_bytes_is_refused() {
        let odd = request(0x207, &[7, 0, 1, 2]);
        assert_eq!(
            Request::decode(odd.as_bytes()),
            Err(DecodeError::NotWords(7))
        );
        let missing = request(0x207, &[u32::MAX - 3, 0, 1, 2]);
        assert!(matches!(
            Request::decode(missing.as_bytes()),
            Err(DecodeError::TooLittleData { have: 8, .. })
        ));
    }

    #[test]
    fn decode_backing_of_more_entries_than_bytes_is_refused() {
        for (count, have) in [(u32::MAX, 16), (2, 16), (1, 12)] {
            let words = [1, count, 0, 0, 0, 0];
            let bytes = request(0x106, &words[..2 + have / 4]);
            assert_eq!(
                Request::decode(bytes.as_bytes()),
                Err(DecodeError::TooLittleData {
                    command: "RESOURCE_ATTACH_BACKING",
                    count,
                    size: 16,
                    have,
                })
            );
        }
    }
}
