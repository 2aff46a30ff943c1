// The advisory lock of an open file (flock(2)): it belongs to the open file description, so that every
// copy of the descriptor holds it, and the kernel gives it back when the last one is closed.
#pragma once

namespace pronghorn {

// 0, or a negative errno: -EWOULDBLOCK while somebody else holds it.
int TryLockFile(int fd);
void UnlockFile(int fd);

}  // namespace pronghorn
