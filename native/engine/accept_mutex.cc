// A lock on a file, tried without blocking: see accept_mutex.h. Runs on a worker's event loop. The kernel
// gives the lock back when its owner dies.
#include "engine/accept_mutex.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "os/file_lock.h"

namespace pronghorn {

int AcceptMutex::Open(const std::string& path) {
  Fd file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!file.ok()) return -errno;
  timer_ = Fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer_.ok()) return -errno;
  file_ = std::move(file);
  return 0;
}

bool AcceptMutex::TryLock() {
  if (TryLockFile(file_.get()) != 0) return false;
  wait_ms_ = 0;
  return true;
}

void AcceptMutex::Unlock() { UnlockFile(file_.get()); }

void AcceptMutex::WaitForLock(bool is_idle) {
  wait_ms_ = wait_ms_ == 0 ? (is_idle ? kIdleWaitMs : kBusyWaitMs) : std::min(2 * wait_ms_, kWaitMsMax);
  itimerspec time{};
  time.it_value.tv_nsec = static_cast<long>(wait_ms_) * 1'000'000;
  timerfd_settime(timer_.get(), 0, &time, nullptr);
}

void AcceptMutex::EndWait() {
  uint64_t expirations;
  // Also when the timer has not fired: nothing to read then.
  [[maybe_unused]] const ssize_t unused = read(timer_.get(), &expirations, sizeof expirations);
}

}  // namespace pronghorn
