#version 320 es
#extension GL_EXT_tessellation_point_size : require
precision highp float;
precision highp int;
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
layout(vertices = 3) out;
flat in highp uvec4 a_generic0[];
flat out highp uvec4 b_generic0[];
void main() {
    gl_out[gl_InvocationID].gl_Position = gl_in[gl_InvocationID].gl_Position;
    b_generic0[gl_InvocationID] = a_generic0[gl_InvocationID];
    gl_TessLevelOuter[0] = sys_tess_outer[0];
    gl_TessLevelOuter[1] = sys_tess_outer[1];
    gl_TessLevelOuter[2] = sys_tess_outer[2];
    gl_TessLevelOuter[3] = sys_tess_outer[3];
    gl_TessLevelInner[0] = sys_tess_inner[0];
    gl_TessLevelInner[1] = sys_tess_inner[1];
}
