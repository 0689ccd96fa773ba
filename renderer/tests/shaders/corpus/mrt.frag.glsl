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
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[1]; };
const uvec4 m0 = uvec4(0u, 1065353216u, 0u, 0u);
const uvec4 m1 = uvec4(1073741824u, 1056964608u, 0u, 0u);
in highp vec4 v_generic0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
uvec4 o3 = uvec4(0u);
layout(location = 2) out highp vec4 fs_color2;
layout(location = 0) out highp vec4 fs_color0;
layout(location = 1) out highp vec4 fs_color1;
void finish() {
    fs_color2 = F(o0);
    gl_FragDepth = F(o1.z);
    fs_color0 = F(o2);
    fs_color1 = F(o3);
}
void main() {
    uvec4 i0 = U(gl_FragCoord);
    uvec4 i1 = uvec4(U(gl_FrontFacing ? 1.0 : -1.0));
    uvec4 i2 = U(vec4(gl_PointCoord.x, gl_PointCoord.y * sys_sprite_y_scale + sys_sprite_y_bias, 0.0, 1.0));
    uvec4 i3 = U(v_generic0);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    t0 = U(vec4(greaterThanEqual(F(i1), F(m0.xxxx))));
    o3 = U(F(i3) * F(m1.xxxx));
    t1.x = t0.x;
    t2.x = t1.x;
    t4.z = t2.x & m0.y;
    o0.z = t4.z;
    o0.y = U(F(i0.y) * F(fs_c0[0].x) + F(fs_c0[0].y));
    t3.x = U(F(i0.z) * F(m1.y));
    o1.z = t3.x;
    o2 = i3;
    o0.x = i0.x;
    o0.w = i2.x;
    finish();
}
