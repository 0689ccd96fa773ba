#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(location = 0) in highp vec4 attr0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
flat out highp uvec4 a_generic0;
flat out highp uvec4 a_generic1;
void finish() {
    a_generic0 = o1;
    a_generic1 = o2;
    vec4 position = F(o0);
    gl_Position = position;
}
void main() {
    uvec4 sv0 = uvec4(uint(gl_VertexID));
    uvec4 i0 = U(attr0);
    o0 = i0;
    o1 = i0;
    o2.x = sv0.x;
    finish();
}
