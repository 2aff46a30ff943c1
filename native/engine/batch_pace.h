// How many requests JavaScript is given at a time: answers leave when a batch has been handled, so that where handlers
// take long, many of them would make the first client wait for the last one's. Lives on the event loop's thread of one
// worker.
#pragma once

#include <cstdint>

#include "engine/memory.h"

namespace pronghorn {

class BatchPace {
 public:
  int limit() const { return limit_; }
  // A single quick request says nothing about many of them, and is not worth two looks at the clock.
  bool Measures(int count) const { return count > 1 || limit_ < Memory::kRequests; }

  // JavaScript has had a batch.
  void Note(int count, int64_t took_ns) {
    const int64_t fit = took_ns > 0 ? kBatchNs * count / took_ns : Memory::kRequests;
    limit_ = fit < 1 ? 1 : fit < Memory::kRequests ? static_cast<int>(fit) : Memory::kRequests;
  }

 private:
  // So long that what a batch itself costs is little beside it.
  static constexpr int64_t kBatchNs = 1'000'000;

  int limit_ = Memory::kRequests;
};

}  // namespace pronghorn
