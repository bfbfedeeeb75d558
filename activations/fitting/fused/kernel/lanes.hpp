// What every lane does by itself: bits of a number, rounding, the smaller and the larger, and square roots.
#pragma once

#include "real.hpp"

namespace fused {

#if REAL_IS_DOUBLE
constexpr int MANTISSA = 52;
constexpr WORD BIAS = 1023;
constexpr REAL SMALLEST = 0x1p-1022;  // the smallest normal number: what is below may be flushed to zero
// Adding it leaves the nearest integer in the low bits of the sum, and in the sum less it.
constexpr REAL MAGIC = 0x1.8p52;
#else
constexpr int MANTISSA = 23;
constexpr WORD BIAS = 127;
constexpr REAL SMALLEST = 0x1p-126f;
constexpr REAL MAGIC = 0x1.8p23f;
#endif
constexpr int TOP = 8 * sizeof(REAL) - 1;
constexpr WORD SIGN = WORD(1) << TOP;
constexpr WORD FRACTION = (WORD(1) << MANTISSA) - 1;
constexpr REAL INFINITE = __builtin_inf();
constexpr REAL NOT_A_NUMBER = __builtin_nan("");

// One function of the C library for every lane; the compiler makes one instruction of those that have one.
#define LANE_BY_LANE(name, builtin)                                \
    INLINE V name(V x) {                                           \
        V y = x;                                                   \
        for (int i = 0; i < LANES; ++i) y[i] = BUILTIN(builtin)(x[i]); \
        return y;                                                  \
    }

LANE_BY_LANE(sqrt_, sqrt)
LANE_BY_LANE(floor_, floor)
LANE_BY_LANE(ceil_, ceil)
LANE_BY_LANE(trunc_, trunc)
LANE_BY_LANE(round_, rint)  // halves go to the even neighbour

INLINE M is_nan(V x) { return x != x; }
INLINE V abs_(V x) { return number(bits(x) & ~SIGN); }
INLINE V copysign_(V size, V sign) { return number((bits(size) & ~SIGN) | (bits(sign) & SIGN)); }
// The sign of an odd function's argument, given to a result that is not negative.
INLINE V with_sign(V size, V sign) { return number(bits(size) | (bits(sign) & SIGN)); }
INLINE V sign_(V x) { return select(is_nan(x), x, where(x != 0, copysign_(splat(1), x))); }
INLINE V min_(V a, V b) { return select((a < b) | is_nan(a), a, b); }
INLINE V max_(V a, V b) { return select((a > b) | is_nan(a), a, b); }
// Within two numbers; NaN stays NaN.
INLINE V at_least(V x, REAL low) { return select(x < low, splat(low), x); }
INLINE V at_most(V x, REAL high) { return select(x > high, splat(high), x); }
INLINE V rsqrt_(V x) { return 1 / sqrt_(x); }

// The upper half of a number's digits: its square is exact, and so is the product of two of them.
INLINE V upper(V x) { return number(bits(x) & ~((WORD(1) << ((MANTISSA + 2) / 2)) - 1)); }

}  // namespace fused
