// Listening sockets: opening, steering a reuseport group, measuring accept queues. Used by the
// manager; workers only accept. Results are 0 or more, or a negative errno.
#pragma once

#include <string>
#include <vector>

namespace pronghorn {

struct TcpListenOptions {
  std::string host;  // numeric
  int port;
  int backlog;
  bool reuse_port;
  bool ipv6_only;
};

// A descriptor: bound, listening, non-blocking, close-on-exec. Connections accepted from it have
// TCP_NODELAY.
int ListenTcp(const TcpListenOptions& options);

// The same for a unix socket. A socket file that nobody listens on any more is replaced;
// -EADDRINUSE if the path belongs to a living server, or to something that is no socket.
int ListenUnix(const std::string& path, int backlog);

int LocalPort(int fd);

// The IP address of a connection's other side as text, IPv4 also where it came through a dual-stack socket;
// empty on a unix socket. False if the connection is gone.
bool PeerAddress(int fd, std::string* address);

struct ListenQueue {
  int waiting;
  int limit;
};

// TCP only.
int ReadListenQueue(int fd, ListenQueue* queue);

// New connections of fd's reuseport group go only to these members, at random. A member's number is
// its place in the order in which the group's sockets began to listen. An empty list gives the
// choice back to the kernel.
int SteerGroup(int fd, const std::vector<int>& members);

void CloseFd(int fd);

}  // namespace pronghorn
