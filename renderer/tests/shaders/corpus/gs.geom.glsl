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
layout(triangles, invocations = 2) in;
layout(triangle_strip, max_vertices = 6) out;
layout(std140) uniform GsConst0 { highp uvec4 gs_c0[1]; };
const uvec4 m0 = uvec4(0u, 3u, 1u, 2u);
flat in highp uvec4 a_generic0[];
flat in highp uvec4 a_generic1[];
flat in highp uvec4 a_generic2[];
uvec4 o0 = uvec4(0u);
uvec4 o1 = uvec4(0u);
uvec4 o2 = uvec4(0u);
uvec4 o3 = uvec4(0u);
uvec4 o4 = uvec4(0u);
uvec4 o5 = uvec4(0u);
out highp vec4 v_generic0;
out highp vec4 v_generic1;
flat out highp uvec4 v_generic2;
void finish() {
    gl_PrimitiveID = int(o1.x);
    gl_Layer = int(o2.x);
    v_generic0 = F(o3);
    v_generic1 = F(o4);
    v_generic2 = o5;
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    uvec4 sv0 = uvec4(uint(gl_InvocationID));
    uvec4 i4 = uvec4(uint(gl_PrimitiveIDIn));
    ivec4 addr0 = ivec4(0);
    uvec4 a0[3];
    for (int k = 0; k < 3; k++) { a0[k] = uvec4(0u); }
    uvec4 a3[9];
    for (int k = 0; k < 9; k++) { a3[k] = uvec4(0u); }
    uvec4 a12[3];
    for (int k = 0; k < 3; k++) { a12[k] = uvec4(0u); }
    uvec4 a15[3];
    for (int k = 0; k < 3; k++) { a15[k] = uvec4(0u); }
    uvec4 a18[3];
    for (int k = 0; k < 3; k++) { a18[k] = uvec4(0u); }
    uvec4 t21 = uvec4(0u);
    uvec4 t22 = uvec4(0u);
    uvec4 t23 = uvec4(0u);
    uvec4 t24 = uvec4(0u);
    uvec4 t25 = uvec4(0u);
    uvec4 t26 = uvec4(0u);
    uvec4 t27 = uvec4(0u);
    uvec4 t28 = uvec4(0u);
    uvec4 t29 = uvec4(0u);
    uvec4 t30 = uvec4(0u);
    uvec4 t31 = uvec4(0u);
    uvec4 t32 = uvec4(0u);
    uvec4 t33 = uvec4(0u);
    uvec4 t34 = uvec4(0u);
    uvec4 t35 = uvec4(0u);
    uvec4 t36 = uvec4(0u);
    uvec4 t37 = uvec4(0u);
    uvec4 t38 = uvec4(0u);
    uvec4 t39 = uvec4(0u);
    uvec4 t40 = uvec4(0u);
    uvec4 t41 = uvec4(0u);
    uvec4 t42 = uvec4(0u);
    uvec4 t43 = uvec4(0u);
    uvec4 t44 = uvec4(0u);
    uvec4 t45 = uvec4(0u);
    uvec4 t46 = uvec4(0u);
    a0[0].xy = a_generic1[0].xy;
    a0[1].xy = a_generic1[1].xy;
    a0[2].xy = a_generic1[2].xy;
    a3[6].x = a_generic2[2].x;
    a3[7].x = a_generic2[2].y;
    a3[8].x = a_generic2[2].z;
    a12[0] = U(gl_in[0].gl_Position);
    a12[1] = U(gl_in[1].gl_Position);
    a12[2] = U(gl_in[2].gl_Position);
    a15[0] = a_generic0[0];
    a15[1] = a_generic0[1];
    a15[2] = a_generic0[2];
    a18[0].xy = a_generic1[0].zw;
    a18[1].xy = a_generic1[1].zw;
    a18[2].xy = a_generic1[2].zw;
    t21.x = m0.x;
    while (true) {
        t22.x = -uint(int(t21.x) >= int(m0.y));
        if (t22.x != 0u) {
            break;
        }
        t23.x = t21.x;
        t24.x = m0.x + t23.x;
        addr0.x = int(t24.x);
        t25 = a12[clamp(addr0.x, 0, 2)];
        t26.x = sv0.x + m0.z;
        t27.x = U(float(int(t26.x)));
        t28 = U(F(t25) * F(t27.xxxx));
        t29.x = t21.x;
        t30.x = m0.x + t29.x;
        addr0.x = int(t30.x);
        t31 = a15[clamp(addr0.x, 0, 2)];
        t32.x = m0.x + gs_c0[0].x;
        addr0.x = int(t32.x);
        t33 = a15[clamp(addr0.x, 0, 2)];
        t34 = U(F(t31) + F(t33));
        t35.x = t21.x;
        t36.x = m0.x + t35.x;
        addr0.x = int(t36.x);
        t37.xy = a0[clamp(addr0.x, 0, 2)].xy;
        t38.x = m0.x + gs_c0[0].x;
        t39.x = m0.w * m0.y;
        t40.x = t38.x + t39.x;
        addr0.x = int(t40.x);
        t41.x = a3[clamp(addr0.x, 0, 8)].x;
        t42.xy = U(F(t37.xy) * F(t41.xx));
        t43.x = t21.x;
        t44.x = m0.x + t43.x;
        addr0.x = int(t44.x);
        t45.xy = a18[clamp(addr0.x, 0, 2)].xy;
        t46.x = t45.y + i4.x;
        o1.x = t46.x;
        o2.x = t21.x;
        o0 = t28;
        o3 = t34;
        o4.xy = t42.xy;
        o5.x = t46.x;
        finish();
        EmitVertex();
        t21.x = t21.x + m0.z;
    }
    EndPrimitive();
}
