// The double fork: see fork.h. Runs in the zygote and, from the fork on, in the new worker too; must not
// touch JavaScript.
#include "os/fork.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/mappings.h"

namespace pronghorn {
namespace {

void Collect(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

// The process in the middle of a double fork exists only to be the new process's dead parent.
// Copying this process's page tables for it would double the price, so it borrows the memory
// (vfork); its own fork is the only copy. The new process returns from here in that copy, so
// nothing that the caller still uses is touched by it.
pid_t ForkDetached() {
  int error = InheritAllMappings();
  if (error < 0) return error;

  // No handler may run in borrowed memory.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);

  volatile pid_t result = -EAGAIN;
  pid_t middle = vfork();
  if (middle == 0) {
    pid_t forked = fork();
    if (forked != 0) {
      result = forked > 0 ? forked : -errno;
      _exit(0);
    }
    result = 0;
  } else if (middle > 0) {
    Collect(middle);
  } else {
    result = -errno;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

}  // namespace pronghorn
