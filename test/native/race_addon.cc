// An addon with a race in it: two threads that call its function add to the same variable. With it ThreadSanitizer shows that it
// sees the threads of a stock node at all, before it is believed when it finds nothing.
#include <node_api.h>

#include <atomic>

#include "base/clock.h"

namespace {

constexpr int64_t kWaitNsMax = 20'000'000'000;

// Relaxed, so that it puts nothing into an order.
std::atomic<int> threads = 0;
volatile int shared_count = 0;

napi_value Race(napi_env, napi_callback_info) {
  const int64_t deadline_ns = pronghorn::MonotonicNs() + kWaitNsMax;
  threads.fetch_add(1, std::memory_order_relaxed);
  while (threads.load(std::memory_order_relaxed) < 2 && pronghorn::MonotonicNs() < deadline_ns) {
  }
  for (int i = 0; i < 1000; ++i) shared_count = shared_count + 1;
  return nullptr;
}

}  // namespace

// Node holds a lock while it calls this: a race needs a function.
NAPI_MODULE_INIT() {
  napi_value race;
  if (napi_create_function(env, "race", NAPI_AUTO_LENGTH, Race, nullptr, &race) != napi_ok) return nullptr;
  return race;
}
