// Listening sockets and addresses: see socket.h. Runs in the manager, which owns the sockets, and in workers.
#include "os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

#include "base/check.h"
#include "base/fd.h"

namespace pronghorn {
namespace {

constexpr int kListenerFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

bool ParseIp(const std::string& host, int port, SocketAddress* address) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address->storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    address->length = sizeof(*v4);
    return true;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address->storage);
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
    address->length = sizeof(*v6);
    return true;
  }
  return false;
}

bool SetFlag(int fd, int level, int name, bool value) {
  int flag = value ? 1 : 0;
  return setsockopt(fd, level, name, &flag, sizeof(flag)) == 0;
}

int BindAndListen(int fd, const SocketAddress& address, int backlog) {
  if (bind(fd, address.get(), address.length) < 0) return -errno;
  if (listen(fd, backlog) < 0) return -errno;
  return 0;
}

SocketAddress UnixAddress(const std::string& path) {
  SocketAddress address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  CHECK(path.size() < sizeof(name->sun_path));
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

// Whether the file is a socket that refuses connections, which only one without a living listener
// does.
bool IsStale(const std::string& path, const SocketAddress& address) {
  struct stat file;
  if (lstat(path.c_str(), &file) < 0 || !S_ISSOCK(file.st_mode)) return false;
  Fd probe(socket(AF_UNIX, kListenerFlags, 0));
  return probe.ok() && connect(probe.get(), address.get(), address.length) < 0 && errno == ECONNREFUSED;
}

}  // namespace

int ListenTcp(const TcpListenOptions& options) {
  SocketAddress address;
  if (!ParseIp(options.host, options.port, &address)) return -EINVAL;
  Fd fd(socket(address.storage.ss_family, kListenerFlags, 0));
  if (!fd.ok()) return -errno;
  if (!SetFlag(fd.get(), SOL_SOCKET, SO_REUSEADDR, true)) return -errno;
  if (!SetFlag(fd.get(), SOL_SOCKET, SO_REUSEPORT, options.reuse_port)) return -errno;
  if (address.storage.ss_family == AF_INET6 &&
      !SetFlag(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only)) {
    return -errno;
  }
  // Accepted connections inherit it, which saves a system call for each.
  if (!SetFlag(fd.get(), IPPROTO_TCP, TCP_NODELAY, true)) return -errno;
  int error = BindAndListen(fd.get(), address, options.backlog);
  return error < 0 ? error : fd.Release();
}

int ListenUnix(const std::string& path, int backlog) {
  SocketAddress address = UnixAddress(path);
  Fd fd(socket(AF_UNIX, kListenerFlags, 0));
  if (!fd.ok()) return -errno;
  int error = BindAndListen(fd.get(), address, backlog);
  if (error == -EADDRINUSE && IsStale(path, address)) {
    if (unlink(path.c_str()) < 0 && errno != ENOENT) return -errno;
    error = BindAndListen(fd.get(), address, backlog);
  }
  return error < 0 ? error : fd.Release();
}

int LocalPort(int fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) < 0) {
    return -errno;
  }
  if (address.storage.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
  }
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return -EAFNOSUPPORT;
}

int ReadListenQueue(int fd, ListenQueue* queue) {
  tcp_info info = {};
  socklen_t length = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return -errno;
  // A listener has no segments under way: the kernel reports its accept queue in these two.
  queue->waiting = static_cast<int>(info.tcpi_unacked);
  queue->limit = static_cast<int>(info.tcpi_sacked);
  return 0;
}

int SteerGroup(int fd, const std::vector<int>& members) {
  if (members.empty()) {
    int unused = 0;
    int done = setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof(unused));
    return done == 0 || errno == ENOENT ? 0 : -errno;
  }
  // random % count is the place of the chosen one in `members`.
  std::vector<sock_filter> program;
  auto add = [&program](uint16_t code, uint32_t k, uint8_t jump_if_false = 0) {
    program.push_back(sock_filter{code, 0, jump_if_false, k});
  };
  add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM));
  add(BPF_ALU | BPF_MOD | BPF_K, static_cast<uint32_t>(members.size()));
  for (size_t place = 0; place + 1 < members.size(); ++place) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(place), 1);
    add(BPF_RET | BPF_K, static_cast<uint32_t>(members[place]));
  }
  add(BPF_RET | BPF_K, static_cast<uint32_t>(members.back()));
  if (program.size() > BPF_MAXINSNS) return -E2BIG;
  sock_fprog code = {static_cast<unsigned short>(program.size()), program.data()};
  int done = setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &code, sizeof(code));
  return done == 0 ? 0 : -errno;
}

void CloseFd(int fd) { ::close(fd); }

bool PeerAddress(int fd, std::string* address) {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return false;
  char text[INET6_ADDRSTRLEN] = "";
  if (peer.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&peer)->sin_addr, text, sizeof text);
  } else if (peer.ss_family == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<sockaddr_in6*>(&peer)->sin6_addr;
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&ip);
    inet_ntop(is_mapped ? AF_INET : AF_INET6, is_mapped ? &ip.s6_addr[12] : ip.s6_addr, text, sizeof text);
  }
  *address = text;
  return true;
}

}  // namespace pronghorn
