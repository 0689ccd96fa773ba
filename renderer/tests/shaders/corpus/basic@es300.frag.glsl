#version 300 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
uniform highp sampler2D fs_samp0;
const uvec4 m0 = uvec4(1065353216u, 1056964608u, 0u, 0u);
const uvec4 m1 = uvec4(1065353216u, 0u, 0u, 0u);
in highp vec4 v_generic0;
in highp vec4 v_generic1;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = U(v_generic1);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    t1 = U(texture(fs_samp0, F(i1.xy)));
    t0.xy = i1.xy;
    t0.z = m0.x;
    t2 = U(F(t1) * F(i0) + F(t0.xyzz));
    t3.x = -uint(F(t2.w) < F(m0.y));
    t4.x = t3.x & m1.x;
    if ((-F(t4.x)) < 0.0) discard;
    o0 = t2;
    finish();
}
