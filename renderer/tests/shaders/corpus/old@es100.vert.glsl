#version 100
precision highp float;
precision highp int;
#define F(x) (x)
#define U(x) (x)
uniform highp vec4 vs_state[2];
#define sys_y_sign vs_state[0].x
#define sys_alpha_ref vs_state[0].y
#define sys_point_size vs_state[0].z
#define sys_sprite_y_scale vs_state[0].w
#define sys_sprite_y_bias vs_state[1].x
uniform highp vec4 vs_clip_planes[8];
#define sys_clip_planes vs_clip_planes
uniform highp vec4 vs_c0[8];
attribute highp vec4 attr0;
attribute highp vec4 attr1;
attribute highp vec4 attr2;
attribute highp vec4 attr3;
attribute highp vec4 attr4;
vec4 o0 = vec4(0.0);
vec4 o1 = vec4(0.0);
vec4 o2 = vec4(0.0);
vec4 o3 = vec4(0.0);
vec4 o4 = vec4(0.0);
vec4 o5 = vec4(0.0);
vec4 o6 = vec4(0.0);
vec4 o7 = vec4(0.0);
varying highp vec4 v_color0;
varying highp vec4 v_color1;
varying highp vec4 v_fog0;
varying highp vec4 v_texcoord0;
varying highp vec4 v_bcolor0;
varying highp vec4 v_generic0;
varying highp vec4 v_clip0;
void finish() {
    v_color0 = clamp(F(o1), 0.0, 1.0);
    v_color1 = clamp(F(o2), 0.0, 1.0);
    v_fog0 = F(o3);
    v_texcoord0 = F(o4);
    v_bcolor0 = clamp(F(o5), 0.0, 1.0);
    v_generic0 = F(o7);
    gl_PointSize = sys_point_size;
    v_clip0 = vec4(dot(F(o6), sys_clip_planes[0]), 0.0, dot(F(o6), sys_clip_planes[2]), 0.0);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    position.z = 2.0 * position.z - position.w;
    gl_Position = position;
}
void main() {
    vec4 i0 = U(attr0);
    vec4 i1 = U(attr1);
    vec4 i2 = U(attr2.zyxw);
    vec4 i3 = U(attr3);
    vec4 i4 = U(attr4);
    vec4 t0 = vec4(0.0);
    vec4 t1 = vec4(0.0);
    vec4 t2 = vec4(0.0);
    vec4 t3 = vec4(0.0);
    vec4 t4 = vec4(0.0);
    vec4 t5 = vec4(0.0);
    vec4 t6 = vec4(0.0);
    vec4 t11 = vec4(0.0);
    vec4 t12 = vec4(0.0);
    vec4 t13 = vec4(0.0);
    t0 = U(F(vs_c0[1]) * F(i0.yyyy));
    t1 = U(F(vs_c0[0]) * F(i0.xxxx) + F(t0));
    t2 = U(F(vs_c0[2]) * F(i0.zzzz) + F(t1));
    t3 = U(F(vs_c0[3]) * F(i0.wwww) + F(t2));
    t4 = U(F(vs_c0[5]) * F(i0.yyyy));
    t5 = U(F(vs_c0[4]) * F(i0.xxxx) + F(t4));
    t6 = U(F(vs_c0[6]) * F(i0.zzzz) + F(t5));
    t13 = U(F(vs_c0[7]) * F(i0.wwww) + F(t6));
    o6 = t13;
    t12 = U(clamp(F(i3), 0.0, 1.0));
    o2 = t12;
    o5 = U(clamp(F(i2.zyxw), 0.0, 1.0));
    t11 = U(clamp(F(i2), 0.0, 1.0));
    o1 = t11;
    o3.x = t3.z;
    o4 = i4;
    o0 = t3;
    o7.xy = i1.xy;
    finish();
}
