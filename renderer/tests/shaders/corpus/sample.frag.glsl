#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[1]; };
const uvec4 m0 = uvec4(0u, 1048576000u, 5u, 1065353216u);
sample in highp vec4 v_generic0;
in highp vec4 v_generic1;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
uint select(uint a, uint b, uint c) { return a != 0u ? b : c; }
uvec2 select(uvec2 a, uvec2 b, uvec2 c) { return uvec2(select(a.x, b.x, c.x), select(a.y, b.y, c.y)); }
uvec3 select(uvec3 a, uvec3 b, uvec3 c) { return uvec3(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z)); }
uvec4 select(uvec4 a, uvec4 b, uvec4 c) { return uvec4(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z), select(a.w, b.w, c.w)); }
void finish() {
    fs_color0 = F(o0);
    gl_SampleMask[0] = int(o1.x);
}
void main() {
    uvec4 sv0 = uvec4(U(gl_SamplePosition), 0u, 0u);
    uvec4 sv1 = uvec4(uint(gl_SampleID));
    uvec4 sv2 = uvec4(uint(gl_SampleMaskIn[0]));
    uvec4 sv3 = uvec4(gl_HelperInvocation ? 0xffffffffu : 0u);
    uvec4 i0 = uvec4(uint(gl_PrimitiveID));
    uvec4 i1 = uvec4(uint(gl_Layer));
    uvec4 i2 = U(v_generic0);
    uvec4 i3 = U(v_generic1);
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
    uvec4 t20 = uvec4(0u);
    uvec4 t21 = uvec4(0u);
    t20 = uvec4(max(ivec4(i1), ivec4(i1)));
    t21 = sv3;
    t4.x = U(max(F(fs_c0[0].z), F(m0.x)));
    t0.y = U(F(sv0.y) * F(fs_c0[0].x) + F(t4.x));
    t0.z = U(float(int(sv1.x)));
    t0.w = U(float(int(sv2.x)));
    t0.x = sv0.x;
    t5 = U(F(i2) + F(t0));
    t6.xy = U(interpolateAtSample(v_generic1, int(sv1.x)).xy);
    t7.xy = U(interpolateAtCentroid(v_generic1).xy);
    t8.xy = U(F(t7.xy) + F(t6.xy));
    t1.y = U(F(m0.y) * F(fs_c0[0].x));
    t1.x = m0.y;
    t9.xy = t1.xy;
    t10.xy = U(interpolateAtOffset(v_generic1, F(t9.xy)).xy);
    t11.xy = U(F(t8.xy) + F(t10.xy));
    t12.xy = U(F(t5.xy) + F(t11.xy));
    t16.x = sv2.x & m0.z;
    o1.x = t16.x;
    t2.x = m0.w;
    t2.y = t12.y;
    t2.zw = t5.zw;
    t3.xy = t12.xy;
    t3.zw = t5.zw;
    t13 = select(t21.xxxx, t2, t3);
    t14.x = i0.x + t20.x;
    t15.x = U(float(int(t14.x)));
    o0.w = U(F(t13.w) + F(t15.x));
    o0.xyz = t13.xyz;
    finish();
}
