#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[7]; };
const uvec4 m0 = uvec4(2u, 3u, 4u, 1u);
const uvec4 m1 = uvec4(2139095040u, 8388607u, 0u, 32767u);
const uvec4 m2 = uvec4(947912704u, 1199570944u, 1266679808u, 3355443200u);
const uvec4 m3 = uvec4(13u, 1174405120u, 31744u, 2147483648u);
const uvec4 m4 = uvec4(16u, 31744u, 1023u, 32768u);
const uvec4 m5 = uvec4(114688u, 2147483647u, 1132396544u, 255u);
const uvec4 m6 = uvec4(8u, 24u, 3212836864u, 1065353216u);
const uvec4 m7 = uvec4(1191181824u, 65535u, 0u, 0u);
flat in highp uvec4 v_generic0;
flat in highp uvec4 v_generic1;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
uint select(uint a, uint b, uint c) { return a != 0u ? b : c; }
uvec2 select(uvec2 a, uvec2 b, uvec2 c) { return uvec2(select(a.x, b.x, c.x), select(a.y, b.y, c.y)); }
uvec3 select(uvec3 a, uvec3 b, uvec3 c) { return uvec3(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z)); }
uvec4 select(uvec4 a, uvec4 b, uvec4 c) { return uvec4(select(a.x, b.x, c.x), select(a.y, b.y, c.y), select(a.z, b.z, c.z), select(a.w, b.w, c.w)); }
uint udiv(uint a, uint b) { return b == 0u ? 0xffffffffu : a / b; }
uvec2 udiv(uvec2 a, uvec2 b) { return uvec2(udiv(a.x, b.x), udiv(a.y, b.y)); }
uvec3 udiv(uvec3 a, uvec3 b) { return uvec3(udiv(a.x, b.x), udiv(a.y, b.y), udiv(a.z, b.z)); }
uvec4 udiv(uvec4 a, uvec4 b) { return uvec4(udiv(a.x, b.x), udiv(a.y, b.y), udiv(a.z, b.z), udiv(a.w, b.w)); }
uint umod(uint a, uint b) { return b == 0u ? 0xffffffffu : a % b; }
uvec2 umod(uvec2 a, uvec2 b) { return uvec2(umod(a.x, b.x), umod(a.y, b.y)); }
uvec3 umod(uvec3 a, uvec3 b) { return uvec3(umod(a.x, b.x), umod(a.y, b.y), umod(a.z, b.z)); }
uvec4 umod(uvec4 a, uvec4 b) { return uvec4(umod(a.x, b.x), umod(a.y, b.y), umod(a.z, b.z), umod(a.w, b.w)); }
int idiv(int a, int b) { if (b == 0) { return -1; } int q = int(uint(abs(a)) / uint(abs(b))); return (a < 0) != (b < 0) ? -q : q; }
ivec2 idiv(ivec2 a, ivec2 b) { return ivec2(idiv(a.x, b.x), idiv(a.y, b.y)); }
ivec3 idiv(ivec3 a, ivec3 b) { return ivec3(idiv(a.x, b.x), idiv(a.y, b.y), idiv(a.z, b.z)); }
ivec4 idiv(ivec4 a, ivec4 b) { return ivec4(idiv(a.x, b.x), idiv(a.y, b.y), idiv(a.z, b.z), idiv(a.w, b.w)); }
uint umul_hi(uint a, uint b) { uint high, low; umulExtended(a, b, high, low); return high; }
uvec2 umul_hi(uvec2 a, uvec2 b) { return uvec2(umul_hi(a.x, b.x), umul_hi(a.y, b.y)); }
uvec3 umul_hi(uvec3 a, uvec3 b) { return uvec3(umul_hi(a.x, b.x), umul_hi(a.y, b.y), umul_hi(a.z, b.z)); }
uvec4 umul_hi(uvec4 a, uvec4 b) { return uvec4(umul_hi(a.x, b.x), umul_hi(a.y, b.y), umul_hi(a.z, b.z), umul_hi(a.w, b.w)); }
int imul_hi(int a, int b) { int high, low; imulExtended(a, b, high, low); return high; }
ivec2 imul_hi(ivec2 a, ivec2 b) { return ivec2(imul_hi(a.x, b.x), imul_hi(a.y, b.y)); }
ivec3 imul_hi(ivec3 a, ivec3 b) { return ivec3(imul_hi(a.x, b.x), imul_hi(a.y, b.y), imul_hi(a.z, b.z)); }
ivec4 imul_hi(ivec4 a, ivec4 b) { return ivec4(imul_hi(a.x, b.x), imul_hi(a.y, b.y), imul_hi(a.z, b.z), imul_hi(a.w, b.w)); }
uint ubfe(uint a, uint b, uint c) { uint o = b & 31u, w = c & 31u; if (c == 32u) { return a >> o; } if (w == 0u) { return 0u; } return w + o < 32u ? (a << (32u - w - o)) >> (32u - w) : a >> o; }
uvec2 ubfe(uvec2 a, uvec2 b, uvec2 c) { return uvec2(ubfe(a.x, b.x, c.x), ubfe(a.y, b.y, c.y)); }
uvec3 ubfe(uvec3 a, uvec3 b, uvec3 c) { return uvec3(ubfe(a.x, b.x, c.x), ubfe(a.y, b.y, c.y), ubfe(a.z, b.z, c.z)); }
uvec4 ubfe(uvec4 a, uvec4 b, uvec4 c) { return uvec4(ubfe(a.x, b.x, c.x), ubfe(a.y, b.y, c.y), ubfe(a.z, b.z, c.z), ubfe(a.w, b.w, c.w)); }
int ibfe(int a, uint b, uint c) { uint o = b & 31u, w = c & 31u; if (c == 32u) { return a >> o; } if (w == 0u) { return 0; } return w + o < 32u ? (a << (32u - w - o)) >> (32u - w) : a >> o; }
ivec2 ibfe(ivec2 a, uvec2 b, uvec2 c) { return ivec2(ibfe(a.x, b.x, c.x), ibfe(a.y, b.y, c.y)); }
ivec3 ibfe(ivec3 a, uvec3 b, uvec3 c) { return ivec3(ibfe(a.x, b.x, c.x), ibfe(a.y, b.y, c.y), ibfe(a.z, b.z, c.z)); }
ivec4 ibfe(ivec4 a, uvec4 b, uvec4 c) { return ivec4(ibfe(a.x, b.x, c.x), ibfe(a.y, b.y, c.y), ibfe(a.z, b.z, c.z), ibfe(a.w, b.w, c.w)); }
uint bfi(uint a, uint b, uint c, uint d) { uint o = c & 31u; uint m = d >= 32u ? 0xffffffffu : ((1u << (d & 31u)) - 1u) << o; return (a & ~m) | ((b << o) & m); }
uvec2 bfi(uvec2 a, uvec2 b, uvec2 c, uvec2 d) { return uvec2(bfi(a.x, b.x, c.x, d.x), bfi(a.y, b.y, c.y, d.y)); }
uvec3 bfi(uvec3 a, uvec3 b, uvec3 c, uvec3 d) { return uvec3(bfi(a.x, b.x, c.x, d.x), bfi(a.y, b.y, c.y, d.y), bfi(a.z, b.z, c.z, d.z)); }
uvec4 bfi(uvec4 a, uvec4 b, uvec4 c, uvec4 d) { return uvec4(bfi(a.x, b.x, c.x, d.x), bfi(a.y, b.y, c.y, d.y), bfi(a.z, b.z, c.z, d.z), bfi(a.w, b.w, c.w, d.w)); }
uint brev(uint a) { return bitfieldReverse(a); }
uvec2 brev(uvec2 a) { return uvec2(brev(a.x), brev(a.y)); }
uvec3 brev(uvec3 a) { return uvec3(brev(a.x), brev(a.y), brev(a.z)); }
uvec4 brev(uvec4 a) { return uvec4(brev(a.x), brev(a.y), brev(a.z), brev(a.w)); }
uint popc(uint a) { return uint(bitCount(a)); }
uvec2 popc(uvec2 a) { return uvec2(popc(a.x), popc(a.y)); }
uvec3 popc(uvec3 a) { return uvec3(popc(a.x), popc(a.y), popc(a.z)); }
uvec4 popc(uvec4 a) { return uvec4(popc(a.x), popc(a.y), popc(a.z), popc(a.w)); }
int find_lsb(uint a) { return findLSB(a); }
ivec2 find_lsb(uvec2 a) { return ivec2(find_lsb(a.x), find_lsb(a.y)); }
ivec3 find_lsb(uvec3 a) { return ivec3(find_lsb(a.x), find_lsb(a.y), find_lsb(a.z)); }
ivec4 find_lsb(uvec4 a) { return ivec4(find_lsb(a.x), find_lsb(a.y), find_lsb(a.z), find_lsb(a.w)); }
int find_msb(uint a) { return findMSB(a); }
ivec2 find_msb(uvec2 a) { return ivec2(find_msb(a.x), find_msb(a.y)); }
ivec3 find_msb(uvec3 a) { return ivec3(find_msb(a.x), find_msb(a.y), find_msb(a.z)); }
ivec4 find_msb(uvec4 a) { return ivec4(find_msb(a.x), find_msb(a.y), find_msb(a.z), find_msb(a.w)); }
int find_msb_signed(int a) { return findMSB(a); }
ivec2 find_msb_signed(ivec2 a) { return ivec2(find_msb_signed(a.x), find_msb_signed(a.y)); }
ivec3 find_msb_signed(ivec3 a) { return ivec3(find_msb_signed(a.x), find_msb_signed(a.y), find_msb_signed(a.z)); }
ivec4 find_msb_signed(ivec4 a) { return ivec4(find_msb_signed(a.x), find_msb_signed(a.y), find_msb_signed(a.z), find_msb_signed(a.w)); }
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = v_generic0;
    uvec4 i1 = v_generic1;
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
    uvec4 t69 = uvec4(0u);
    uvec4 t70 = uvec4(0u);
    uvec4 t71 = uvec4(0u);
    uvec4 t72 = uvec4(0u);
    uvec4 t73 = uvec4(0u);
    uvec4 t74 = uvec4(0u);
    uvec4 t75 = uvec4(0u);
    uvec4 t76 = uvec4(0u);
    uvec4 t77 = uvec4(0u);
    uvec4 t78 = uvec4(0u);
    uvec4 t79 = uvec4(0u);
    uvec4 t80 = uvec4(0u);
    uvec4 t81 = uvec4(0u);
    uvec4 t82 = uvec4(0u);
    uvec4 t83 = uvec4(0u);
    uvec4 t84 = uvec4(0u);
    uvec4 t85 = uvec4(0u);
    uvec4 t86 = uvec4(0u);
    uvec4 t87 = uvec4(0u);
    uvec4 t88 = uvec4(0u);
    uvec4 t89 = uvec4(0u);
    uvec4 t90 = uvec4(0u);
    uvec4 t91 = uvec4(0u);
    uvec4 t92 = uvec4(0u);
    uvec4 t93 = uvec4(0u);
    uvec4 t94 = uvec4(0u);
    uvec4 t95 = uvec4(0u);
    uvec4 t96 = uvec4(0u);
    uvec4 t97 = uvec4(0u);
    uvec4 t98 = uvec4(0u);
    uvec4 t99 = uvec4(0u);
    uvec4 t100 = uvec4(0u);
    uvec4 t101 = uvec4(0u);
    uvec4 t102 = uvec4(0u);
    uvec4 t103 = uvec4(0u);
    uvec4 t104 = uvec4(0u);
    uvec4 t105 = uvec4(0u);
    uvec4 t106 = uvec4(0u);
    uvec4 t107 = uvec4(0u);
    uvec4 t108 = uvec4(0u);
    uvec4 t109 = uvec4(0u);
    uvec4 t110 = uvec4(0u);
    uvec4 t111 = uvec4(0u);
    uvec4 t112 = uvec4(0u);
    uvec4 t113 = uvec4(0u);
    uvec4 t114 = uvec4(0u);
    uvec4 t115 = uvec4(0u);
    uvec4 t116 = uvec4(0u);
    uvec4 t117 = uvec4(0u);
    uvec4 t118 = uvec4(0u);
    uvec4 t119 = uvec4(0u);
    uvec4 t120 = uvec4(0u);
    uvec4 t121 = uvec4(0u);
    uvec4 t122 = uvec4(0u);
    uvec4 t123 = uvec4(0u);
    uvec4 t124 = uvec4(0u);
    uvec4 t125 = uvec4(0u);
    uvec4 t126 = uvec4(0u);
    uvec4 t127 = uvec4(0u);
    uvec4 t128 = uvec4(0u);
    uvec4 t129 = uvec4(0u);
    uvec4 t130 = uvec4(0u);
    uvec4 t131 = uvec4(0u);
    uvec4 t132 = uvec4(0u);
    uvec4 t133 = uvec4(0u);
    uvec4 t134 = uvec4(0u);
    uvec4 t135 = uvec4(0u);
    uvec4 t136 = uvec4(0u);
    uvec4 t137 = uvec4(0u);
    uvec4 t138 = uvec4(0u);
    uvec4 t139 = uvec4(0u);
    uvec4 t140 = uvec4(0u);
    uvec4 t141 = uvec4(0u);
    uvec4 t142 = uvec4(0u);
    uvec4 t143 = uvec4(0u);
    uvec4 t144 = uvec4(0u);
    uvec4 t145 = uvec4(0u);
    uvec4 t146 = uvec4(0u);
    uvec4 t147 = uvec4(0u);
    uvec4 t148 = uvec4(0u);
    uvec4 t149 = uvec4(0u);
    uvec4 t150 = uvec4(0u);
    uvec4 t151 = uvec4(0u);
    uvec4 t152 = uvec4(0u);
    uvec4 t153 = uvec4(0u);
    uvec4 t154 = uvec4(0u);
    uvec4 t155 = uvec4(0u);
    uvec4 t156 = uvec4(0u);
    uvec4 t157 = uvec4(0u);
    uvec4 t158 = uvec4(0u);
    uvec4 t159 = uvec4(0u);
    uvec4 t160 = uvec4(0u);
    uvec4 t161 = uvec4(0u);
    uvec4 t162 = uvec4(0u);
    uvec4 t163 = uvec4(0u);
    uvec4 t164 = uvec4(0u);
    t6 = i0 * fs_c0[0];
    t7 = t6 + fs_c0[1];
    t8 = uvec4(-ivec4(fs_c0[2]));
    t9 = t7 + t8;
    t10 = uvec4(idiv(ivec4(t9), ivec4(fs_c0[3])));
    t11 = umod(t10, fs_c0[1]);
    t12 = udiv(i1, fs_c0[4]);
    t13 = umod(t12, fs_c0[5]);
    t14 = t11 << (fs_c0[0] & 31u);
    t15 = uvec4(ivec4(t14) >> (m0.xxxx & 31u));
    t16 = t13 << (fs_c0[4] & 31u);
    t17 = t16 >> (fs_c0[5] & 31u);
    t18 = t15 & fs_c0[0];
    t19 = ~fs_c0[2];
    t20 = fs_c0[1] ^ t19;
    t21 = t18 | t20;
    t22 = t17 ^ fs_c0[6];
    t23 = uvec4(min(ivec4(t21), ivec4(fs_c0[0])));
    t24 = uvec4(max(ivec4(t21), ivec4(fs_c0[1])));
    t25 = t23 + t24;
    t26 = min(t22, fs_c0[4]);
    t27 = max(t22, fs_c0[5]);
    t28 = t26 + t27;
    t29 = uvec4(abs(ivec4(t25)));
    t30 = uvec4(sign(ivec4(t25)));
    t31 = t29 + t30;
    t32 = ubfe(t28, m0.yyyy, m0.zzzz);
    t33 = bfi(t28, fs_c0[4], fs_c0[0].xxxx, fs_c0[0].yyyy);
    t34 = t32 + t33;
    t35 = brev(t28);
    t36 = t34 + t35;
    t37 = uvec4(ibfe(ivec4(t31), fs_c0[0].xxxx, fs_c0[0].yyyy));
    t38 = t31 + t37;
    t39 = popc(t38);
    t40 = uvec4(find_lsb(t38));
    t41 = t39 + t40;
    t42 = uvec4(find_msb_signed(ivec4(t38)));
    t43 = t41 + t42;
    t44 = uvec4(find_msb(t36));
    t45 = t43 + t44;
    t46 = popc(t36);
    t47 = t45 + t46;
    t48 = t38 + t47;
    t49 = umul_hi(t36, fs_c0[5]);
    t50 = t36 * fs_c0[5];
    t51 = t49 ^ t50;
    t52 = t36 + t51;
    t53 = uvec4(imul_hi(ivec4(t48), ivec4(fs_c0[0])));
    t54 = t48 * fs_c0[0];
    t55 = t53 ^ t54;
    t56 = t48 + t55;
    t57 = t52 + fs_c0[4];
    t58 = -uvec4(lessThan(t57, t52));
    t59 = t58 & m0.wwww;
    t60 = t57 + t59;
    t61 = uvec4(-ivec4(fs_c0[5]));
    t62 = t60 + t61;
    t63 = -uvec4(lessThan(t60, fs_c0[5]));
    t64 = t63 & m0.wwww;
    t65 = t62 + t64;
    t66 = -uvec4(greaterThanEqual(t65, fs_c0[4]));
    t67 = t66 & m0.wwww;
    t68 = -uvec4(lessThan(ivec4(t56), ivec4(fs_c0[0])));
    t69 = t68 & m0.wwww;
    t70 = t69 + t67;
    t71 = -uvec4(equal(t56, fs_c0[1]));
    t72 = t71 & m0.wwww;
    t73 = t70 + t72;
    t74 = -uvec4(notEqual(t65, fs_c0[5]));
    t75 = t74 & m0.wwww;
    t76 = t73 + t75;
    t77 = U(vec4(ivec4(t76)));
    t78 = U(vec4(t65));
    t79 = U(F(t77) + F(t78));
    t80.x = U(F(t79.x) + F(t76.x));
    t81.x = U(float(t80.x));
    t82.x = U(F(t79.y) + F(t81.x));
    t2.x = t80.x;
    t2.y = t82.x;
    t83 = t2.xyxy & m1.xxyy;
    t84.xy = -uvec2(notEqual(t83.zw, m1.zz));
    t85.xy = -uvec2(equal(t83.xy, m1.xx));
    t86.xy = t85.xy & t84.xy;
    t87.x = t86.y;
    t88.x = t86.x;
    if (t88.x != 0u) {
        t0.x = m1.w;
    } else {
        t89.xy = -uvec2(lessThan(t83.xx, m2.xy));
        t90.x = t89.x;
        if (t90.x != 0u) {
            t91.x = U(max(F(t80.x), (-F(t80.x))));
            t92.x = U(F(t91.x) * F(m2.z));
            t93.x = U(roundEven(F(t92.x)));
            t0.x = uint(F(t93.x));
        } else {
            t94.x = t83.x + m2.w;
            t95.x = t94.x >> (m3.x & 31u);
            t96.x = U(float(t83.z));
            t97.x = U(F(t96.x) / F(m3.y));
            t98.x = U(roundEven(F(t97.x)));
            t99.x = uint(F(t98.x));
            t100.x = t95.x + t99.x;
            t0.x = select(t89.y, t100.x, m3.z);
        }
    }
    if (t87.x != 0u) {
        t1.x = m1.w;
    } else {
        t101.xy = -uvec2(lessThan(t83.yy, m2.xy));
        t102.x = t101.x;
        if (t102.x != 0u) {
            t103.x = U(max(F(t82.x), (-F(t82.x))));
            t104.x = U(F(t103.x) * F(m2.z));
            t1.x = uint(F(t104.x));
        } else {
            t105.x = t83.y + m2.w;
            t106.x = t105.x >> (m3.x & 31u);
            t107.x = U(float(t83.w));
            t108.x = U(F(t107.x) / F(m3.y));
            t109.x = U(roundEven(F(t108.x)));
            t110.x = uint(F(t109.x));
            t111.x = t106.x + t110.x;
            t1.x = select(t101.y, t111.x, m3.z);
        }
    }
    t112.xy = t2.xy & m3.ww;
    t113.xy = t112.xy >> (m4.xx & 31u);
    t3.x = t0.x;
    t3.y = t1.x;
    t114.xy = t3.xy | t113.xy;
    t115.x = t114.y << (m4.x & 31u);
    t116.x = t115.x | t114.x;
    t117.xyz = m4.yzw & t116.xxx;
    t118.x = U(float(t117.y));
    t119.x = U(F(t118.x) / F(m2.z));
    t120.x = t117.x + m5.x;
    t121.x = t120.x | t117.y;
    t122.x = t121.x << (m3.x & 31u);
    t123.xy = -uvec2(equal(t117.xy, m1.zz));
    t124.x = select(t123.y, m1.x, m5.y);
    t125.x = -uint(t117.x < m3.z);
    t126.x = select(t125.x, t122.x, t124.x);
    t127.x = select(t123.x, t119.x, t126.x);
    t128.x = t117.z << (m4.x & 31u);
    t129.x = t127.x | t128.x;
    t130.x = U(F(t79.z) + F(t129.x));
    t4.x = t80.x;
    t4.y = t82.x;
    t4.z = t130.x;
    t4.w = t79.w;
    t131 = U(clamp(F(t4), 0.0, 1.0));
    t132 = U(F(t131) * F(m5.zzzz));
    t133 = U(roundEven(F(t132)));
    t134 = uvec4(F(t133));
    t135.x = t134.x & m5.w;
    t136.x = bfi(t135.x, t134.y, m6.x, m6.x);
    t137.x = bfi(t136.x, t134.z, m4.x, m6.x);
    t138.x = bfi(t137.x, t134.w, m6.y, m6.x);
    t139.x = t138.x & m5.w;
    t140.xy = U(max(F(t2.xy), F(m6.zz)));
    t141.xy = U(min(F(t140.xy), F(m6.ww)));
    t142.xy = U(F(t141.xy) * F(m7.xx));
    t143.xy = U(roundEven(F(t142.xy)));
    t144.xy = uvec2(ivec2(F(t143.xy)));
    t145.x = t144.x & m7.y;
    t146.x = bfi(t145.x, t144.y, m4.x, m4.x);
    t147.x = uint(ibfe(int(t146.x), m4.x, m4.x));
    t148.x = U(float(t139.x));
    t149.x = U(F(t148.x) / F(m5.z));
    t150.x = U(float(int(t147.x)));
    t151.x = U(F(t150.x) / F(m7.x));
    t152.x = U(max(F(t151.x), F(m6.z)));
    t153.x = U(min(F(t152.x), F(m6.w)));
    t154.x = U(F(t149.x) + F(t153.x));
    t5.w = U(F(t79.w) + F(t154.x));
    t155.x = uint(int(F(t80.x)));
    t5.x = t80.x;
    t5.y = t82.x;
    t5.z = t130.x;
    t156 = uvec4(F(t5));
    t157 = U(trunc(F(t5)));
    t158 = U(vec4(t156));
    t159 = U(F(t157) + F(t158));
    t160 = U(F(t5) + F(t159));
    t161.x = -uint(t156.y < m0.z);
    t162.x = -uint(int(m0.y) < int(t155.x));
    t163.x = t162.x | t161.x;
    t164 = select(t163.xxxx, t160, t157);
    o0 = t164;
    finish();
}
