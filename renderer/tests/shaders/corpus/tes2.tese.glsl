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
layout(triangles, equal_spacing, ccw, point_mode) in;
const uvec4 m0 = uvec4(1073741824u, 0u, 0u, 0u);
flat in highp uvec4 b_generic0[];
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
out highp vec4 v_generic0;
void finish() {
    gl_PointSize = F(o1.x);
    v_generic0 = F(o2);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 sv0 = uvec4(U(gl_TessCoord), 0u);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    t0 = U(gl_in[1].gl_Position * F(sv0.yyyy));
    t1 = U(gl_in[0].gl_Position * F(sv0.xxxx) + F(t0));
    t2 = U(gl_in[2].gl_Position * F(sv0.zzzz) + F(t1));
    o1.x = m0.x;
    o0 = t2;
    o2 = b_generic0[0];
    finish();
}
