// Who gets the next connection: see fair_share.h. Runs in a worker.
#include "engine/fair_share.h"

#include "os/bell.h"

namespace pronghorn {
namespace {

// Who has been at it for so long would not come soon.
constexpr int64_t kTurnNsMax = 20'000'000;
// A worker that is busier than this one, by so much, gets nothing from it however few connections it has.
constexpr int64_t kBusierPermille = 100;
// A turn that is this long is more than one request of a usual application.
constexpr int64_t kLongTurnNs = 1'000'000;
constexpr int64_t kMeasureMs = 250;
// Ends of connections in that time for each one that a worker keeps beyond its share.
constexpr int64_t kClosedPerSlack = 64;

}  // namespace

int FairShare::Taker(int64_t now_ns) const {
  const int64_t own = own_.Get(kSlot_connections);
  if (bells_.empty() || own <= slack_) return kNobody;
  const int64_t busy_max = own_.Get(kSlot_busyPermille) + kBusierPermille;
  int64_t total = own;
  int64_t workers = 1;
  int best = kNobody;
  int64_t fewest = 0;
  // From the next one on, so that not all workers have the same favourite.
  for (int step = 1; step < slots(); ++step) {
    const int slot = (slot_ + step) % slots();
    const Slot* other = scoreboard_->slot(slot);
    if (other->Get(kSlot_isAccepting) == 0) continue;
    // One that waits for events at this moment has the time, whatever it did before.
    const int64_t turn_ns = other->Get(kSlot_turnNs);
    const bool is_late = now_ns - turn_ns > kTurnNsMax;
    if (turn_ns != 0 && (is_late || other->Get(kSlot_busyPermille) > busy_max)) continue;
    const int64_t connections = other->Get(kSlot_connections);
    total += connections;
    ++workers;
    if (best != kNobody && connections >= fewest) continue;
    best = slot;
    fewest = connections;
  }
  // What everybody has when the next one is there, rounded up: somebody always has less.
  const int64_t share = (total + workers) / workers;
  return own < share + slack_ || fewest >= share ? kNobody : best;
}

bool FairShare::IsInLongTurn(int slot, int64_t now_ns) const {
  if (slot == slot_) return false;
  const Slot* other = scoreboard_->slot(slot);
  const int64_t turn_ns = other->Get(kSlot_turnNs);
  return turn_ns != 0 && now_ns - turn_ns > kLongTurnNs && other->Get(kSlot_isAccepting) != 0;
}

void FairShare::Ring(int slot) const { RingBell(bells_[static_cast<size_t>(slot)]); }

void FairShare::Measure(int64_t closed, int64_t now_ms) {
  if (now_ms - measured_ms_ < kMeasureMs) return;
  slack_ = (closed - closed_) / kClosedPerSlack;
  closed_ = closed;
  measured_ms_ = now_ms;
}

}  // namespace pronghorn
