// Process calls: see process.h. Runs in every process.
#include "os/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pronghorn {

int BecomeSubreaper() { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : -errno; }

int Reap(pid_t pid, std::optional<Exit>* exit) {
  int status;
  rusage usage;
  pid_t reaped;
  do {
    reaped = wait4(pid, &status, WNOHANG, &usage);
  } while (reaped < 0 && errno == EINTR);
  if (reaped < 0) return -errno;
  if (reaped == 0) return 0;
  if (WIFEXITED(status)) {
    *exit = Exit{WEXITSTATUS(status), -1, usage.ru_maxrss};
  } else {
    *exit = Exit{-1, WTERMSIG(status), usage.ru_maxrss};
  }
  return 0;
}

int IgnoreSignal(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  return sigaction(signal, &action, nullptr) == 0 ? 0 : -errno;
}

int SetDeathSignal(int signal) { return prctl(PR_SET_PDEATHSIG, signal) == 0 ? 0 : -errno; }

// Not gettid(), which glibc has only since 2.30.
pid_t ThreadId() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// glibc has tgkill() only since 2.30.
int SignalThread(pid_t process, pid_t thread, int signal) {
  return syscall(SYS_tgkill, process, thread, signal) == 0 ? 0 : -errno;
}

void ExitNow(int code) { _exit(code); }

}  // namespace pronghorn
