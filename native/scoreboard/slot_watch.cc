// Looking at workers from outside: see slot_watch.h. Runs in the manager.
#include "scoreboard/slot_watch.h"

#include <algorithm>

namespace pronghorn {
namespace {

// A turn of the event loop that is longer keeps others waiting longer than a neighbour would.
constexpr int64_t kTurnNsMax = 25'000'000;
// One that is longer may become such a one.
constexpr int64_t kQuickTurnNsMax = 5'000'000;

}  // namespace

void SlotWatch::Use(int slots) { records_.resize(static_cast<size_t>(slots)); }

bool SlotWatch::Look(int64_t now_ns) {
  bool is_other = false;
  is_any_stuck_ = false;
  for (int i = 0; i < slots(); ++i) {
    Record& record = records_[static_cast<size_t>(i)];
    const Slot* slot = scoreboard_->slot(i);
    bool is_stuck = false;
    if (slot->Get(kSlot_state) == kState_ready) {
      const int64_t turn_ns = slot->Get(kSlot_turnNs);
      const int64_t heartbeat_ns = slot->Get(kSlot_heartbeatNs);
      // A loop that waits for events comes round as soon as there is a connection. If it does not from one look to the
      // next, it is held up where it could not say so: in somebody else's callback, or without a processor.
      const bool is_still = heartbeat_ns == record.heartbeat_ns;
      const bool is_deaf = is_still && ((record.waits && record.waited) || record.is_stuck);
      is_stuck = is_deaf || (turn_ns != 0 && now_ns - turn_ns > kTurnNsMax);
      record.heartbeat_ns = heartbeat_ns;
    }
    is_other |= is_stuck != record.is_stuck;
    is_any_stuck_ |= is_stuck;
    record.is_stuck = is_stuck;
    record.waited = record.waits;
    record.waits = false;
  }
  return is_other;
}

bool SlotWatch::IsAnyTurning(int64_t now_ns) const {
  for (int i = 0; i < slots(); ++i) {
    const Slot* slot = scoreboard_->slot(i);
    const int64_t turn_ns = slot->Get(kSlot_turnNs);
    if (turn_ns != 0 && now_ns - turn_ns > kQuickTurnNsMax && slot->Get(kSlot_state) == kState_ready) return true;
  }
  return false;
}

bool SlotWatch::IsAnyBusy(int64_t now_ns) {
  const int64_t passed_ns = now_ns - asked_ns_;
  asked_ns_ = now_ns;
  bool is_any_busy = false;
  for (int i = 0; i < slots(); ++i) {
    Record& record = records_[static_cast<size_t>(i)];
    const Slot* slot = scoreboard_->slot(i);
    const bool waits = slot->Get(kSlot_turnNs) == 0;
    const int64_t waited_ns = waits ? std::max<int64_t>(0, now_ns - slot->Get(kSlot_heartbeatNs)) : 0;
    const int64_t idle_ns = slot->Get(kSlot_idleNs) + waited_ns;
    const bool is_ready = slot->Get(kSlot_state) == kState_ready;
    is_any_busy |= is_ready && idle_ns - record.idle_ns < passed_ns / 2;
    record.idle_ns = idle_ns;
  }
  return is_any_busy;
}

}  // namespace pronghorn
