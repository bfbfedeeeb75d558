// Logarithms and what is made of them: log, log1p, softplus, logaddexp, and the inverse hyperbolic functions.
//
// The arguments of log, log2 and log10 below the smallest normal number are zeros to them, as they are to a processor
// that flushes them.
#pragma once

#include "coefficients.hpp"
#include "exponential.hpp"
#include "lanes.hpp"

namespace fused {

#if REAL_IS_DOUBLE
constexpr WORD ROOT_HALF = 0x3fe6a09e667f3bcd;  // the bits of the square root of 1/2
constexpr REAL LOG10_2_HIGH = 0x1.34413509f6000p-2, LOG10_2_LOW = 0x1.9fef311f12b36p-42;
constexpr REAL LOG10_E = 0x1.bcb7b1526e50ep-2;
constexpr REAL SQUARES_OVERFLOW = 0x1p60;  // beyond it x² + 1 is x², long before x² overflows
#else
constexpr WORD ROOT_HALF = 0x3f3504f3;
constexpr REAL LOG10_2_HIGH = 0x1.344000p-2f, LOG10_2_LOW = 0x1.3509f8p-18f;
constexpr REAL LOG10_E = 0x1.bcb7b2p-2f;
constexpr REAL SQUARES_OVERFLOW = 0x1p30f;
#endif

// A positive number as 2^exponent times a mantissa between the square roots of 1/2 and of 2.
struct Parts {
    V exponent, mantissa;
    U power;  // 2^exponent, as bits: the biased exponent in its place
};

INLINE Parts parts(V x) {
    const U shifted = bits(x) + ((BIAS << MANTISSA) - ROOT_HALF);
    const V exponent = number((shifted >> MANTISSA) + bits(splat(MAGIC))) - (MAGIC + REAL(BIAS));
    return {exponent, number((shifted & FRACTION) + ROOT_HALF), shifted & ~FRACTION};
}

// log(1 + f) + more for 1 + f between the square roots of 1/2 and of 2.
INLINE V log_near_one(V f, V more) {
#if REAL_IS_DOUBLE
    const V s = f / (f + 2), z = s * s, half_square = f * f * REAL(0.5);
    return f - (half_square - (s * (half_square + z * atanh_tail(z)) + more));
#else
    return f * f * (log_tail(f) * f - REAL(0.5)) + more + f;
#endif
}

// What a logarithm is outside of the positive finite numbers.
INLINE V log_limits(V x, V inner) {
    const V outside = select(x < 0, splat(NOT_A_NUMBER), splat(-INFINITE));
    return select(x < INFINITE, select(x >= SMALLEST, inner, outside), x);
}

INLINE V log_(V x) {
    const Parts part = parts(x);
    return log_limits(x, part.exponent * LN2_HIGH + log_near_one(part.mantissa - 1, part.exponent * LN2_LOW));
}

INLINE V log2_(V x) {
    const Parts part = parts(x);
    return log_limits(x, log_near_one(part.mantissa - 1, V{}) * LOG2_E + part.exponent);
}

INLINE V log10_(V x) {
    const Parts part = parts(x);
    const V inner = log_near_one(part.mantissa - 1, V{}) * LOG10_E + part.exponent * LOG10_2_LOW;
    return log_limits(x, part.exponent * LOG10_2_HIGH + inner);
}

// log1p of x above -1 and finite, without the sign of a zero.
INLINE V log1p_inner(V x) {
    const V sum = x + 1;
    const Parts part = parts(sum);
    // What the sum has lost by rounding, at the scale of the mantissa: 2 / 2^exponent stays in range.
    const V twice = number(((2 * BIAS + 1) << MANTISSA) - part.power);
    const V f = (part.mantissa - 1) + (x - (sum - 1)) * REAL(0.5) * twice;
    return part.exponent * LN2_HIGH + log_near_one(f, part.exponent * LN2_LOW);
}

INLINE V log1p_(V x) {
    const V outside = select(x < -1, splat(NOT_A_NUMBER), splat(-INFINITE));
    return select(x < INFINITE, select(x > -1, with_sign(log1p_inner(x), x), outside), x);
}

// log1p of u between 0 and 1.
INLINE V log1p_near(V u) {
#if REAL_IS_DOUBLE
    return log1p_inner(u);
#else
    return u * log1p_unit(u);
#endif
}

// log(1 + exp(x)).
INLINE V softplus_(V x) { return at_least(x, 0) + log1p_near(exp_not_positive(-abs_(x))); }

// log(exp(a) + exp(b)).
INLINE V logaddexp_(V a, V b) {
    const V low = min_(a, b), high = max_(a, b);
    // Equal infinities have no difference. What the difference loses by rounding, the sum would gain many times over.
    const V difference = where(a != b, low - high), back = difference + high;
    const V lost = (low - back) - (high - (back - difference));
    return high + log1p_near(exp_not_positive(difference, where((a != b) & (difference > EXP_VANISHES), lost)));
}

INLINE V asinh_(V x) {
    const V a = abs_(x), square = a * a;
    const M far = a > SQUARES_OVERFLOW;
    // log(2a) far out: log1p(a) is log(a) there.
    const V near = a + square / (sqrt_(square + 1) + 1);
    return with_sign(log1p_(select(far, a, near)) + where(far, splat(LN2_HIGH + LN2_LOW)), x);
}

INLINE V acosh_(V x) {
    const V t = x - 1;
    const M far = x > SQUARES_OVERFLOW;
    const V near = select(x < 1, splat(NOT_A_NUMBER), t + sqrt_(t * 2 + t * t));
    return log1p_(select(far, x, near)) + where(far, splat(LN2_HIGH + LN2_LOW));
}

INLINE V atanh_(V x) {
    const V a = abs_(x);
    return with_sign(log1p_(a * 2 / (1 - a)) * REAL(0.5), x);
}

}  // namespace fused
