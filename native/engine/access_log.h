// The access log of one worker: lines are collected and written whole, many at a time, so that those of several workers do
// not mix. Runs on a worker's event loop; a file that takes nothing costs lines, never time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "engine/connection.h"
#include "http/access_line.h"

namespace pronghorn {

class AccessLog {
 public:
  // Status in the line of a request that was not answered before its client, or its connection, was gone.
  static constexpr int kUnanswered = 499;

  explicit AccessLog(AccessFormat format) : format_(format) {}
  bool is_on() const { return format_ != AccessFormat::kOff; }
  // Lines go here from now on; before the first file they wait. The descriptor stays the caller's. 0 or a negative errno.
  int Use(int fd);
  void Note(Exchange* exchange, const AccessHead& request);
  // The line, for which the exchange gives its note back.
  void Write(Connection* connection, Exchange* exchange, int status, int64_t now_us);
  // What is collected, now.
  void Flush();
  // Lines that could not be written, since the last call.
  int64_t TakeLost();

 private:
  size_t NextPiece(size_t from) const;
  void Lose();

  const AccessFormat format_;
  Fd file_;
  bool is_regular_ = false;
  AccessTime time_;
  std::string lines_;
  std::vector<std::unique_ptr<AccessNote>> spare_;  // with their memory, for the next requests
  int64_t lost_ = 0;
};

}  // namespace pronghorn
