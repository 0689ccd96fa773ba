#version 320 es
#extension GL_EXT_texture_query_lod : require
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
uniform highp sampler2D fs_samp0;
uniform highp samplerCube fs_samp1;
uniform highp sampler2DArrayShadow fs_samp2;
const uvec4 m0 = uvec4(1u, 2u, 0u, 0u);
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
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    t0.xy = i0.xy;
    t3.xy = U(textureQueryLOD(fs_samp0, F(t0.xy)).xyxy.xy);
    t1.xyz = i0.xyz;
    t4.xy = U(textureQueryLOD(fs_samp1, F(t1.xyz)).xyxy.xy);
    t5.x = U(texture(fs_samp2, F(i0)));
    t2.xy = t3.xy;
    t2.zw = t4.xy;
    t6 = U(F(t2) + F(t5.xxxx));
    t7.x = U(texture(fs_samp2, F(i0) + vec4(vec2(ivec2(1, 2)) / vec2(textureSize(fs_samp2, 0).xy), 0.0, 0.0)));
    o0 = U(F(t6) + F(t7.xxxx));
    finish();
}
