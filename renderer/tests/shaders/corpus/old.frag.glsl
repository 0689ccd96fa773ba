#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
uniform highp sampler2D fs_samp0;
uniform highp sampler2DShadow fs_samp1;
uniform highp sampler2DShadow fs_samp2;
uniform highp sampler2D fs_samp3;
in highp vec4 v_color0;
in highp vec4 v_color1;
in highp vec4 v_fog0;
in highp vec4 v_texcoord0;
in highp vec4 v_generic0;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_color0);
    uvec4 i1 = U(v_color1);
    uvec4 i2 = U(v_fog0);
    uvec4 i3 = U(v_texcoord0);
    uvec4 i4 = U(v_generic0);
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
    t3.x = i4.x;
    t4 = U(texture(fs_samp0, vec2(F(t3.x), 0.5)));
    t5 = U(F(i1) * F(t4) + F(i0));
    t0.xyz = i4.xxx;
    t6 = uvec4(U(texture(fs_samp1, vec3(F(t0.x), 0.5, F(t0.z)))));
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
