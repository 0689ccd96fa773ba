#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
in highp vec4 v_generic0;
flat in highp uvec4 v_generic1;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = v_generic1;
    uvec4 t0 = uvec4(0u);
    t0 = U(vec4(ivec4(i1)));
    o0 = U(F(i0) * F(t0));
    finish();
}
