// The table in shared memory, one slot per worker: fixed-width integers and beginnings of request targets, no
// pointers. The manager makes it; a worker writes into its own slot, everybody may read any. Several
// processes look at one field at once, so every access is a relaxed atomic: fields are independent
// of each other.
#pragma once

#include <atomic>
#include <cstdint>

#include "contract.h"
#include "os/shared_memory.h"
#include "scoreboard/active_request.h"
#include "scoreboard/stack_text.h"

namespace pronghorn {

inline constexpr int kCacheLineBytes = 64;

// Lines of its own, so that two workers on two cores never write to the same one.
struct alignas(kCacheLineBytes) Slot {
  std::atomic<int64_t> fields[kSlotFieldCount];
  ActiveRequest active[kActiveRequests];
  StackText stack;

  int64_t Get(SlotField field) const { return fields[field].load(std::memory_order_relaxed); }
  void Set(SlotField field, int64_t value) { fields[field].store(value, std::memory_order_relaxed); }
  // For a field's only writer, so no locked instruction is needed.
  void Add(SlotField field, int64_t amount) { Set(field, Get(field) + amount); }
};

static_assert(std::atomic<int64_t>::is_always_lock_free);

class Scoreboard {
 public:
  // All slots vacant. 0 or a negative errno.
  static int Create(int slots, Scoreboard* scoreboard);
  // What another process has made. -EPROTO if this program cannot work with it. Keeps no use of
  // `fd`.
  static int Open(int fd, Scoreboard* scoreboard);

  int fd() const { return memory_.fd(); }
  int slots() const { return slots_; }
  Slot* slot(int index) const;
  void Clear(int index) const;

 private:
  SharedMemory memory_;
  int slots_ = 0;
};

}  // namespace pronghorn
