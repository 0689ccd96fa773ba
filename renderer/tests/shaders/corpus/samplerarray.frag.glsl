#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(std140) uniform FsConst0 { highp uvec4 fs_c0[1]; };
layout(std140) uniform FsUbo1 { highp uvec4 fs_c1[8]; };
layout(std140) uniform FsUbo2 { highp uvec4 fs_c2[8]; };
layout(std140) uniform FsUbo3 { highp uvec4 fs_c3[8]; };
uniform highp sampler2D fs_samp0;
uniform highp sampler2D fs_samp1;
uniform highp sampler2D fs_samp2;
uniform highp sampler2D fs_samp3;
const uvec4 m0 = uvec4(3u, 2u, 1u, 268435455u);
const uvec4 m1 = uvec4(4294967295u, 0u, 0u, 0u);
in highp vec4 v_generic0;
in highp vec4 v_generic1;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
uvec4 fetch_constant(int b, int i) {
    switch (b) {
    case 0: return fs_c0[min(i, 0)];
    case 1: return fs_c1[min(i, 7)];
    case 2: return fs_c2[min(i, 7)];
    case 3: return fs_c3[min(i, 7)];
    }
    return uvec4(0u);
}
void finish() {
    fs_color0 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = U(v_generic1);
    ivec4 addr0 = ivec4(0);
    ivec4 addr1 = ivec4(0);
    ivec4 addr2 = ivec4(0);
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
    t0 = U(F(fs_c2[5]) * F(i0.yyyy));
    t1 = U(F(fs_c2[4]) * F(i0.xxxx) + F(t0));
    t2 = U(F(fs_c2[6]) * F(i0.zzzz) + F(t1));
    t3 = U(F(fs_c2[7]) * F(i0.wwww) + F(t2));
    t4.xy = min(fs_c0[0].xx, m0.xy);
    t5.x = t4.x;
    addr2.x = int(t5.x);
    switch (clamp(addr2.x, 0, 31)) {
        case 0: {
            t6 = U(texture(fs_samp0, F(i1.xy)));
            break;
        }
        case 1: {
            t6 = U(texture(fs_samp1, F(i1.xy)));
            break;
        }
        case 2: {
            t6 = U(texture(fs_samp2, F(i1.xy)));
            break;
        }
        case 3: {
            t6 = U(texture(fs_samp3, F(i1.xy)));
            break;
        }
        default: break;
    }
    t7 = U(texture(fs_samp2, F(i1.xy)));
    t8 = U(F(t6) + F(t7));
    t9.x = t4.y + m0.z;
    t10.x = fs_c0[0].x & m0.w;
    t11 = t9.xxxx + m1.xxxx;
    addr1.x = int(t11.x);
    addr0.x = int(t10.x);
    t12 = fetch_constant(clamp(addr1.x + 1, 0, 3), clamp(addr0.x, 0, 65534));
    t13 = U(F(t8) + F(t12));
    o0 = U(F(t13) + F(t3));
    finish();
}
