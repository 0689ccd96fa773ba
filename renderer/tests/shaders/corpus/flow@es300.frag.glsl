#version 300 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[25]; };
const uvec4 m0 = uvec4(0u, 8u, 4u, 16u);
const uvec4 m1 = uvec4(1u, 1092616192u, 3u, 7u);
const uvec4 m2 = uvec4(15u, 7u, 272u, 1082130432u);
const uvec4 m3 = uvec4(1077936128u, 1073741824u, 1065353216u, 0u);
const uvec4 m4 = uvec4(0u, 1u, 2u, 7u);
const uvec4 m5 = uvec4(7u, 8u, 0u, 0u);
in highp vec4 v_generic0;
in highp vec4 v_generic1;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
uint select(uint a, uint b, uint c) { return a != 0u ? b : c; }
uvec2 select(uvec2 a, uvec2 b, uvec2 c) { return uvec2(select(a.x, b.x, c.x), select(a.y, b.y, c.y)); }
uvec3 select(uvec3 a, uvec3 b, uvec3 c) { return uvec3(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z)); }
uvec4 select(uvec4 a, uvec4 b, uvec4 c) { return uvec4(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z), select(a.w, b.w, c.w)); }
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = U(v_generic1);
    ivec4 addr0 = ivec4(0);
    uvec4 a0[8];
    for (int k = 0; k < 8; k++) { a0[k] = uvec4(0u); }
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
    uvec4 t59 = uvec4(0u);
    uvec4 t60 = uvec4(0u);
    uvec4 t61 = uvec4(0u);
    uvec4 t62 = uvec4(0u);
    uvec4 t63 = uvec4(0u);
    uvec4 t64 = uvec4(0u);
    uvec4 t65 = uvec4(0u);
    uvec4 t66 = uvec4(0u);
    uvec4 t67 = uvec4(0u);
    uvec4 t68 = uvec4(0u);
    t8.x = m0.x;
    while (true) {
        t23.x = -uint(int(t8.x) >= int(m0.y));
        if (t23.x != 0u) {
            break;
        }
        t24.x = t8.x << (m0.z & 31u);
        t25.x = t24.x + m0.w;
        t26.x = t25.x >> (m0.z & 31u);
        addr0.x = int(t26.x);
        t27 = fs_c0[clamp(addr0.x, 0, 24)];
        t28 = U(F(t27) * F(i0));
        t29.x = t8.x;
        t30.x = m0.x + t29.x;
        addr0.x = int(t30.x);
        a0[clamp(addr0.x, 0, 7)] = t28;
        t8.x = t8.x + m1.x;
    }
    t10.x = m0.x;
    t9 = m0.xxxx;
    while (true) {
        t31.x = -uint(int(t10.x) >= int(fs_c0[0].x));
        if (t31.x != 0u) {
            break;
        }
        t32.x = -uint(F(m1.y) < F(t9.x));
        if (t32.x != 0u) {
            break;
        }
        t33.x = -uint(t10.x == m1.z);
        if (t33.x != 0u) {
            t10.x = m0.z;
        } else {
            t34.xy = t10.xx & m2.xy;
            t35.x = t34.x << (m0.z & 31u);
            t36.x = t35.x + m0.w;
            t37.x = t36.x >> (m0.z & 31u);
            t38.x = t10.x * m1.z;
            t39.x = t38.x & m1.w;
            t40.x = m0.x + t39.x;
            addr0.x = int(t40.x);
            t41 = a0[clamp(addr0.x, 0, 7)];
            addr0.x = int(t37.x);
            t42 = fs_c0[clamp(addr0.x, 0, 24)];
            t9 = U(F(t42) * F(t41) + F(t9));
            t43.x = t34.y;
            t44 = t9.yyxy;
            t45.x = m0.x + t43.x;
            addr0.x = int(t45.x);
            a0[clamp(addr0.x, 0, 7)].xz = t44.xz;
            t10.x = t10.x + m1.x;
        }
    }
    t12.x = m1.x;
    t11.x = m0.x;
    while (true) {
        t46.x = t11.x << (m0.z & 31u);
        t47.x = t46.x + m2.z;
        t48.x = t47.x >> (m0.z & 31u);
        addr0.x = int(t48.x);
        t49.x = fs_c0[clamp(addr0.x, 0, 24)].x;
        t50.x = U(F(t9.y) + F(t49.x));
        t51.x = -uint(int(fs_c0[0].x) < int(t12.x));
        t52.x = -uint(F(m2.w) < F(t50.x));
        t53.x = t52.x | t51.x;
        t13.xzw = t9.xzw;
        t13.y = t50.x;
        if (t53.x != 0u) {
            break;
        }
        t14.x = m0.x;
        while (true) {
            t54.x = -uint(int(t14.x) >= int(t12.x));
            if (t54.x != 0u) {
                break;
            }
            t55.x = t14.x + fs_c0[0].x;
            t56.x = t55.x & m1.w;
            t57.x = m0.x + t56.x;
            addr0.x = int(t57.x);
            t58 = a0[clamp(addr0.x, 0, 7)];
            t59.x = U(F(t13.z) + F(t58.w));
            t60.x = -uint(F(m3.x) < F(t59.x));
            t13.z = t59.x;
            if (t60.x != 0u) {
                break;
            }
            t14.x = t14.x + m1.x;
        }
        t11.x = t12.x & m1.w;
        t12.x = t12.x + m1.x;
        t9 = t13;
    }
    t18.xzw = t9.xzw;
    t18.y = m3.y;
    t61.xyz = -uvec3(equal(m4.xyz, fs_c0[0].xxx));
    t62 = select(t61.yyyy, t18, t13);
    t63.x = t61.y | t61.z;
    t19.xyz = t62.xyz;
    t19.w = m2.w;
    t20.xyw = t62.xyw;
    t20.z = m3.x;
    t64 = select(t63.xxxx, t20, t19);
    t21.x = m3.z;
    t21.y = t50.x;
    t21.zw = t9.zw;
    t15 = select(t61.xxxx, t21, t64);
    t65.xy = -uvec2(equal(fs_c0[0].xx, m5.xy));
    t16.x = t65.y;
    t66.x = t65.x;
    if (t66.x != 0u) {
        discard;
        t16.x = m0.x;
    } else {
        t17 = t15;
    }
    t22.xy = i1.xy;
    t22.zw = m3.wz;
    t67 = U(F(t15) + F(t22));
    t68 = select(t16.xxxx, t17, t67);
    o0 = t68;
    finish();
}
