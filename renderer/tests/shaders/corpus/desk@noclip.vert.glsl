#version 320 es
#extension GL_NV_shader_noperspective_interpolation : require
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
layout(std140) uniform VsConst0 { highp uvec4 vs_c0[4]; };
const uvec4 m0 = uvec4(1065353216u, 1050253722u, 0u, 1u);
const uvec4 m1 = uvec4(1u, 2u, 0u, 0u);
layout(location = 0) in highp vec4 attr0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
uvec4 o3 = uvec4(0u);
uvec4 o4 = uvec4(0u);
uvec4 o5 = uvec4(0u);
uvec4 o6 = uvec4(0u);
out highp vec4 v_generic0;
flat out highp uvec4 v_generic1;
noperspective out highp vec4 v_generic2;
centroid out highp vec4 v_generic3;
out highp vec4 v_clip0;
out highp vec4 v_clip1;
void finish() {
    v_generic0 = F(o3);
    v_generic1 = o4;
    v_generic2 = F(o5);
    v_generic3 = F(o6);
    v_clip0 = vec4(F(o1.x), F(o1.y), F(o1.z), F(o1.w));
    v_clip1 = vec4(F(o2.x), 0.0, 0.0, 0.0);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 sv0 = uvec4(uint(gl_VertexID));
    uvec4 sv1 = uvec4(uint(gl_InstanceID));
    uvec4 i0 = U(attr0);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    t0 = U(F(vs_c0[1]) * F(i0.yyyy));
    t1 = U(F(vs_c0[0]) * F(i0.xxxx) + F(t0));
    t2 = U(F(vs_c0[2]) * F(i0.zzzz) + F(t1));
    o0 = U(F(vs_c0[3]) * F(i0.wwww) + F(t2));
    t7.xyw = i0.xyz;
    o1 = t7;
    t7.z = m0.x;
    o1 = t7;
    t8 = m0.yzzz;
    o2 = t8;
    o3 = i0;
    o5.xy = i0.xy;
    o4.x = sv0.x;
    o4.y = sv1.x;
    o4.zw = m1.xy;
    o6.xyz = i0.zyx;
    finish();
}
