// Which requests this worker has in hand, in its slot of the scoreboard: each has a place there from its arrival to the
// end of its answer, as far as there are places. Lives on the event loop's thread of one worker.
#pragma once

#include <cstdint>
#include <string_view>

#include "scoreboard/scoreboard.h"

namespace pronghorn {

class ActiveTable {
 public:
  static constexpr uint8_t kNowhere = 255;

  explicit ActiveTable(Slot* slot) : places_(slot->active) {}

  // Its place, or kNowhere. `ring`: its number in the batch.
  uint8_t Begin(int64_t now_us, int ring, int method, std::string_view target) {
    if (free_ == 0) return kNowhere;
    const int place = __builtin_ctz(free_);
    free_ &= free_ - 1;
    places_[place].Set(now_us, ring, method, target);
    return static_cast<uint8_t>(place);
  }

  // Its batch is over, and it is not.
  void Outlive(uint8_t place) {
    if (place != kNowhere) places_[place].ring.store(-1, std::memory_order_relaxed);
  }

  void End(uint8_t* place) {
    if (*place == kNowhere) return;
    places_[*place].started_us.store(0, std::memory_order_relaxed);
    free_ |= uint32_t{1} << *place;
    *place = kNowhere;
  }

 private:
  static_assert(kActiveRequests == 32);

  ActiveRequest* places_;
  uint32_t free_ = ~uint32_t{0};
};

}  // namespace pronghorn
