// Collecting and writing: see access_log.h. Runs on a worker's event loop.
#include "engine/access_log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "engine/connection_ends.h"
#include "os/file_status.h"

namespace pronghorn {
namespace {

constexpr size_t kFull = 32 * 1024;
// A file that takes nothing for so long: what comes from now on is lost.
constexpr size_t kMost = 1024 * 1024;
// As many as there are requests in a batch, or nearly.
constexpr size_t kSpareMost = 64;

std::string_view AddressOf(Connection* connection) {
  if (!connection->address) {
    EndPoint end;
    RemoteEnd(*connection, &end);
    connection->address = std::make_unique<std::string>(std::move(end.address));
  }
  return *connection->address;
}

}  // namespace

int AccessLog::Use(int fd) {
  Fd file = Fd::Duplicate(fd);
  struct stat status;
  if (!file.ok()) return -errno;
  if (const int error = StatusOfFile(file.get(), &status); error < 0) return error;
  Flush();
  file_ = std::move(file);
  is_regular_ = S_ISREG(status.st_mode);
  Flush();
  return 0;
}

void AccessLog::Note(Exchange* exchange, const AccessHead& request) {
  if (spare_.empty()) {
    exchange->note = std::make_unique<AccessNote>();
  } else {
    exchange->note = std::move(spare_.back());
    spare_.pop_back();
  }
  NoteAccess(exchange->note.get(), format_, request);
}

void AccessLog::Write(Connection* connection, Exchange* exchange, int status, int64_t now_us) {
  if (lines_.size() >= kMost) {
    lost_++;
    return;
  }
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  time_.Set(now);
  const int64_t duration = exchange->started_us == 0 ? 0 : std::max<int64_t>(now_us - exchange->started_us, 0);
  AppendAccessLine(&lines_, format_, time_, exchange->note.get(),
                   {AddressOf(connection), status, exchange->body_bytes, duration});
  if (exchange->note && spare_.size() < kSpareMost) spare_.push_back(std::move(exchange->note));
  if (lines_.size() >= kFull) Flush();
}

// The kernel writes as much to a pipe in one piece, and a file at its end whole.
size_t AccessLog::NextPiece(size_t from) const {
  if (is_regular_ || lines_.size() - from <= PIPE_BUF) return lines_.size() - from;
  const size_t end = lines_.rfind('\n', from + PIPE_BUF - 1);
  if (end != std::string::npos && end >= from) return end + 1 - from;
  return lines_.find('\n', from) + 1 - from;
}

void AccessLog::Flush() {
  if (!file_.ok()) return;
  size_t from = 0;
  while (from < lines_.size()) {
    // Whoever reads a pipe may be slow: then it is full, and to write would be to wait.
    pollfd room = {file_.get(), POLLOUT, 0};
    if (!is_regular_ && poll(&room, 1, 0) == 0) break;
    const ssize_t written = write(file_.get(), lines_.data() + from, NextPiece(from));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    if (written <= 0) {
      lines_.erase(0, from);
      return Lose();
    }
    from += static_cast<size_t>(written);
  }
  lines_.erase(0, from);
}

int64_t AccessLog::TakeLost() {
  const int64_t lost = lost_;
  lost_ = 0;
  return lost;
}

void AccessLog::Lose() {
  lost_ += std::count(lines_.begin(), lines_.end(), '\n');
  lines_.clear();
}

}  // namespace pronghorn
