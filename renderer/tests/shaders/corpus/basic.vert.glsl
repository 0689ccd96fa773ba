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
layout(std140) uniform VsConst0 { highp uvec4 vs_c0[9]; };
const uvec4 m0 = uvec4(1056964608u, 0u, 1090519040u, 1077936128u);
const uvec4 m1 = uvec4(1065353216u, 0u, 0u, 0u);
layout(location = 0) in highp vec4 attr0;
layout(location = 1) in highp vec4 attr1;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
uvec4 o3 = uvec4(0u);
out highp vec4 v_generic0;
out highp vec4 v_generic1;
void finish() {
    gl_PointSize = F(o1.x);
    v_generic0 = F(o2);
    v_generic1 = F(o3);
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
    uvec4 t12 = uvec4(0u);
    uvec4 t13 = uvec4(0u);
    o3.xy = U(F(i0.xy) * F(m0.xx) + F(m0.xx));
    t0.xyz = U(F(vs_c0[5].xyz) * F(i1.yyy));
    t1.xyz = U(F(vs_c0[4].xyz) * F(i1.xxx) + F(t0.xyz));
    t2.xyz = U(F(vs_c0[6].xyz) * F(i1.zzz) + F(t1.xyz));
    t3.x = U(dot(F(t2.xyz), F(t2.xyz)));
    t4.x = U(inversesqrt(F(t3.x)));
    t5.xyz = U(F(t2.xyz) * F(t4.xxx));
    t6.x = U(dot(F(vs_c0[8].xyz), F(vs_c0[8].xyz)));
    t7.x = U(inversesqrt(F(t6.x)));
    t8.xyz = U(F(vs_c0[8].xyz) * F(t7.xxx));
    t9.x = U(dot(F(t5.xyz), F(t8.xyz)));
    t10.x = U(max(F(t9.x), F(m0.y)));
    o2.x = U(pow(F(t10.x), F(m0.z)));
    o2.y = U(pow(F(t10.x), F(m0.z)));
    o2.z = U(pow(F(t10.x), F(m0.z)));
    t11 = U(F(vs_c0[1]) * F(i0.yyyy));
    t12 = U(F(vs_c0[0]) * F(i0.xxxx) + F(t11));
    t13 = U(F(vs_c0[2]) * F(i0.zzzz) + F(t12));
    o0 = U(F(vs_c0[3]) * F(i0.wwww) + F(t13));
    o1.x = m0.w;
    o2.w = m1.x;
    finish();
}
