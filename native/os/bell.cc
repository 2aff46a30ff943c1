// eventfd(2): see bell.h. Runs in the manager and in workers.
#include "os/bell.h"

#include <errno.h>
#include <sys/eventfd.h>

namespace pronghorn {

int MakeBell() {
  const int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return bell < 0 ? -errno : bell;
}

void RingBell(int bell) {
  // Fails only when it has been rung 2^64 times without being heard.
  [[maybe_unused]] const int unused = eventfd_write(bell, 1);
}

void SilenceBell(int bell) {
  eventfd_t rings;
  [[maybe_unused]] const int unused = eventfd_read(bell, &rings);
}

}  // namespace pronghorn
