// The share of time in which the event loop was not waiting for events, over a sliding window. The same
// figure as Node's eventLoopUtilization(): time in a blocking call of the application counts as busy.
#pragma once

#include <uv.h>

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace pronghorn {

class BusyMeter {
 public:
  BusyMeter(uv_loop_t* loop, int64_t window_ms) : loop_(loop), step_ns_(window_ms * 1'000'000 / kSteps) {
    samples_.fill(Now());
  }

  // Call it often; takes a sample when a tenth of the window has passed.
  int64_t Permille() {
    const Sample now = Now();
    if (now.clock_ns - newest_ns_ >= step_ns_) {
      samples_[next_] = now;
      next_ = (next_ + 1) % kSteps;
      newest_ns_ = now.clock_ns;
    }
    const Sample& oldest = samples_[next_];
    const int64_t elapsed = now.clock_ns - oldest.clock_ns;
    if (elapsed <= 0) return 0;
    const int64_t busy = elapsed - static_cast<int64_t>(now.idle_ns - oldest.idle_ns);
    return busy <= 0 ? 0 : busy * 1000 / elapsed;
  }

 private:
  static constexpr size_t kSteps = 10;
  struct Sample {
    int64_t clock_ns;
    uint64_t idle_ns;
  };
  Sample Now() const { return {MonotonicNs(), uv_metrics_idle_time(loop_)}; }

  uv_loop_t* loop_;
  int64_t step_ns_;
  int64_t newest_ns_ = MonotonicNs();
  size_t next_ = 0;
  std::array<Sample, kSteps> samples_{};
};

}  // namespace pronghorn
