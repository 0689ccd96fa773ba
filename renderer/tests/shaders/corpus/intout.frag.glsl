#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
const uvec4 m0 = uvec4(1u, 0u, 0u, 0u);
flat in highp uvec4 v_generic0;
flat in highp uvec4 v_generic1;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
layout(location = 0) out highp ivec4 fs_color0;
layout(location = 1) out highp uvec4 fs_color1;
void finish() {
    fs_color0 = ivec4(o0);
    fs_color1 = o1;
}
void main() {
    uvec4 i0 = v_generic0;
    uvec4 i1 = v_generic1;
    uvec4 t0 = uvec4(0u);
    t0 = i0 + m0.xxxx;
    o0 = t0;
    t0 = i1 << (m0.xxxx & 31u);
    o1 = t0;
    finish();
}
