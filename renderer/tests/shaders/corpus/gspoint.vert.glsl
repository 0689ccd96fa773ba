#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
const uvec4 m0 = uvec4(1073741824u, 0u, 0u, 0u);
layout(location = 0) in highp vec4 attr0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
flat out highp uvec4 a_generic0;
void finish() {
    gl_PointSize = F(o1.x);
    a_generic0 = o2;
    vec4 position = F(o0);
    gl_Position = position;
}
void main() {
    uvec4 i0 = U(attr0);
    o1.x = m0.x;
    o0 = i0;
    o2 = i0;
    finish();
}
