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
layout(std140) uniform VsConst0 { highp uvec4 vs_c0[16]; };
const uvec4 m0 = uvec4(1065353216u, 0u, 1082130432u, 2139095040u);
const uvec4 m1 = uvec4(3204448256u, 1036831949u, 1092616192u, 2143289344u);
layout(location = 0) in highp vec4 attr0;
layout(location = 1) in highp vec4 attr1;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
out highp vec4 v_generic0;
void finish() {
    v_generic0 = F(o1);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 i0 = U(attr0);
    uvec4 i1 = U(attr1);
    ivec4 addr0 = ivec4(0);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    addr0.x = int(floor(F(i1.x)));
    t0 = vs_c0[clamp(addr0.x + 4, 0, 15)];
    t1.x = m0.y;
    while (true) {
        t2.x = U(float(F(t1.x) >= F(m0.z)));
        if (F(t2.x) != 0.0) {
            break;
        }
        t0 = U(F(vs_c0[0]) * F(t1.xxxx) + F(t0));
        t1.x = U(F(t1.x) + F(m0.x));
    }
    t3.xy = U(trunc(F(t0.xy)));
    t3.zw = U(roundEven(F(t0.zw)));
    o1 = U(clamp(F(t3) * F(m1.yyyy) + F(m1.xxxx), 0.0, 1.0));
    o0 = i0;
    finish();
}
