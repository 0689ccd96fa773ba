#version 320 es
#extension GL_EXT_blend_func_extended : require
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
const uvec4 m0 = uvec4(1056964608u, 0u, 0u, 0u);
in highp vec4 v_generic0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
layout(location = 0, index = 0) out highp vec4 fs_color0;
layout(location = 0, index = 1) out highp vec4 fs_color1;
void finish() {
    fs_color0 = F(o0);
    fs_color1 = F(o1);
}
void main() {
    uvec4 i0 = U(v_generic0);
    o1 = U(F(i0) * F(m0.xxxx));
    o0 = i0;
    finish();
}
