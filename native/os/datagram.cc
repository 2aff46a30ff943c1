// Datagrams over unix sockets: see datagram.h. Runs in the manager.
#include "os/datagram.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>

#include "base/fd.h"

namespace pronghorn {

int SendDatagram(const std::string& path, std::string_view text) {
  sockaddr_un name = {};
  if (path.empty()) return -EINVAL;
  if (path.size() >= sizeof(name.sun_path)) return -ENAMETOOLONG;
  name.sun_family = AF_UNIX;
  memcpy(name.sun_path, path.data(), path.size());
  const bool is_abstract = path.front() == '@';
  if (is_abstract) name.sun_path[0] = '\0';
  // The length of an abstract name is part of it.
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.ok()) return -errno;
  const ssize_t sent = sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&name), length);
  return sent < 0 ? -errno : 0;
}

}  // namespace pronghorn
