// One vector type of real numbers, the masks its comparisons give, and the few operations all else is written in.
//
// A translation unit has one real type, chosen on the command line: -DREAL=float (the default) or -DREAL=double.
// The vectors are those of the compiler (GCC and clang), so -march decides the instructions; nothing here names one.
#pragma once

#ifndef REAL
#define REAL float
#endif

// REAL is a word the preprocessor cannot compare, but can paste: REAL_IS_DOUBLE_float or REAL_IS_DOUBLE_double.
#define REAL_IS_DOUBLE_float 0
#define REAL_IS_DOUBLE_double 1
#define REAL_PASTE(a, b) a##b
#define REAL_IS_DOUBLE_OF(name) REAL_PASTE(REAL_IS_DOUBLE_, name)
#define REAL_IS_DOUBLE REAL_IS_DOUBLE_OF(REAL)

// The widest registers the target has; sizeof(REAL), which is one lane, works everywhere.
#ifndef VECTOR_BYTES
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#endif

// Small functions have to vanish: a call would send every live vector through memory.
#define INLINE static inline __attribute__((always_inline))

// Vectors wider than the target's registers are passed between functions of one file only: their calling convention,
// which the compilers would warn about, is seen by nobody else. (GCC's notes about it need -Wno-psabi as well.)
#pragma GCC diagnostic ignored "-Wpsabi"

// A function of the C library in the precision of REAL: BUILTIN(sqrt) is __builtin_sqrtf or __builtin_sqrt.
#if REAL_IS_DOUBLE
#define BUILTIN(name) __builtin_##name
#else
#define BUILTIN(name) __builtin_##name##f
#endif

namespace fused {

constexpr int LANES = VECTOR_BYTES / sizeof(REAL);
static_assert(LANES >= 1 && VECTOR_BYTES % sizeof(REAL) == 0, "VECTOR_BYTES is a multiple of sizeof(REAL)");

#if REAL_IS_DOUBLE
using INTEGER = long long;
using WORD = unsigned long long;
#else
using INTEGER = int;
using WORD = unsigned int;
#endif
static_assert(sizeof(INTEGER) == sizeof(REAL), "a lane of a mask is as wide as a lane of numbers");

typedef REAL V __attribute__((vector_size(VECTOR_BYTES)));
// Lanes of a mask are 0 or -1 (all bits set).
typedef decltype(V{} < V{}) M;
// The same bits without a sign: shifts bring in zeros.
typedef WORD U __attribute__((vector_size(VECTOR_BYTES)));

// x - 0 rather than x + 0: it keeps the sign of -0, so that the compiler drops it.
INLINE V splat(REAL x) { return x - V{}; }

// Both ask for an address that is a multiple of VECTOR_BYTES.
INLINE V load(const REAL* from) { return *reinterpret_cast<const V*>(from); }
INLINE void store(REAL* to, V x) { *reinterpret_cast<V*>(to) = x; }

// yes where the mask is set, no elsewhere; a blend, never a branch.
INLINE V select(M mask, V yes, V no) { return mask ? yes : no; }

// The bits of a number, and the number of some bits.
INLINE U bits(V x) { return (U)x; }
INLINE V number(U x) { return (V)x; }
INLINE V number(M x) { return (V)x; }
INLINE U word(WORD x) { return x | U{}; }

// x where the mask is set, +0 elsewhere.
INLINE V where(M mask, V x) { return (V)((U)mask & (U)x); }

// Whether any lane is set: what a rare path is entered by.
INLINE bool any(M mask) {
#if VECTOR_BYTES % 16
    INTEGER all = 0;
    for (int i = 0; i < LANES; ++i) all |= mask[i];
    return all != 0;
#else
    // Long words: half as many steps as lanes of a float.
    typedef long long W __attribute__((vector_size(VECTOR_BYTES)));
    const W wide = (W)mask;
    long long all = 0;
    for (int i = 0; i < VECTOR_BYTES / 8; ++i) all |= wide[i];
    return all != 0;
#endif
}

}  // namespace fused

using namespace fused;
