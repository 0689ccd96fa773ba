//! Command numbers, their names and the shape of their payloads (`virgl_protocol.h`).

/// How many words follow a command's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Words without which the command means nothing.
    pub fixed: u16,
    /// Size in words of the records that follow them; 0 if none do. More words than a
    /// command needs are ignored.
    pub record: u16,
}

const fn fixed(words: u16) -> Payload {
    Payload {
        fixed: words,
        record: 0,
    }
}

const fn array(fixed: u16, record: u16) -> Payload {
    Payload { fixed, record }
}

macro_rules! commands {
    ($($number:literal $id:ident $name:ident $payload:expr;)+) => {
        /// A command's number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum CommandId {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $id = $number,
            )+
        }

        impl CommandId {
            /// Every command, in the order of the numbers.
            pub const ALL: [Self; COUNT] = [$(Self::$id,)+];

            const NAMES: [&'static str; COUNT] = [$(stringify!($name),)+];
            const PAYLOADS: [Payload; COUNT] = [$($payload,)+];
        }
    };
}

/// Number of commands; their numbers have no gaps.
pub const COUNT: usize = 64;

commands! {
     0 Nop NOP fixed(0);
     // Further words by the object's type: see `objects`.
     1 CreateObject CREATE_OBJECT fixed(1);
     2 BindObject BIND_OBJECT fixed(1);
     3 DestroyObject DESTROY_OBJECT fixed(1);
     4 SetViewportState SET_VIEWPORT_STATE array(1, 6);
     5 SetFramebufferState SET_FRAMEBUFFER_STATE array(2, 1);
     6 SetVertexBuffers SET_VERTEX_BUFFERS array(0, 3);
     7 Clear CLEAR fixed(8);
     // 14 words with patches or a draw's number, 20 with indirect arguments.
     8 DrawVbo DRAW_VBO fixed(12);
     9 ResourceInlineWrite RESOURCE_INLINE_WRITE array(11, 1);
    10 SetSamplerViews SET_SAMPLER_VIEWS array(2, 1);
    // 3 words unless the resource is 0.
    11 SetIndexBuffer SET_INDEX_BUFFER fixed(1);
    12 SetConstantBuffer SET_CONSTANT_BUFFER array(2, 1);
    13 SetStencilRef SET_STENCIL_REF fixed(1);
    14 SetBlendColor SET_BLEND_COLOR fixed(4);
    15 SetScissorState SET_SCISSOR_STATE array(1, 2);
    16 Blit BLIT fixed(21);
    17 ResourceCopyRegion RESOURCE_COPY_REGION fixed(13);
    18 BindSamplerStates BIND_SAMPLER_STATES array(2, 1);
    19 BeginQuery BEGIN_QUERY fixed(1);
    20 EndQuery END_QUERY fixed(1);
    21 GetQueryResult GET_QUERY_RESULT fixed(2);
    22 SetPolygonStipple SET_POLYGON_STIPPLE fixed(32);
    23 SetClipState SET_CLIP_STATE fixed(32);
    24 SetSampleMask SET_SAMPLE_MASK fixed(1);
    25 SetStreamoutTargets SET_STREAMOUT_TARGETS array(1, 1);
    26 SetRenderCondition SET_RENDER_CONDITION fixed(3);
    27 SetUniformBuffer SET_UNIFORM_BUFFER fixed(5);
    28 SetSubCtx SET_SUB_CTX fixed(1);
    29 CreateSubCtx CREATE_SUB_CTX fixed(1);
    30 DestroySubCtx DESTROY_SUB_CTX fixed(1);
    31 BindShader BIND_SHADER fixed(2);
    32 SetTessState SET_TESS_STATE fixed(6);
    33 SetMinSamples SET_MIN_SAMPLES fixed(1);
    34 SetShaderBuffers SET_SHADER_BUFFERS array(2, 3);
    35 SetShaderImages SET_SHADER_IMAGES array(2, 5);
    36 MemoryBarrier MEMORY_BARRIER fixed(1);
    37 LaunchGrid LAUNCH_GRID fixed(8);
    38 SetFramebufferStateNoAttach SET_FRAMEBUFFER_STATE_NO_ATTACH fixed(2);
    39 TextureBarrier TEXTURE_BARRIER fixed(1);
    40 SetAtomicBuffers SET_ATOMIC_BUFFERS array(1, 3);
    41 SetDebugFlags SET_DEBUG_FLAGS array(0, 1);
    42 GetQueryResultQbo GET_QUERY_RESULT_QBO fixed(6);
    43 Transfer3d TRANSFER3D fixed(13);
    44 EndTransfers END_TRANSFERS array(0, 1);
    45 CopyTransfer3d COPY_TRANSFER3D fixed(14);
    46 SetTweaks SET_TWEAKS fixed(2);
    47 ClearTexture CLEAR_TEXTURE fixed(12);
    48 PipeResourceCreate PIPE_RESOURCE_CREATE fixed(11);
    49 PipeResourceSetType PIPE_RESOURCE_SET_TYPE array(8, 2);
    50 GetMemoryInfo GET_MEMORY_INFO fixed(1);
    51 EmitStringMarker EMIT_STRING_MARKER array(1, 1);
    52 LinkShader LINK_SHADER fixed(6);
    53 CreateVideoCodec CREATE_VIDEO_CODEC array(0, 1);
    54 DestroyVideoCodec DESTROY_VIDEO_CODEC array(0, 1);
    55 CreateVideoBuffer CREATE_VIDEO_BUFFER array(0, 1);
    56 DestroyVideoBuffer DESTROY_VIDEO_BUFFER array(0, 1);
    57 BeginFrame BEGIN_FRAME array(0, 1);
    58 DecodeMacroblock DECODE_MACROBLOCK array(0, 1);
    59 DecodeBitstream DECODE_BITSTREAM array(0, 1);
    60 EncodeBitstream ENCODE_BITSTREAM array(0, 1);
    61 EndFrame END_FRAME array(0, 1);
    62 ClearSurface CLEAR_SURFACE fixed(10);
    63 GetPipeResourceLayout GET_PIPE_RESOURCE_LAYOUT array(0, 1);
}

