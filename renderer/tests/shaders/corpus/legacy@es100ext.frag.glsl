#version 100
#extension GL_EXT_shader_texture_lod : require
#extension GL_OES_standard_derivatives : require
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
uniform highp vec4 fs_samp1_info;
void finish() {
    gl_FragData[0] = F(o0);
}
void main() {
    vec4 i0 = U(v_generic0);
    vec4 t0 = vec4(0.0);
    vec4 t1 = vec4(0.0);
    vec4 t2 = vec4(0.0);
    vec4 t3 = vec4(0.0);
    t0.xy = U(dFdx(F(i0.xy)));
    t0.zw = U(dFdy(F(i0.xy)));
    t1.xyz = i0.xyz;
    t1.w = m0.z;
    t2 = U(texture2D(fs_samp0, F(t1.xy), F(t1.w)));
    t3 = U(texture2DLodEXT(fs_samp0, F(t1.xy), F(t1.w)));
    t2 = U(F(t2) + F(t3));
    t3 = U(texture2D(fs_samp1, (F(i0.xy)) * fs_samp1_info.xy));
    t2 = U(mix(F(t3), F(t2), F(m0.wwww)));
    t3 = U(textureCube(fs_samp2, F(i0.xyz)));
    t1.x = U(float(F(t0.x) < F(t0.z)));
    if ((-F(t1.x)) < 0.0) discard;
    o0 = U(F(t2) * F(t3) + F(t0));
    finish();
}
