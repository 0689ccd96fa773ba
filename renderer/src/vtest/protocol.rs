//! Messages of the vtest protocol (`vtest_protocol.h`), versions 0, 2 and 3.
//!
//! Every message and most replies begin with two words: a length and a number. The
//! length counts the words that follow.

/// Newest protocol version that is spoken here.
pub const NEWEST_VERSION: u32 = 3;
/// From here on the server chooses the resources' numbers.
pub const SERVER_IDS_VERSION: u32 = 3;

/// Flag of [`Message::ResourceBusyWait`]: answer when the resource is idle.
pub const BUSY_WAIT_FLAG_WAIT: u32 = 1;
/// Parameter of [`Message::GetParam`]: number of timelines.
pub const PARAM_MAX_TIMELINE_COUNT: u32 = 1;

macro_rules! messages {
    ($($(#[$doc:meta])* $number:literal $id:ident $name:literal $words:expr;)+) => {
        /// A message from the client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Message {
            $($(#[$doc])* $id = $number,)+
        }

        impl Message {
            /// The message of a number, if there is one.
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$id),)+
                    _ => None,
                }
            }

            /// The protocol's name, for logs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)+
                }
            }

            /// Words of the fixed part of the payload.
            pub const fn words(self) -> usize {
                match self {
                    $(Self::$id => $words,)+
                }
            }
        }
    };
}

messages! {
    /// Asks for the first capability set.
    1 GetCaps "GET_CAPS" 0;
    /// Makes a resource without shared memory.
    2 ResourceCreate "RESOURCE_CREATE" 10;
    /// Drops a resource.
    3 ResourceUnref "RESOURCE_UNREF" 1;
    /// Reads texels; they follow bare, without a header.
    4 TransferGet "TRANSFER_GET" 11;
    /// Writes texels, which follow.
    5 TransferPut "TRANSFER_PUT" 11;
    /// A command stream.
    6 SubmitCmd "SUBMIT_CMD" 0;
    /// Asks, or waits, whether work is done.
    7 ResourceBusyWait "RESOURCE_BUSY_WAIT" 2;
    /// The client's name; its length is in bytes.
    8 CreateRenderer "CREATE_RENDERER" 0;
    /// Asks for the second capability set.
    9 GetCaps2 "GET_CAPS2" 0;
    /// Asks whether versions can be negotiated.
    10 PingProtocolVersion "PING_PROTOCOL_VERSION" 0;
    /// Offers a version.
    11 ProtocolVersion "PROTOCOL_VERSION" 1;
    /// Makes a resource with shared memory.
    12 ResourceCreate2 "RESOURCE_CREATE2" 11;
    /// Reads texels into the shared memory.
    13 TransferGet2 "TRANSFER_GET2" 10;
    /// Writes texels from the shared memory.
    14 TransferPut2 "TRANSFER_PUT2" 10;
    /// Asks for a number.
    15 GetParam "GET_PARAM" 1;
    /// Asks for a capability set by its number.
    16 GetCapset "GET_CAPSET" 2;
    /// Chooses the kind of context.
    17 ContextInit "CONTEXT_INIT" 1;
    /// Makes a resource out of memory; not served.
    18 ResourceCreateBlob "RESOURCE_CREATE_BLOB" 6;
    /// Makes a timeline; not served.
    19 SyncCreate "SYNC_CREATE" 2;
    /// Drops a timeline; not served.
    20 SyncUnref "SYNC_UNREF" 1;
    /// Reads a timeline; not served.
    21 SyncRead "SYNC_READ" 1;
    /// Sets a timeline; not served.
    22 SyncWrite "SYNC_WRITE" 3;
    /// Waits for timelines; not served.
    23 SyncWait "SYNC_WAIT" 2;
    /// Command streams with timelines; not served.
    24 SubmitCmd2 "SUBMIT_CMD2" 1;
}

/// The first two words of a message or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Words that follow; bytes for [`Message::CreateRenderer`].
    pub length: u32,
    /// Number of the message.
    pub number: u32,
}

impl Header {
    /// Size on the wire.
    pub const BYTES: usize = 8;

    /// Reads a header.
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            length: u32::from_le_bytes([a, b, c, d]),
            number: u32::from_le_bytes([e, f, g, h]),
        }
    }

    /// Bytes of payload that follow.
    pub const fn payload_bytes(self) -> u64 {
        if self.number == Message::CreateRenderer as u32 {
            self.length as u64
        } else {
            self.length as u64 * 4
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lengths_are_words_but_for_the_name() {
        let header = Header::from_bytes([10, 0, 0, 0, 8, 0, 0, 0]);
        assert_eq!(
            Message::from_number(header.number),
            Some(Message::CreateRenderer)
        );
        assert_eq!(header.payload_bytes(), 10);
        let header = Header {
            length: u32::MAX,
            number: 6,
        };
        assert_eq!(header.payload_bytes(), 4 * u64::from(u32::MAX));
        assert_eq!(Message::from_number(0), None);
        assert_eq!(Message::from_number(25), None);
        assert_eq!(Message::TransferPut.name(), "TRANSFER_PUT");
    }
}
