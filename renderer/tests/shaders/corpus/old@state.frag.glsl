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
uniform highp sampler2D fs_samp0;
uniform highp sampler2DShadow fs_samp1;
uniform highp sampler2DShadow fs_samp2;
uniform highp sampler2D fs_samp3;
in highp vec4 v_color0;
in highp vec4 v_bcolor0;
in highp vec4 v_color1;
in highp vec4 v_fog0;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
float shadow_channel(float v, uint s) {
    return s < 4u ? v : float(s - 4u);
}
vec4 swizzle_shadow(float v, uint info) {
    return vec4(shadow_channel(v, (info >> 10) & 7u), shadow_channel(v, (info >> 13) & 7u),
        shadow_channel(v, (info >> 16) & 7u), shadow_channel(v, (info >> 19) & 7u));
}
bool stippled(vec2 p) {
    uvec2 at = uvec2(p) & 31u;
    uint row = sys_stipple[at.y >> 2][at.y & 3u];
    return (row & (0x80000000u >> at.x)) != 0u;
}
void finish() {
    if (!(clamp(F(o0.w), 0.0, 1.0) > sys_alpha_ref)) discard;
    fs_color0 = vec4(clamp(F(o0), 0.0, 1.0).xyz, 1.0);
}
void main() {
    uvec4 i0 = (gl_FrontFacing ? U(v_color0) : U(v_bcolor0));
    uvec4 i1 = (gl_FrontFacing ? U(v_color1) : uvec4(0u));
    uvec4 i2 = U(v_fog0);
    uvec4 i3 = U(vec4(gl_PointCoord.x, gl_PointCoord.y * sys_sprite_y_scale + sys_sprite_y_bias, 0.0, 1.0));
    uvec4 i4 = U(vec4(gl_PointCoord.x, gl_PointCoord.y * sys_sprite_y_scale + sys_sprite_y_bias, 0.0, 1.0));
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    uvec4 t9 = uvec4(0u);
    uvec4 t10 = uvec4(0u);
    uvec4 t11 = uvec4(0u);
    uvec4 t12 = uvec4(0u);
    uvec4 t13 = uvec4(0u);
    if (!stippled(gl_FragCoord.xy)) discard;
    t3.x = i4.x;
    t4 = U(texture(fs_samp0, vec2(F(t3.x), 0.5)));
    t5 = U(F(i1) * F(t4) + F(i0));
    t0.xyz = i4.xxx;
    t6 = U(swizzle_shadow(texture(fs_samp1, vec3(F(t0.x), 0.5, F(t0.z))), sys_samplers[8].y));
    t7 = U(F(t5) + F(t6));
    t1.xyz = i4.xyx;
    t8 = uvec4(U(texture(fs_samp2, F(t1.xyz))));
    t9 = U(F(t7) + F(t8));
    t10 = U(texture(fs_samp3, F(i3.xy)));
    t11 = U(F(t9) + F(t10));
    t12 = U(F(t11) + F(i2.xxxx));
    t2 = i4.xxxy;
    t13 = U(texture(fs_samp0, vec2(F(t2.x) / F(t2.w), 0.5)));
    o0 = U(F(t12) + F(t13));
    finish();
}
