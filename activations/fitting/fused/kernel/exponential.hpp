// Exponentials and what is made of them: exp, expm1, sigmoid, softplus' half, tanh, sinh, cosh.
#pragma once

#include "coefficients.hpp"
#include "lanes.hpp"

namespace fused {

#if REAL_IS_DOUBLE
constexpr REAL LOG2_E = 0x1.71547652b82fep+0;
// log(2) in two parts: a whole number of up to 11 bits times the first is exact.
constexpr REAL LN2_HIGH = 0x1.62e42fefa2000p-1, LN2_LOW = 0x1.9ef35793c7673p-41;
constexpr REAL EXP_LOWEST = -0x1.6232bdd7abcd2p+9;    // below, exp is smaller than SMALLEST
constexpr REAL EXP_HIGHEST = 0x1.62e42fefa39efp+9;    // above, exp is infinite
constexpr REAL SINH_HIGHEST = 0x1.633ce8fb9f87dp+9;   // above, sinh and cosh are infinite
constexpr REAL EXP_VANISHES = -709, EXPM1_IS_LOWEST = -40, EXPM1_OVERFLOWS = 710;
#else
constexpr REAL LOG2_E = 0x1.715476p+0f;
constexpr REAL LN2_HIGH = 0x1.62e000p-1f, LN2_LOW = 0x1.0bfbe8p-15f;
constexpr REAL EXP_LOWEST = -0x1.5d589ep+6f;
constexpr REAL EXP_HIGHEST = 0x1.62e42ep+6f;
constexpr REAL SINH_HIGHEST = 0x1.65a9f8p+6f;
constexpr REAL EXP_VANISHES = -88, EXPM1_IS_LOWEST = -20, EXPM1_OVERFLOWS = 89;
#endif

// x as a whole number of log(2) and a rest of at most half of one; the low bits of count are that number + shift.
struct Reduced {
    V rest;
    U count;
};

INLINE Reduced reduced(V x, REAL shift) {
    const V sum = x * LOG2_E + (MAGIC + shift);
    const V whole = sum - (MAGIC + shift);
    return {(x - whole * LN2_HIGH) - whole * LN2_LOW, bits(sum)};
}

// exp of a rest.
INLINE V exp_rest(V r) { return (exp_tail(r) * (r * r) + r) + 1; }

INLINE V exp_(V x) {
    const Reduced part = reduced(x, 0);
    const V inner = number(bits(exp_rest(part.rest)) + (part.count << MANTISSA));
    // NaN fails the last comparison, and is kept by the sum.
    return select(x <= EXP_HIGHEST, select(x < EXP_LOWEST, V{}, inner), x + INFINITE);
}

// exp(x + more) for x that is not positive and a small correction: fewer steps, as it cannot overflow.
INLINE V exp_not_positive(V x, V more) {
    const Reduced part = reduced(at_least(x, EXP_VANISHES), BIAS);
    // At EXP_VANISHES the power of two is 0.
    return exp_rest(part.rest + more) * number(part.count << MANTISSA);
}
INLINE V exp_not_positive(V x) {
    const Reduced part = reduced(at_least(x, EXP_VANISHES), BIAS);
    return exp_rest(part.rest) * number(part.count << MANTISSA);
}

// exp(x) / 2 for x that is not negative: finite as long as sinh and cosh are.
INLINE V exp_half(V x) {
    const Reduced part = reduced(x, -1);
    const V inner = number(bits(exp_rest(part.rest)) + (part.count << MANTISSA));
    return select(x <= SINH_HIGHEST, inner, x + INFINITE);
}

INLINE V exp2_(V x) {
    const V sum = at_most(at_least(x, -REAL(BIAS + 10)), REAL(BIAS + 10)) + MAGIC;
    const V rest = (x - (sum - MAGIC)) * (LN2_HIGH + LN2_LOW);
    const V inner = number(bits(exp_rest(rest)) + (bits(sum) << MANTISSA));
    return select(x < REAL(BIAS + 1), select(x < -REAL(BIAS - 1), V{}, inner), x + INFINITE);
}

// expm1 of x within EXPM1_IS_LOWEST and EXPM1_OVERFLOWS, without the sign of a zero.
INLINE V expm1_inner(V x) {
    const Reduced part = reduced(x, REAL(BIAS) - 1);
    const V half = number(part.count << MANTISSA);  // half the power of two: the whole one may overflow too early
    const V r = part.rest;
    return (half * (exp_tail(r) * (r * r) + r) + (half - REAL(0.5))) * 2;
}

INLINE V expm1_(V x) {
    return with_sign(expm1_inner(at_most(at_least(x, EXPM1_IS_LOWEST), EXPM1_OVERFLOWS)), x);
}

// 1 / (1 + exp(-x)).
INLINE V sigmoid_(V x) {
    const Reduced part = reduced(at_most(at_least(-x, EXP_VANISHES + 1), EXPM1_OVERFLOWS), REAL(BIAS) - 1);
    const V half = number(part.count << MANTISSA);
    return 1 / (exp_rest(part.rest) * half * 2 + 1);
}

INLINE V tanh_(V x) {
    const V u = expm1_inner(at_least(abs_(x) * -2, EXPM1_IS_LOWEST));
    return copysign_(u / (u + 2), x);
}

INLINE V sinh_(V x) {
    const V a = abs_(x), half = exp_half(a), z = x * x;
    const V far = with_sign(half - REAL(0.25) / half, x);
    return select(a < 1, sinh_tail(z) * z * x + x, far);
}

INLINE V cosh_(V x) {
    const V half = exp_half(abs_(x));
    return half + REAL(0.25) / half;
}

}  // namespace fused
