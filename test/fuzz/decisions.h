// The fuzzer's bytes as two streams: what goes over the wire from the front, decisions from the back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pronghorn::fuzz {

class Decisions {
 public:
  Decisions(const uint8_t* data, size_t size) : front_(data), back_(data + size) {}

  bool is_over() const { return front_ == back_; }
  // From 0 to `most`; 0 when there is nothing left to decide by.
  unsigned Pick(unsigned most) { return is_over() ? 0 : *--back_ % (most + 1); }
  // The next bytes for the wire, at most so many.
  std::string_view Take(size_t most) {
    const size_t length = std::min(most, static_cast<size_t>(back_ - front_));
    const auto* start = reinterpret_cast<const char*>(front_);
    front_ += length;
    return {start, length};
  }

 private:
  const uint8_t* front_;
  const uint8_t* back_;
};

// One run of a target. Aborts when something is not as it must be.
void FuzzParser(const uint8_t* data, size_t size);
void FuzzEngine(const uint8_t* data, size_t size);

}  // namespace pronghorn::fuzz
