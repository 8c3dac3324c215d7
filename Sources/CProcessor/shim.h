/* What processors can do and Swift has no word for. */
#pragma once
#include <stdint.h>

/* Asks for the cache line at an address, which may lie anywhere: nothing is read, and nothing faults. */
static inline void prefetch_line(uintptr_t address) { __builtin_prefetch((const void *)address, 0, 3); }
