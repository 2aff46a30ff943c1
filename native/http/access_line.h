// Lines of the access log: what is known when a request arrives, and the line when it has been answered. Pure; runs on a
// worker's event loop.
#pragma once

#include <time.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace pronghorn {

enum class AccessFormat { kOff, kCombined, kJson };

// What a line tells of a request, ready for its format.
struct AccessNote {
  // Combined: the request line, then referrer and user agent; JSON: the members method, url and protocol, then theirs.
  std::string text;
  size_t client_at = 0;  // where the second part begins
  std::string address;   // by the word of a trusted proxy; empty: the connection's
};

// A request's head in the input memory; `headers` as in contract.h, offsets count from its first byte.
struct AccessHead {
  std::string_view head;
  size_t url_offset;
  size_t url_length;
  const int32_t* headers;
  int header_count;
};

struct AccessAnswer {
  std::string_view address;  // empty: unknown, or a unix socket
  int status;
  uint64_t body_bytes;
  int64_t duration_us;
};

// Whatever was in the note is gone, less the memory that it had.
void NoteAccess(AccessNote* note, AccessFormat format, const AccessHead& request);

// The texts of a moment, made again when the second is another one.
class AccessTime {
 public:
  void Set(const timespec& now);
  // 25/Nov/2026:01:20:32 +0000
  std::string_view combined() const { return combined_; }
  // 2026-11-25T01:20:32.004Z
  std::string_view iso() const { return iso_; }

 private:
  time_t second_ = 0;
  char combined_buffer_[40];
  char iso_buffer_[40];
  std::string_view combined_;
  std::string_view iso_;
};

// `note` null: the bytes were no request that could be read.
void AppendAccessLine(std::string* to, AccessFormat format, const AccessTime& time, const AccessNote* note,
                      const AccessAnswer& answer);

}  // namespace pronghorn
