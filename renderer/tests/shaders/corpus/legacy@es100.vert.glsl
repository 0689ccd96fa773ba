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
uniform highp vec4 vs_c0[16];
const vec4 m0 = vec4(1.0, 0.0, 4.0, 3.4028235e38);
const vec4 m1 = vec4(-0.5, 0.1, 10.0, 0.0);
attribute highp vec4 attr0;
attribute highp vec4 attr1;
vec4 o0 = vec4(0.0);
vec4 o1 = vec4(0.0);
varying highp vec4 v_generic0;
float trunc(float a) { return sign(a) * floor(abs(a)); }
vec2 trunc(vec2 a) { return vec2(trunc(a.x), trunc(a.y)); }
vec3 trunc(vec3 a) { return vec3(trunc(a.x), trunc(a.y), trunc(a.z)); }
vec4 trunc(vec4 a) { return vec4(trunc(a.x), trunc(a.y), trunc(a.z), trunc(a.w)); }
float roundEven(float a) { float r = floor(a + 0.5); return fract(a) == 0.5 ? 2.0 * floor(0.5 * a + 0.5) : r; }
vec2 roundEven(vec2 a) { return vec2(roundEven(a.x), roundEven(a.y)); }
vec3 roundEven(vec3 a) { return vec3(roundEven(a.x), roundEven(a.y), roundEven(a.z)); }
vec4 roundEven(vec4 a) { return vec4(roundEven(a.x), roundEven(a.y), roundEven(a.z), roundEven(a.w)); }
void finish() {
    v_generic0 = F(o1);
    vec4 position = F(o0);
    position.y *= sys_y_sign;
    gl_Position = position;
}
void main() {
    vec4 i0 = U(attr0);
    vec4 i1 = U(attr1);
    ivec4 addr0 = ivec4(0);
    vec4 t0 = vec4(0.0);
    vec4 t1 = vec4(0.0);
    vec4 t2 = vec4(0.0);
    vec4 t3 = vec4(0.0);
    addr0.x = int(floor(F(i1.x)));
    t0 = vs_c0[int(clamp(float(addr0.x + 4), 0.0, 15.0))];
    t1.x = m0.y;
    for (int loop0 = 0; loop0 < 65535; loop0++) {
        t2.x = U(float(F(t1.x) >= F(m0.z)));
        if (F(t2.x) != 0.0) {
            break;
        }
        t0 = U(F(vs_c0[0]) * F(t1.xxxx) + F(t0));
        t1.x = U(F(t1.x) + F(m0.x));
    }
    t3.xy = U(trunc(F(t0.xy)));
    t3.zw = U(roundEven(F(t0.zw)));
    o1 = U(clamp(F(t3) * F(m1.yyyy) + F(m1.xxxx), 0.0, 1.0));
    o0 = i0;
    finish();
}
