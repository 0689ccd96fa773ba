#version 320 es
#extension GL_EXT_tessellation_point_size : require
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
layout(vertices = 4) out;
layout(std140) uniform TcsConst0 { highp uvec4 tcs_c0[1]; };
const uvec4 m0 = uvec4(3u, 0u, 1073741824u, 1077936128u);
flat in highp uvec4 a_generic0[];
flat in highp uvec4 a_generic1[];
flat out highp uvec4 b_generic0[];
flat out highp uvec4 b_generic1[];
patch out highp uvec4 b_patch0;
patch out highp uvec4 b_patch2;
uint umod(uint a, uint b) { return b == 0u ? 0xffffffffu : a % b; }
uvec2 umod(uvec2 a, uvec2 b) { return uvec2(umod(a.x, b.x), umod(a.y, b.y)); }
uvec3 umod(uvec3 a, uvec3 b) { return uvec3(umod(a.x, b.x), umod(a.y, b.y), umod(a.z, b.z)); }
uvec4 umod(uvec4 a, uvec4 b) { return uvec4(umod(a.x, b.x), umod(a.y, b.y), umod(a.z, b.z), umod(a.w, b.w)); }
void main() {
    uvec4 sv0 = uvec4(uint(gl_InvocationID));
    uvec4 sv1 = uvec4(uint(gl_PatchVerticesIn));
    uvec4 sv2 = uvec4(uint(gl_PrimitiveID));
    ivec4 addr0 = ivec4(0);
    ivec4 addr1 = ivec4(0);
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
    t0.x = umod(sv0.x, sv1.x);
    addr1.x = int(t0.x);
    t1 = a_generic0[clamp(addr1.x, 0, 31)];
    addr1.x = int(sv0.x);
    b_generic0[gl_InvocationID] = t1;
    t2.x = a_generic1[0].x + sv2.x;
    addr1.x = int(sv0.x);
    b_generic1[gl_InvocationID].x = t2.x;
    t3.x = umod(sv0.x, m0.x);
    addr1.x = int(t3.x);
    t4 = U(gl_in[clamp(addr1.x, 0, 31)].gl_Position);
    addr1.x = int(sv0.x);
    gl_out[gl_InvocationID].gl_Position = F(t4);
    barrier();
    barrier();
    t5.x = -uint(sv0.x == m0.y);
    if (t5.x != 0u) {
        t6 = b_generic0[1];
        t7 = b_generic0[2];
        t8 = U(F(t6) + F(t7));
        b_patch0 = t8;
        b_patch2.x = tcs_c0[0].x;
        { float r = F(tcs_c0[0].x);
        gl_TessLevelOuter[0] = r;
        }
        t9.xy = tcs_c0[0].xx;
        { float r = F(t9.y);
        gl_TessLevelOuter[1] = r;
        }
        { float r = F(m0.z);
        gl_TessLevelOuter[2] = r;
        }
        t10 = b_generic0[3];
        t11 = t10.xxxx;
        { float r = F(t11.w);
        gl_TessLevelOuter[3] = r;
        }
        { float r = F(tcs_c0[0].x);
        gl_TessLevelInner[0] = r;
        }
        { float r = F(m0.w);
        gl_TessLevelInner[1] = r;
        }
    }
}
