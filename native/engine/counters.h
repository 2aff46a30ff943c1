// What an engine counts, and how that gets into its worker's slot of the scoreboard: once a turn. Lives on the event loop's
// thread of one worker.
#pragma once

#include <cstdint>

#include "contract.h"
#include "scoreboard/scoreboard.h"

namespace pronghorn {

struct Counters {
  int64_t in_flight = 0;
  int64_t accepted = 0;
  int64_t requests = 0;
  int64_t bytes_in = 0;
  int64_t bytes_out = 0;
  int64_t responses[6] = {};  // by the status code's first digit
  int64_t latencies[kLatencyBuckets] = {};
  int64_t latency_sum_us = 0;
  uint64_t latencies_changed = 0;  // a bit for each bucket that is not in the scoreboard yet

  void Publish(Slot* slot) {
    slot->Set(kSlot_inFlight, in_flight);
    slot->Set(kSlot_accepted, accepted);
    slot->Set(kSlot_requests, requests);
    slot->Set(kSlot_bytesIn, bytes_in);
    slot->Set(kSlot_bytesOut, bytes_out);
    for (int i = 1; i <= 5; ++i) {
      slot->Set(static_cast<SlotField>(kSlot_responses1xx + i - 1), responses[i]);
    }
    slot->Set(kSlot_latencySumUs, latency_sum_us);
    for (uint64_t changed = latencies_changed; changed != 0; changed &= changed - 1) {
      const int bucket = __builtin_ctzll(changed);
      slot->Set(static_cast<SlotField>(kSlot_latency0 + bucket), latencies[bucket]);
    }
    latencies_changed = 0;
  }
};

}  // namespace pronghorn
