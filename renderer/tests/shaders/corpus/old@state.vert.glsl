#version 320 es
#extension GL_EXT_clip_cull_distance : require
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
layout(std140) uniform VsConst0 { highp uvec4 vs_c0[8]; };
layout(location = 0) in highp vec4 attr0;
layout(location = 1) in highp vec4 attr1;
layout(location = 2) in highp vec4 attr2;
layout(location = 3) in highp vec4 attr3;
layout(location = 4) in highp vec4 attr4;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
uvec4 o3 = uvec4(0u);
uvec4 o4 = uvec4(0u);
uvec4 o5 = uvec4(0u);
uvec4 o6 = uvec4(0u);
uvec4 o7 = uvec4(0u);
out highp vec4 v_color0;
out highp vec4 v_color1;
out highp vec4 v_fog0;
out highp vec4 v_texcoord0;
out highp vec4 v_bcolor0;
out highp vec4 v_generic0;
void finish() {
    v_color0 = clamp(F(o1), 0.0, 1.0);
    v_color1 = clamp(F(o2), 0.0, 1.0);
    v_fog0 = F(o3);
    v_texcoord0 = F(o4);
    v_bcolor0 = clamp(F(o5), 0.0, 1.0);
    v_generic0 = F(o7);
    gl_PointSize = sys_point_size;
    gl_ClipDistance[0] = dot(F(o6), sys_clip_planes[0]);
    gl_ClipDistance[1] = 0.0;
    gl_ClipDistance[2] = dot(F(o6), sys_clip_planes[2]);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    position.z = 2.0 * position.z - position.w;
    gl_Position = position;
}
void main() {
    uvec4 i0 = U(attr0);
    uvec4 i1 = U(attr1);
    uvec4 i2 = U(attr2.zyxw);
    uvec4 i3 = U(attr3);
    uvec4 i4 = U(attr4);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t11 = uvec4(0u);
    uvec4 t12 = uvec4(0u);
    uvec4 t13 = uvec4(0u);
    t0 = U(F(vs_c0[1]) * F(i0.yyyy));
    t1 = U(F(vs_c0[0]) * F(i0.xxxx) + F(t0));
    t2 = U(F(vs_c0[2]) * F(i0.zzzz) + F(t1));
    t3 = U(F(vs_c0[3]) * F(i0.wwww) + F(t2));
    t4 = U(F(vs_c0[5]) * F(i0.yyyy));
    t5 = U(F(vs_c0[4]) * F(i0.xxxx) + F(t4));
    t6 = U(F(vs_c0[6]) * F(i0.zzzz) + F(t5));
    t13 = U(F(vs_c0[7]) * F(i0.wwww) + F(t6));
    o6 = t13;
    t12 = U(clamp(F(i3), 0.0, 1.0));
    o2 = t12;
    o5 = U(clamp(F(i2.zyxw), 0.0, 1.0));
    t11 = U(clamp(F(i2), 0.0, 1.0));
    o1 = t11;
    o3.x = t3.z;
    o4 = i4;
    o0 = t3;
    o7.xy = i1.xy;
    finish();
}
