// Powers and roots, and the remainder of a division.
#pragma once

#include "coefficients.hpp"
#include "exponential.hpp"
#include "lanes.hpp"
#include "logarithm.hpp"

namespace fused {

// Cube root of a number's size: a first guess of 1 over it from its bits, and steps of the third order.
INLINE V cbrt_(V x) {
    // The bits of a number are nearly its logarithm: a third of them, counted in steps that a number holds exactly.
    constexpr int STEP = REAL_IS_DOUBLE ? 12 : 8;
    constexpr REAL WHOLE = WORD(1) << MANTISSA;
    constexpr REAL GUESS = REAL(4.0 / 3.0 * ((BIAS - 0.051) * double(WORD(1) << (MANTISSA - STEP))));
    const V a = abs_(x);
    const V logarithm = number((bits(a) >> STEP) + bits(splat(WHOLE))) - WHOLE;
    V y = number(bits(logarithm * REAL(-1.0 / 3.0) + (WHOLE + GUESS)) << STEP);
    for (int i = 0; i < (REAL_IS_DOUBLE ? 2 : 1); ++i) {
        const V h = 1 - a * y * y * y;
        y = y * h * (h * REAL(2.0 / 9.0) + REAL(1.0 / 3.0)) + y;
    }
    const V c = a * y * y, h = 1 - c * y;
    const V inner = c * h * (h * REAL(5.0 / 9.0) + REAL(2.0 / 3.0)) + c;
    return with_sign(select(a < INFINITE, where(a >= SMALLEST, inner), a), x);
}

// The length of (a, b), without overflow on the way.
INLINE V hypot_(V a, V b) {
    const V x = abs_(a), y = abs_(b);
    const V longer = max_(x, y), ratio = min_(x, y) / longer;
    const V inner = longer * sqrt_(ratio * ratio + 1);
    return select((x == INFINITE) | (y == INFINITE), splat(INFINITE), select(longer == 0, longer, inner));
}

// exp(y·log|x|) with the logarithm, and its product with y, in two parts each.
INLINE V pow_positive(V x, V y) {
    const Parts part = parts(x);
    // s = f / (2 + f) in two parts; every product of two upper halves is exact.
    const V f = part.mantissa - 1, d = part.mantissa + 1, inverse = 1 / d;
    const V d_high = upper(d), d_low = (d - d_high) + (part.mantissa - (d - 1));
    const V s = upper(f * inverse), s_low = ((f - s * d_high) - s * d_low) * inverse;
    // log(1 + f) = 2s + 2/3·s³ + s⁵·(...).
    const V z = s * s, z_high = upper(z), z_low = (z - z_high) + s_low * (s * 2 + s_low);
    const V cube = s * z_high, cube_low = s * z_low + s_low * z;
    const V two_thirds = upper(splat(REAL(2.0 / 3.0))), two_thirds_low = REAL(2) - two_thirds * 3;  // thrice the rest
    const V cube_high = upper(cube), third = two_thirds * cube_high;
    const V third_low = two_thirds * ((cube - cube_high) + cube_low) + two_thirds_low * cube * REAL(1.0 / 3.0);
    const V z_all = z_high + z_low, fifth = (cube + cube_low) * z_all * pow_tail(z_all);
    const V small = (s_low * 2 + third_low) + fifth + part.exponent * LN2_LOW;
    const V whole = part.exponent * LN2_HIGH;
    const V first = whole + s * 2, first_low = (whole - first) + s * 2;
    const V log = first + third, log_low = ((first - log) + third) + first_low + small;
    const V y_high = upper(y), log_high = upper(log);
    const V product = y_high * log_high;
    const V product_low = y_high * (log - log_high) + (y - y_high) * log + y * log_low;
    const V sum = product + product_low, sum_low = (product - sum) + product_low;
    const Reduced exponent = reduced(sum, 0);
    const M inner = (M)(bits(exp_rest(exponent.rest + sum_low)) + (exponent.count << MANTISSA));
    // Close to the largest number the bits tell, which then are those of an infinity or beyond.
    const M infinite = (M)bits(splat(INFINITE)), over = (sum > EXP_HIGHEST * REAL(1.001)) | (inner >= infinite);
    return where(sum >= EXP_LOWEST, select(over, splat(INFINITE), number(inner)));
}

// Infinities, NaN and exponents beyond all reason.
static __attribute__((noinline, cold)) V pow_limits(V x, V y, V inner, M special) {
    for (int i = 0; i < LANES; ++i) {
        if (special[i]) inner[i] = BUILTIN(pow)(x[i], y[i]);
    }
    return inner;
}

INLINE V pow_(V x, V y) {
    const V a = abs_(x), half = y * REAL(0.5);
    const M whole = round_(y) == y, odd = whole & (round_(half) != half);
    // Numbers below the smallest normal one count as zeros.
    const V inner = select(a < SMALLEST, select(y < 0, splat(INFINITE), V{}), pow_positive(a, y));
    const V signed_inner = number(bits(inner) ^ (bits(x) & (U)odd & SIGN));
    const V result = select(y == 0, splat(1), select((x < 0) & ~whole, splat(NOT_A_NUMBER), signed_inner));
    const M special = ~((a < INFINITE) & (abs_(y) < REAL(0x1p64)));
    return __builtin_expect(any(special), 0) ? pow_limits(x, y, result, special) : result;
}

// x to a whole power known when the code is written: few products for small ones, where their roundings stay few.
INLINE V powi_(V x, int n) {
    const int size = n < 0 ? -n : n;
    if (size > (n < 0 ? 3 : 5)) return pow_(x, splat(REAL(n)));
    V power = n < 0 ? 1 / x : x, y = splat(1);
    for (int rest = size; rest; rest >>= 1) {
        if (rest & 1) y = y * power;
        power = power * power;
    }
    return y;
}

// Quotients too large for an exact product, zeros and infinities.
static __attribute__((noinline, cold)) V remainder_limits(V a, V b, V inner, M special) {
    for (int i = 0; i < LANES; ++i) {
        if (!special[i]) continue;
        const REAL rest = BUILTIN(fmod)(a[i], b[i]);
        inner[i] = rest != 0 && (rest < 0) != (b[i] < 0) ? rest + b[i] : rest;
    }
    return inner;
}

// a less the whole multiple of b that leaves a rest of b's sign.
INLINE V remainder_(V a, V b) {
    // The nearest multiple leaves an exact rest, and so do its two products with the halves of b.
    constexpr REAL EXACT = REAL_IS_DOUBLE ? 0x1p24 : 0x1p9;
    const V count = round_(a / b), high = upper(b);
    const V rest = (a - count * high) - count * (b - high);
    const V inner = rest + where((rest != 0) & ((rest < 0) != (b < 0)), b);
    // The nearest multiple may be larger than a, and must not overflow.
    const M special = ~((abs_(count) <= EXACT) & (abs_(b) < INFINITE) & (abs_(a) < 1 / SMALLEST));
    return __builtin_expect(any(special), 0) ? remainder_limits(a, b, inner, special) : inner;
}

}  // namespace fused
