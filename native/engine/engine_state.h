// What the parts of one engine share: its limits, memory, connections and counters. Lives on the event loop's
// thread of one worker; never touched by another.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/access_log.h"
#include "engine/connection_table.h"
#include "engine/counters.h"
#include "engine/memory.h"
#include "http/limits.h"
#include "http/response_head.h"

namespace pronghorn {

// Something that JavaScript has to hear about a request that it was given before.
struct Notice {
  int32_t connection;
  uint32_t sequence;
  EntryKind kind;
  int32_t detail = 0;
  uint64_t bytes_in = 0;  // of a connection that has ended
  uint64_t bytes_out = 0;
};

struct EngineState {
  EngineState(const Limits& given, AccessFormat format, Slot* slot)
      : limits(given), active(slot), access_log(format), epoll(epoll_create1(EPOLL_CLOEXEC)) {
    CHECK(epoll.ok());
  }

  Limits limits;    // times and counts may change while it serves
  int hearing = 0;  // of enum Hearing
  Memory memory;
  ConnectionTable connections;
  Counters counters;
  ActiveTable active;
  DateLine date;
  AccessLog access_log;
  Fd epoll;
  int64_t now_ms = 0;
  int64_t now_us = 0;
  bool draining = false;
  int64_t idle_grace_ms = 0;       // while draining: how long an idle connection may stay
  std::vector<Notice> notices;     // to go with the next batch
  std::vector<int32_t> resumable;  // paused connections that may be read from again
  int batch_open = 0;              // requests of the current batch without an answer

  static constexpr size_t kUnsentPause = 256 * 1024;
  static constexpr uint64_t kBodyWindow = 256 * 1024;

  int32_t batch() const { return memory.control[kControl_batch]; }

  // Once a turn.
  void ReadClocks() {
    now_us = MonotonicNs() / 1'000;
    now_ms = now_us / 1'000;
    date.Refresh();
  }

  void Watch(Connection* connection, uint32_t events) {
    if (connection->epoll_events == events) return;
    connection->epoll_events = events;
    if (connection->is_unknown) return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = static_cast<uint32_t>(connection->id);
    // Fails only for want of kernel memory; the connection's deadline then ends it.
    epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection->fd.get(), &event);
  }

  bool Hears(Hearing what) const { return (hearing & what) != 0; }

  void Notify(const Connection* connection, uint32_t sequence, EntryKind kind, int32_t detail = 0) {
    notices.push_back({connection->id, sequence, kind, detail, 0, 0});
  }

  // JavaScript has it in hand no more.
  void End(Exchange& exchange) {
    counters.in_flight--;
    active.End(&exchange.active);
  }

  // An exchange that will not be completed any more.
  void Forget(Connection* connection, Exchange& exchange) {
    if (exchange.IsOpen()) {
      LogUnfinished(connection, exchange);
      End(exchange);
      if (exchange.batch == batch()) batch_open--;
    }
    // An answer that is complete may still have been waiting for those before it.
    if (exchange.is_watched || exchange.answer == Exchange::Answer::kStreaming) {
      Notify(connection, exchange.sequence, kEntry_gone);
    }
  }

  void LogUnfinished(Connection* connection, Exchange& exchange) {
    if (!access_log.is_on()) return;
    const OutgoingFile* file = connection->file.get();
    if (file != nullptr && file->sequence == exchange.sequence) exchange.body_bytes -= file->missing;
    const bool has_begun = exchange.answer == Exchange::Answer::kStreaming;
    access_log.Write(connection, &exchange, has_begun ? exchange.status : AccessLog::kUnanswered, now_us);
  }

  // An unsent backlog, a body that nobody reads, answers that lag behind: the client has to wait.
  bool MustPause(const Connection* connection) const {
    if (connection->unsent.size() - connection->unsent_from > kUnsentPause) return true;
    if (connection->body) return !connection->body->is_discarded && connection->body->unread >= kBodyWindow;
    if (connection->is_held) return connection->Pending() > 0;
    return AnswersLag(connection);
  }

  // Requests that wait keep their bodies: together they may have as many bytes as one of them.
  bool AnswersLag(const Connection* connection) const {
    return connection->Pending() >= limits.pipeline || connection->pending_bytes > limits.body_bytes;
  }

  void SetTimer(Connection* connection, Connection::Waiting waiting, int64_t ms) {
    connection->waiting = waiting;
    connections.SetDeadline(connection, ms > 0 ? now_ms + ms : ConnectionTable::kNever);
  }

  // The deadline that the connection's state asks for. A head's runs from its first byte, the others anew.
  void UpdateTimer(Connection* connection) {
    using Waiting = Connection::Waiting;
    if (connection->closed || connection->lingering) return;
    if (connection->HasUnsent()) {
      SetTimer(connection, Waiting::kSend, limits.send_ms);
    } else if (connection->is_raw || connection->paused) {
      SetTimer(connection, Waiting::kNothing, 0);
    } else if (connection->body) {
      // A client that waits for 100 Continue waits for the application.
      SetTimer(connection, Waiting::kBody, connection->body->owes_continue ? 0 : limits.body_ms);
    } else if (connection->Pending() > 0) {
      SetTimer(connection, Waiting::kNothing, 0);
    } else if (!connection->partial.empty()) {
      if (connection->waiting == Waiting::kHead) return;
      connection->head_since_ms = now_ms;
      SetTimer(connection, Waiting::kHead, limits.header_ms);
    } else if (draining) {
      SetTimer(connection, Waiting::kIdle, idle_grace_ms > 0 ? idle_grace_ms : 1);
    } else {
      SetTimer(connection, Waiting::kIdle, limits.keep_alive_ms);
    }
    if (connection->body) BoundRequest(connection);
  }

  // The time of a whole request goes on whatever else its connection waits for.
  void BoundRequest(Connection* connection) {
    if (limits.request_ms == 0 || connection->is_raw) return;
    const int64_t latest = connection->body->since_ms + limits.request_ms;
    if (connections.Deadline(connection) > latest) connections.SetDeadline(connection, latest);
  }

  bool IsRequestLate(const Connection* connection) const {
    return limits.request_ms > 0 && connection->body && !connection->is_raw &&
           connection->body->since_ms + limits.request_ms <= now_ms;
  }

  // The connection holds bytes that its socket will not announce again.
  void ReadLater(Connection* connection) {
    if (connection->queued_resume) return;
    connection->queued_resume = true;
    resumable.push_back(connection->id);
  }

  void MayResume(Connection* connection) {
    if (!connection->paused || connection->queued_resume) return;
    connection->queued_resume = true;
    resumable.push_back(connection->id);
  }
};

}  // namespace pronghorn
