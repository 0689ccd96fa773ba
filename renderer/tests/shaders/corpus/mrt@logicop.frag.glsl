#version 320 es
#extension GL_EXT_shader_framebuffer_fetch : require
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
layout(location = 2) inout highp vec4 fs_color2;
layout(location = 0) inout highp vec4 fs_color0;
layout(location = 1) inout highp uvec4 fs_color1;
uvec4 to_unorm8(vec4 c) {
    return uvec4(clamp(c, 0.0, 1.0) * 255.0 + 0.5);
}
vec4 from_unorm8(uvec4 c) {
    return vec4(c & 255u) / 255.0;
}
void finish() {
    { uvec4 s = to_unorm8(F(o0)), d = to_unorm8(fs_color2); fs_color2 = from_unorm8(s ^ d); }
    gl_FragDepth = F(o1.z);
    { uvec4 s = to_unorm8(F(o2)), d = to_unorm8(fs_color0); fs_color0 = from_unorm8(s ^ d); }
    { uvec4 s = uvec4(o3), d = uvec4(fs_color1); fs_color1 = uvec4(s ^ d); }
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
