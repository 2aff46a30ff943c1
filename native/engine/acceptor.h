// Listening sockets of one engine. Accepts while there is room for connections and descriptors; stops
// watching otherwise, so that connections wait in the kernel's queue (or go to another worker) instead of
// spinning us.
#pragma once

#include <vector>

#include "engine/engine_state.h"
#include "engine/receiver.h"

namespace pronghorn {

class Acceptor {
 public:
  Acceptor(EngineState* state, Receiver* receiver) : state_(*state), receiver_(*receiver) {}

  // `shared`: other workers watch the same socket; the kernel then wakes one of them. 0 or a negative errno.
  int Listen(int fd, bool shared);
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
    bool shared;
    bool watched;
  };
  static constexpr int kAcceptsPerTurn = 64;

  bool HasRoom() const;
  bool AcceptOne(int fd);
  void Watch(Listener* listener);
  void Unwatch(Listener* listener);

  EngineState& state_;
  Receiver& receiver_;
  std::vector<Listener> listeners_;
  bool is_starved_ = false;
};

// Marks a listener's events among those of connections.
inline constexpr uint64_t kListenerEvent = uint64_t{1} << 32;

}  // namespace pronghorn
