// Which accept queues have something in them, in one system call for all of them. Used by the manager, which accepts
// nothing itself.
#pragma once

#include <utility>
#include <vector>

#include "base/fd.h"

namespace pronghorn {

class QueueWatch {
 public:
  // A listening socket and a number that names it; several may have the same.
  using Socket = std::pair<int, int>;

  QueueWatch();

  // Forgets the sockets of before. 0 or a negative errno.
  int Use(const std::vector<Socket>& sockets);
  // Calls `found` with the number of each socket at which a connection waits.
  template <typename Found>
  void Look(Found found) {
    for (const int number : Waiting()) found(number);
  }
  // Readable while a connection waits anywhere. The same for as long as this lives.
  int fd() const { return gate_.get(); }

 private:
  const std::vector<int>& Waiting();

  Fd gate_;   // an epoll set with `epoll_` in it
  Fd epoll_;  // with the sockets
  int count_ = 0;
  std::vector<int> waiting_;
};

}  // namespace pronghorn
