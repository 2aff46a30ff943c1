// Accepting, and when not to: see acceptor.h. Runs on a worker's event loop; never blocks.
#include "engine/acceptor.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

namespace pronghorn {

int Acceptor::UseLockFile(const std::string& path) {
  const int error = mutex_.Open(path);
  if (error < 0) return error;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListenerEvent | static_cast<uint32_t>(mutex_.timer());
  return epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, mutex_.timer(), &event) == 0 ? 0 : -errno;
}

int Acceptor::Listen(int fd, ListenerOptions options) {
  for (const Listener& listener : listeners_) {
    if (listener.fd == fd) return 0;
  }
  listeners_.push_back({fd, std::move(options), false});
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
  for (const Listener& listener : listeners_) {
    if (listener.fd != fd) continue;
    if (mutex_.ok()) return AcceptLocked(listener);
    for (int i = 0; i < kAcceptsPerTurn && HasRoom(); ++i) {
      if (!AcceptOne(listener)) return;
    }
    return;
  }
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
  Connection* connection = state_.connections.Add(Fd(accepted));
  state_.counters.accepted++;
  connection->epoll_events = EPOLLIN;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<uint32_t>(connection->id);
  if (epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, accepted, &event) != 0) {
    connection->closed = true;
    connection->fd.Reset();
    state_.connections.Remove(connection);
    is_starved_ = true;
    return false;
  }
  if (const auto& tls = listener.options.tls) {
    connection->tls = std::make_unique<TlsSession>(tls->context(), accepted);
  }
  if (listener.options.proxy_protocol) connection->proxy = std::make_unique<ProxyPhase>();
  // The first request must come within the time for a head, whether it has begun or not.
  state_.SetTimer(connection, Connection::Waiting::kIdle, state_.limits.header_ms);
  return true;
}

void Acceptor::Drain() {
  for (Listener& listener : listeners_) {
    if (listener.options.shared) continue;
    while (AcceptOne(listener)) {
    }
  }
  Stop();
}

void Acceptor::Stop() {
  for (Listener& listener : listeners_) Unwatch(&listener);
  listeners_.clear();
}

void Acceptor::Adjust() {
  const bool has_room = HasRoom();
  for (Listener& listener : listeners_) {
    if (has_room && !listener.watched) Watch(&listener);
    if (!has_room && listener.watched) Unwatch(&listener);
  }
}

void Acceptor::Watch(Listener* listener) {
  epoll_event event{};
  event.events = EPOLLIN | (listener->options.shared ? uint32_t{EPOLLEXCLUSIVE} : 0u);
  event.data.u64 = kListenerEvent | static_cast<uint32_t>(listener->fd);
  listener->watched = epoll_ctl(state_.epoll.get(), EPOLL_CTL_ADD, listener->fd, &event) == 0;
}

void Acceptor::Unwatch(Listener* listener) {
  if (listener->watched) epoll_ctl(state_.epoll.get(), EPOLL_CTL_DEL, listener->fd, nullptr);
  listener->watched = false;
}

}  // namespace pronghorn
