// What the parts of one engine share: its limits, memory, connections and counters. Lives on the event loop's
// thread of one worker; never touched by another.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "engine/connection_table.h"
#include "engine/memory.h"
#include "http/limits.h"
#include "http/response_head.h"
#include "scoreboard/scoreboard.h"

namespace pronghorn {

// Totals of this engine; copied to the scoreboard once a turn.
struct Counters {
  int64_t in_flight = 0;
  int64_t accepted = 0;
  int64_t requests = 0;
  int64_t bytes_in = 0;
  int64_t bytes_out = 0;
  int64_t responses[6] = {};  // by the status code's first digit
};

struct EngineState {
  explicit EngineState(const Limits& given) : limits(given), epoll(epoll_create1(EPOLL_CLOEXEC)) {
    CHECK(epoll.ok());
  }

  const Limits limits;
  Memory memory;
  ConnectionTable connections;
  Counters counters;
  DateLine date;
  Fd epoll;
  int64_t now_ms = 0;
  bool draining = false;
  int64_t idle_grace_ms = 0;       // while draining: how long an idle connection may stay
  std::vector<int32_t> resumable;  // paused connections that may be read from again
  int batch_open = 0;              // requests of the current batch without an answer

  int32_t batch() const { return memory.control[kControl_batch]; }

  void Watch(Connection* connection, uint32_t events) {
    if (connection->epoll_events == events) return;
    connection->epoll_events = events;
    epoll_event event{};
    event.events = events;
    event.data.u64 = static_cast<uint32_t>(connection->id);
    // Fails only for want of kernel memory; the connection's deadline then ends it.
    epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection->fd.get(), &event);
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
    } else if (connection->Pending() > 0) {
      SetTimer(connection, Waiting::kNothing, 0);
    } else if (connection->body) {
      SetTimer(connection, Waiting::kBody, limits.body_ms);
    } else if (!connection->partial.empty()) {
      if (connection->waiting != Waiting::kHead) SetTimer(connection, Waiting::kHead, limits.header_ms);
    } else if (draining) {
      SetTimer(connection, Waiting::kIdle, idle_grace_ms > 0 ? idle_grace_ms : 1);
    } else {
      SetTimer(connection, Waiting::kIdle, limits.keep_alive_ms);
    }
  }

  void MayResume(Connection* connection) {
    if (!connection->paused || connection->queued_resume) return;
    connection->queued_resume = true;
    resumable.push_back(connection->id);
  }
};

}  // namespace pronghorn
