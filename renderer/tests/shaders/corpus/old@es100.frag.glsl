#version 100
#ifndef GL_FRAGMENT_PRECISION_HIGH
#define highp mediump
#endif
precision highp float;
precision highp int;
#define F(x) (x)
#define U(x) (x)
uniform highp vec4 fs_state[2];
#define sys_y_sign fs_state[0].x
#define sys_alpha_ref fs_state[0].y
#define sys_point_size fs_state[0].z
#define sys_sprite_y_scale fs_state[0].w
#define sys_sprite_y_bias fs_state[1].x
uniform highp vec4 fs_stipple[16];
#define sys_stipple fs_stipple
uniform highp sampler2D fs_samp0;
uniform highp sampler2D fs_samp1;
uniform highp sampler2D fs_samp2;
uniform highp sampler2D fs_samp3;
varying highp vec4 v_color0;
varying highp vec4 v_bcolor0;
varying highp vec4 v_color1;
varying highp vec4 v_fog0;
vec4 o0 = vec4(0.0);
varying highp vec4 v_clip0;
bool stippled(vec2 p) {
    vec2 at = floor(mod(p, 32.0));
    vec4 rows = sys_stipple[int(floor(at.y * 0.5))];
    vec2 row = mod(at.y, 2.0) < 0.5 ? rows.xy : rows.zw;
    float bits = at.x < 15.5 ? row.x : row.y;
    return mod(floor(bits / exp2(15.0 - mod(at.x, 16.0))), 2.0) > 0.5;
}
void finish() {
    if (!(clamp(F(o0.w), 0.0, 1.0) > sys_alpha_ref)) discard;
    gl_FragData[0] = clamp(F(o0), 0.0, 1.0);
}
void main() {
    vec4 i0 = (gl_FrontFacing ? U(v_color0) : U(v_bcolor0));
    vec4 i1 = (gl_FrontFacing ? U(v_color1) : vec4(0.0));
    vec4 i2 = U(v_fog0);
    vec4 i3 = U(vec4(gl_PointCoord.x, gl_PointCoord.y * sys_sprite_y_scale + sys_sprite_y_bias, 0.0, 1.0));
    vec4 i4 = U(vec4(gl_PointCoord.x, gl_PointCoord.y * sys_sprite_y_scale + sys_sprite_y_bias, 0.0, 1.0));
    vec4 t0 = vec4(0.0);
    vec4 t1 = vec4(0.0);
    vec4 t2 = vec4(0.0);
    vec4 t3 = vec4(0.0);
    vec4 t4 = vec4(0.0);
    vec4 t5 = vec4(0.0);
    vec4 t6 = vec4(0.0);
    vec4 t7 = vec4(0.0);
    vec4 t8 = vec4(0.0);
    vec4 t9 = vec4(0.0);
    vec4 t10 = vec4(0.0);
    vec4 t11 = vec4(0.0);
    vec4 t12 = vec4(0.0);
    vec4 t13 = vec4(0.0);
    if (v_clip0.x < 0.0) discard;
    if (v_clip0.y < 0.0) discard;
    if (v_clip0.z < 0.0) discard;
    if (!stippled(gl_FragCoord.xy)) discard;
    t3.x = i4.x;
    t4 = U(texture2D(fs_samp0, vec2(F(t3.x), 0.5)));
    t5 = U(F(i1) * F(t4) + F(i0));
    t0.xyz = i4.xxx;
    t6 = U(vec4(clamp(F(t0.z), 0.0, 1.0) <= texture2D(fs_samp1, vec2(F(t0.x), 0.5)).x));
    t7 = U(F(t5) + F(t6));
    t1.xyz = i4.xyx;
    t8 = U((vec4(clamp(F(t1.z), 0.0, 1.0) < texture2D(fs_samp2, F(t1.xy)).x).xxxx * vec4(1.0, 1.0, 1.0, 0.0) + vec4(0.0, 0.0, 0.0, 1.0)));
    t9 = U(F(t7) + F(t8));
    t10 = U(texture2D(fs_samp3, F(i3.xy)));
    t11 = U(F(t9) + F(t10));
    t12 = U(F(t11) + F(i2.xxxx));
    t2 = i4.xxxy;
    t13 = U(texture2D(fs_samp0, vec2((F(t2.x)) / F(t2.w), 0.5)));
    o0 = U(F(t12) + F(t13));
    finish();
}
