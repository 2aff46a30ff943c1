// CLOCK_MONOTONIC in nanoseconds: comparable between all processes of a machine, unmoved by clock changes.
#pragma once

#include <time.h>

#include <cstdint>

namespace pronghorn {

inline int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace pronghorn
