// Forks a Node process copy-on-write. Only for a process that was prepared for it: no thread but
// Node's own, and those idle (see src/zygote/probe.ts).
#pragma once

#include <sys/types.h>

namespace pronghorn {

// In the caller: the pid of the new process, whose parent is the nearest subreaper above the
// caller, not the caller. In the new process: 0, every signal disposition and mask as before. A
// negative errno on failure.
pid_t ForkDetached();

}  // namespace pronghorn
