#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
in highp vec4 v_generic0;
in highp vec4 v_generic1;
flat in highp uvec4 v_generic2;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = uvec4(uint(gl_PrimitiveID));
    uvec4 i1 = U(v_generic0);
    uvec4 i2 = U(v_generic1);
    uvec4 i3 = v_generic2;
    uvec4 t0 = uvec4(0u);
    t0.z = U(float(int(i3.x)));
    t0.w = U(float(int(i0.x)));
    t0.xy = i2.xy;
    o0 = U(F(i1) + F(t0));
    finish();
}
