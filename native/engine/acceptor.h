// Listening sockets of one engine. Accepts while there is room for connections and descriptors; stops
// watching otherwise, so that connections wait in the kernel's queue (or go to another worker) instead of
// spinning us. What is more than this worker's share waits for a moment for another one that is told of it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/accept_mutex.h"
#include "engine/engine_state.h"
#include "engine/fair_share.h"
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
  Acceptor(EngineState* state, Receiver* receiver, Sender* sender, FairShare* share)
      : state_(*state), receiver_(*receiver), sender_(*sender), share_(*share) {}

  // From now on accept only while this file is locked. 0 or a negative errno.
  int UseLockFile(const std::string& path);
  // 0 or a negative errno.
  int Listen(int fd, ListenerOptions options);
  void Unlisten(int fd);
  // From now on connections are shared with other workers, each with a bell and sockets of its own. 0 or a negative
  // errno.
  int ShareBy(std::vector<int> bells);
  // A socket of that slot's, to take from when its worker leaves something to this one.
  void AddNeighbour(int slot, int fd, ListenerOptions options);
  void OnReadable(int fd);
  // Now and then, when there is nothing else to do: takes what waits for workers that are in a long turn, and what was left
  // to others. Whether there was anything: then a batch has to follow.
  bool TakeFromOthers();
  // A connection that no listener has brought. The other end of it, which is the caller's; or a negative errno.
  int Connect();
  // Takes what waits in the queues of sockets that only we watch, then stops listening. `is_last`: so does everybody, and
  // new connections are refused.
  void Drain(bool is_last);
  void Stop();
  // Once a turn: watch the sockets if there is room, else not.
  void Adjust();
  // After each batch: what was accepted in it, and is still there, is watched from now on.
  void WatchAccepted();
  // A second has passed since descriptors or memory ran out: try again.
  void Retry() { is_starved_ = false; }
  // When a socket whose connections were left to others is to be watched again, milliseconds from now; 0: there is none.
  int64_t ReturnsIn() const;

 private:
  struct Listener {
    int fd;
    ListenerOptions options;
    bool watched = false;
    int64_t returns_ms = 0;  // until then its connections are left to another worker
  };
  // What waits beyond these is announced again.
  static constexpr int kAcceptsPerTurn = 32;
  // For another worker to come and take. After that this one does, however many it has.
  static constexpr int64_t kLeaveMs = 20;
  // Between two looks at who is in a long turn.
  static constexpr int64_t kHelpUs = 1'000;
  // With very many workers that are all busy, asking each of them would take longer than a turn.
  static constexpr int kNeighboursPerLook = 8;
  // Fewer, so that the workers that wait for the lock get their share.
  static constexpr int kAcceptsPerLock = 8;

  bool HasRoom() const;
  // Whether it makes sense to go on.
  bool AcceptOne(const Listener& listener);
  // A connection that epoll does not know yet.
  Connection* Admit(int fd);
  void Accept(int fd);
  void ReadAccepted(size_t from);
  void AcceptLocked(const Listener& listener);
  void Take(Listener* listener);
  // What is more than a batch is better left to others, who may have the time.
  int AcceptsPerTurn() const { return std::min(kAcceptsPerTurn, receiver_.batch_limit()); }
  void TakeLeft();
  void TakeFromNeighbours(int most);
  bool HasLeft() const { return ReturnsIn() > 0; }
  bool HasWaiting(const Listener& listener) const;
  // Who should have the next connection of this socket, if there is one.
  int TakerOf(const Listener& listener) const;
  void Watch(Listener* listener);
  void Unwatch(Listener* listener);

  EngineState& state_;
  Receiver& receiver_;
  Sender& sender_;
  FairShare& share_;
  std::vector<Listener> listeners_;
  std::vector<int32_t> accepted_;  // connections that epoll does not know yet
  std::vector<std::vector<Listener>> neighbours_;  // by slot
  AcceptMutex mutex_;
  bool is_starved_ = false;
  bool waits_for_lock_ = false;
  int64_t helped_us_ = 0;
  int next_neighbour_ = 0;  // each look goes on where the last one ended
};

// Marks a listener's events among those of connections.
inline constexpr uint64_t kListenerEvent = uint64_t{1} << 32;

}  // namespace pronghorn
