// Products of small matrices that lie in the cache, tile by tile in registers.
//
// A matrix is stored in panels: PANEL columns of all rows, then the next ones. So the innermost loop of every product
// reads memory in a row, whatever the widths. Columns are filled up to whole vectors; what is in them stays in them.
#pragma once
#include "real.hpp"

#define UNROLL _Pragma("GCC unroll 16")

constexpr int VECTORS = 2;  // of a panel
constexpr int PANEL = VECTORS * LANES;
// Rows of a tile: as many as leave registers for a panel's row and a factor.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int TILE = 12;
#else
constexpr int TILE = 6;
#endif

inline long filled(long width) { return (width + LANES - 1) / LANES * LANES; }
inline long least(long a, long b) { return a < b ? a : b; }

// A matrix [rows, width] in panels; the last panel may be of one vector.
struct Panels {
  REAL* at;
  long rows;
  long width;  // filled

  long count() const { return (width + PANEL - 1) / PANEL; }
  long width_of(long panel) const { return least(PANEL, width - panel * PANEL); }
  REAL* panel(long panel) const { return at + panel * PANEL * rows; }
  REAL& element(long row, long column) const {
    const long index = column / PANEL;
    return panel(index)[row * width_of(index) + column % PANEL];
  }
};

// A matrix that is read number by number: in panels of any width, of which so many columns count.
struct Numbers {
  const REAL* at;
  long rows;
  long columns;       // that count
  long panel;         // columns of a panel but the last
  long stored;        // columns with those that fill up

  static Numbers of(const Panels& matrix, long columns) {
    return {matrix.at, matrix.rows, columns, PANEL, matrix.width};
  }
  static Numbers plain(const REAL* at, long rows, long columns) { return {at, rows, columns, columns, columns}; }
};

// Rows of a sum of outer products, in registers.
template <int R, int N>
struct Tile {
  V sum[R][N];

  // Add the products of numbers left[i*row + k*column] with the rows of a panel, for k below length.
  inline __attribute__((always_inline)) void add(
      const REAL* left, long row, long column, const REAL* right, long length) {
    for (long k = 0; k < length; k++) {
      V values[N];
      UNROLL for (int n = 0; n < N; n++) values[n] = load(right + k * N * LANES + n * LANES);
      UNROLL for (int i = 0; i < R; i++) {
        const V factor = splat(left[i * row + k * column]);
        UNROLL for (int n = 0; n < N; n++) sum[i][n] += factor * values[n];
      }
    }
  }
  inline __attribute__((always_inline)) void start(const REAL* first) {
    UNROLL for (int n = 0; n < N; n++) {
      const V value = first ? load(first + n * LANES) : splat(0);
      UNROLL for (int i = 0; i < R; i++) sum[i][n] = value;
    }
  }
  inline __attribute__((always_inline)) void load_from(const REAL* from) {
    UNROLL for (int i = 0; i < R; i++)
      UNROLL for (int n = 0; n < N; n++) sum[i][n] = load(from + (i * N + n) * LANES);
  }
  inline __attribute__((always_inline)) void store_to(REAL* to) const {
    UNROLL for (int i = 0; i < R; i++)
      UNROLL for (int n = 0; n < N; n++) store(to + (i * N + n) * LANES, sum[i][n]);
  }
};

// A tile of left * right + first (a row), or added to what is there.
template <int R, int N>
inline __attribute__((always_inline)) void product_tile(
    const Numbers& left, long i, const REAL* right, const REAL* first, bool more, REAL* result) {
  Tile<R, N> tile;
  if (more) tile.load_from(result);
  else tile.start(first);
  for (long k = 0; k < left.columns; k += left.panel) {
    const long width = least(left.panel, left.stored - k);
    tile.add(left.at + k * left.rows + i * width, width, 1, right + k * N * LANES, least(width, left.columns - k));
  }
  tile.store_to(result);
}

template <int N>
inline void product_panel(
    const Numbers& left, const REAL* right, const REAL* first, bool more, REAL* result) {
  long i = 0;
  for (; i + TILE <= left.rows; i += TILE) product_tile<TILE, N>(left, i, right, first, more, result + i * N * LANES);
  for (; i + 4 <= left.rows; i += 4) product_tile<4, N>(left, i, right, first, more, result + i * N * LANES);
  for (; i < left.rows; i++) product_tile<1, N>(left, i, right, first, more, result + i * N * LANES);
}

