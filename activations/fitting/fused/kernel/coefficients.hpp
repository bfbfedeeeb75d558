// Polynomials of the elementary functions; written by benchmarks/coefficients.py, not by hand.
#pragma once

#include "real.hpp"

namespace fused {

#if REAL_IS_DOUBLE

// (exp(r) - 1 - r) / r², on [-0.34675, 0.34675]; largest error 1.8e-17 of the result.
INLINE V exp_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    const V x8 = x4 * x4;
    return ((0x1.ae6b40292573ep-26 * x + 0x1.28a205bd84c35p-22) * x8 + (((0x1.71de88613d449p-19 * x +
           0x1.a019a74b45d89p-16) * x2 + (0x1.a01a0174e3e7fp-13 * x + 0x1.6c16c17ee6dd2p-10)) * x4 +
           ((0x1.1111111119049p-7 * x + 0x1.5555555552290p-5) * x2 + (0x1.5555555555539p-3 * x +
           0x1.0000000000005p-1))));
}
// (2·atanh(s) / s - 2) / s², in s², on [0.0, 0.029452]; largest error 1.2e-18 of the result.
INLINE V atanh_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return ((0x1.2f064121e9768p-3 * x2 + (0x1.39a1ac64c58bdp-3 * x + 0x1.74663f24eb969p-3)) * x4 +
           ((0x1.c71c5209e4cf7p-3 * x + 0x1.24924941ee3b9p-2) * x2 + (0x1.999999997fe18p-2 * x +
           0x1.5555555555592p-1)));
}
// (2·atanh(s) / s - 2 - 2/3·s²) / s⁴, in s², on [0.0, 0.029452]; largest error 7.2e-23 of the result.
INLINE V pow_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (((0x1.eb144c2d4b1f2p-4 * x + 0x1.de33169f1d60ap-4) * x2 + (0x1.1120b7a583a66p-3 * x +
           0x1.3b1362aa2adefp-3)) * x4 + ((0x1.745d183278a3fp-3 * x + 0x1.c71c71c58029ap-3) * x2 +
           (0x1.2492492493036p-2 * x + 0x1.9999999999996p-2)));
}
// (sin(r) / r - 1) / r², in r², on [0.0, 2.4699]; largest error 2.8e-19 of the result.
INLINE V sin_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (((0x1.882662d3f5e1ap-49 * x + -0x1.ae42ff61bde2ep-41) * x2 + (0x1.6123cab78e328p-33 * x +
           -0x1.ae6454c99eebcp-26)) * x4 + ((0x1.71de3a52841eep-19 * x + -0x1.a01a01a014838p-13) * x2 +
           (0x1.11111111110c0p-7 * x + -0x1.5555555555555p-3)));
}
// (tan(r) / r - 1) / r², in r², on [0.0, 0.61747]; largest error 2.0e-20 of the result.
INLINE V tan_tail_top(V x) {
    const V x2 = x * x;
    return (0x1.fdbdb655a9356p-13 * x2 + (-0x1.5ed5433199262p-6 * x + 0x1.5555555555555p-2));
}
INLINE V tan_tail_bottom(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (-0x1.3eebaa20aed44p-26 * x4 + ((-0x1.0a4eedcbf80fap-12 * x + 0x1.91bd35fbeab49p-6) * x2 +
           (-0x1.db619632e6507p-2 * x + 0x1.0000000000000p+0)));
}
// erf(x) / x - 1, in x², on [0.0, 1.0]; largest error 1.3e-19 of the result.
INLINE V erf_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    const V x8 = x4 * x4;
    return ((0x1.057a67883d587p-34 * x4 + ((-0x1.386b0a3d9f54fp-30 * x + 0x1.f7a42b41afb14p-27) * x2 +
           (-0x1.5f1d393904180p-23 * x + 0x1.b9def1ecb8963p-20))) * x8 + (((-0x1.f4d1df3fce022p-17 * x +
           0x1.f9a321a179e3fp-14) * x2 + (-0x1.c02db3d8f07f9p-11 * x + 0x1.565bcd0db0423p-8)) * x4 +
           ((-0x1.b82ce312849a5p-6 * x + 0x1.ce2f21a042b21p-4) * x2 + (-0x1.812746b0379e6p-2 * x +
           0x1.06eba8214db69p-3))));
}
// exp(x²)·erfc(x)·(x + 3) / 3, in 6/(x + 3) - 1, on [-0.7973, 1.0]; largest error 6.0e-18 of the result.
INLINE V erfc_tail(V x) {
    return ((((((((((((((((((((((-0x1.07ef660a20a44p-31 * x + 0x1.162bb902a54d4p-29) * x +
           0x1.69ccd756f6474p-31) * x + -0x1.1117b9639c128p-26) * x + 0x1.d1d3345f712e3p-27) * x +
           0x1.4b5937f2900e7p-24) * x + -0x1.20502fd042d57p-23) * x + -0x1.653108375b281p-22) * x +
           0x1.ee57ad5655a0bp-21) * x + 0x1.a8ee26a9d818ap-20) * x + -0x1.86c8eb349ad36p-18) * x +
           -0x1.53ff435de014fp-17) * x + 0x1.2cc352ab4b683p-15) * x + 0x1.82f6a59938a9fp-14) * x +
           -0x1.7f4bd5aa320edp-13) * x + -0x1.091ed16b4f205p-10) * x + -0x1.a7c5342447cadp-12) * x +
           0x1.2506628f18b9ep-7) * x + 0x1.4663f612109b2p-5) * x + 0x1.a7e42c5727c31p-4) * x +
           0x1.92ede1b27d8dep-3) * x + 0x1.2d882f67c6cf9p-2) * x + 0x1.6e9827d229d2dp-2);
}
// (sinh(x) / x - 1) / x², in x², on [0.0, 1.0]; largest error 8.7e-20 of the result.
INLINE V sinh_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return ((0x1.b4c75068f76f1p-41 * x2 + (0x1.611a564687453p-33 * x + 0x1.ae64671a984d7p-26)) * x4 +
           ((0x1.71de3a465be61p-19 * x + 0x1.a01a01a028989p-13) * x2 + (0x1.11111111110a6p-7 * x +
           0x1.5555555555556p-3)));
}
// (asin(x) / x - 1) / x², in x², on [0.0, 0.25]; largest error 1.5e-17 of the result.
INLINE V asin_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    const V x8 = x4 * x4;
    return (((0x1.0569cc22296ddp-5 * x + -0x1.09c879adfebe8p-6) * x2 + (0x1.3fedc957f893fp-6 * x +
           0x1.abd9857c7696bp-8)) * x8 + (((0x1.8ec1cc7464fc3p-7 * x + 0x1.c6fdf09b3c869p-7) * x2 +
           (0x1.1c6bdf3ccbf19p-6 * x + 0x1.6e89f469e171ep-6)) * x4 + ((0x1.f1c72c3730379p-6 * x +
           0x1.6db6db4280250p-5) * x2 + (0x1.333333336e771p-4 * x + 0x1.5555555555390p-3))));
}
// (atan(t) / t - 1) / t², in t², on [0.0, 0.17174]; largest error 1.3e-18 of the result.
INLINE V atan_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    const V x8 = x4 * x4;
    return ((-0x1.251a888057e15p-6 * x2 + (0x1.37b11bd6c3f63p-5 * x + -0x1.9cc44d1886a2dp-5)) * x8 +
           (((0x1.df0c1228330fbp-5 * x + -0x1.10eb7f1abbfe2p-4) * x2 + (0x1.3b1114054c4d5p-4 * x +
           -0x1.745cf891e5becp-4)) * x4 + ((0x1.c71c70e3666e2p-4 * x + -0x1.24924922a6439p-3) * x2 +
           (0x1.9999999995732p-3 * x + -0x1.555555555553cp-2))));
}

