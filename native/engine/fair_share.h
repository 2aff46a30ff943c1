// Whether this worker should take one more connection, or leave it to another one: the kernel spreads new connections
// without knowing how many everybody has. Looks at the others in the scoreboard, and wakes the one that is to come and
// take what is left to it. Runs in a worker; never blocks, asks nobody.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "scoreboard/scoreboard.h"

namespace pronghorn {

class FairShare {
 public:
  static constexpr int kNobody = -1;

  FairShare(std::shared_ptr<Scoreboard> scoreboard, int slot)
      : scoreboard_(std::move(scoreboard)), slot_(slot), own_(*scoreboard_->slot(slot)) {}

  // One bell for each slot that can have a worker; they stay the caller's. Without them every worker keeps what it gets.
  void Use(std::vector<int> bells) { bells_ = std::move(bells); }
  bool is_on() const { return !bells_.empty(); }
  int slots() const { return static_cast<int>(bells_.size()); }
  int own_bell() const { return bells_[static_cast<size_t>(slot_)]; }

  // The slot whose worker should have the next connection; kNobody: take it yourself.
  int Taker(int64_t now_ns) const;
  void Ring(int slot) const;

  // For the others to see.
  void ShowConnections(size_t count) { own_.Set(kSlot_connections, static_cast<int64_t>(count)); }
  void ShowAccepting(bool is_accepting) { own_.Set(kSlot_isAccepting, is_accepting ? 1 : 0); }
  void ShowOffers(bool has_offers) { own_.Set(kSlot_offers, has_offers ? 1 : 0); }
  // That worker has been at something for long, and what waits for it goes on waiting.
  bool IsInLongTurn(int slot, int64_t now_ns) const;
  // Connections wait at that slot's sockets for others.
  bool Offers(int slot) const { return slot != slot_ && scoreboard_->slot(slot)->Get(kSlot_offers) != 0; }

  // Now and then. `closed`: connections that have ended so far.
  void Measure(int64_t closed, int64_t now_ms);

 private:
  std::shared_ptr<Scoreboard> scoreboard_;
  int slot_;
  Slot& own_;
  std::vector<int> bells_;
  // So many connections more than its share a worker keeps: where they come and go quickly, their number evens out
  // sooner than others could be woken.
  int64_t slack_ = 0;
  int64_t measured_ms_ = 0;
  int64_t closed_ = 0;
};

}  // namespace pronghorn
