// Accepting, and when not to: see acceptor.h. Runs on a worker's event loop; never blocks.
#include "engine/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "os/bell.h"
#include "os/socket.h"

namespace pronghorn {

int Acceptor::UseLockFile(const std::string& path) {
  const int error = mutex_.Open(path);
  if (error < 0) return error;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListenerEvent | static_cast<uint32_t>(mutex_.timer());
  return epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, mutex_.timer(), &event) == 0 ? 0 : -errno;
}

int Acceptor::ShareBy(std::vector<int> bells) {
  share_.Use(std::move(bells));
  neighbours_.resize(static_cast<size_t>(share_.slots()));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListenerEvent | static_cast<uint32_t>(share_.own_bell());
  return epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, share_.own_bell(), &event) == 0 ? 0 : -errno;
}

void Acceptor::AddNeighbour(int slot, int fd, ListenerOptions options) {
  neighbours_.at(static_cast<size_t>(slot)).push_back({fd, std::move(options)});
}

int Acceptor::Listen(int fd, ListenerOptions options) {
  for (const Listener& listener : listeners_) {
    if (listener.fd == fd) return 0;
  }
  listeners_.push_back({fd, std::move(options)});
  Adjust();
  if (HasRoom() && !listeners_.back().watched) {
    const int error = errno;
    listeners_.pop_back();
    return -error;
  }
  return 0;
}

void Acceptor::Unlisten(int fd) {
  auto found = std::find_if(listeners_.begin(), listeners_.end(),
                            [fd](const Listener& listener) { return listener.fd == fd; });
  if (found == listeners_.end()) return;
  Unwatch(&*found);
  listeners_.erase(found);
}

bool Acceptor::HasRoom() const {
  return !state_.draining && !is_starved_ && !waits_for_lock_ &&
         state_.connections.size() < state_.limits.clients;
}

void Acceptor::OnReadable(int fd) {
  if (mutex_.ok() && fd == mutex_.timer()) {
    // The sockets are watched again at the end of this turn, and show then whether anybody waits there.
    mutex_.EndWait();
    waits_for_lock_ = false;
    return;
  }
  const size_t before = accepted_.size();
  Accept(fd);
  ReadAccepted(before);
}

// Most clients have sent their request by now. One that is answered at once, and wants no other, is gone before epoll
// has to know of its connection.
void Acceptor::ReadAccepted(size_t from) {
  const std::vector<int32_t> ids(accepted_.begin() + static_cast<ptrdiff_t>(from), accepted_.end());
  for (const int32_t id : ids) {
    Connection* connection = state_.connections.Find(id);
    // Reading may make room by a batch, and they are watched after that.
    if (connection != nullptr && connection->is_unknown) receiver_.OnReadable(connection);
  }
}

void Acceptor::WatchAccepted() {
  for (const int32_t id : accepted_) {
    Connection* connection = state_.connections.Find(id);
    if (connection == nullptr || !connection->is_unknown) continue;
    connection->is_unknown = false;
    epoll_event event{};
    event.events = connection->epoll_events;
    event.data.u64 = static_cast<uint32_t>(id);
    if (epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, connection->fd.get(), &event) == 0) {
      // Who has sent a request is known by that.
      const bool is_new = connection->next_sequence == 0 && !connection->tls;
      if (is_new && state_.Hears(kHears_connections)) state_.Notify(connection, 0, kEntry_opened);
      continue;
    }
    is_starved_ = true;
    sender_.Close(connection);
  }
  accepted_.clear();
}

void Acceptor::Accept(int fd) {
  if (share_.is_on() && fd == share_.own_bell()) return TakeLeft();
  for (Listener& listener : listeners_) {
    if (listener.fd != fd) continue;
    return mutex_.ok() ? AcceptLocked(listener) : Take(&listener);
  }
}

bool Acceptor::HasWaiting(const Listener& listener) const {
  pollfd waiting = {listener.fd, POLLIN, 0};
  return poll(&waiting, 1, 0) == 1;
}

int Acceptor::TakerOf(const Listener& listener) const {
  const int taker = share_.Taker(MonotonicNs());
  return taker != FairShare::kNobody && HasWaiting(listener) ? taker : FairShare::kNobody;
}

void Acceptor::Take(Listener* listener) {
  // Nobody came for what was left there last time.
  bool is_ours = state_.now_ms - listener->returns_ms < kLeaveMs;
  for (int i = 0; i < AcceptsPerTurn() && HasRoom(); ++i, is_ours = false) {
    const int taker = is_ours ? FairShare::kNobody : TakerOf(*listener);
    if (taker != FairShare::kNobody) {
      Unwatch(listener);
      listener->returns_ms = state_.now_ms + kLeaveMs;
      share_.ShowOffers(true);
      return share_.Ring(taker);
    }
    if (!AcceptOne(*listener)) return;
  }
}

// Somebody has left connections to this worker: of a socket that all have in common, or of its own.
void Acceptor::TakeLeft() {
  SilenceBell(share_.own_bell());
  if (listeners_.empty()) return;
  for (Listener& listener : listeners_) {
    if (listener.options.shared && listener.watched) Take(&listener);
  }
  TakeFromNeighbours(share_.slots());
}

