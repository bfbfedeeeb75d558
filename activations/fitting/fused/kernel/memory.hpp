// Memory for vectors: one block that is cut into arrays.
#pragma once
#include <stdlib.h>
#include <string.h>

#include "real.hpp"

class Memory {
 public:
  // The arrays are asked for twice in the same order: once to measure them, once to have them.
  bool allocate() {
    raw = calloc(1, used + ALIGNMENT);
    if (!raw) return false;
    block = (char*)(((size_t)raw + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    used = 0;
    return true;
  }
  REAL* reals(long count) {
    REAL* at = block ? (REAL*)(block + used) : nullptr;
    used += ((size_t)count * sizeof(REAL) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return at;
  }
  ~Memory() { free(raw); }

 private:
  static constexpr size_t ALIGNMENT = VECTOR_BYTES > 64 ? VECTOR_BYTES : 64;
  void* raw = nullptr;
  char* block = nullptr;
  size_t used = 0;
};
