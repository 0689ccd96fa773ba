#version 100
#ifndef GL_FRAGMENT_PRECISION_HIGH
#define highp mediump
#endif
precision highp float;
precision highp int;
#define F(x) (x)
#define U(x) (x)
uniform highp sampler2D fs_samp0;
uniform highp sampler2D fs_samp1;
uniform highp samplerCube fs_samp2;
const vec4 m0 = vec4(1.0, 0.0, 2.0, 0.5);
varying highp vec4 v_generic0;
vec4 o0 = vec4(0.0);
uniform highp vec4 fs_samp0_info;
uniform highp vec4 fs_samp1_info;
vec4 decode_srgb(vec4 c) {
    vec3 curve = pow((c.rgb + 0.055) / 1.055, vec3(2.4));
    return vec4(mix(curve, c.rgb / 12.92, step(c.rgb, vec3(0.04045))), c.a);
}
float mirror(float a) { return 1.0 - abs(2.0 * fract(0.5 * a) - 1.0); }
vec2 repeat_x(vec2 p) { return vec2(fract(p.x), p.y); }
vec2 repeat_y(vec2 p) { return vec2(p.x, fract(p.y)); }
vec2 mirror_x(vec2 p) { return vec2(mirror(p.x), p.y); }
vec2 mirror_y(vec2 p) { return vec2(p.x, mirror(p.y)); }
void finish() {
    gl_FragData[0] = F(o0);
}
void main() {
    vec4 i0 = U(v_generic0);
    vec4 t0 = vec4(0.0);
    vec4 t1 = vec4(0.0);
    vec4 t2 = vec4(0.0);
    vec4 t3 = vec4(0.0);
    t0.xy = vec2(U(0.0));
    t0.zw = vec2(U(0.0));
    t1.xyz = i0.xyz;
    t1.w = m0.z;
    t2 = U((decode_srgb(texture2D(fs_samp0, mirror_y(repeat_x(F(t1.xy))), F(t1.w) + fs_samp0_info.z)).xyzx * vec4(1.0, 1.0, 1.0, 0.0) + vec4(0.0, 0.0, 0.0, 1.0)));
    t3 = U((decode_srgb(texture2D(fs_samp0, mirror_y(repeat_x(F(t1.xy))))).xyzx * vec4(1.0, 1.0, 1.0, 0.0) + vec4(0.0, 0.0, 0.0, 1.0)));
    t2 = U(F(t2) + F(t3));
    t3 = U(texture2D(fs_samp1, (F(i0.xy)) * fs_samp1_info.xy));
    t2 = U(mix(F(t3), F(t2), F(m0.wwww)));
    t3 = U(textureCube(fs_samp2, F(i0.xyz)));
    t1.x = U(float(F(t0.x) < F(t0.z)));
    if ((-F(t1.x)) < 0.0) discard;
    o0 = U(F(t2) * F(t3) + F(t0));
    finish();
}
