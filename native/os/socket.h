// Listening sockets: opening, taking over, steering a reuseport group, measuring accept queues. Used by the
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
  int defer_accept_s;  // 0: off
  int fast_open;       // length of its queue; 0: off
};

// A descriptor: bound, listening, non-blocking, close-on-exec. Connections accepted from it have
// TCP_NODELAY.
int ListenTcp(const TcpListenOptions& options);

// Gives a stream socket that somebody else has bound the properties of ListenTcp()'s; makes it listen if it
// does not yet, or if a backlog is asked for. 0 or a negative errno, -ENOTSOCK and -EPROTOTYPE among them.
int AdoptListener(int fd, int backlog);

struct LocalName {
  bool is_unix = false;
  std::string host;  // an IP address
  int port = 0;
  bool is_dual_stack = false;  // IPv6, and takes IPv4 too
  std::string path;            // of a unix socket; empty if it has none
};

// What a socket is bound to. 0 or a negative errno.
int ReadLocalName(int fd, LocalName* name);

int LocalPort(int fd);

// Two ends of a connection within this machine, close-on-exec: the first does not block. 0 or a negative errno.
int OpenStreamPair(int* first, int* second);

// One end of a connection. The IP address is IPv4 also where it came through a dual-stack socket; empty on a
// unix socket.
struct EndPoint {
  std::string address;
  int port = 0;
};

// The other side's, and ours. False if the connection is gone.
bool ReadRemoteEnd(int fd, EndPoint* end);
bool ReadLocalEnd(int fd, EndPoint* end);

struct ListenQueue {
  int waiting;
  int limit;
};

// TCP only.
int ReadListenQueue(int fd, ListenQueue* queue);

// New connections of fd's reuseport group go only to these members, at random, to each as often as its weight says (1
// or more). A member's number is its place in the order in which the group's sockets began to listen. An empty list
// gives the choice back to the kernel.
int SteerGroup(int fd, const std::vector<int>& members, const std::vector<int>& weights);

// Ends a TCP socket that listens, for every process that has it: from now on connections are refused. What waits in its
// queue is reset, so the caller has emptied that; what begins meanwhile is not let in, see RefuseNew().
void StopListening(int fd);
// Connections that have not begun yet are not let in any more, and tried again by their clients; those that have, go on.
void RefuseNew(int fd);

// Another descriptor of the same socket, or a negative errno.
int DuplicateFd(int fd);
void CloseFd(int fd);

}  // namespace pronghorn
