#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(early_fragment_tests) in;
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[3]; };
layout(binding = 0, rgba8) uniform highp writeonly image2D fs_img0;
layout(std430, binding = 0) readonly buffer FsSsbo0 { highp uint fs_ssbo0[]; };
layout(std430, binding = 1) buffer FsSsbo1 { highp uint fs_ssbo1[]; };
layout(std430, binding = 2) buffer FsSsbo2 { highp uint fs_ssbo2[]; };
const uvec4 m0 = uvec4(4u, 3u, 1u, 0u);
in highp vec4 v_generic0;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(gl_FragCoord);
    uvec4 i1 = U(v_generic0);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t9 = uvec4(0u);
    uvec4 t10 = uvec4(0u);
    uvec4 t11 = uvec4(0u);
    t2.x = fs_c0[0].x << (m0.x & 31u);
    {
        uint n = (t2.x >> 2);
        t3 = uvec4((n < uint(fs_ssbo0.length()) ? fs_ssbo0[n] : 0u), (n + 1u < uint(fs_ssbo0.length()) ? fs_ssbo0[n + 1u] : 0u), (n + 2u < uint(fs_ssbo0.length()) ? fs_ssbo0[n + 2u] : 0u), (n + 3u < uint(fs_ssbo0.length()) ? fs_ssbo0[n + 3u] : 0u));
    }
    t4 = U(F(t3) + F(i1));
    t5.x = fs_c0[0].x & m0.y;
    t6.x = t5.x << (m0.x & 31u);
    t7.xyz = t4.xxy;
    {
        uint n = (t6.x >> 2);
        if (n + 1u < uint(fs_ssbo1.length())) fs_ssbo1[n + 1u] = t7.y;
        if (n + 2u < uint(fs_ssbo1.length())) fs_ssbo1[n + 2u] = t7.z;
    }
    t0.y = U(F(i0.y) * F(fs_c0[1].x) + F(fs_c0[1].y));
    t0.x = i0.x;
    t1.xy = uvec2(ivec2(F(t0.xy)));
    imageStore(fs_img0, ivec2(t1.xy), F(t4));
    t9.x = m0.x + fs_c0[2].x;
    {
        uint n = (t9.x >> 2);
        t10.x = (n < uint(fs_ssbo2.length()) ? atomicAdd(fs_ssbo2[n], m0.z) : 0u);
    }
    t11.x = U(float(t10.x));
    o0.x = U(F(t4.x) + F(t11.x));
    o0.yzw = t4.yzw;
    finish();
}
