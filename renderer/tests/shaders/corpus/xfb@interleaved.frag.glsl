#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
in highp vec4 v_generic0;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    o0 = i0;
    finish();
}
