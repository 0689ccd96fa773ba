#version 320 es
precision highp float;
precision highp int;
#define F uintBitsToFloat
#define U floatBitsToUint
const uvec4 m0 = uvec4(3212836864u, 0u, 1065353216u, 1073741824u);
const uvec4 m1 = uvec4(1120403456u, 1061997773u, 1065353216u, 1017370379u);
const uvec4 m2 = uvec4(0u, 1061997773u, 1065353216u, 0u);
in highp vec4 v_generic0;
in highp vec4 v_generic1;
uvec4 o0 = uvec4(0u);
layout(location = 0) out highp vec4 fs_color0;
layout(location = 1) out highp vec4 fs_color1;
layout(location = 2) out highp vec4 fs_color2;
void finish() {
    fs_color0 = F(o0);
    fs_color1 = F(o0);
    fs_color2 = F(o0);
}
void main() {
    uvec4 i0 = U(v_generic0);
    uvec4 i1 = U(v_generic1);
    uvec4 t0 = uvec4(0u);
    uvec4 t1 = uvec4(0u);
    uvec4 t2 = uvec4(0u);
    uvec4 t3 = uvec4(0u);
    uvec4 t4 = uvec4(0u);
    uvec4 t5 = uvec4(0u);
    uvec4 t6 = uvec4(0u);
    uvec4 t7 = uvec4(0u);
    uvec4 t8 = uvec4(0u);
    uvec4 t9 = uvec4(0u);
    uvec4 t10 = uvec4(0u);
    uvec4 t11 = uvec4(0u);
    uvec4 t12 = uvec4(0u);
    uvec4 t13 = uvec4(0u);
    uvec4 t14 = uvec4(0u);
    uvec4 t15 = uvec4(0u);
    uvec4 t16 = uvec4(0u);
    uvec4 t17 = uvec4(0u);
    uvec4 t18 = uvec4(0u);
    uvec4 t19 = uvec4(0u);
    uvec4 t20 = uvec4(0u);
    uvec4 t21 = uvec4(0u);
    uvec4 t22 = uvec4(0u);
    uvec4 t23 = uvec4(0u);
    t0.xyz = U(F(i0.xyz) * F(m0.xxx));
    t1.xyz = U(F(i0.xyz) / F(i0.www));
    t2.xyz = U(F(t1.xyz) * F(m0.xxx) + F(m0.yzy));
    t3.x = U(dot(F(t2.xyz), F(t2.xyz)));
    t4.x = U(inversesqrt(F(t3.x)));
    t5.xyz = U(F(t2.xyz) * F(t4.xxx));
    t6.xyz = U(F(t5.xyz) * F(m0.xxx));
    t7.x = U(dot(F(i1.xyz), F(i1.xyz)));
    t8.x = U(inversesqrt(F(t7.x)));
    t9.xyz = U(F(i1.xyz) * F(t8.xxx));
    t10.x = U(dot(F(t9.xyz), F(t6.xyz)));
    t11.xyz = U(F(t10.xxx) * F(m0.www));
    t12.xyz = U(F(t11.xyz) * F(m0.xxx));
    t13.xyz = U(F(t12.xyz) * F(t9.xyz) + F(t6.xyz));
    t14.x = U(dot(F(t0.xyz), F(t0.xyz)));
    t15.x = U(inversesqrt(F(t14.x)));
    t16.xyz = U(F(i0.xyz) * F(t15.xxx));
    t17.xyz = U(F(t16.xyz) * F(m0.xxx));
    t18.x = U(dot(F(t13.xyz), F(t17.xyz)));
    t19.x = U(max(F(m0.y), F(t18.x)));
    t20.x = U(pow(F(t19.x), F(m1.x)));
    t21 = U(F(m1.yyyz) * F(t20.xxxx) + F(m1.wwwz));
    t22.x = U(dot(F(t9.xyz), F(t5.xyz)));
    t23.x = U(max(F(m0.y), F(t22.x)));
    o0 = U(F(m2.xxyz) * F(t23.xxxx) + F(t21));
    finish();
}
