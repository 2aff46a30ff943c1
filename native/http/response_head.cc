// Formatting of response heads: see response_head.h. Pure but for the clock of the Date line.
#include "http/response_head.h"

#include <charconv>
#include <cstdio>

namespace pronghorn {
namespace {

char* Append(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* AppendNumber(char* to, uint64_t number) { return std::to_chars(to, to + 20, number).ptr; }

}  // namespace

void DateLine::Refresh() {
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec == second_) return;
  second_ = now.tv_sec;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  tm utc;
  gmtime_r(&second_, &utc);
  std::snprintf(line_.data(), line_.size(), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
}

char* WriteResponseHead(char* to, const ResponseShape& shape, const DateLine& date) {
  if (shape.is_raw) return Append(to, shape.header_lines);
  if (shape.status == 200) {
    to = Append(to, "HTTP/1.1 200 OK\r\n");
  } else {
    to = Append(to, "HTTP/1.1 ");
    to = AppendNumber(to, static_cast<uint64_t>(shape.status));
    *to++ = ' ';
    to = Append(to, StatusText(shape.status));
    to = Append(to, "\r\n");
  }
  to = Append(to, shape.header_lines);
  if (!shape.has_date) to = Append(to, date.line());
  if (!ForbidsBody(shape.status)) {
    if (shape.framing == Framing::kLength) {
      to = Append(to, "Content-Length: ");
      to = AppendNumber(to, shape.body_length);
      to = Append(to, "\r\n");
    } else if (shape.framing == Framing::kChunked) {
      to = Append(to, "Transfer-Encoding: chunked\r\n");
    }
  }
  if (shape.close) {
    to = Append(to, "Connection: close\r\n");
  } else if (shape.http10_keep_alive) {
    to = Append(to, "Connection: keep-alive\r\n");
  }
  return Append(to, "\r\n");
}

std::string ErrorResponse(int status, std::string_view text, const DateLine& date) {
  const std::string body = text.empty() ? std::string(StatusText(status)) + '\n' : std::string(text);
  ResponseShape shape{};
  shape.status = status;
  shape.header_lines = "Content-Type: text/plain\r\n";
  shape.body_length = body.size();
  shape.close = true;
  std::string response(ResponseHeadBound(shape), '\0');
  char* end = WriteResponseHead(response.data(), shape, date);
  response.resize(static_cast<size_t>(end - response.data()));
  return response + body;
}

}  // namespace pronghorn
