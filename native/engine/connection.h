// One client connection: its socket, what is half received, the requests that wait for an answer, what is
// half sent. State only; Receiver, Responder and Sender act on it. Small while idle: its buffers are empty
// then.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "engine/active_table.h"
#include "engine/proxy_phase.h"
#include "http/access_line.h"
#include "http/request_parser.h"
#include "tls/tls_session.h"

namespace pronghorn {

// A request that was handed to JavaScript, or rejected, and whose answer has not left yet.
struct Exchange {
  enum class Answer : uint8_t { kNone, kStreaming, kComplete };

  uint32_t sequence = 0;
  int32_t batch = 0;  // in which it was handed over; 0: never
  uint8_t flags = 0;  // RequestFlag
  Answer answer = Answer::kNone;
  uint16_t status = 0;
  bool close = false;       // the connection ends after this answer
  bool chunked = false;     // the answer is framed in chunks
  bool has_body = false;    // what is written of the answer's body is sent
  bool is_watched = false;  // JavaScript wants to know how it ends
  bool wants_drain = false;
  uint8_t active = ActiveTable::kNowhere;  // its place in the table of requests in hand
  bool is_fault = false;    // no request: JavaScript says what becomes of the connection, once it is in front
  int64_t started_us = 0;
  uint64_t request_bytes = 0;             // of its body, handed over
  uint64_t body_bytes = 0;                // of the answer
  std::unique_ptr<AccessNote> note;       // for the access log
  std::unique_ptr<std::string> response;  // an answer that waits for those before it
  std::unique_ptr<std::string> retained;  // head and body that outlive their batch; of a fault, what was refused

  bool IsOpen() const { return answer != Answer::kComplete; }
};

// The body of the newest request, while it is still coming in.
struct IncomingBody {
  uint32_t sequence = 0;
  std::unique_ptr<RequestParser::ChunkedBody> chunked;
  uint64_t missing = 0;  // bytes to come, when not chunked
  uint64_t unread = 0;   // handed over and not yet taken by the application
  int64_t since_ms = 0;  // when its head began to come
  bool is_discarded = false;
  bool owes_continue = false;  // the client waits for 100 Continue
};

// Part of a file that makes up the rest of the front answer. Its exchange stays open until it has gone.
struct OutgoingFile {
  Fd fd;
  off_t offset = 0;
  uint64_t missing = 0;
  uint32_t sequence = 0;
};

struct Connection {
  // What the timer of the connection waits for.
  enum class Waiting : uint8_t { kNothing, kIdle, kHead, kBody, kSend, kLinger };

  Fd fd;
  std::unique_ptr<TlsSession> tls;  // null: in the clear
  uint32_t index = 0;
  int32_t id = 0;
  uint32_t next_sequence = 0;
  uint32_t served = 0;        // requests handed over, for keepAliveRequests
  uint32_t epoll_events = 0;  // what epoll watches now
  int head_slot = -1;         // where the parser has kept the head of its last request
  Waiting waiting = Waiting::kNothing;
  bool reading_done = false;  // nothing that arrives from now on is a request
  bool close_after_send = false;
  bool lingering = false;  // write side is shut, what arrives is thrown away
  bool rejected = false;   // closed with unread bytes: linger, lest the answer be lost
  bool paused = false;     // not read from, because answers lag behind
  bool closed = false;
  bool peer_done = false;  // the client has shut its write side
  bool dirty = false;      // in the sender's list
  bool is_unknown = false;  // to epoll, until the batch is over in which it was accepted
  bool queued_resume = false;
  bool is_announced = false;  // its TLS handshake was over when it was last read from
  bool is_held = false;    // an upgrade was offered: what follows is not read before the answer
  bool is_raw = false;     // after an upgrade: bytes in both directions, no HTTP
  bool raw_ended = false;  // the application has ended its side of it
  bool wants_raw_drain = false;
  bool is_watched = false;  // JavaScript wants to know when it ends
  int first_segment = -1;
  int last_segment = -1;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;  // that have left
  int64_t head_since_ms = 0;  // while it waits for the rest of a head
  size_t scanned = 0;      // bytes of `partial` that have been tried as a head
  std::string partial;     // received, not yet a whole head
  std::string unsent;      // what the socket did not take
  size_t unsent_from = 0;  // bytes of it that have gone since
  uint32_t raw_sequence = 0;
  size_t collected = 0;               // bytes of this turn that the sender has not tried to send yet
  std::unique_ptr<ProxyPhase> proxy;  // on connections that begin with a PROXY protocol header
  std::unique_ptr<IncomingBody> body;
  // Of a request whose body is not read to its end, because its answer closes the connection. Its readers hear of it
  // when the answer has left: who watches the answer would take it for the end of that.
  std::optional<uint32_t> cut_body;
  std::unique_ptr<OutgoingFile> file;  // goes after `unsent`
  std::unique_ptr<std::string> address;  // of the client, once the access log has asked
  std::vector<uint32_t> finishing;     // watched answers whose last bytes are in `unsent`
  // The first one not yet answered in full is exchanges[front].
  std::vector<Exchange> exchanges;
  size_t front = 0;
  uint64_t pending_bytes = 0;  // of the bodies of all that are in `exchanges`

  size_t Pending() const { return exchanges.size() - front; }
  size_t Unsent() const { return unsent.size() - unsent_from + collected; }
  // Whatever comes before HTTP is over.
  bool IsOpen() const { return (!tls || is_announced) && (!proxy || proxy->is_done); }
  uint64_t BytesWritten() const { return bytes_out + Unsent(); }
  bool HasUnsent() const { return unsent_from < unsent.size() || file; }
  bool IsIdle() const { return Pending() == 0 && partial.empty() && !body && !HasUnsent() && !is_raw; }

  Exchange* Find(uint32_t sequence) {
    if (Pending() == 0) return nullptr;
    const uint32_t position = sequence - exchanges[front].sequence;
    return position < Pending() ? &exchanges[front + position] : nullptr;
  }

  // The newest request has this much more of a body.
  void CountBody(size_t bytes) {
    exchanges.back().request_bytes += bytes;
    pending_bytes += bytes;
  }

  Exchange& Push(uint32_t sequence) {
    // A client that never lets the queue run dry must not make it grow for ever.
    if (front > 32 && front * 2 > exchanges.size()) {
      exchanges.erase(exchanges.begin(), exchanges.begin() + static_cast<ptrdiff_t>(front));
      front = 0;
    }
    Exchange& exchange = exchanges.emplace_back();
    exchange.sequence = sequence;
    return exchange;
  }

  void PopFront() {
    pending_bytes -= exchanges[front].request_bytes;
    exchanges[front].response.reset();
    exchanges[front].retained.reset();
    exchanges[front].note.reset();
    if (++front == exchanges.size()) {
      exchanges.clear();
      front = 0;
    }
  }
};

}  // namespace pronghorn
