// The bytes in front of a response's body: status line, header lines, Date, Content-Length, Connection.
// Pure formatting into memory that the caller has made large enough.
#pragma once

#include <time.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "http/status_text.h"

namespace pronghorn {

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" (RFC 9110 section 5.6.7), made anew when the second changes.
class DateLine {
 public:
  // Looks at the clock; call it once a turn of the event loop at most.
  void Refresh();
  std::string_view line() const { return {line_.data(), kLength}; }

 private:
  static constexpr size_t kLength = 37;
  time_t second_ = -1;
  std::array<char, 64> line_{};
};

// How the end of a body is told: by its length in advance, by a last chunk, or by nothing that we add (the
// header lines tell it, there is none, or the connection ends).
enum class Framing { kLength, kChunked, kNone };

// How the head of one response ends.
struct ResponseShape {
  int status;
  std::string_view header_lines;  // each with its CR LF
  bool has_date;
  Framing framing;
  uint64_t body_length;
  bool close;              // the connection ends after it
  bool http10_keep_alive;  // an HTTP/1.0 client that asked to keep it
  bool is_raw;             // header_lines is all there is to write
};

// 1xx and 204 have neither a body nor a Content-Length, 304 no body (RFC 9110 sections 8.6 and 15).
inline bool ForbidsBody(int status) { return status < 200 || status == 204 || status == 304; }
// It may say that it has a length, but no other than 0 (RFC 9110 section 15.3.6).
inline bool IsAlwaysEmpty(int status) { return status == 205; }

// Upper bound of what WriteResponseHead writes.
inline size_t ResponseHeadBound(const ResponseShape& shape) { return 256 + shape.header_lines.size(); }

// Returns the end of what it wrote.
char* WriteResponseHead(char* to, const ResponseShape& shape, const DateLine& date);

// A whole answer for a request that JavaScript never sees: 400, 408, 413, 431, 505…
// Its body is `text`, or else the words of the status.
std::string ErrorResponse(int status, std::string_view text, const DateLine& date);

}  // namespace pronghorn
