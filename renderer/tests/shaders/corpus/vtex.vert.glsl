#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform MaroSystem {
    highp float sys_y_sign;
    highp float sys_alpha_ref;
    highp float sys_point_size;
    highp float sys_sprite_y_scale;
    highp float sys_sprite_y_bias;
    highp int sys_base_vertex;
    highp int sys_base_instance;
    highp int sys_draw_id;
    highp vec4 sys_clip_planes[8];
    highp uvec4 sys_stipple[8];
    highp vec4 sys_tess_outer;
    highp vec4 sys_tess_inner;
    highp uvec4 sys_samplers[48];
    highp vec4 sys_depth;
};
uniform highp sampler2D vs_samp0;
uniform highp isampler2D vs_samp1;
const uvec4 m0 = uvec4(1065353216u, 0u, 0u, 0u);
layout(location = 0) in highp vec4 attr0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
out highp vec4 v_generic0;
void finish() {
    v_generic0 = F(o1);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 sv0 = uvec4(uint(gl_VertexID));
    uvec4 i0 = U(attr0);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    t0.xy = i0.xy;
    t3 = U(texture(vs_samp0, F(t0.xy)));
    t1.xyz = i0.xyx;
    t1.w = m0.x;
    t4 = U(textureLod(vs_samp0, F(t1.xy), F(t1.w)));
    t5 = U(F(t3) + F(t4));
    t2.xz = sv0.xx;
    t2.yw = m0.yy;
    t6 = uvec4(texelFetch(vs_samp1, ivec2(t2.xy), int(t2.w)));
    t7 = U(vec4(ivec4(t6)));
    t8 = U(F(t5) + F(t7));
    o0 = U(F(i0) + F(t8));
    o1 = t8;
    finish();
}
