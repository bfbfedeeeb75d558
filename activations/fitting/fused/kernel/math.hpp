// Elementary functions of vectors of real numbers, each within four units in the last place.
//
// Results below the smallest normal number may be zeros, whether or not the processor flushes them; infinities, NaN and
// signed zeros are those of the C library.
#pragma once

#include "exponential.hpp"
#include "lanes.hpp"
#include "logarithm.hpp"
#include "normal.hpp"
#include "power.hpp"
#include "trigonometry.hpp"
