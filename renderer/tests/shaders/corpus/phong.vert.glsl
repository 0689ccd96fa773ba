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
layout(std140) uniform VsConst0 { highp uvec4 vs_c0[12]; };
layout(location = 0) in highp vec4 attr0;
layout(location = 1) in highp vec4 attr1;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
out highp vec4 v_generic0;
out highp vec4 v_generic1;
void finish() {
    v_generic0 = F(o1);
    v_generic1 = F(o2);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 i0 = U(attr0);
    uvec4 i1 = U(attr1);
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
    t0.xyz = U(F(vs_c0[5].xyz) * F(i1.yyy));
    t1.xyz = U(F(vs_c0[4].xyz) * F(i1.xxx) + F(t0.xyz));
    t2.xyz = U(F(vs_c0[6].xyz) * F(i1.zzz) + F(t1.xyz));
    t3.xyz = U(F(t2.xyz) + F(vs_c0[7].xyz));
    t4.x = U(dot(F(t3.xyz), F(t3.xyz)));
    t5.x = U(inversesqrt(F(t4.x)));
    o2.xyz = U(F(t3.xyz) * F(t5.xxx));
    t6 = U(F(vs_c0[9]) * F(i0.yyyy));
    t7 = U(F(vs_c0[8]) * F(i0.xxxx) + F(t6));
    t8 = U(F(vs_c0[10]) * F(i0.zzzz) + F(t7));
    o1 = U(F(t8) + F(vs_c0[11]));
    t9 = U(F(vs_c0[1]) * F(i0.yyyy));
    t10 = U(F(vs_c0[0]) * F(i0.xxxx) + F(t9));
    t11 = U(F(vs_c0[2]) * F(i0.zzzz) + F(t10));
    o0 = U(F(t11) + F(vs_c0[3]));
    finish();
}
