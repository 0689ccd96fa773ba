#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(local_size_x = 8, local_size_y = 4, local_size_z = 1) in;
layout(std140) uniform CsConst0 { highp uvec4 cs_c0[1]; };
layout(std430, binding = 0) readonly buffer CsSsbo0 { highp uint cs_ssbo0[]; };
layout(std430, binding = 1) coherent buffer CsSsbo1 { highp uint cs_ssbo1[]; };
layout(std430, binding = 2) buffer CsSsbo2 { highp uint cs_ssbo2[]; };
layout(std430, binding = 3) buffer CsSsbo3 { highp uint cs_ssbo3[]; };
shared highp uint shared_memory[1024];
const uvec4 m0 = uvec4(3u, 4u, 2u, 16u);
const uvec4 m1 = uvec4(64u, 16u, 0u, 512u);
const uvec4 m2 = uvec4(8u, 1u, 20u, 24u);
const uvec4 m3 = uvec4(28u, 32u, 15u, 31u);
const uvec4 m4 = uvec4(48u, 496u, 7u, 4294967280u);
uint select(uint a, uint b, uint c) { return a != 0u ? b : c; }
uvec2 select(uvec2 a, uvec2 b, uvec2 c) { return uvec2(select(a.x, b.x, c.x), select(a.y, b.y, c.y)); }
uvec3 select(uvec3 a, uvec3 b, uvec3 c) { return uvec3(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z)); }
uvec4 select(uvec4 a, uvec4 b, uvec4 c) { return uvec4(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z), select(a.w, b.w, c.w)); }
void main() {
    uvec4 sv0 = uvec4(gl_LocalInvocationID, 0u);
    uvec4 sv1 = uvec4(gl_WorkGroupID, 0u);
    uvec4 sv2 = uvec4(gl_NumWorkGroups, 0u);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    uvec4 t9 = uvec4(0u);
    uvec4 t10 = uvec4(0u);
    uvec4 t11 = uvec4(0u);
    uvec4 t12 = uvec4(0u);
    uvec4 t13 = uvec4(0u);
    uvec4 t14 = uvec4(0u);
    uvec4 t15 = uvec4(0u);
    uvec4 t16 = uvec4(0u);
    uvec4 t17 = uvec4(0u);
    uvec4 t18 = uvec4(0u);
    uvec4 t19 = uvec4(0u);
    uvec4 t20 = uvec4(0u);
    uvec4 t21 = uvec4(0u);
    uvec4 t22 = uvec4(0u);
    uvec4 t23 = uvec4(0u);
    uvec4 t24 = uvec4(0u);
    uvec4 t25 = uvec4(0u);
    uvec4 t26 = uvec4(0u);
    uvec4 t27 = uvec4(0u);
    uvec4 t28 = uvec4(0u);
    uvec4 t29 = uvec4(0u);
    uvec4 t30 = uvec4(0u);
    uvec4 t31 = uvec4(0u);
    uvec4 t32 = uvec4(0u);
    uvec4 t33 = uvec4(0u);
    uvec4 t34 = uvec4(0u);
    uvec4 t35 = uvec4(0u);
    uvec4 t36 = uvec4(0u);
    uvec4 t37 = uvec4(0u);
    uvec4 t38 = uvec4(0u);
    uvec4 t39 = uvec4(0u);
    uvec4 t40 = uvec4(0u);
    uvec4 t41 = uvec4(0u);
    uvec4 t42 = uvec4(0u);
    uvec4 t43 = uvec4(0u);
    uvec4 t44 = uvec4(0u);
    uvec4 t45 = uvec4(0u);
    uvec4 t46 = uvec4(0u);
    uvec4 t47 = uvec4(0u);
    uvec4 t48 = uvec4(0u);
    uvec4 t49 = uvec4(0u);
    uvec4 t50 = uvec4(0u);
    uvec4 t51 = uvec4(0u);
    uvec4 t52 = uvec4(0u);
    uvec4 t53 = uvec4(0u);
    uvec4 t54 = uvec4(0u);
    uvec4 t55 = uvec4(0u);
    uvec4 t56 = uvec4(0u);
    uvec4 t57 = uvec4(0u);
    uvec4 t58 = uvec4(0u);
    uvec4 t63 = uvec4(0u);
    t63.xyz = sv1.xyz;
    t1.x = sv0.y << (m0.x & 31u);
    t2.x = t1.x + sv0.x;
    t3.xy = t2.xx << (m0.yz & 31u);
    t4.x = t63.x << (m0.x & 31u);
    t5.x = t4.x + sv0.x;
    t6.x = t5.x << (m0.y & 31u);
    t7.x = m0.w + t6.x;
    {
        uint n = (t7.x >> 2);
        t8 = uvec4((n < uint(cs_ssbo2.length()) ? cs_ssbo2[n] : 0u), (n + 1u < uint(cs_ssbo2.length()) ? cs_ssbo2[n + 1u] : 0u), (n + 2u < uint(cs_ssbo2.length()) ? cs_ssbo2[n + 2u] : 0u), (n + 3u < uint(cs_ssbo2.length()) ? cs_ssbo2[n + 3u] : 0u));
    }
    t9.xyz = m1.xyy + t3.yyx;
    t10.x = t9.x;
    {
        uint n = (t10.x >> 2);
        t11.x = uint((n < uint(cs_ssbo0.length()) ? cs_ssbo0[n] : 0u));
    }
    t12 = U(F(t8) * F(t11.xxxx));
    t13.x = t3.x;
    {
        uint n = (t13.x >> 2);
        if (n < uint(1024)) shared_memory[n] = t12.x;
        if (n + 1u < uint(1024)) shared_memory[n + 1u] = t12.y;
        if (n + 2u < uint(1024)) shared_memory[n + 2u] = t12.z;
        if (n + 3u < uint(1024)) shared_memory[n + 3u] = t12.w;
    }
    t14.x = -uint(t2.x == m1.z);
    t15.x = t9.z;
    t16.x = t9.y;
    if (t14.x != 0u) {
        {
            uint n = (m1.w >> 2);
            if (n < uint(1024)) shared_memory[n] = m1.z;
        }
    }
    memoryBarrierShared();
    memoryBarrierShared();
    barrier();
    {
        uint n = (m1.w >> 2);
        t17.x = (n < uint(1024) ? atomicAdd(shared_memory[n], m2.y) : 0u);
    }
    {
        uint n = (m1.z >> 2);
        uint old = 0u;
        if (n < uint(cs_ssbo1.length())) {
            uint want = cs_ssbo1[n];
            do {
                old = want;
                want = atomicCompSwap(cs_ssbo1[n], old, uint(min(int(old), int(t2.x))));
            } while (want != old);
        }
        t18.x = old;
    }
    {
        uint n = (m0.y >> 2);
        uint old = 0u;
        if (n < uint(cs_ssbo1.length())) {
            uint want = cs_ssbo1[n];
            do {
                old = want;
                want = atomicCompSwap(cs_ssbo1[n], old, uint(max(int(old), int(t18.x))));
            } while (want != old);
        }
        t19.x = old;
    }
    {
        uint n = (t16.x >> 2);
        t20.x = (n < uint(cs_ssbo1.length()) ? atomicOr(cs_ssbo1[n], m0.x) : 0u);
    }
    {
        uint n = (m2.z >> 2);
        t21.x = (n < uint(cs_ssbo1.length()) ? atomicAnd(cs_ssbo1[n], t20.x) : 0u);
    }
    {
        uint n = (m2.w >> 2);
        t22.x = (n < uint(cs_ssbo1.length()) ? atomicXor(cs_ssbo1[n], m2.y) : 0u);
    }
    {
        uint n = (m3.x >> 2);
        t23.x = (n < uint(cs_ssbo1.length()) ? atomicExchange(cs_ssbo1[n], m0.z) : 0u);
    }
    {
        uint n = (m3.y >> 2);
        t24.x = (n < uint(cs_ssbo1.length()) ? atomicCompSwap(cs_ssbo1[n], m2.y, t20.x) : 0u);
    }
    t25.x = t21.x + t22.x;
    t26.x = t23.x + t24.x;
    t27.x = t25.x + t26.x;
    t28.x = t20.x ^ t27.x;
    {
        uint n = (cs_c0[0].x >> 2);
        t29.x = (n < uint(cs_ssbo3.length()) ? atomicAdd(cs_ssbo3[n], m2.y) : 0u);
    }
    {
        uint n = (cs_c0[0].x >> 2);
        t30.x = uint((n < uint(cs_ssbo3.length()) ? cs_ssbo3[n] : 0u));
    }
    t31.x = t29.x + t30.x;
    t32.x = t28.x + t31.x;
    memoryBarrier();
    memoryBarrierBuffer();
    groupMemoryBarrier();
    memoryBarrierShared();
    barrier();
    t0.xyz = U(vec3(sv2.xyz));
    t0.w = U(float(t63.y));
    t33.x = U(float(t32.x));
    {
        uint n = (m0.w >> 2);
        t34 = uvec4((n < uint(cs_ssbo0.length()) ? cs_ssbo0[n] : 0u), (n + 1u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 1u] : 0u), (n + 2u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 2u] : 0u), (n + 3u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 3u] : 0u));
    }
    {
        uint n = (m1.z >> 2);
        t35 = uvec4((n < uint(cs_ssbo0.length()) ? cs_ssbo0[n] : 0u), (n + 1u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 1u] : 0u), (n + 2u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 2u] : 0u), (n + 3u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 3u] : 0u));
    }
    t36 = U(F(t35) + F(t34));
    {
        uint n = (m3.y >> 2);
        t37 = uvec4((n < uint(cs_ssbo0.length()) ? cs_ssbo0[n] : 0u), (n + 1u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 1u] : 0u), (n + 2u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 2u] : 0u), (n + 3u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 3u] : 0u));
    }
    t38 = U(F(t37) + F(t36));
    {
        uint n = (m4.x >> 2);
        t39 = uvec4((n < uint(cs_ssbo0.length()) ? cs_ssbo0[n] : 0u), (n + 1u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 1u] : 0u), (n + 2u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 2u] : 0u), (n + 3u < uint(cs_ssbo0.length()) ? cs_ssbo0[n + 3u] : 0u));
    }
    t40 = U(F(t39) + F(t38));
    t41.x = uint(-int(t2.x));
    t42.x = t41.x << (m0.y & 31u);
    t43.x = t42.x + m4.y;
    {
        uint n = (t43.x >> 2);
        t44 = uvec4((n < uint(1024) ? shared_memory[n] : 0u), (n + 1u < uint(1024) ? shared_memory[n + 1u] : 0u), (n + 2u < uint(1024) ? shared_memory[n + 2u] : 0u), (n + 3u < uint(1024) ? shared_memory[n + 3u] : 0u));
    }
    t45 = U(F(t33.xxxx) * F(t40) + F(t44));
    t46 = U(F(t45) + F(t0));
    {
        uint n = (t15.x >> 2);
        if (n < uint(cs_ssbo2.length())) cs_ssbo2[n] = t46.x;
        if (n + 1u < uint(cs_ssbo2.length())) cs_ssbo2[n + 1u] = t46.y;
        if (n + 2u < uint(cs_ssbo2.length())) cs_ssbo2[n + 2u] = t46.z;
        if (n + 3u < uint(cs_ssbo2.length())) cs_ssbo2[n + 3u] = t46.w;
    }
    t47.x = t32.x & m4.z;
    t48.x = t47.x << (m0.z & 31u);
    t49.x = m0.w + t48.x;
    t50.x = uint(cs_ssbo2.length()) * 4u;
    t51.x = t50.x + m4.w;
    t52.x = -uint(t50.x < m0.w);
    t53.x = select(t52.x, m1.z, t51.x);
    t54.x = t53.x >> (m0.y & 31u);
    {
        uint n = (m1.z >> 2);
        t55.x = uint((n < uint(cs_ssbo2.length()) ? cs_ssbo2[n] : 0u));
    }
    t56.x = t54.x + t55.x;
    {
        uint n = (m1.w >> 2);
        t57.x = uint((n < uint(1024) ? shared_memory[n] : 0u));
    }
    t58.x = t56.x + t57.x;
    {
        uint n = (t49.x >> 2);
        if (n < uint(cs_ssbo1.length())) cs_ssbo1[n] = t58.x;
    }
}
