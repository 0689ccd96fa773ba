//! Each command's fields.

use maro_gpu::renderer::{Box3, Direction, ResourceId, Transfer};

use super::*;
use crate::protocol::flags::{ClearBuffers, ColorMask};
use crate::protocol::formats::FormatId;
use crate::protocol::ids::{ObjectHandle, SubContextId};
use crate::protocol::objects::{ShaderPart, StreamOutput};
use crate::protocol::state::{BlendChannel, DepthTest, Rasterizer};
use crate::protocol::values::{
    AdvancedBlend, BlendFactor, BlendFunc, CompareFunc, CullFace, Filter, LogicOp, MipFilter,
    PrimitiveMode, QueryType, ShaderStage, StencilOp, TextureTarget, WrapMode,
};

pub(super) fn word(command: CommandId, object: u8, length: usize) -> u32 {
    Header {
        command: command as u8,
        object,
        length: length as u16,
    }
    .to_word()
}

fn stream(command: CommandId, object: u8, payload: &[u32]) -> Vec<u32> {
    let mut words = vec![word(command, object, payload.len())];
    words.extend_from_slice(payload);
    words
}

/// Decodes a stream of one command and hands it to `check`.
pub(super) fn decode(
    command: CommandId,
    object: u8,
    payload: &[u32],
    check: impl FnOnce(Command<'_>),
) {
    let words = stream(command, object, payload);
    let all: Vec<_> = commands(&words).collect();
    match all[..] {
        [Ok(decoded)] => {
            assert_eq!(decoded.id(), command);
            check(decoded);
        }
        _ => panic!("{command:?} {payload:x?} gave {all:?}"),
    }
}

pub(super) fn fault(command: CommandId, object: u8, payload: &[u32]) -> Fault {
    let words = stream(command, object, payload);
    match commands(&words).collect::<Vec<_>>()[..] {
        [Err(error)] => error.fault,
        ref all => panic!("{command:?} {payload:x?} gave {all:?}"),
    }
}

const HANDLE: ObjectHandle = ObjectHandle(9);

#[test]
fn draw_lengths_add_patches_and_indirection() {
    let mut payload = vec![3, 6, 4, 1, 1, 0xffff_fffe, 0, 1, 0xffff, 0, 5, 0];
    decode(CommandId::DrawVbo, 0, &payload, |command| {
        let Command::Draw(draw) = command else {
            panic!("{command:?}")
        };
        assert_eq!((draw.start, draw.count), (3, 6));
        assert_eq!(draw.mode, PrimitiveMode::Triangles);
        assert!(draw.indexed);
        assert_eq!(draw.index_bias, -2);
        assert_eq!(draw.restart_index, Some(0xffff));
        assert_eq!((draw.min_index, draw.max_index), (0, 5));
        assert_eq!((draw.vertices_per_patch, draw.draw_id), (0, 0));
        assert_eq!(draw.indirect, None);
    });
    payload[7] = 0;
    payload.extend([3, 7]);
    decode(CommandId::DrawVbo, 0, &payload, |command| {
        let Command::Draw(draw) = command else {
            panic!("{command:?}")
        };
        assert_eq!(draw.restart_index, None);
        assert_eq!((draw.vertices_per_patch, draw.draw_id), (3, 7));
    });
    payload.extend([11, 16, 20, 2, 4, 12]);
    decode(CommandId::DrawVbo, 0, &payload, |command| {
        let Command::Draw(draw) = command else {
            panic!("{command:?}")
        };
        let expected = IndirectDraw {
            resource: ResourceId(11),
            offset: 16,
            stride: 20,
            draw_count: 2,
            count_buffer: Some((ResourceId(12), 4)),
        };
        assert_eq!(draw.indirect, Some(expected));
    });
    payload[2] = 15;
    assert!(matches!(fault(CommandId::DrawVbo, 0, &payload), Fault::Value(e) if e.value == 15));
}

#[test]
fn blend_of_disabled_targets_is_neutral_and_masks_are_kept() {
    // As Mesa sends it: dithering, nothing blended, all channels of the first target.
    let mut payload = [9, 4, 0, 0x7800_0000, 0, 0, 0, 0, 0, 0, 0];
    decode(CommandId::CreateObject, 1, &payload, |command| {
        let Command::CreateBlend { handle, state } = command else {
            panic!("{command:?}")
        };
        assert_eq!(handle, HANDLE);
        assert!(state.dither && !state.independent && state.logic_op.is_none());
        assert_eq!(state.target(5), state.target(0));
        assert_eq!(state.target(0).color_mask, ColorMask::all());
        assert!(!state.target(0).enabled);
        assert_eq!(state.target(0).rgb, BlendChannel::REPLACE);
    });
    // Source alpha over the destination, in the second target alone, and a logic op.
    payload[1] = 0b11;
    payload[2] = 6;
    let channel = |func: u32, src: u32, dst: u32| func | src << 3 | dst << 8;
    payload[4] = 1 | channel(2, 0x03, 0x13) << 1 | channel(4, 0x01, 0x11) << 14 | 0x9 << 27;
    decode(CommandId::CreateObject, 1, &payload, |command| {
        let Command::CreateBlend { state, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(state.logic_op, Some(LogicOp::Xor));
        assert!(!state.target(0).enabled);
        let target = state.target(1);
        assert!(target.enabled);
        assert_eq!(target.rgb.func, BlendFunc::ReverseSubtract);
        assert_eq!(
            (target.rgb.src, target.rgb.dst),
            (BlendFactor::SrcAlpha, BlendFactor::InvSrcAlpha)
        );
        assert_eq!(target.alpha.func, BlendFunc::Max);
        assert_eq!(target.color_mask, ColorMask::RED | ColorMask::ALPHA);
        assert_eq!(state.target(99), state.target(0));
    });
    payload[4] = 1;
    assert!(matches!(
        fault(CommandId::CreateObject, 1, &payload),
        Fault::Value(e) if e.field == "blend factor" && e.value == 0
    ));
}

#[test]
fn blend_source_without_destination_factor_is_an_advanced_equation() {
    let payload = [9, 0, 0, 0x7800_0000 | 9 << 17, 0, 0, 0, 0, 0, 0, 0];
    decode(CommandId::CreateObject, 1, &payload, |command| {
        let Command::CreateBlend { state, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(state.advanced, Some(AdvancedBlend::SoftLight));
        assert!(!state.target(0).enabled);
    });
}

#[test]
fn depth_stencil_alpha_reads_every_field() {
    let front = 1 | 7 << 1 | 2 << 4 | 3 << 7 | 4 << 10 | 0xab << 13 | 0xcd << 21;
    let payload = [
        9,
        0b11 | 1 << 2 | 1 << 8 | 4 << 9,
        front,
        0,
        0.5f32.to_bits(),
    ];
    decode(CommandId::CreateObject, 3, &payload, |command| {
        let Command::CreateDepthStencilAlpha { state, .. } = command else {
            panic!("{command:?}")
        };
        let depth = DepthTest {
            func: CompareFunc::Less,
            write: true,
        };
        assert_eq!(state.depth, Some(depth));
        let face = state.front.expect("a front face");
        assert_eq!(face.func, CompareFunc::Always);
        assert_eq!(face.fail, StencilOp::Replace);
        assert_eq!(face.pass, StencilOp::IncrementClamp);
        assert_eq!(face.depth_fail, StencilOp::DecrementClamp);
        assert_eq!((face.value_mask, face.write_mask), (0xab, 0xcd));
        assert_eq!(state.back, None);
        let alpha = state.alpha.expect("an alpha test");
        assert_eq!((alpha.func, alpha.reference), (CompareFunc::Greater, 0.5));
    });
}

#[test]
fn rasterizer_of_a_first_frame_is_near_the_default() {
    let one = 1f32.to_bits();
    let payload = [9, 0x2000_00c2, one, 0, 0xffff, one, 0, 0, 0];
    decode(CommandId::CreateObject, 2, &payload, |command| {
        let Command::CreateRasterizer { state, .. } = command else {
            panic!("{command:?}")
        };
        let expected = Rasterizer {
            sprite_origin: crate::protocol::values::SpriteOrigin::LowerLeft,
            point_quad: true,
            ..Rasterizer::DEFAULT
        };
        assert_eq!(state, expected);
    });
    let switches = 2 << 8 | 1 << 14 | 1 << 15 | 1 << 20 | 1 << 27;
    let payload = [
        9,
        switches,
        one,
        5,
        0x8103_00ff,
        one,
        2f32.to_bits(),
        3f32.to_bits(),
        0,
    ];
    decode(CommandId::CreateObject, 2, &payload, |command| {
        let Command::CreateRasterizer { state, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(state.cull, CullFace::Back);
        assert!(state.scissor && state.front_ccw && !state.depth_clip);
        assert!(state.offset.fill && !state.offset.line && !state.offset.point);
        assert_eq!((state.offset.units, state.offset.scale), (2.0, 3.0));
        assert_eq!(state.line_stipple, Some((0xff, 3)));
        assert_eq!(
            (state.sprite_coord_enable, state.clip_plane_enable),
            (5, 0x81)
        );
    });
    let payload = [9, 3 << 10, 0, 0, 0, 0, 0, 0, 0];
    assert!(matches!(
        fault(CommandId::CreateObject, 2, &payload),
        Fault::Value(e) if e.field == "polygon fill mode"
    ));
}

#[test]
fn sampler_state_and_view_of_a_first_frame() {
    let payload = [9, 0xb_1000, 0, 0, 0x447a_0000, 1, 2, 3, 4];
    decode(CommandId::CreateObject, 7, &payload, |command| {
        let Command::CreateSamplerState { state, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(state.wrap, [WrapMode::Repeat; 3]);
        assert_eq!(
            (state.min_filter, state.mag_filter),
            (Filter::Nearest, Filter::Nearest)
        );
        assert_eq!(state.mip_filter, MipFilter::None);
        assert!(state.compare.is_none() && state.seamless_cube);
        assert_eq!(state.max_lod, 1000.0);
        assert_eq!(state.border_color, [1, 2, 3, 4]);
    });
    let mut payload = [9, 3, 0x0200_0043, 2 | 5 << 16, 1 | 3 << 8, 0x688];
    decode(CommandId::CreateObject, 6, &payload, |command| {
        let Command::CreateSamplerView { view, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(view.resource, ResourceId(3));
        assert_eq!(view.format, FormatId::R8G8B8A8_UNORM);
        assert_eq!(view.target, Some(TextureTarget::Texture2d));
        assert_eq!(view.bounds.layers(), (2, 5));
        assert_eq!(view.bounds.levels(), (1, 3));
        assert_eq!(view.bounds.elements(), (0x5_0002, 0x301));
        assert_eq!(view.swizzle, crate::protocol::values::Swizzle::IDENTITY);
    });
    payload[2] = 0x43;
    decode(CommandId::CreateObject, 6, &payload, |command| {
        let Command::CreateSamplerView { view, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(view.target, None);
    });
    payload[5] = 6;
    assert!(matches!(
        fault(CommandId::CreateObject, 6, &payload),
        Fault::Value(e) if e.field == "texture swizzle"
    ));
}

#[test]
fn shader_first_chunk_has_stream_outputs_and_text() {
    let text = u32::from_le_bytes(*b"VERT");
    let output = 1 | 2 << 8 | 3 << 10 | 1 << 13 | 7 << 16;
    let payload = [9, 0, 5, 40, 1, 4, 8, 0, 0, output, 2, text, 0];
    decode(CommandId::CreateObject, 4, &payload, |command| {
        let Command::CreateShader { chunk, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!((chunk.stage, chunk.token_count), (ShaderStage::Vertex, 40));
        assert_eq!(chunk.text, b"VERT\0\0\0\0");
        let ShaderPart::First {
            total_bytes: 5,
            stream_outputs: Some(captured),
            shared_memory: 0,
        } = chunk.part
        else {
            panic!("{:?}", chunk.part)
        };
        assert_eq!(captured.strides, [4, 8, 0, 0]);
        let expected = StreamOutput {
            register: 1,
            start_component: 2,
            components: 3,
            buffer: 1,
            offset: 7,
            stream: 2,
        };
        assert_eq!(captured.outputs.iter().collect::<Vec<_>>(), [expected]);
    });
    let mut many = payload;
    many[4] = 65;
    assert!(matches!(
        fault(CommandId::CreateObject, 4, &many),
        Fault::Value(e) if e.field == "number of stream outputs"
    ));
    many[4] = 64;
    assert!(matches!(
        fault(CommandId::CreateObject, 4, &many),
        Fault::TooShort { .. }
    ));
}

#[test]
fn shader_continuation_and_compute_have_text_at_once() {
    let text = u32::from_le_bytes(*b"END\n");
    let payload = [9, 1, 1 << 31 | 4096, 0, 0, text];
    decode(CommandId::CreateObject, 4, &payload, |command| {
        let Command::CreateShader { chunk, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(chunk.part, ShaderPart::Continuation { offset: 4096 });
        assert_eq!(chunk.text, b"END\n");
    });
    let payload = [9, 5, 4, 0, 1024, text];
    decode(CommandId::CreateObject, 4, &payload, |command| {
        let Command::CreateShader { chunk, .. } = command else {
            panic!("{command:?}")
        };
        assert!(matches!(
            chunk.part,
            ShaderPart::First {
                stream_outputs: None,
                shared_memory: 1024,
                ..
            }
        ));
        assert_eq!(chunk.text, b"END\n");
    });
}

#[test]
fn surfaces_queries_and_targets_read_their_words() {
    decode(
        CommandId::CreateObject,
        11,
        &[9, 3, 1, 2, 4 | 7 << 16, 4],
        |command| {
            let Command::CreateSurface { surface, .. } = command else {
                panic!("{command:?}")
            };
            assert_eq!((surface.level, surface.samples), (2, 4));
            assert_eq!((surface.first_layer, surface.last_layer), (4, 7));
        },
    );
    decode(
        CommandId::CreateObject,
        9,
        &[9, 6 | 2 << 16, 0, 5],
        |command| {
            let Command::CreateQuery { query, .. } = command else {
                panic!("{command:?}")
            };
            assert_eq!((query.ty, query.index), (QueryType::PrimitivesEmitted, 2));
            assert_eq!(query.resource, ResourceId(5));
        },
    );
    decode(CommandId::CreateObject, 10, &[9, 3, 16, 64], |command| {
        let Command::CreateStreamOutputTarget { target, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!((target.offset, target.size), (16, 64));
    });
    decode(
        CommandId::CreateObject,
        5,
        &[9, 0, 0, 0, 29, 8, 1, 2, 67],
        |command| {
            let Command::CreateVertexElements { elements, .. } = command else {
                panic!("{command:?}")
            };
            let second = elements.get(1).expect("two elements");
            assert_eq!(
                (second.offset, second.instance_divisor, second.buffer),
                (8, 1, 2)
            );
            assert_eq!(second.format, FormatId::R8G8B8A8_UNORM);
        },
    );
}

#[test]
fn framebuffer_count_must_match_its_handles() {
    decode(
        CommandId::SetFramebufferState,
        0,
        &[3, 2, 1, 0, 4, 77],
        |command| {
            let Command::SetFramebuffer {
                depth_stencil,
                colors,
            } = command
            else {
                panic!("{command:?}")
            };
            assert_eq!(depth_stencil, Some(ObjectHandle(2)));
            let colors: Vec<_> = colors.iter().collect();
            assert_eq!(colors, [Some(ObjectHandle(1)), None, Some(ObjectHandle(4))]);
        },
    );
    assert_eq!(
        fault(CommandId::SetFramebufferState, 0, &[2, 0, 1]),
        Fault::TooShort {
            length: 3,
            needed: 4
        }
    );
    assert!(matches!(
        fault(CommandId::SetFramebufferState, 0, &[9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        Fault::Value(e) if e.field == "number of colour buffers"
    ));
}

#[test]
fn clears_read_colour_depth_and_stencil() {
    let depth = 0.25f64.to_bits();
    let (low, high) = (depth as u32, (depth >> 32) as u32);
    decode(
        CommandId::Clear,
        0,
        &[5, 1, 2, 3, 4, low, high, 9],
        |command| {
            let Command::Clear(clear) = command else {
                panic!("{command:?}")
            };
            assert_eq!(clear.buffers, ClearBuffers::DEPTH | ClearBuffers::COLOR0);
            assert_eq!(
                (clear.color, clear.depth, clear.stencil),
                ([1, 2, 3, 4], 0.25, 9)
            );
        },
    );
    decode(
        CommandId::ClearSurface,
        0,
        &[0b111, 9, low, high, 0, 8, 1, 2, 3, 4],
        |command| {
            let Command::ClearSurface(clear) = command else {
                panic!("{command:?}")
            };
            assert!(clear.render_condition);
            assert_eq!(clear.buffers, ClearBuffers::DEPTH | ClearBuffers::STENCIL);
            assert_eq!((clear.depth(), clear.stencil()), (0.25, 8));
            assert_eq!(clear.rect, [1, 2, 3, 4]);
        },
    );
}

#[test]
fn blit_boxes_are_signed() {
    let mut payload = [0; 21];
    payload[0] = 0xf | 1 << 8 | 1 << 10 | 1 << 12;
    payload[1] = 1 | 2 << 16;
    payload[2] = 3 | 4 << 16;
    payload[3] = 7;
    payload[5] = 67;
    payload[9] = (-8i32).cast_unsigned();
    payload[12] = 8;
    payload[14] = 1;
    payload[20] = 1;
    decode(CommandId::Blit, 0, &payload, |command| {
        let Command::Blit(blit) = command else {
            panic!("{command:?}")
        };
        assert_eq!(blit.filter, Filter::Linear);
        assert!(blit.alpha_blend && !blit.render_condition);
        assert_eq!(
            blit.scissor.map(|s| (s.min_x, s.min_y, s.max_x, s.max_y)),
            Some((1, 2, 3, 4))
        );
        assert_eq!(
            (blit.dst.resource, blit.src.resource),
            (ResourceId(7), ResourceId(8))
        );
        assert_eq!(blit.dst.region.extent, [-8, 0, 0]);
        assert_eq!(blit.src.region.extent, [0, 0, 1]);
        assert_eq!(
            (blit.dst.format, blit.src.format.0),
            (FormatId::R8G8B8A8_UNORM, 1)
        );
    });
    payload[0] = 2 << 8;
    assert!(matches!(
        fault(CommandId::Blit, 0, &payload),
        Fault::Value(_)
    ));
}

#[test]
fn transfers_share_their_shape() {
    let region = Box3 {
        x: 1,
        y: 2,
        z: 3,
        width: 4,
        height: 5,
        depth: 6,
    };
    let expected = Transfer {
        level: 2,
        stride: 64,
        layer_stride: 640,
        region,
        offset: 99,
    };
    let payload = [7, 2, 0xff, 64, 640, 1, 2, 3, 4, 5, 6, 99, 2, 0];
    decode(CommandId::Transfer3d, 0, &payload[..13], |command| {
        let wanted = Command::Transfer {
            resource: ResourceId(7),
            transfer: expected,
            direction: Direction::FromHost,
        };
        assert_eq!(command, wanted);
    });
    let mut copy = payload;
    copy[11] = 8;
    copy[12] = 99;
    copy[13] = 1;
    decode(CommandId::CopyTransfer3d, 0, &copy, |command| {
        let Command::CopyTransfer(copy) = command else {
            panic!("{command:?}")
        };
        assert_eq!(
            (copy.resource, copy.staging),
            (ResourceId(7), ResourceId(8))
        );
        assert_eq!(copy.transfer, expected);
        assert!(copy.synchronized);
        assert_eq!(copy.direction, Direction::ToHost);
    });
    let mut inline = payload[..11].to_vec();
    inline.push(u32::from_le_bytes(*b"data"));
    decode(CommandId::ResourceInlineWrite, 0, &inline, |command| {
        let Command::ResourceInlineWrite { transfer, data, .. } = command else {
            panic!("{command:?}")
        };
        assert_eq!(transfer.region, region);
        assert_eq!(data, b"data");
    });
    assert!(matches!(
        fault(CommandId::Transfer3d, 0, &[7, 2, 0xff, 64, 640, 1, 2, 3, 4, 5, 6, 99, 3]),
        Fault::Value(e) if e.field == "transfer direction"
    ));
}

#[test]
fn absent_things_decode_to_none() {
    decode(CommandId::SetIndexBuffer, 0, &[0], |command| {
        assert_eq!(command, Command::SetIndexBuffer { buffer: None });
    });
    assert!(matches!(
        fault(CommandId::SetIndexBuffer, 0, &[5]),
        Fault::TooShort { .. }
    ));
    assert!(matches!(
        fault(CommandId::SetIndexBuffer, 0, &[5, 3, 0]),
        Fault::Value(_)
    ));
    decode(CommandId::SetRenderCondition, 0, &[0, 0, 99], |command| {
        assert_eq!(command, Command::SetRenderCondition { condition: None });
    });
    decode(CommandId::BindShader, 0, &[0, 1], |command| {
        let expected = Command::BindShader {
            stage: ShaderStage::Fragment,
            handle: None,
        };
        assert_eq!(command, expected);
    });
    decode(CommandId::BindObject, 1, &[0], |command| {
        assert_eq!(command, Command::BindBlend { handle: None });
    });
    assert!(matches!(
        fault(CommandId::BindObject, 4, &[1]),
        Fault::Value(_)
    ));
    assert!(matches!(
        fault(CommandId::CreateObject, 10, &[0, 1, 2, 3]),
        Fault::Value(e) if e.field == "object handle"
    ));
}

#[test]
fn string_marker_keeps_to_its_length() {
    let text = u32::from_le_bytes(*b"mark");
    let marked = |length: u32, expected: &[u8]| {
        decode(
            CommandId::EmitStringMarker,
            0,
            &[length, text, 0],
            |command| {
                assert_eq!(command, Command::StringMarker { text: expected });
            },
        );
    };
    marked(3, b"mar");
    marked(u32::MAX, b"mark\0\0\0\0");
}

#[test]
fn framing_end_transfers_swallows_the_padding() {
    let mut words = stream(CommandId::EndTransfers, 0, &[0xdead_beef; 1023]);
    words.extend(stream(CommandId::CreateSubCtx, 0, &[1]));
    words.extend(stream(CommandId::Nop, 0, &[]));
    let mut all = commands(&words);
    assert_eq!(all.next(), Some(Ok(Command::EndTransfers)));
    assert_eq!(all.offset(), 1024);
    let create = Command::CreateSubContext {
        id: SubContextId(1),
    };
    assert_eq!(all.next(), Some(Ok(create)));
    assert_eq!(all.next(), Some(Ok(Command::Nop)));
    assert_eq!(all.next(), None);
    assert_eq!(all.next(), None);
}

#[test]
fn framing_overrun_ends_the_stream() {
    let mut words = stream(CommandId::SetSampleMask, 0, &[1]);
    words.push(word(CommandId::Clear, 0, 8));
    words.extend([0; 7]);
    let all: Vec<_> = commands(&words).collect();
    assert_eq!(all.len(), 2);
    let error = all[1].expect_err("an overrun");
    assert!(error.ends_stream());
    assert_eq!(error.offset, 2);
    assert_eq!(
        error.to_string(),
        "CLEAR at word 2: its payload of 8 words overruns the stream, which has 7 left"
    );
}

#[test]
fn content_error_passes_over_the_command_alone() {
    let mut words = stream(CommandId::BindShader, 0, &[1, 6]);
    words.push(word(CommandId::Nop, 0, 2) | 200);
    words.extend([0, 0]);
    words.extend(stream(CommandId::Clear, 0, &[0; 7]));
    words.extend(stream(CommandId::SetMinSamples, 0, &[4, 5, 6]));
    let all: Vec<_> = commands(&words).collect();
    let text: Vec<_> = all
        .iter()
        .filter_map(|r| r.err())
        .map(|e| e.to_string())
        .collect();
    assert_eq!(
        text,
        [
            "BIND_SHADER at word 0: shader stage has no value 0x6",
            "command 200 at word 3: there is no such command",
            "CLEAR at word 6: its payload has 7 words but needs 8",
        ]
    );
    assert!(
        all.iter()
            .filter_map(|r| r.err())
            .all(|error| !error.ends_stream())
    );
    assert_eq!(all[3], Ok(Command::SetMinSamples { samples: 4 }));
}
