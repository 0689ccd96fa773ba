#version 320 es
#extension GL_EXT_geometry_point_size : require
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
layout(points) in;
layout(points, max_vertices = 2) out;
const uvec4 m0 = uvec4(0u, 1056964608u, 1065353216u, 0u);
flat in highp uvec4 a_generic0[];
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
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    o0 = U(gl_in[0].gl_Position);
    o1 = a_generic0[0];
    finish();
    EmitVertex();
    t0.x = U(gl_in[0].gl_Position.x + F(m0.y));
    t0.yzw = U(gl_in[0].gl_Position.yzw);
    o0 = t0;
    t1.xzw = a_generic0[0].xzw;
    t1.y = m0.z;
    o1 = t1;
    finish();
    EmitVertex();
}
