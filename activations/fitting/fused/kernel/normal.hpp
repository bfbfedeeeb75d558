// The error function and its complement.
#pragma once

#include "coefficients.hpp"
#include "exponential.hpp"
#include "lanes.hpp"

namespace fused {

// erfc of a number that is not negative: exp(-a²) times a smooth function of 6/(a + 3) - 1.
INLINE V erfc_far(V a) {
    const V inner = at_most(a, REAL_IS_DOUBLE ? 27 : 10);
    const V sum = inner + 3, u = 3 / sum;
    // The rounding of a² alone would cost as many digits as the exponent has: its rest goes into the exponential,
    // together with what the rounding of u has changed, of which a tangent is enough.
    const V top = upper(inner), u_top = upper(u), sum_top = upper(sum);
    const V rest = ((3 - u_top * sum_top) - u_top * (sum - sum_top)) - (u - u_top) * sum - u * (inner - (sum - 3));
    const V more = (top - inner) * (top + inner) + rest * (u * REAL(0.8) + REAL(1.0 / 3.0));
    return exp_not_positive(-(top * top), more) * (erfc_tail(u * 2 - 1) * u);
}

INLINE V erfc_(V x) {
    const V y = erfc_far(abs_(x));
    return select(x < 0, 2 - y, y);
}

INLINE V erf_(V x) {
    const V a = abs_(x);
#if REAL_IS_DOUBLE
    const V far = erfc_far(a);
#else
    // Beyond 4 erf is rounded to 1, and no digit of its complement has to be exact.
    const V far = exp_not_positive(-erf_exponent(at_most(a, 4)));
#endif
    return select(a < 1, x * erf_tail(x * x) + x, with_sign(1 - far, x));
}

}  // namespace fused
