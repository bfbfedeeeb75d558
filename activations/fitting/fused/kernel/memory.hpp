// Memory for vectors: one block that is cut into arrays.
#pragma once
#include <stdlib.h>
#include <string.h>

#include "real.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESSES_ARE_CHECKED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ADDRESSES_ARE_CHECKED
#endif
#ifdef ADDRESSES_ARE_CHECKED
extern "C" void __asan_poison_memory_region(const volatile void* at, size_t bytes);
#endif

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
    const size_t bytes = (size_t)count * sizeof(REAL), end = used + bytes;
    used = (end + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
#ifdef ADDRESSES_ARE_CHECKED
    if (block) __asan_poison_memory_region(block + end, used - end);
#endif
    return at;
  }
  ~Memory() { free(raw); }

 private:
  static constexpr size_t ALIGNMENT = VECTOR_BYTES > 64 ? VECTOR_BYTES : 64;
#ifdef ADDRESSES_ARE_CHECKED
  static constexpr size_t GAP = 8 * ALIGNMENT;  // between two arrays, where nobody may read or write
#else
  static constexpr size_t GAP = 0;
#endif
  void* raw = nullptr;
  char* block = nullptr;
  size_t used = 0;
};