impl CommandId {
    /// The command of a number, if the protocol has it.
    #[inline]
    pub const fn from_number(number: u8) -> Option<Self> {
        if (number as usize) < COUNT {
            Some(Self::ALL[number as usize])
        } else {
            None
        }
    }

    /// The protocol's name, for logs.
    #[inline]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The shape of the payload.
    #[inline]
    pub const fn payload(self) -> Payload {
        Self::PAYLOADS[self as usize]
    }
}

impl TryFrom<u8> for CommandId {
    type Error = u8;

    /// # Errors
    /// The number itself if no command has it.
    #[inline]
    fn try_from(number: u8) -> Result<Self, u8> {
        Self::from_number(number).ok_or(number)
    }
}

/// The first word of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Command number.
    pub command: u8,
    /// Object type, for the three commands that have one.
    pub object: u8,
    /// Words of payload that follow.
    pub length: u16,
}

impl Header {
    /// Takes a word apart.
    #[inline]
    pub const fn from_word(word: u32) -> Self {
        let [command, object, low, high] = word.to_le_bytes();
        Self {
            command,
            object,
            length: u16::from_le_bytes([low, high]),
        }
    }

    /// The word; the inverse of [`from_word`](Self::from_word).
    #[inline]
    pub const fn to_word(self) -> u32 {
        let [low, high] = self.length.to_le_bytes();
        u32::from_le_bytes([self.command, self.object, low, high])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_gaps_and_names_no_repeats() {
        for (number, &id) in CommandId::ALL.iter().enumerate() {
            assert_eq!(id as usize, number);
            assert_eq!(CommandId::try_from(number as u8), Ok(id));
        }
        assert_eq!(CommandId::try_from(64), Err(64));
        let mut names = CommandId::NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COUNT);
        assert_eq!(CommandId::DrawVbo.name(), "DRAW_VBO");
        assert_eq!(CommandId::SetShaderImages.payload(), array(2, 5));
    }

    #[test]
    fn header_round_trips() {
        let header = Header::from_word(0x000b_0101);
        assert_eq!(
            header,
            Header {
                command: 1,
                object: 1,
                length: 11
            }
        );
        for word in [0, 0x03ff_002c, 0xffff_ffff, 0x8000_ff3f] {
            assert_eq!(Header::from_word(word).to_word(), word);
        }
    }
}
