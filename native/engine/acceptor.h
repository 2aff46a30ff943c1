// Listening sockets of one engine. Accepts while there is room for connections and descriptors; stops
// watching otherwise, so that connections wait in the kernel's queue (or go to another worker) instead of
// spinning us.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/accept_mutex.h"
#include "engine/engine_state.h"
#include "engine/receiver.h"
#include "tls/tls_endpoint.h"

namespace pronghorn {

struct ListenerOptions {
  bool shared = false;          // other workers watch the same socket; the kernel then wakes one of them
  bool proxy_protocol = false;  // connections begin with a PROXY protocol header
  std::shared_ptr<TlsEndpoint> tls = nullptr;  // null: connections are in the clear
};

class Acceptor {
 public:
  Acceptor(EngineState* state, Receiver* receiver) : state_(*state), receiver_(*receiver) {}

  // From now on accept only while this file is locked. 0 or a negative errno.
  int UseLockFile(const std::string& path);
  // 0 or a negative errno.
  int Listen(int fd, ListenerOptions options);
  void Unlisten(int fd);
  void OnReadable(int fd);
  // Takes what waits in the queues of sockets that only we watch, then stops listening.
  void Drain();
  void Stop();
  // Once a turn: watch the sockets if there is room, else not.
  void Adjust();
  // A second has passed since descriptors or memory ran out: try again.
  void Retry() { is_starved_ = false; }

 private:
  struct Listener {
    int fd;
    ListenerOptions options;
    bool watched;
  };
  static constexpr int kAcceptsPerTurn = 64;
  // Fewer, so that the workers that wait for the lock get their share.
  static constexpr int kAcceptsPerLock = 8;

  bool HasRoom() const;
  // Whether it makes sense to go on.
  bool AcceptOne(const Listener& listener);
  void AcceptLocked(const Listener& listener);
  void Watch(Listener* listener);
  void Unwatch(Listener* listener);

  EngineState& state_;
  Receiver& receiver_;
  std::vector<Listener> listeners_;
  AcceptMutex mutex_;
  bool is_starved_ = false;
  bool waits_for_lock_ = false;
};

// Marks a listener's events among those of connections.
inline constexpr uint64_t kListenerEvent = uint64_t{1} << 32;

}  // namespace pronghorn