// result [rows, width] = left [rows, k] * right [k, width] + first [width]; with `more` instead of `first`: added to it.
static void product(const Numbers& left, const Panels& right, const REAL* first, bool more, const Panels& result) {
  for (long panel = 0; panel < right.count(); panel++) {
    const REAL* start = first ? first + panel * PANEL : nullptr;
    if (right.width_of(panel) == PANEL)
      product_panel<VECTORS>(left, right.panel(panel), start, more, result.panel(panel));
    else
      product_panel<1>(left, right.panel(panel), start, more, result.panel(panel));
  }
}

template <int R, int N>
inline void gradient_tile(const REAL* left, long column, const Panels& slope, const REAL* panel, REAL* result) {
  Tile<R, N> sums;
  sums.load_from(result);
  sums.add(left, 1, column, panel, slope.rows);
  sums.store_to(result);
}

template <int N>
inline void gradient_panel(const Numbers& left, const Panels& slope, const REAL* panel, REAL* result) {
  for (long k = 0; k < left.columns; k += left.panel) {
    const long width = least(left.panel, left.stored - k), columns = least(width, left.columns - k);
    const REAL* at = left.at + k * left.rows;
    REAL* to = result + k * N * LANES;
    long i = 0;
    for (; i + TILE <= columns; i += TILE) gradient_tile<TILE, N>(at + i, width, slope, panel, to + i * N * LANES);
    for (; i + 4 <= columns; i += 4) gradient_tile<4, N>(at + i, width, slope, panel, to + i * N * LANES);
    for (; i < columns; i++) gradient_tile<1, N>(at + i, width, slope, panel, to + i * N * LANES);
  }
}

// result [k, width] += transposed left [rows, k] * slope [rows, width].
static void add_gradient(const Numbers& left, const Panels& slope, const Panels& result) {
  for (long panel = 0; panel < slope.count(); panel++) {
    if (slope.width_of(panel) == PANEL) gradient_panel<VECTORS>(left, slope, slope.panel(panel), result.panel(panel));
    else gradient_panel<1>(left, slope, slope.panel(panel), result.panel(panel));
  }
}

// Lanes of two vectors by number, those of the second one from LANES on.
inline __attribute__((always_inline)) V taken(V low, V high, M places) {
#if defined(__clang__)
  V result;
  UNROLL for (int lane = 0; lane < LANES; lane++)
    result[lane] = places[lane] < LANES ? low[places[lane]] : high[places[lane] - LANES];
  return result;
#else
  return __builtin_shuffle(low, high, places);
#endif
}

// Turn a square of LANES vectors: halves of pairs of vectors change places, then halves of these.
template <int STEP>
inline __attribute__((always_inline)) void turn_square(V (&rows)[LANES]) {
  if constexpr (STEP > 0) {
    M first, second;
    UNROLL for (int lane = 0; lane < LANES; lane++) {
      first[lane] = lane & STEP ? LANES + lane - STEP : lane;
      second[lane] = lane & STEP ? LANES + lane : lane + STEP;
    }
    UNROLL for (int i = 0; i < LANES; i++)
      if (!(i & STEP)) {
        const V upper = rows[i], lower = rows[i + STEP];
        rows[i] = taken(upper, lower, first);
        rows[i + STEP] = taken(upper, lower, second);
      }
    turn_square<STEP / 2>(rows);
  }
}

// The transposed matrix: result [columns, rows filled] of matrix [rows, columns].
static void turn(const Panels& matrix, long columns, const Panels& result) {
  for (long row = 0; row < result.width; row += LANES)
    for (long column = 0; column < columns; column += LANES) {
      V square[LANES];
      UNROLL for (int lane = 0; lane < LANES; lane++)
        square[lane] = row + lane < matrix.rows ? load(&matrix.element(row + lane, column)) : splat(0);
      turn_square<LANES / 2>(square);
      UNROLL for (int lane = 0; lane < LANES; lane++)
        if (column + lane < columns) store(&result.element(column + lane, row), square[lane]);
    }
}

// The sum of a vector's lanes, pairwise.
template <int COUNT>
inline REAL sum_of(const REAL* at) {
  if constexpr (COUNT == 1) {
    return at[0];
  } else {
    REAL half[COUNT / 2];
    UNROLL for (int i = 0; i < COUNT / 2; i++) half[i] = at[i] + at[i + COUNT / 2];
    return sum_of<COUNT / 2>(half);
  }
}
inline REAL sum_of(V values) {
  alignas(VECTOR_BYTES) REAL lanes[LANES];
  store(lanes, values);
  return sum_of<LANES>(lanes);
}
