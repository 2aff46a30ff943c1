// Where a worker's JavaScript stood when it was last asked, as it stands in the worker's slot of the shared memory. The worker
// writes it, and can be killed between any two instructions.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace pronghorn {

struct StackText {
  static constexpr size_t kBytes = 2032;

  std::atomic<int64_t> turn_ns;  // of the event loop's turn that it is of
  std::atomic<int64_t> length;   // 0: none. Written last, taken away first
  char text[kBytes];             // a line for each frame, the innermost first

  void Set(int64_t turn, std::string_view frames) {
    length.store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    turn_ns.store(turn, std::memory_order_relaxed);
    const size_t bytes = frames.size() < kBytes ? frames.size() : kBytes;
    std::memcpy(text, frames.data(), bytes);
    length.store(static_cast<int64_t>(bytes), std::memory_order_release);
  }

  // Empty: none of this turn.
  std::string Of(int64_t turn) const {
    const auto bytes = static_cast<size_t>(length.load(std::memory_order_acquire));
    if (turn == 0 || turn_ns.load(std::memory_order_relaxed) != turn) return {};
    return {text, bytes < kBytes ? bytes : kBytes};
  }
};

static_assert(sizeof(StackText) == 2048);

}  // namespace pronghorn
