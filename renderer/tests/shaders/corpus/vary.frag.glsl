#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[1]; };
const uvec4 m0 = uvec4(3u, 1u, 2u, 4u);
const uvec4 m1 = uvec4(5u, 0u, 0u, 0u);
in highp vec4 v_generic0;
in highp vec4 v_generic1;
in highp vec4 v_generic2;
in highp vec4 v_generic3;
in highp vec4 v_generic4;
in highp vec4 v_generic5;
in highp vec4 v_generic6;
in highp vec4 v_generic7;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = U(v_generic1);
    uvec4 i2 = U(v_generic2);
    uvec4 i3 = U(v_generic3);
    uvec4 i4 = U(v_generic4);
    uvec4 i5 = U(v_generic5);
    uvec4 i6 = U(v_generic6);
    uvec4 i7 = U(v_generic7);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    t2 = -uvec4(lessThan(ivec4(fs_c0[0].xxxx), ivec4(m0)));
    t3.x = t2.y;
    t4.x = t2.w;
    t5.x = t2.z;
    t6.x = t2.x;
    if (t6.x != 0u) {
        if (t3.x != 0u) {
            t0 = i0;
        } else {
            if (t5.x != 0u) {
                t0 = i1;
            } else {
                t0 = i2;
            }
        }
    } else {
        if (t4.x != 0u) {
            t0 = i3;
        } else {
            t7.x = -uint(int(fs_c0[0].x) < int(m1.x));
            if (t7.x != 0u) {
                t0 = i4;
            } else {
                t0 = i5;
            }
        }
    }
    t8 = U(F(t0) + F(i2));
    t1.x = i6.w;
    t1.yz = i7.xy;
    t1.w = m1.y;
    o0 = U(F(t8) + F(t1));
    finish();
}
