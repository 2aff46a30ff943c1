// What blast, the load client of the benchmark, knows of time: the clock, the CPU time of other
// processes, and a histogram of latencies with a resolution of one microsecond up to 65 ms.
#ifndef BENCH_LOAD_CLOCK_H_
#define BENCH_LOAD_CLOCK_H_

#include <stdint.h>
#include <time.h>

enum { kPidsMax = 256, kHistogramUs = 65536 };

struct Histogram {
  uint64_t samples;
  uint64_t longest_us;
  uint32_t at_us[kHistogramUs + 1];  // the last one: everything longer
};

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) < 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

// CPU time, user and system, that all threads of these processes (ended threads too) have used:
// what the sum of the first field of /proc/PID/task/*/schedstat tells. 0 where one of them is gone.
static uint64_t cpu_ns_of(const int* pids, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    clockid_t clock;
    if (clock_getcpuclockid(pids[i], &clock) != 0) return 0;
    sum += clock_ns(clock);
  }
  return sum;
}

static void histogram_add(struct Histogram* histogram, uint64_t ns) {
  uint64_t us = ns / 1000;
  ++histogram->samples;
  ++histogram->at_us[us < kHistogramUs ? us : kHistogramUs];
  if (us > histogram->longest_us) histogram->longest_us = us;
}

// In microseconds; the longest sample where the quantile lies beyond the histogram's range.
static uint64_t histogram_quantile(const struct Histogram* histogram, double quantile) {
  uint64_t rank = (uint64_t)(quantile * (double)histogram->samples);
  uint64_t seen = 0;
  for (int us = 0; us < kHistogramUs; ++us) {
    seen += histogram->at_us[us];
    if (seen > rank) return (uint64_t)us;
  }
  return histogram->longest_us;
}

#endif  // BENCH_LOAD_CLOCK_H_
