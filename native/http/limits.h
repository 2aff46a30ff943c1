// Limits of one worker's HTTP engine, as the configuration gave them. Times are milliseconds, 0 means none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pronghorn {

struct Limits {
  size_t clients = 10'000;
  size_t header_bytes = 16 * 1024;
  int headers = 100;
  bool requires_host = true;
  uint64_t body_bytes = 16 * 1024 * 1024;
  size_t pipeline = 64;
  uint32_t keep_alive_requests = 0;
  int64_t keep_alive_ms = 75'000;
  int64_t header_ms = 10'000;
  int64_t body_ms = 30'000;
  int64_t request_ms = 0;  // from the first byte of a head to the last one of its body
  int64_t send_ms = 30'000;
};

}  // namespace pronghorn
