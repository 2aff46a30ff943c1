// Listening on a unix socket: the file, its permissions and its owner. Used by the manager. Results are 0 or
// more, or a negative errno.
#pragma once

#include <cstdint>
#include <string>

namespace pronghorn {

struct UnixListenOptions {
  std::string path;
  int backlog;
  int mode;       // permissions of the file; -1: what the umask leaves
  int64_t owner;  // -1: whoever runs this
  int64_t group;
};

// A descriptor: bound, listening, non-blocking, close-on-exec. Nobody can connect before the file's
// permissions and owner are as wanted. A socket file that nobody listens on any more is replaced; -EADDRINUSE
// if the path belongs to a living server, or to something that is no socket.
int ListenUnix(const UnixListenOptions& options);

}  // namespace pronghorn
