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
layout(std140) uniform VsConst0 { highp uvec4 vs_c0[1]; };
const uvec4 m0 = uvec4(0u, 6u, 1u, 1065353216u);
layout(location = 0) in highp vec4 attr0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
uvec4 o3 = uvec4(0u);
uvec4 o4 = uvec4(0u);
uvec4 o5 = uvec4(0u);
uvec4 o6 = uvec4(0u);
uvec4 o7 = uvec4(0u);
uvec4 o8 = uvec4(0u);
out highp vec4 v_generic0;
out highp vec4 v_generic1;
out highp vec4 v_generic2;
out highp vec4 v_generic3;
out highp vec4 v_generic4;
out highp vec4 v_generic5;
out highp vec4 v_generic6;
out highp vec4 v_generic7;
void finish() {
    v_generic0 = F(o1);
    v_generic1 = F(o2);
    v_generic2 = F(o3);
    v_generic3 = F(o4);
    v_generic4 = F(o5);
    v_generic5 = F(o6);
    v_generic6 = F(o7);
    v_generic7 = F(o8);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 i0 = U(attr0);
    ivec4 addr0 = ivec4(0);
    uvec4 a0[6];
    for (int k = 0; k < 6; k++) { a0[k] = uvec4(0u); }
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    uvec4 t9 = uvec4(0u);
    uvec4 t10 = uvec4(0u);
    uvec4 t11 = uvec4(0u);
    uvec4 t12 = uvec4(0u);
    t6.x = m0.x;
    while (true) {
        t7.x = -uint(int(t6.x) >= int(m0.y));
        if (t7.x != 0u) {
            break;
        }
        t8.x = U(float(int(t6.x)));
        t9 = U(F(i0) * F(t8.xxxx));
        t10.x = t6.x;
        t11.x = m0.x + t10.x;
        addr0.x = int(t11.x);
        a0[clamp(addr0.x, 0, 5)] = t9;
        t6.x = t6.x + m0.z;
    }
    t12.x = m0.x + vs_c0[0].x;
    addr0.x = int(t12.x);
    a0[clamp(addr0.x, 0, 5)] = m0.wwww;
    o0 = i0;
    o1 = a0[0];
    o2 = a0[1];
    o3 = a0[2];
    o4 = a0[3];
    o5 = a0[4];
    o6 = a0[5];
    o7.x = i0.x;
    o7.yz = m0.xx;
    o7.w = m0.x;
    o8.x = i0.x;
    o8.y = m0.x;
    o8.zw = m0.xx;
    finish();
}
