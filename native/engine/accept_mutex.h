// The lock that lets one worker at a time accept from sockets that all of them share. Held while a batch is
// accepted and never longer: no handler runs under it, so a worker that is busy does not keep the others from
// accepting. Never blocks; who does not get the lock tries again when the timer says so.
#pragma once

#include <string>

#include "base/fd.h"

namespace pronghorn {

class AcceptMutex {
 public:
  // The file is opened anew, so that the lock is this process's own. 0 or a negative errno.
  int Open(const std::string& path);
  bool ok() const { return file_.ok(); }

  bool TryLock();
  void Unlock();

  // Readable when it is time to try again.
  int timer() const { return timer_.get(); }
  // The lock was not to be had. `is_idle`: this worker has nothing else to do, so it is the one to get it.
  void WaitForLock(bool is_idle);
  void EndWait();

 private:
  static constexpr int kIdleWaitMs = 1;
  static constexpr int kBusyWaitMs = 4;
  static constexpr int kWaitMsMax = 25;

  Fd file_;
  Fd timer_;
  int wait_ms_ = 0;
};

}  // namespace pronghorn