// What others have left, and what waits for those that are in a long turn. Asks the sockets of at most so many of them.
void Acceptor::TakeFromNeighbours(int most) {
  const int64_t now_ns = MonotonicNs();
  int taker = share_.Taker(now_ns);
  for (int step = 0; step < share_.slots() && most > 0; ++step) {
    next_neighbour_ = (next_neighbour_ + 1) % share_.slots();
    const int slot = next_neighbour_;
    if (!share_.Offers(slot) && !share_.IsInLongTurn(slot, now_ns)) continue;
    --most;
    for (const Listener& listener : neighbours_[static_cast<size_t>(slot)]) {
      if (taker != FairShare::kNobody) {
        if (HasWaiting(listener)) share_.Ring(taker);
        continue;
      }
      for (int i = 0; i < AcceptsPerTurn() && HasRoom() && taker == FairShare::kNobody; ++i) {
        if (!AcceptOne(listener)) break;
        taker = share_.Taker(now_ns);
      }
    }
  }
}

bool Acceptor::TakeFromOthers() {
  if (!share_.is_on() || listeners_.empty() || !HasRoom()) return false;
  if (state_.now_us - helped_us_ < kHelpUs) return false;
  helped_us_ = state_.now_us;
  const size_t before = accepted_.size();
  TakeFromNeighbours(kNeighboursPerLook);
  // Who was to have what was left here has not come yet, and is not the one any more.
  if (HasLeft() && share_.Taker(MonotonicNs()) == FairShare::kNobody) {
    for (Listener& listener : listeners_) listener.returns_ms = 0;
  }
  // Reading may make room by a batch, after which nothing is new any more.
  const bool has_taken = accepted_.size() > before;
  ReadAccepted(before);
  return has_taken;
}

void Acceptor::AcceptLocked(const Listener& listener) {
  if (!HasRoom()) return;
  if (!mutex_.TryLock()) {
    waits_for_lock_ = true;
    return mutex_.WaitForLock(state_.connections.size() == 0);
  }
  for (int i = 0; i < kAcceptsPerLock && HasRoom() && AcceptOne(listener); ++i) {
  }
  mutex_.Unlock();
}

bool Acceptor::AcceptOne(const Listener& listener) {
  const int accepted = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) {
    // The connection died in the queue: there may be others behind it.
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) is_starved_ = true;
    return false;
  }
  state_.counters.accepted++;
  Connection* connection = Admit(accepted);
  if (const auto& tls = listener.options.tls) {
    connection->tls = std::make_unique<TlsSession>(tls->context(), accepted);
  }
  if (listener.options.proxy_protocol) connection->proxy = std::make_unique<ProxyPhase>();
  return true;
}

Connection* Acceptor::Admit(int fd) {
  Connection* connection = state_.connections.Add(Fd(fd));
  share_.ShowConnections(state_.connections.size());
  connection->epoll_events = EPOLLIN;
  connection->is_unknown = true;
  accepted_.push_back(connection->id);
  // The first request must come within the time for a head, whether it has begun or not.
  state_.SetTimer(connection, Connection::Waiting::kIdle, state_.limits.header_ms);
  return connection;
}

int Acceptor::Connect() {
  int own, theirs;
  const int error = OpenStreamPair(&own, &theirs);
  if (error < 0) return error;
  const int32_t id = Admit(own)->id;
  WatchAccepted();
  if (state_.connections.Find(id) != nullptr) return theirs;
  CloseFd(theirs);
  return -ENOSPC;
}

void Acceptor::Drain(bool is_last) {
  for (Listener& listener : listeners_) {
    if (listener.options.shared) continue;
    if (is_last) RefuseNew(listener.fd);
    while (AcceptOne(listener)) {
    }
    if (is_last) StopListening(listener.fd);
  }
  WatchAccepted();
  Stop();
}

void Acceptor::Stop() {
  for (Listener& listener : listeners_) Unwatch(&listener);
  listeners_.clear();
  share_.ShowAccepting(false);
  share_.ShowOffers(false);
}

void Acceptor::Adjust() {
  const bool has_room = HasRoom();
  for (Listener& listener : listeners_) {
    if (has_room && !listener.watched && listener.returns_ms <= state_.now_ms) Watch(&listener);
    if (!has_room && listener.watched) Unwatch(&listener);
  }
  share_.ShowAccepting(has_room && !listeners_.empty() && !mutex_.ok());
  share_.ShowOffers(HasLeft());
  share_.Measure(state_.counters.accepted - static_cast<int64_t>(state_.connections.size()), state_.now_ms);
}

int64_t Acceptor::ReturnsIn() const {
  int64_t soonest = 0;
  for (const Listener& listener : listeners_) {
    const int64_t ms = listener.returns_ms - state_.now_ms;
    if (ms > 0 && (soonest == 0 || ms < soonest)) soonest = ms;
  }
  return soonest;
}

void Acceptor::Watch(Listener* listener) {
  epoll_event event{};
  // Of use only to a thread that sleeps in this set itself: docs/DESIGN.md, "Not done".
  event.events = EPOLLIN | (listener->options.shared ? uint32_t{EPOLLEXCLUSIVE} : 0u);
  event.data.u64 = kListenerEvent | static_cast<uint32_t>(listener->fd);
  listener->watched = epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, listener->fd, &event) == 0;
}

void Acceptor::Unwatch(Listener* listener) {
  if (listener->watched) epoll_ctl(state_.epoll.get(), EPOLL_CTL_DEL, listener->fd, nullptr);
  listener->watched = false;
}

}  // namespace pronghorn
