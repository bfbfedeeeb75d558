// The error function and its complement.
#pragma once

#include "coefficients.hpp"
#include "exponential.hpp"
#include "lanes.hpp"

namespace fused {

// erfc of a number that is not negative: exp(-a²) times a smooth function of 6/(a + 3) - 1.
INLINE V erfc_far(V a) {
    const V inner = at_most(a, REAL_IS_DOUBLE ? 27 : 10);
    const V u = 3 / (inner + 3);
    // The rounding of a² alone would cost as many digits as the exponent has: its rest goes into the exponential.
    const V top = upper(inner);
    return exp_not_positive(-(top * top), (top - inner) * (top + inner)) * (erfc_tail(u * 2 - 1) * u);
}

INLINE V erfc_(V x) {
    const V y = erfc_far(abs_(x));
    return select(x < 0, 2 - y, y);
}

INLINE V erf_(V x) {
#if REAL_IS_DOUBLE
    const V a = abs_(x);
    return select(a < 1, x * erf_unit(x * x), with_sign(1 - erfc_far(a), x));
#else
    // Beyond 3.92 erf is rounded to 1.
    const V inner = at_most(at_least(x, REAL(-3.93)), REAL(3.93)), z = inner * inner;
    return inner * erf_ratio_top(z) / erf_ratio_bottom(z);
#endif
}

}  // namespace fused
