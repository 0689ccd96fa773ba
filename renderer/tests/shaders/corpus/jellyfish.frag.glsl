#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[1]; };
uniform highp sampler2D fs_samp0;
uniform highp sampler2D fs_samp1;
const uvec4 m0 = uvec4(1103101952u, 1101004800u, 1109393408u, 3212836864u);
const uvec4 m1 = uvec4(1111490560u, 3197737370u, 0u, 0u);
in highp vec4 v_generic0;
in highp vec4 v_generic1;
in highp vec4 v_generic2;
in highp vec4 v_generic3;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = U(v_generic1);
    uvec4 i2 = U(v_generic2);
    uvec4 i3 = U(v_generic3);
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
    t3.x = U(F(i0.x) / F(m0.x));
    t4.xy = U(F(fs_c0[0].xx) / F(m0.yz));
    t2.x = U(F(t3.x) + F(t4.x));
    t5.x = U(F(i0.y) * F(m0.w) + F(i0.z));
    t6.x = U(F(t5.x) / F(m1.x));
    t2.y = U(F(t6.x) + F(t4.y));
    t0.xy = i1.xy;
    t7 = U(texture(fs_samp0, F(t0.xy)));
    t1.xy = i1.zw;
    t1.z = i2.x;
    t8.xyz = U(F(i2.yzw) + F(t1.xyz));
    t9 = U(texture(fs_samp1, F(t2.xy)));
    t10.xyz = U(F(t8.xyz) + F(t9.xyz));
    o0.xyz = U(F(t10.xyz) * F(t7.xyz));
    t11.x = U(F(t7.w) + F(m1.y));
    o0.w = U(F(i3.x) * F(i3.x) + F(t11.x));
    finish();
}
