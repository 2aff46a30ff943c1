// A request that a worker has in hand, as it stands in the worker's slot of the shared memory: what the manager tells of a
// worker that hangs or has died. The worker writes it, and can be stopped or killed between any two instructions.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pronghorn {

struct alignas(64) ActiveRequest {
  static constexpr size_t kTargetBytes = 50;

  std::atomic<int64_t> started_us;  // CLOCK_MONOTONIC; 0: nobody's. Written last, taken away first
  std::atomic<int32_t> ring;        // its place in the batch that is being handled; -1: that batch is over
  uint8_t method;                   // index into the method names
  uint8_t target_length;            // of what stands below
  char target[kTargetBytes];        // the beginning of the request target

  void Set(int64_t now_us, int place, int method_number, std::string_view text) {
    const size_t length = text.size() < kTargetBytes ? text.size() : kTargetBytes;
    ring.store(place, std::memory_order_relaxed);
    method = static_cast<uint8_t>(method_number);
    target_length = static_cast<uint8_t>(length);
    std::memcpy(target, text.data(), length);
    started_us.store(now_us, std::memory_order_release);
  }
};

static_assert(sizeof(ActiveRequest) == 64);

// Of one worker; what it has in hand beyond that is only counted.
inline constexpr int kActiveRequests = 32;

}  // namespace pronghorn
