// An epoll set of listening sockets: see queue_watch.h. Runs in the manager; never blocks.
#include "os/queue_watch.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/check.h"

namespace pronghorn {

QueueWatch::QueueWatch() : gate_(epoll_create1(EPOLL_CLOEXEC)) { CHECK(gate_.ok()); }

int QueueWatch::Use(const std::vector<Socket>& sockets) {
  // A set of its own each time: a socket that is closed here stays in a set as long as workers have it open.
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.ok()) return -errno;
  for (const auto& [fd, number] : sockets) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = number;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return -errno;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  if (epoll_ctl(gate_.get(), EPOLL_CTL_ADD, epoll.get(), &event) != 0) return -errno;
  // The set of before leaves the gate as it is closed: nobody else has it open.
  epoll_ = std::move(epoll);
  count_ = static_cast<int>(sockets.size());
  return 0;
}

const std::vector<int>& QueueWatch::Waiting() {
  waiting_.clear();
  if (count_ == 0) return waiting_;
  // Most of the time there is nothing.
  epoll_event first;
  if (epoll_wait(epoll_.get(), &first, 1, 0) <= 0) return waiting_;
  std::vector<epoll_event> events(static_cast<size_t>(count_));
  const int found = epoll_wait(epoll_.get(), events.data(), count_, 0);
  for (int i = 0; i < found; ++i) waiting_.push_back(events[static_cast<size_t>(i)].data.fd);
  return waiting_;
}

}  // namespace pronghorn
