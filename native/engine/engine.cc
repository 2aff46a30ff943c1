// The turn of a worker's event loop, from ready sockets to sent answers: see engine.h. Calls JavaScript only
// through EngineClient.
#include "engine/engine.h"

#include <errno.h>

#include "engine/transport.h"

namespace pronghorn {
namespace {

constexpr int kEventsPerTurn = 1024;
// Between reading from a socket and sending to it again, its kernel structures should stay in the cache:
// batches of all 64 busy connections cost 5–8 % more CPU per request than batches of 16, single ones 15 %
// more.
constexpr int kConnectionsPerBatch = 24;
constexpr int kTickMs = 250;
constexpr int kDrainTickMs = 10;
constexpr int kRoundsPerTurn = 16;
constexpr int kTicksPerSecond = 1000 / kTickMs;
// A connection that was accepted but has not sent anything gets at least this long when draining.
constexpr int64_t kFreshGraceMs = 500;

}  // namespace

Engine::Engine(uv_loop_t* loop, const Limits& limits, int64_t load_window_ms,
               AccessFormat access_format, std::shared_ptr<Scoreboard> scoreboard, int slot,
               EngineClient* client)
    : state_(limits, access_format, scoreboard->slot(slot)),
      sender_(&state_),
      responder_(&state_, &sender_),
      receiver_(&state_, &sender_, &responder_, this),
      scoreboard_(std::move(scoreboard)),
      slot_(scoreboard_->slot(slot)),
      share_(scoreboard_, slot),
      acceptor_(&state_, &receiver_, &sender_, &share_),
      busy_(loop, load_window_ms),
      turns_(slot_),
      client_(client) {
  state_.memory.control[kControl_batch] = 1;
  state_.ReadClocks();

  CHECK(uv_poll_init(loop, &poll_, state_.epoll.get()) == 0);
  CHECK(uv_prepare_init(loop, &prepare_) == 0);
  CHECK(uv_check_init(loop, &check_) == 0);
  CHECK(uv_timer_init(loop, &tick_) == 0);
  poll_.data = prepare_.data = check_.data = tick_.data = this;
  open_handles_ = 4;
  uv_poll_start(&poll_, UV_READABLE,
                [](uv_poll_t* handle, int, int) { static_cast<Engine*>(handle->data)->OnPoll(); });
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) { static_cast<Engine*>(handle->data)->OnPrepare(); });
  // What is neither a socket of ours nor before this phase: timers, immediates.
  uv_check_start(&check_, [](uv_check_t* handle) {
    static_cast<Engine*>(handle->data)->turns_.Begin(MonotonicNs(), 0);
  });
  ScheduleTick(kTickMs);
  // Only the sockets keep the worker's loop alive.
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&check_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&tick_));
  Publish();
}

