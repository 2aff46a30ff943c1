// Creating and mapping the table: see scoreboard.h. Runs in every process.
#include "scoreboard/scoreboard.h"

#include <errno.h>

#include "base/check.h"

namespace pronghorn {
namespace {

// 'prongscb'
constexpr int64_t kMagic = 0x70726f6e67736362;

// The first line of the memory; written once, before any other process sees it.
struct alignas(kCacheLineBytes) Header {
  int64_t magic;
  int64_t slot_bytes;
  int64_t slots;
};

}  // namespace

int Scoreboard::Create(int slots, Scoreboard* scoreboard) {
  CHECK(slots > 0);
  size_t bytes = sizeof(Header) + static_cast<size_t>(slots) * sizeof(Slot);
  int error = SharedMemory::Create("pronghorn-scoreboard", bytes, &scoreboard->memory_);
  if (error < 0) return error;
  auto* header = reinterpret_cast<Header*>(scoreboard->memory_.data());
  *header = {kMagic, sizeof(Slot), slots};
  scoreboard->slots_ = slots;
  return 0;
}

int Scoreboard::Open(int fd, Scoreboard* scoreboard) {
  int error = SharedMemory::Open(fd, &scoreboard->memory_);
  if (error < 0) return error;
  size_t bytes = scoreboard->memory_.size();
  if (bytes < sizeof(Header)) return -EPROTO;
  auto* header = reinterpret_cast<const Header*>(scoreboard->memory_.data());
  if (header->magic != kMagic || header->slot_bytes != sizeof(Slot)) return -EPROTO;
  if (bytes != sizeof(Header) + static_cast<size_t>(header->slots) * sizeof(Slot)) return -EPROTO;
  scoreboard->slots_ = static_cast<int>(header->slots);
  return 0;
}

Slot* Scoreboard::slot(int index) const {
  CHECK(index >= 0 && index < slots_);
  return reinterpret_cast<Slot*>(memory_.data() + sizeof(Header)) + index;
}

void Scoreboard::Clear(int index) const {
  for (std::atomic<int64_t>& field : slot(index)->fields) field.store(0, std::memory_order_relaxed);
  for (ActiveRequest& request : slot(index)->active) request.started_us.store(0, std::memory_order_relaxed);
  slot(index)->stack.length.store(0, std::memory_order_relaxed);
}

}  // namespace pronghorn
