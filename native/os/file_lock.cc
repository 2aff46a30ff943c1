// Locks of open files: see file_lock.h. Never blocks.
#include "os/file_lock.h"

#include <errno.h>
#include <sys/file.h>

namespace pronghorn {

int TryLockFile(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno; }

void UnlockFile(int fd) { flock(fd, LOCK_UN); }

}  // namespace pronghorn
