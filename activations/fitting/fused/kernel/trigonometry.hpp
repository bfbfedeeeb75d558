// Trigonometric functions and their inverses.
#pragma once

#include "coefficients.hpp"
#include "lanes.hpp"

namespace fused {

// pi/2 in parts short enough that the product with a whole number of quarter turns is exact up to FEW_TURNS.
#if REAL_IS_DOUBLE
constexpr REAL QUARTER_1 = 0x1.921fb54400000p+0, QUARTER_2 = 0x1.0b4611a600000p-34;
constexpr REAL QUARTER_3 = 0x1.3198a2e037073p-69, QUARTER_4 = 0;
constexpr REAL FEW_TURNS = 1e6;
constexpr REAL HALF_PI = 0x1.921fb54442d18p+0, HALF_PI_LOW = 0x1.1a62633145c07p-54;
constexpr REAL PER_PI = 0x1.45f306dc9c883p-2;
#else
constexpr REAL QUARTER_1 = 0x1.9200p+0f, QUARTER_2 = 0x1.fb4000p-12f;
constexpr REAL QUARTER_3 = 0x1.444000p-24f, QUARTER_4 = 0x1.68c234p-39f;
constexpr REAL FEW_TURNS = 1e4f;
constexpr REAL HALF_PI = 0x1.921fb6p+0f, HALF_PI_LOW = -0x1.777a5cp-25f;
constexpr REAL PER_PI = 0x1.45f306p-2f;
#endif

// x less a whole number of units of quarter turns.
INLINE V less_quarters(V x, V count, REAL unit) {
    const V rest = ((x - count * (QUARTER_1 * unit)) - count * (QUARTER_2 * unit)) - count * (QUARTER_3 * unit);
    return QUARTER_4 == 0 ? rest : rest - count * (QUARTER_4 * unit);
}

// sin of at most a quarter turn, with the sign turned for every odd count of half turns.
INLINE V sin_rest(V r, U count) {
    const V z = r * r;
    return number(bits(sin_tail(z) * z * r + r) ^ (count << TOP));
}

// Arguments of many turns are for the C library, lane by lane.
#define MANY_TURNS(name)                                                                          \
    static __attribute__((noinline, cold)) V many_turns_##name(V x, V y) {                        \
        for (int i = 0; i < LANES; ++i) {                                                         \
            if (!(x[i] >= -FEW_TURNS && x[i] <= FEW_TURNS)) y[i] = BUILTIN(name)(x[i]);           \
        }                                                                                         \
        return y;                                                                                 \
    }

MANY_TURNS(sin)
MANY_TURNS(cos)
MANY_TURNS(tan)

INLINE V sin_(V x) {
    // The sine of -0 is -0: the sign of x goes by bits.
    const V a = abs_(x), sum = a * PER_PI + MAGIC;
    const V y = number(bits(sin_rest(less_quarters(a, sum - MAGIC, 2), bits(sum))) ^ (bits(x) & SIGN));
    return __builtin_expect(any(a > FEW_TURNS), 0) ? many_turns_sin(x, y) : y;
}

INLINE V cos_(V x) {
    // The nearest odd number of quarter turns: x is it and a rest, whose sine is wanted.
    const V sum = (x * PER_PI + REAL(0.5)) + MAGIC;
    const V y = sin_rest(less_quarters(x, (sum - MAGIC) * 2 - 1, 1), bits(sum));
    return __builtin_expect(any(abs_(x) > FEW_TURNS), 0) ? many_turns_cos(x, y) : y;
}

INLINE V tan_(V x) {
    const V sum = x * (PER_PI * 2) + MAGIC;
    const V r = less_quarters(x, sum - MAGIC, 1), z = r * r;
    // r·(1 + z·a/b) with b in both parts of the quotient, where its own rounding cancels.
    const V bottom = tan_tail_bottom(z), top = r * z * tan_tail_top(z) + r * bottom;
    const M odd = (M)(bits(sum) << TOP) < 0;
    const V y = select(odd, -bottom, top) / select(odd, top, bottom);
    return __builtin_expect(any(abs_(x) > FEW_TURNS), 0) ? many_turns_tan(x, y) : y;
}

// asin of at most 1/2 in size, given the square.
INLINE V asin_near(V x, V square) { return asin_tail(square) * square * x + x; }

INLINE V asin_(V x) {
    const V a = abs_(x), rest = (1 - a) * REAL(0.5);
    const M far = a > REAL(0.5);
    const V square = select(far, rest, a * a);
    const V y = asin_near(select(far, sqrt_(rest), a), square);
    return with_sign(select(far, (HALF_PI - y * 2) + HALF_PI_LOW, y), x);
}

INLINE V acos_(V x) {
    const V a = abs_(x), rest = (1 - a) * REAL(0.5);
    const M far = a > REAL(0.5);
    const V square = select(far, rest, a * a);
    const V y = asin_near(select(far, sqrt_(rest), x), square);
    const V twice = y * 2;
    return select(far, select(x < 0, (2 * HALF_PI - twice) + 2 * HALF_PI_LOW, twice), (HALF_PI - y) + HALF_PI_LOW);
}

// The angle of the point (low, high), both not negative.
INLINE V angle(V high, V low) {
    constexpr REAL EIGHTH = 0x1.a827999fcef32p-2, THREE_EIGHTHS = 0x1.3504f333f9de6p+1;  // their tangents
    const M steep = high > low * THREE_EIGHTHS, middle = high > low * EIGHTH;
    const V top = select(steep, -low, select(middle, high - low, high));
    const V bottom = select(steep, high, select(middle, high + low, low));
    const V t = top / bottom, z = t * t;
    const V base = select(steep, splat(HALF_PI), where(middle, splat(HALF_PI / 2)));
    const V base_low = select(steep, splat(HALF_PI_LOW), where(middle, splat(HALF_PI_LOW / 2)));
    return base + ((atan_tail(z) * z * t + base_low) + t);
}

INLINE V atan_(V x) { return with_sign(angle(abs_(x), splat(1)), x); }

// The angle of the point (x, y), between -pi and pi.
INLINE V atan2_(V y, V x) {
    const V high = abs_(y), low = abs_(x);
    // Neither a quotient of zeros nor one of infinities has an angle of its own; the sum of two huge sides overflows.
    const M infinite = (high == INFINITE) & (low == INFINITE), origin = (high == 0) & (low == 0);
    const V scale = select((high > 1) & (low > 1), splat(REAL(0.25)), splat(1));
    const V up = select(infinite, splat(1), high * scale);
    const V along = select(infinite | origin, splat(1), low * scale);
    const V first = angle(up, along);
    const V turned = (2 * HALF_PI - first) + 2 * HALF_PI_LOW;
    const V y_or_nan = number(bits(y) & SIGN);
    return with_sign(select((M)bits(x) < 0, turned, first), y_or_nan);
}

}  // namespace fused
