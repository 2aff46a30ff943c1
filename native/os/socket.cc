// Listening sockets and addresses: see socket.h. Runs in the manager, which owns the sockets, and in workers.
#include "os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

#include "base/fd.h"

namespace pronghorn {
namespace {

constexpr int kListenerFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // What a socket is bound to.
  bool ReadFrom(int fd) {
    length = sizeof(storage);
    return getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0;
  }
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

EndPoint EndOf(const SocketAddress& name) {
  char text[INET6_ADDRSTRLEN] = "";
  int port = 0;
  if (name.storage.ss_family == AF_INET) {
    const auto& v4 = *reinterpret_cast<const sockaddr_in*>(&name.storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = ntohs(v4.sin_port);
  } else if (name.storage.ss_family == AF_INET6) {
    const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(&name.storage);
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    const uint8_t* address = v6.sin6_addr.s6_addr;
    inet_ntop(is_mapped ? AF_INET : AF_INET6, is_mapped ? address + 12 : address, text, sizeof text);
    port = ntohs(v6.sin6_port);
  }
  return {text, port};
}

bool SetNumber(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

bool SetFlag(int fd, int level, int name, bool value) { return SetNumber(fd, level, name, value ? 1 : 0); }

// What the kernel takes of an answer beyond what the client's window has room for. Without a limit it grows
// the send buffer to megabytes for a client that reads nothing, and the server spends its time on filling it.
constexpr int kUnsentBytes = 128 * 1024;

// Accepted connections inherit these, which saves system calls for each.
bool SetForConnections(int fd) {
  return SetFlag(fd, IPPROTO_TCP, TCP_NODELAY, true) &&
         SetNumber(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
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
  if (!SetForConnections(fd.get())) return -errno;
  if (options.defer_accept_s > 0 &&
      !SetNumber(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, options.defer_accept_s)) {
    return -errno;
  }
  if (options.fast_open > 0 && !SetNumber(fd.get(), IPPROTO_TCP, TCP_FASTOPEN, options.fast_open)) {
    return -errno;
  }
  if (bind(fd.get(), address.get(), address.length) < 0) return -errno;
  if (listen(fd.get(), options.backlog) < 0) return -errno;
  return fd.Release();
}

int AdoptListener(int fd, int backlog) {
  int type = 0;
  int listens = 0;
  socklen_t length = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return -errno;
  if (type != SOCK_STREAM) return -EPROTOTYPE;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0) return -errno;
  SocketAddress bound;
  if (!bound.ReadFrom(fd)) return -errno;
  const sa_family_t family = bound.storage.ss_family;
  if (family != AF_UNIX && family != AF_INET && family != AF_INET6) return -EAFNOSUPPORT;
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  if (family != AF_UNIX && !SetForConnections(fd)) return -errno;
  if (listens != 0 && backlog == 0) return 0;
  return listen(fd, backlog == 0 ? SOMAXCONN : backlog) < 0 ? -errno : 0;
}

int ReadLocalName(int fd, LocalName* name) {
  SocketAddress bound;
  if (!bound.ReadFrom(fd)) return -errno;
  if (bound.storage.ss_family == AF_UNIX) {
    name->is_unix = true;
    const char* path = reinterpret_cast<sockaddr_un*>(&bound.storage)->sun_path;
    const size_t space = bound.length - offsetof(sockaddr_un, sun_path);
    // Of the abstract kind, which begins with NUL and belongs to no file.
    if (space > 1 && path[0] == 0) name->path = "@" + std::string(path + 1, space - 1);
    if (space > 0 && path[0] != 0) name->path.assign(path, strnlen(path, space));
    return 0;
  }
  char text[INET6_ADDRSTRLEN] = "";
  if (bound.storage.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&bound.storage)->sin_addr, text, sizeof text);
  } else if (bound.storage.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&bound.storage)->sin6_addr, text, sizeof text);
    int ipv6_only = 0;
    socklen_t length = sizeof ipv6_only;
    if (getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only, &length) < 0) return -errno;
    name->is_dual_stack = ipv6_only == 0;
  } else {
    return -EAFNOSUPPORT;
  }
  name->host = text;
  name->port = LocalPort(fd);
  return 0;
}

int LocalPort(int fd) {
  SocketAddress address;
  if (!address.ReadFrom(fd)) return -errno;
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

int SteerGroup(int fd, const std::vector<int>& members, const std::vector<int>& weights) {
  if (members.empty()) {
    int unused = 0;
    int done = setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof(unused));
    return done == 0 || errno == ENOENT ? 0 : -errno;
  }
  // random % total lies in the stretch of the chosen one.
  std::vector<sock_filter> program;
  auto add = [&program](uint16_t code, uint32_t k, uint8_t jump_if_true = 0) {
    program.push_back(sock_filter{code, jump_if_true, 0, k});
  };
  uint32_t total = 0;
  for (const int weight : weights) total += static_cast<uint32_t>(weight);
  add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM));
  add(BPF_ALU | BPF_MOD | BPF_K, total);
  uint32_t end = 0;
  for (size_t place = 0; place + 1 < members.size(); ++place) {
    end += static_cast<uint32_t>(weights[place]);
    add(BPF_JMP | BPF_JGE | BPF_K, end, 1);
    add(BPF_RET | BPF_K, static_cast<uint32_t>(members[place]));
  }
  add(BPF_RET | BPF_K, static_cast<uint32_t>(members.back()));
  if (program.size() > BPF_MAXINSNS) return -E2BIG;
  sock_fprog code = {static_cast<unsigned short>(program.size()), program.data()};
  int done = setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &code, sizeof(code));
  return done == 0 ? 0 : -errno;
}

void RefuseNew(int fd) {
  // The filter sees the TCP header; its flags are in byte 13. SYN without ACK is a connection that begins.
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  };
  sock_fprog code = {sizeof(program) / sizeof(program[0]), program};
  // Without it a few that begin right now are reset.
  (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &code, sizeof(code));
}

void StopListening(int fd) { (void)shutdown(fd, SHUT_RD); }

int DuplicateFd(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? -errno : copy;
}

int OpenStreamPair(int* first, int* second) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  if (fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0) {
    const int error = errno;
    ::close(pair[0]);
    ::close(pair[1]);
    return -error;
  }
  *first = pair[0];
  *second = pair[1];
  return 0;
}

void CloseFd(int fd) { ::close(fd); }

bool ReadRemoteEnd(int fd, EndPoint* end) {
  SocketAddress name;
  name.length = sizeof(name.storage);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&name.storage), &name.length) != 0) return false;
  *end = EndOf(name);
  return true;
}

bool ReadLocalEnd(int fd, EndPoint* end) {
  SocketAddress name;
  if (!name.ReadFrom(fd)) return false;
  *end = EndOf(name);
  return true;
}

}  // namespace pronghorn
