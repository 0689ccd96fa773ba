#version 320 es
#extension GL_EXT_tessellation_point_size : require
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
layout(quads, fractional_even_spacing, cw) in;
const uvec4 m0 = uvec4(1082130432u, 0u, 0u, 0u);
flat in highp uvec4 b_generic0[];
flat in highp uvec4 b_generic1[];
patch in highp uvec4 b_patch0;
patch in highp uvec4 b_patch2;
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
    uvec4 sv0 = U(vec4(gl_TessLevelOuter[0], gl_TessLevelOuter[1], gl_TessLevelOuter[2], gl_TessLevelOuter[3]));
    uvec4 sv1 = U(vec4(gl_TessLevelInner[0], gl_TessLevelInner[1], 0.0, 0.0));
    uvec4 sv2 = uvec4(uint(gl_PrimitiveID));
    uvec4 sv3 = uvec4(U(gl_TessCoord), 0u);
    uvec4 i3 = b_patch0;
    uvec4 i4 = b_patch2;
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    t0.w = U(float(int(sv2.x)));
    t1 = U(F(i3) * F(i4.xxxx) + F(b_generic0[3]));
    t2.x = U(float(int(b_generic1[2].x)));
    t3 = U(F(t1) + F(t2.xxxx));
    t0.x = sv0.y;
    t0.y = sv1.x;
    t0.z = m0.x;
    t4 = U(F(t3) + F(t0));
    t5 = U(mix(gl_in[0].gl_Position, gl_in[1].gl_Position, F(sv3.xxxx)));
    t6 = U(mix(F(t5), gl_in[2].gl_Position, F(sv3.yyyy)));
    o0 = t6;
    o1 = t4;
    finish();
}