#else

// (exp(r) - 1 - r) / r², on [-0.34675, 0.34675]; largest error 1.3e-8 of the result.
INLINE V exp_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (0x1.6be9dc0000000p-10f * x4 + ((0x1.1227a80000000p-7f * x + 0x1.5556760000000p-5f) * x2 +
           (0x1.5554b00000000p-3f * x + 0x1.fffffe0000000p-2f)));
}
// (log(1 + f) - f + f²/2) / f³, on [-0.29289, 0.41421]; largest error 5.8e-9 of the result.
INLINE V log_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (((-0x1.38bab20000000p-4f * x + 0x1.055cc00000000p-3f) * x2 + (-0x1.0d84e00000000p-3f * x +
           0x1.22d9e20000000p-3f)) * x4 + ((-0x1.5472480000000p-3f * x + 0x1.99a00c0000000p-3f) * x2 +
           (-0x1.0002260000000p-2f * x + 0x1.5555540000000p-2f)));
}
// (2·atanh(s) / s - 2 - 2/3·s²) / s⁴, in s², on [0.0, 0.029452]; largest error 8.4e-12 of the result.
INLINE V pow_tail(V x) {
    const V x2 = x * x;
    return (0x1.dfa3ba0000000p-3f * x2 + (0x1.2452780000000p-2f * x + 0x1.999a000000000p-2f));
}
// log(1 + u) / u, on [0.0, 1.0]; largest error 4.7e-9 of the result.
INLINE V log1p_unit(V x) {
    return (((((((((-0x1.af5bae0000000p-9f * x + 0x1.49203a0000000p-6f) * x + -0x1.d6b6e80000000p-5f) * x +
           0x1.b4b07a0000000p-4f) * x + -0x1.3a43de0000000p-3f) * x + 0x1.934b6e0000000p-3f) * x +
           -0x1.ff23e80000000p-3f) * x + 0x1.554dd00000000p-2f) * x + -0x1.ffffd20000000p-2f) * x +
           0x1.0000000000000p+0f);
}
// (sin(r) / r - 1) / r², in r², on [0.0, 2.4699]; largest error 6.1e-9 of the result.
INLINE V sin_tail(V x) {
    const V x2 = x * x;
    return ((0x1.5dc84a0000000p-19f * x + -0x1.9f70ea0000000p-13f) * x2 + (0x1.110eda0000000p-7f * x +
           -0x1.55554c0000000p-3f));
}
// (tan(r) / r - 1) / r², in r², on [0.0, 0.61747]; largest error 2.5e-11 of the result.
INLINE V tan_tail_top(V x) {
    return (-0x1.e81eb60000000p-7f * x + 0x1.5555560000000p-2f);
}
INLINE V tan_tail_bottom(V x) {
    const V x2 = x * x;
    return (0x1.05ab220000000p-6f * x2 + (-0x1.c75c7e0000000p-2f * x + 0x1.0000000000000p+0f));
}
// -log(erfc(x)), on [1.0, 4.0]; largest error 1.5e-8 of the result.
INLINE V erf_exponent(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return ((0x1.2d904c0000000p-10f * x + -0x1.e43cd00000000p-7f) * x4 + ((0x1.6b0a920000000p-4f * x +
           0x1.4f195e0000000p-1f) * x2 + (0x1.1e10620000000p+0f * x + 0x1.5e38760000000p-9f)));
}
// erf(x) / x - 1, in x², on [0.0, 1.0]; largest error 1.2e-9 of the result.
INLINE V erf_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return ((0x1.4772000000000p-14f * x2 + (-0x1.a3515e0000000p-11f * x + 0x1.53f2240000000p-8f)) * x4 +
           ((-0x1.b7f71a0000000p-6f * x + 0x1.ce2ce60000000p-4f) * x2 + (-0x1.81273e0000000p-2f * x +
           0x1.06eba80000000p-3f)));
}
// exp(x²)·erfc(x)·(x + 3) / 3, in 6/(x + 3) - 1, on [-0.5122, 1.0]; largest error 1.3e-9 of the result.
INLINE V erfc_tail(V x) {
    return (((((((((0x1.cf0b600000000p-14f * x + -0x1.59b05c0000000p-13f) * x + -0x1.0ceb460000000p-10f) * x +
           -0x1.aaca040000000p-12f) * x + 0x1.25235c0000000p-7f) * x + 0x1.46644c0000000p-5f) * x +
           0x1.a7e3da0000000p-4f) * x + 0x1.92ede20000000p-3f) * x + 0x1.2d88300000000p-2f) * x +
           0x1.6e98280000000p-2f);
}
// (sinh(x) / x - 1) / x², in x², on [0.0, 1.0]; largest error 5.2e-11 of the result.
INLINE V sinh_tail(V x) {
    const V x2 = x * x;
    return ((0x1.756c140000000p-19f * x + 0x1.a022bc0000000p-13f) * x2 + (0x1.1110e00000000p-7f * x +
           0x1.5555560000000p-3f));
}
// (asin(x) / x - 1) / x², in x², on [0.0, 0.25]; largest error 4.9e-9 of the result.
INLINE V asin_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (0x1.595be20000000p-5f * x4 + ((0x1.8c3eac0000000p-6f * x + 0x1.747bb40000000p-5f) * x2 +
           (0x1.3302040000000p-4f * x + 0x1.5555c80000000p-3f)));
}
// (atan(t) / t - 1) / t², in t², on [0.0, 0.17174]; largest error 6.8e-10 of the result.
INLINE V atan_tail(V x) {
    const V x2 = x * x;
    const V x4 = x2 * x2;
    return (-0x1.f2ca240000000p-5f * x4 + ((0x1.b21fba0000000p-4f * x + -0x1.23b9640000000p-3f) * x2 +
           (0x1.9991e00000000p-3f * x + -0x1.55554a0000000p-2f)));
}

#endif

}  // namespace fused
