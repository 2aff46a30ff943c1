// Which workers do not come round to what waits for them, and whether any has much to do: seen in the scoreboard
// alone, many times a second. Runs in the manager; asks nobody, so it works while workers hang.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "scoreboard/scoreboard.h"

namespace pronghorn {

class SlotWatch {
 public:
  explicit SlotWatch(std::shared_ptr<Scoreboard> scoreboard) : scoreboard_(std::move(scoreboard)) {}

  void Use(int slots);
  // Connections wait at a socket of this slot, as of this look.
  void Waits(int slot) { records_[static_cast<size_t>(slot)].waits = true; }
  // Whether other slots than at the last look are stuck.
  bool Look(int64_t now_ns);
  // Whether a turn of any worker takes longer than the time between two quick looks.
  bool IsAnyTurning(int64_t now_ns) const;
  // Whether any worker was busy for half of the time since this was last asked.
  bool IsAnyBusy(int64_t now_ns);

  int slots() const { return static_cast<int>(records_.size()); }
  bool IsAnyStuck() const { return is_any_stuck_; }
  bool IsStuck(int slot) const { return records_[static_cast<size_t>(slot)].is_stuck; }

 private:
  struct Record {
    bool waits = false;
    bool waited = false;
    bool is_stuck = false;
    int64_t heartbeat_ns = 0;
    int64_t idle_ns = 0;
  };

  std::shared_ptr<Scoreboard> scoreboard_;
  std::vector<Record> records_;
  int64_t asked_ns_ = 0;
  bool is_any_stuck_ = false;
};

}  // namespace pronghorn