void Engine::OnPoll() {
  state_.ReadClocks();
  receiver_.BeginTurn();
  epoll_event events[kEventsPerTurn];
  const int count = epoll_wait(state_.epoll.get(), events, kEventsPerTurn, 0);
  turns_.Begin(state_.now_us * 1'000, count);
  for (int i = 0; i < count && !is_closed_; ++i) {
    HandleEvent(events[i]);
    if (i % kConnectionsPerBatch == kConnectionsPerBatch - 1) TakeBatch();
  }
  TakeBatch();
  FinishTurn();
}

void Engine::HandleEvent(const epoll_event& event) {
  if ((event.data.u64 & kListenerEvent) != 0) {
    return acceptor_.OnReadable(static_cast<int>(event.data.u64 & 0xffffffff));
  }
  Connection* connection = state_.connections.Find(static_cast<int32_t>(event.data.u64));
  if (connection == nullptr) return;
  const bool is_broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
  const bool reads = (connection->epoll_events & EPOLLIN) != 0;
  if (is_broken && !reads) return sender_.Close(connection);
  // Before the handshake is over nothing else waits for room in the socket.
  const bool goes_on = WantsToWrite(connection);
  if ((event.events & EPOLLOUT) != 0 && !goes_on) sender_.OnWritable(connection);
  if (!connection->closed && reads && ((event.events & EPOLLIN) != 0 || is_broken || goes_on)) {
    receiver_.OnReadable(connection);
  }
}

void Engine::TakeBatch() {
  receiver_.TakeNotices();
  // A handler cannot cause a batch within its own: nothing reads while JavaScript runs.
  CHECK(!is_in_batch_);
  if (receiver_.count() > 0) {
    is_in_batch_ = true;
    state_.memory.control[kControl_requestCount] = receiver_.count();
    CallHandlers(receiver_.count());
    is_in_batch_ = false;
  }
  responder_.Flush();
  receiver_.EndBatch();
  acceptor_.WatchAccepted();
}

void Engine::CallHandlers(int count) {
  slot_->Set(kSlot_batch, count);
  Publish();
  const bool measures = pace_.Measures(count);
  const int64_t from_ns = measures ? MonotonicNs() : 0;
  client_->OnBatch();
  if (measures) {
    pace_.Note(count, MonotonicNs() - from_ns);
    receiver_.LimitBatch(pace_.limit());
  }
  slot_->Set(kSlot_handling, 0);
  slot_->Set(kSlot_batch, 0);
}

void Engine::Flush() {
  responder_.Flush();
  state_.access_log.Flush();
}

// Paused connections may go on now, which can make new requests; JavaScript hears what became of earlier
// ones.
void Engine::FinishTurn() {
  if (acceptor_.TakeFromOthers()) TakeBatch();
  for (int i = 0; i < kRoundsPerTurn && HasWork(); ++i) {
    const std::vector<int32_t> ids = std::move(state_.resumable);
    state_.resumable.clear();
    for (const int32_t id : ids) {
      Connection* connection = state_.connections.Find(id);
      if (connection != nullptr) receiver_.Resume(connection);
    }
    TakeBatch();
  }
  if (is_closed_) return;
  // The rest soon, but the sockets get their turn before it.
  if (HasWork()) ScheduleTick(0);
  state_.connections.Sweep();
  acceptor_.Adjust();
  if (const int64_t ms = acceptor_.ReturnsIn(); ms > 0) ScheduleTick(static_cast<uint64_t>(ms));
  Publish();
  HoldLoop();
  if (state_.draining && state_.connections.size() == 0 && !is_drained_) {
    is_drained_ = true;
    client_->OnDrained();
  }
}

void Engine::HoldLoop() {
  auto* handle = reinterpret_cast<uv_handle_t*>(&poll_);
  // Whoever closes it is to hear that it has closed.
  if (keeps_loop_ || state_.draining || state_.connections.size() > 0) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

void Engine::KeepLoop(bool keeps) {
  keeps_loop_ = keeps;
  HoldLoop();
}

bool Engine::HasWork() const { return !state_.resumable.empty() || !state_.notices.empty(); }

void Engine::ScheduleTick(uint64_t delay_ms) {
  uv_timer_start(
      &tick_, [](uv_timer_t* handle) { static_cast<Engine*>(handle->data)->OnTick(); }, delay_ms, kTickMs);
}

// Before the loop waits: answers that were given outside of a batch leave now.
void Engine::OnPrepare() {
  if (state_.memory.control[kControl_responseCount] > 0 || sender_.HasCollected() || HasWork()) {
    state_.ReadClocks();
    receiver_.BeginTurn();
    responder_.Flush();
    FinishTurn();
  }
  turns_.End();
}

void Engine::OnTick() {
  state_.ReadClocks();
  receiver_.BeginTurn();
  slot_->Set(kSlot_heartbeatNs, MonotonicNs());
  slot_->Set(kSlot_busyPermille, busy_.Permille());
  if (++ticks_ % kTicksPerSecond == 0) {
    acceptor_.Retry();
    state_.access_log.Flush();
  }
  state_.connections.ForEachExpired(state_.now_ms, [this](Connection* connection) { Expire(connection); });
  if (receiver_.count() > 0) TakeBatch();
  sender_.Flush();
  FinishTurn();
}

void Engine::Expire(Connection* connection) {
  if (connection->lingering || connection->HasUnsent()) return sender_.Close(connection);
  const bool is_paused = connection->paused && !state_.IsRequestLate(connection);
  if (connection->is_raw || is_paused) return state_.UpdateTimer(connection);
  // A worker that was kept from running may not have read yet what came in time.
  if (!connection->paused && (connection->epoll_events & EPOLLIN) != 0) receiver_.OnReadable(connection);
  if (connection->closed || connection->lingering) return;
  if (state_.connections.Deadline(connection) > state_.now_ms) return;
  if (connection->body) return responder_.Reject(connection, 408);
  if (connection->Pending() > 0) return state_.UpdateTimer(connection);  // the application's turn: no limit
  if (!connection->partial.empty()) return responder_.Reject(connection, 408);
  // One that could have sent a request, and has sent nothing: only who hears of faults wants to know.
  const bool is_silent = connection->next_sequence == 0 && connection->IsOpen() && !state_.draining;
  if (is_silent && state_.Hears(kHears_faults)) return responder_.Reject(connection, 408);
  if (!connection->is_watched || connection->next_sequence == 0 || state_.draining) return sender_.Close(connection);
  // Who watches it ends it, or gives it more time.
  state_.SetTimer(connection, Connection::Waiting::kNothing, 0);
  state_.Notify(connection, 0, kEntry_idle);
}

void Engine::Drain(int64_t idle_grace_ms, bool is_last) {
  if (state_.draining) return;
  // What the application does when it hears of it may have taken long.
  state_.ReadClocks();
  acceptor_.Drain(is_last);
  state_.draining = true;
  state_.idle_grace_ms = idle_grace_ms;
  HoldLoop();
  slot_->Set(kSlot_state, kState_draining);
  state_.connections.ForEach([this, idle_grace_ms](Connection* connection) {
    if (!connection->IsIdle()) return;
    const bool is_fresh = connection->next_sequence == 0;
    const int64_t grace = is_fresh && idle_grace_ms < kFreshGraceMs ? kFreshGraceMs : idle_grace_ms;
    state_.SetTimer(connection, Connection::Waiting::kIdle, grace > 0 ? grace : 1);
  });
  // A request may wait unread on a connection that looks idle: the next tick comes after the next poll.
  ScheduleTick(kDrainTickMs);
}

void Engine::Close() {
  if (is_closed_) return;
  is_closed_ = true;
  responder_.Flush();
  acceptor_.Stop();
  state_.connections.ForEach([this](Connection* connection) { sender_.Close(connection); });
  state_.access_log.Flush();
  uv_poll_stop(&poll_);
  CloseHandle(reinterpret_cast<uv_handle_t*>(&poll_));
  CloseHandle(reinterpret_cast<uv_handle_t*>(&prepare_));
  CloseHandle(reinterpret_cast<uv_handle_t*>(&check_));
  CloseHandle(reinterpret_cast<uv_handle_t*>(&tick_));
}

void Engine::CloseHandle(uv_handle_t* handle) {
  uv_close(handle, [](uv_handle_t* closed) {
    auto* engine = static_cast<Engine*>(closed->data);
    if (--engine->open_handles_ > 0) return;
    engine->client_->OnClosed();
    delete engine;
  });
}

void Engine::Publish() {
  slot_->Set(kSlot_connections, static_cast<int64_t>(state_.connections.size()));
  state_.counters.Publish(slot_);
}

}  // namespace pronghorn
