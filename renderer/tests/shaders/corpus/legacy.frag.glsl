#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
uniform highp sampler2D fs_samp0;
uniform highp sampler2D fs_samp1;
uniform highp samplerCube fs_samp2;
const uvec4 m0 = uvec4(1065353216u, 0u, 1073741824u, 1056964608u);
in highp vec4 v_generic0;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    t0.xy = U(dFdx(F(i0.xy)));
    t0.zw = U(dFdy(F(i0.xy)));
    t1.xyz = i0.xyz;
    t1.w = m0.z;
    t2 = U(texture(fs_samp0, F(t1.xy), F(t1.w)));
    t3 = U(textureLod(fs_samp0, F(t1.xy), F(t1.w)));
    t2 = U(F(t2) + F(t3));
    t3 = U(texture(fs_samp1, vec2(F(i0.xy) / vec2(textureSize(fs_samp1, 0)))));
    t2 = U(mix(F(t3), F(t2), F(m0.wwww)));
    t3 = U(texture(fs_samp2, F(i0.xyz)));
    t1.x = U(float(F(t0.x) < F(t0.z)));
    if ((-F(t1.x)) < 0.0) discard;
    o0 = U(F(t2) * F(t3) + F(t0));
    finish();
}
