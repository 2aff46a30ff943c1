// The schedule of blast, the load client of the benchmark, at a fixed rate: request number k is due at start + k / rate,
// on connection k modulo their number, whether or not earlier ones are answered. A request that finds its connection
// busy waits in a line; its latency counts from the moment when it was due. So a server that stalls pays for every
// request of its stall, not for one per connection (no "coordinated omission").
#ifndef BENCH_LOAD_PACE_H_
#define BENCH_LOAD_PACE_H_

#include <stdint.h>

enum { kLineMax = 4096 };

// Requests of one connection that are due and not answered, the oldest first.
struct Line {
  uint64_t due_ns[kLineMax];
  uint32_t first;
  uint32_t count;
};

struct Pace {
  double per_second;  // 0: a closed loop
  uint64_t start_ns;
  uint64_t issued;
};

static uint64_t due_ns_of(const struct Pace* pace) {
  return pace->start_ns + (uint64_t)((double)pace->issued * 1e9 / pace->per_second);
}

// -1: the line is full, the request is lost.
static int line_push(struct Line* line, uint64_t due_ns) {
  if (line->count == kLineMax) return -1;
  line->due_ns[(line->first + line->count++) % kLineMax] = due_ns;
  return 0;
}

static uint64_t line_pop(struct Line* line) {
  uint64_t due_ns = line->due_ns[line->first];
  line->first = (line->first + 1) % kLineMax;
  --line->count;
  return due_ns;
}

#endif  // BENCH_LOAD_PACE_H_
