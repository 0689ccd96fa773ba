#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform MaroSystem {
    highp float sys_y_sign;
    highp float sys_alpha_ref;
    highp float sys_point_size;
    highp float sys_sprite_y_scale;
    highp float sys_sprite_y_bias;
    highp int sys_base_vertex;
    highp int sys_base_instance;
    highp int sys_draw_id;
    highp vec4 sys_clip_planes[8];
    highp uvec4 sys_stipple[8];
    highp vec4 sys_tess_outer;
    highp vec4 sys_tess_inner;
    highp uvec4 sys_samplers[48];
    highp vec4 sys_depth;
};
layout(std140) uniform VsUbo1 { highp uvec4 vs_c1[9]; };
layout(std140) uniform VsUbo2 { highp uvec4 vs_c2[65]; };
const uvec4 m0 = uvec4(0u, 4u, 64u, 1u);
const uvec4 m1 = uvec4(3u, 1u, 2u, 268435455u);
layout(location = 0) in highp vec4 attr0;
layout(location = 1) in highp ivec4 attr1;
layout(location = 2) in highp uvec4 attr2;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
out highp vec4 v_generic0;
flat out highp uvec4 v_generic1;
uint select(uint a, uint b, uint c) { return a != 0u ? b : c; }
uvec2 select(uvec2 a, uvec2 b, uvec2 c) { return uvec2(select(a.x, b.x, c.x), select(a.y, b.y, c.y)); }
uvec3 select(uvec3 a, uvec3 b, uvec3 c) { return uvec3(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z)); }
uvec4 select(uvec4 a, uvec4 b, uvec4 c) { return uvec4(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z), select(a.w, b.w, c.w)); }
void finish() {
    v_generic0 = F(o1);
    v_generic1 = o2;
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 i0 = U(attr0);
    uvec4 i1 = uvec4(attr1);
    uvec4 i2 = attr2;
    ivec4 addr0 = ivec4(0);
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
    t0 = i0;
    t1.x = m0.x;
    while (true) {
        t4.x = -uint(int(t1.x) >= int(m0.y));
        if (t4.x != 0u) {
            break;
        }
        t5.xyz = -uvec3(lessThan(ivec3(t1.xxx), ivec3(m1.xyz)));
        t6.xy = select(t5.xy, i1.zx, i1.wy);
        t7.x = select(t5.z, t6.y, t6.x);
        t8.x = t7.x << (m0.y & 31u);
        t9.x = m0.z + t8.x;
        t10.x = t9.x >> (m0.y & 31u);
        t11.xy = select(t5.xy, i2.zx, i2.wy);
        t12.x = select(t5.z, t11.y, t11.x);
        t13.x = U(float(t12.x));
        addr0.x = int(t10.x);
        t14 = vs_c2[clamp(addr0.x, 0, 64)];
        t0 = U(F(t14) * F(t13.xxxx) + F(t0));
        t1.x = t1.x + m0.w;
    }
    t3.x = m0.x;
    t2 = m0.xxxx;
    while (true) {
        t15.x = -uint(t3.x >= vs_c1[8].x);
        if (t15.x != 0u) {
            break;
        }
        t16.x = t3.x & m1.w;
        addr0.x = int(t16.x);
        t17 = vs_c1[clamp(addr0.x, 0, 8)];
        t2 = U(F(t2) + F(t17));
        t3.x = t3.x + m0.w;
    }
    t21 = i1 + vs_c2[64];
    o2 = t21;
    t18 = U(F(vs_c2[1]) * F(t0.yyyy));
    t19 = U(F(vs_c2[0]) * F(t0.xxxx) + F(t18));
    t20 = U(F(vs_c2[2]) * F(t0.zzzz) + F(t19));
    o0 = U(F(vs_c2[3]) * F(t0.wwww) + F(t20));
    o1 = t2;
    finish();
}
