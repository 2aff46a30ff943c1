// Facts and fates of processes: adoption of orphans, collecting exits, signal dispositions, the
// immediate end. Used in every process. Results are 0 or more, or a negative errno.
#pragma once

#include <sys/types.h>

#include <optional>

namespace pronghorn {

// From now on orphaned descendants become children of this process instead of init's.
int BecomeSubreaper();

struct Exit {
  int code;    // -1 if a signal ended it
  int signal;  // -1 if it exited
  long peak_kib;  // the most memory that it ever had
};

// Collects the exit of a child without waiting. `*exit` stays empty while the child runs.
int Reap(pid_t pid, std::optional<Exit>* exit);

// The kernel drops this signal before it reaches the process; also undoes a handler.
int IgnoreSignal(int signal);

// The process gets this signal when its parent dies; 0: nothing. Not inherited over a fork.
int SetDeathSignal(int signal);

// The kernel's id of the calling thread; that of a process's main thread is the process's.
pid_t ThreadId();

// To one thread of a process; -ESRCH when it is gone.
int SignalThread(pid_t process, pid_t thread, int signal);

// Ends the process without exit handlers of C or C++: those join threads that a fork did not copy.
[[noreturn]] void ExitNow(int code);

}  // namespace pronghorn
