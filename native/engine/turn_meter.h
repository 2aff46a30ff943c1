// What the scoreboard says of one event loop's turns: when it last began to wait, since when it does something, and
// how long it has waited in all. With that the manager tells a loop that stands still from one that has nothing to do,
// at any moment and without asking. Runs in a worker.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "scoreboard/scoreboard.h"

namespace pronghorn {

class TurnMeter {
 public:
  explicit TurnMeter(Slot* slot) : slot_(*slot), rested_ns_(MonotonicNs()) {}

  // The loop has something to do: the first call of a turn counts. `ready` sockets wait for it.
  void Begin(int64_t now_ns, int ready) {
    if (ready > 0) slot_.Set(kSlot_ready, ready);
    if (is_turning_) return;
    is_turning_ = true;
    idle_ns_ += now_ns - rested_ns_;
    slot_.Set(kSlot_idleNs, idle_ns_);
    slot_.Set(kSlot_turnNs, now_ns);
  }

  // It waits for events from now on.
  void End() {
    rested_ns_ = MonotonicNs();
    is_turning_ = false;
    slot_.Set(kSlot_heartbeatNs, rested_ns_);
    slot_.Set(kSlot_turnNs, 0);
    slot_.Set(kSlot_ready, 0);
  }

 private:
  Slot& slot_;
  int64_t rested_ns_;
  int64_t idle_ns_ = 0;
  bool is_turning_ = false;
};

}  // namespace pronghorn
