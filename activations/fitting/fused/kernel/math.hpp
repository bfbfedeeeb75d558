// Elementary functions of vectors of real numbers, each within four units in the last place.
//
// Results below the smallest normal number may be zeros, whether or not the processor flushes them; where it does, so
// may arguments of up to four times that number be. Infinities, NaN and signed zeros are those of the C library, but
// for remainder_, whose zeros are positive. sin_ and cos_ may be one unit beyond 1 where they turn; logaddexp_ counts
// in units of its larger term where it cancels.
#pragma once

#include "exponential.hpp"
#include "lanes.hpp"
#include "logarithm.hpp"
#include "normal.hpp"
#include "power.hpp"
#include "trigonometry.hpp"
