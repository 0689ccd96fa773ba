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
const uvec4 m0 = uvec4(4294967293u, 0u, 0u, 0u);
layout(location = 0) in highp vec4 attr0;
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
flat out highp uvec4 v_generic0;
flat out highp uvec4 v_generic1;
void finish() {
    v_generic0 = o1;
    v_generic1 = o2;
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 sv0 = uvec4(uint(gl_VertexID));
    uvec4 sv1 = uvec4(uint(gl_InstanceID));
    uvec4 i0 = U(attr0);
    o0 = i0;
    o1.x = vs_c0[0].x;
    o1.y = sv0.x;
    o1.z = sv1.x;
    o1.w = m0.x;
    o2 = vs_c0[0].xxxx;
    finish();
}
