// Unix sockets and who may connect to them: see unix_socket.h. Runs in the manager.
#include "os/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

#include "base/check.h"
#include "base/fd.h"
#include "os/file_status.h"

namespace pronghorn {
namespace {

constexpr int kListenerFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

struct UnixName {
  sockaddr_un storage = {};
  socklen_t length;

  explicit UnixName(const std::string& path) {
    CHECK(path.size() < sizeof(storage.sun_path));
    storage.sun_family = AF_UNIX;
    memcpy(storage.sun_path, path.data(), path.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Whether the file is a socket that refuses connections, which only one without a living listener
// does.
bool IsStale(const std::string& path, const UnixName& name) {
  struct stat file;
  if (StatusOfPath(path.c_str(), &file) < 0 || !S_ISSOCK(file.st_mode)) return false;
  Fd probe(socket(AF_UNIX, kListenerFlags, 0));
  return probe.ok() && connect(probe.get(), name.get(), name.length) < 0 && errno == ECONNREFUSED;
}

int Bind(int fd, const std::string& path) {
  const UnixName name(path);
  if (bind(fd, name.get(), name.length) == 0) return 0;
  if (errno != EADDRINUSE) return -errno;
  if (!IsStale(path, name)) return -EADDRINUSE;
  if (unlink(path.c_str()) < 0 && errno != ENOENT) return -errno;
  return bind(fd, name.get(), name.length) < 0 ? -errno : 0;
}

// By a descriptor of the file, so that nobody can put another file in its place in between.
int Protect(const UnixListenOptions& options) {
  const bool has_owner = options.owner >= 0 || options.group >= 0;
  if (!has_owner && options.mode < 0) return 0;
  Fd file(open(options.path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file.ok()) return -errno;
  struct stat found;
  if (const int status = StatusOfFile(file.get(), &found); status < 0) return status;
  if (!S_ISSOCK(found.st_mode)) return -EEXIST;
  // -1 leaves the owner as it is, here and in the kernel.
  if (has_owner && fchownat(file.get(), "", static_cast<uid_t>(options.owner),
                            static_cast<gid_t>(options.group), AT_EMPTY_PATH) < 0) {
    return -errno;
  }
  if (options.mode < 0) return 0;
  const std::string by_descriptor = "/proc/self/fd/" + std::to_string(file.get());
  return chmod(by_descriptor.c_str(), static_cast<mode_t>(options.mode)) < 0 ? -errno : 0;
}

}  // namespace

int ListenUnix(const UnixListenOptions& options) {
  Fd fd(socket(AF_UNIX, kListenerFlags, 0));
  if (!fd.ok()) return -errno;
  int error = Bind(fd.get(), options.path);
  if (error < 0) return error;
  error = Protect(options);
  if (error == 0 && listen(fd.get(), options.backlog) < 0) error = -errno;
  if (error == 0) return fd.Release();
  // Unless it is not the file that was made above.
  if (error != -EEXIST) unlink(options.path.c_str());
  return error;
}

}  // namespace pronghorn
