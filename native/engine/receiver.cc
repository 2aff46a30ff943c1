// From ready sockets to requests in the ring: see receiver.h. Runs on a worker's event loop; never calls
// JavaScript itself.
#include "engine/receiver.h"

#include <cstring>

#include "engine/transport.h"

namespace pronghorn {

bool Receiver::MakeRoom(Connection* connection, size_t bytes) {
  if (input_used_ + bytes <= Memory::kInputBytes) return true;
  taker_.TakeBatch();
  input_used_ = 0;
  CHECK(bytes <= Memory::kInputBytes);
  return !connection->closed;
}

void Receiver::OnReadable(Connection* connection) {
  if (!MakeRoom(connection, connection->partial.size() + kReadBytes)) return;
  // Only now: the batch that made room may have been the end of this connection's requests.
  if (connection->lingering) return Discard(connection);
  if (connection->proxy && !connection->proxy->is_done) {
    const ProxyPhase::Step step = connection->proxy->Receive(connection->fd.get());
    if (step == ProxyPhase::Step::kFailed) return sender_.Close(connection);
    if (step == ProxyPhase::Step::kWait) return;
  }
  const size_t kept = connection->partial.size();
  char* data = state_.memory.input.data() + input_used_;
  const ssize_t received = ReadFrom(connection, data + kept, kReadBytes);
  if (received == 0) return OnEnd(connection);
  if (received == -EAGAIN) return Wait(connection);
  if (received < 0) return OnBroken(connection);
  if (HasBuffered(connection)) state_.ReadLater(connection);
  AnnounceSecure(connection);
  state_.counters.bytes_in += received;
  connection->bytes_in += static_cast<uint64_t>(received);
  const size_t length = kept + static_cast<size_t>(received);
  if (kept > 0) {
    // A head in small pieces is tried again only when it may have ended, or has grown to double its size.
    const bool may_end = std::memchr(data + kept, '\n', static_cast<size_t>(received)) != nullptr;
    if (!may_end && length < 2 * connection->scanned && length <= state_.limits.header_bytes) {
      connection->partial.append(data + kept, static_cast<size_t>(received));
      return;
    }
    std::memcpy(data, connection->partial.data(), kept);
    std::string().swap(connection->partial);
  }
  input_used_ += length;
  Consume(connection, data, length);
}

// A connection that speaks TLS is one when its handshake is over.
void Receiver::AnnounceSecure(Connection* connection) {
  if (!connection->tls || connection->is_announced || !connection->tls->is_established()) return;
  connection->is_announced = true;
  if (state_.Hears(kHears_connections)) state_.Notify(connection, 0, kEntry_opened);
}

// Nothing has come, or only part of a handshake.
void Receiver::Wait(Connection* connection) {
  AnnounceSecure(connection);
  const bool writes = connection->HasUnsent() || WantsToWrite(connection);
  state_.Watch(connection, EPOLLIN | (writes ? uint32_t{EPOLLOUT} : 0u));
}

void Receiver::OnBroken(Connection* connection) {
  if (!TakesPlainHttp(connection)) return sender_.Close(connection);
  responder_.Reject(connection, 400, "This port speaks HTTPS only, and this request came as plain HTTP.\n");
}

// The client is told that we are done; what it still sends is of no interest.
void Receiver::Discard(Connection* connection) {
  char* data = state_.memory.input.data() + input_used_;
  const ssize_t received = Receive(connection->fd.get(), data, kReadBytes);
  if (received <= 0 && received != -EAGAIN) sender_.Close(connection);
}

// The client has shut its side. It may still read: requests that are complete get their answers.
void Receiver::OnEnd(Connection* connection) {
  connection->peer_done = true;
  connection->reading_done = true;
  if (connection->is_watched && !connection->is_raw) state_.Notify(connection, 0, kEntry_halfClosed);
  if (connection->is_raw) {
    state_.Notify(connection, connection->raw_sequence, kEntry_bodyEnd);
    if (connection->raw_ended && !connection->HasUnsent()) return sender_.Close(connection);
  } else {
    if (connection->body) return sender_.Close(connection);
    if (connection->Pending() == 0 && !connection->HasUnsent()) return sender_.Close(connection);
    if (!connection->is_held) std::string().swap(connection->partial);
    for (size_t i = connection->front; i < connection->exchanges.size(); ++i) {
      const Exchange& exchange = connection->exchanges[i];
      if (exchange.IsOpen() && exchange.is_watched)
        state_.Notify(connection, exchange.sequence, kEntry_peerEnded);
    }
  }
  state_.Watch(connection, connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u);
}

void Receiver::Consume(Connection* connection, char* data, size_t length) {
  size_t at = 0;
  bool has_news = connection->body != nullptr;
  while (at < length && !connection->closed) {
    if (RingIsFull()) {
      taker_.TakeBatch();
      continue;
    }
    if (connection->is_raw) {
      DeliverData(connection, data + at, length - at);
      break;
    }
    if (connection->body) {
      at += FeedBody(connection, data + at, length - at);
      continue;
    }
    if (connection->Pending() == 0) connection->is_held = false;
    if (connection->is_held || state_.AnswersLag(connection)) {
      return Hold(connection, data + at, length - at);
    }
    if (connection->reading_done) {
      connection->rejected = true;
      return;
    }
    // RFC 9112 section 2.2: empty lines before a request are ignored; a head's time does not run from them.
    if (data[at] == '\r' || data[at] == '\n') {
      ++at;
      continue;
    }
    has_news = true;
    const size_t used = TakeRequest(connection, data + at, length - at);
    if (used == 0) break;
    at += used;
  }
  if (connection->closed) return;
  if (connection->body && state_.MustPause(connection)) {
    connection->paused = true;
    state_.Watch(connection, connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u);
  }
  if ((has_news && connection->Pending() == 0) || connection->body) state_.UpdateTimer(connection);
}

// Keeps bytes that must not be looked at before an earlier request is answered.
void Receiver::Hold(Connection* connection, const char* data, size_t length) {
  connection->partial.assign(data, length);
  connection->scanned = 0;
  connection->paused = true;
  state_.Watch(connection, connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u);
}

bool Receiver::RingIsFull() const {
  return count_ >= batch_limit_ ||
         headers_used_ + static_cast<size_t>(state_.limits.headers) > Memory::kHeaders;
}

// One request, or the beginning of one. The bytes used; 0: no more to do with these bytes.
size_t Receiver::TakeRequest(Connection* connection, char* data, size_t length) {
  int32_t* headers = state_.memory.headers.data() + headers_used_ * kHeaderFieldCount;
  const ParsedRequest request = parser_.Parse(data, length, headers, connection->head_slot);
  connection->head_slot = request.head_slot;
  switch (request.outcome) {
    case ParseOutcome::kComplete:
    case ParseOutcome::kBody:
      if (request.expects_other && !state_.Hears(kHears_expectations)) {
        responder_.Reject(connection, 417);
        return 0;
      }
      Deliver(connection, request, data);
      if (request.outcome == ParseOutcome::kBody) BeginBody(connection, request);
      return request.consumed;
    case ParseOutcome::kPartial:
      if (length > state_.limits.header_bytes) {
        const bool in_first_line = std::memchr(data, '\n', state_.limits.header_bytes) == nullptr;
        responder_.Reject(connection, in_first_line ? 414 : 431, {}, {data, length});
      } else {
        connection->partial.assign(data, length);
        connection->scanned = length;
      }
      return 0;
    case ParseOutcome::kRejected:
      responder_.Reject(connection, request.status, {}, {data, length});
      return 0;
  }
  return 0;
}

int32_t* Receiver::NextEntry(int32_t connection, uint32_t sequence, EntryKind kind) {
  int32_t* field = state_.memory.Request(count_++);
  field[kRequest_connection] = connection;
  field[kRequest_sequence] = static_cast<int32_t>(sequence);
  field[kRequest_kind] = kind;
  field[kRequest_bodyOffset] = 0;
  field[kRequest_bodyLength] = 0;
  field[kRequest_trailerLength] = 0;
  return field;
}

int32_t* Receiver::NextRequest(Connection* connection, int32_t method, int32_t flags) {
  Exchange& exchange = connection->Push(connection->next_sequence++);
  exchange.batch = state_.batch();
  exchange.flags = static_cast<uint8_t>(flags);
  exchange.started_us = state_.now_us;
  state_.counters.requests++;
  state_.counters.in_flight++;
  state_.batch_open++;
  int32_t* field = NextEntry(connection->id, exchange.sequence, kEntry_request);
  field[kRequest_method] = method;
  field[kRequest_flags] = flags;
  return field;
}

namespace {

int32_t FlagsOf(const ParsedRequest& request, bool is_secure) {
  // After CONNECT no further request can follow, whatever the answer.
  const bool keep_alive = request.keep_alive && request.method != kLlhttpMethodConnect;
  return (keep_alive ? kRequestFlag_keepAlive : 0) | (request.http10 ? kRequestFlag_http10 : 0) |
         (request.method == kLlhttpMethodHead ? kRequestFlag_head : 0) |
         (request.upgrade ? kRequestFlag_upgrade : 0) |
         (request.expects_continue ? kRequestFlag_expectsContinue : 0) |
         (request.expects_other ? kRequestFlag_expectsOther : 0) |
         (request.hostless ? kRequestFlag_hostless : 0) |
         (request.outcome == ParseOutcome::kBody ? kRequestFlag_bodyFollows : 0) |
         (is_secure ? kRequestFlag_secure : 0);
}

}  // namespace

void Receiver::Deliver(Connection* connection, const ParsedRequest& request, const char* data) {
  const int32_t flags = FlagsOf(request, connection->tls != nullptr);
  connection->reading_done = (flags & kRequestFlag_keepAlive) == 0;
  connection->is_held = request.upgrade;
  int32_t* field = NextRequest(connection, request.method, flags);
  connection->CountBody(request.body_length);
  const auto start = static_cast<int32_t>(data - state_.memory.input.data());
  const std::string_view target(data + request.url_offset, request.url_length);
  connection->exchanges.back().active = state_.active.Begin(state_.now_us, count_ - 1, request.method, target);
  const UrlCache::Place place = urls_.Find(target);
  if (place.is_new) field[kRequest_flags] |= kRequestFlag_newUrl;
  field[kRequest_urlSlot] = place.slot;
  field[kRequest_urlOffset] = start + static_cast<int32_t>(request.url_offset);
  field[kRequest_urlLength] = static_cast<int32_t>(request.url_length);
  field[kRequest_headOffset] = start;
  field[kRequest_headLength] = static_cast<int32_t>(request.head_length);
  field[kRequest_headSlot] = request.head_slot;
  field[kRequest_headSerial] = request.head_serial;
  field[kRequest_headersStart] = static_cast<int32_t>(headers_used_);
  field[kRequest_headerCount] = request.header_count;
  field[kRequest_bodyOffset] = start + static_cast<int32_t>(request.body_offset);
  field[kRequest_bodyLength] = static_cast<int32_t>(request.body_length);
  field[kRequest_trailerOffset] = start + static_cast<int32_t>(request.trailer_offset);
  field[kRequest_trailerLength] = static_cast<int32_t>(request.trailer_length);
  if (state_.access_log.is_on()) {
    const int32_t* headers = state_.memory.headers.data() + headers_used_ * kHeaderFieldCount;
    state_.access_log.Note(&connection->exchanges.back(),
                           {{data, request.head_length}, request.url_offset, request.url_length, headers,
                            request.header_count});
  }
  headers_used_ += static_cast<size_t>(request.header_count);
}

void Receiver::Resume(Connection* connection) {
  connection->queued_resume = false;
  if (connection->lingering) return;
  if (!connection->paused) {
    if (HasBuffered(connection) && !connection->peer_done) OnReadable(connection);
    return;
  }
  if (state_.MustPause(connection)) return;
  connection->paused = false;
  connection->is_held = false;
  if (!connection->partial.empty()) {
    if (!MakeRoom(connection, connection->partial.size())) return;
    const size_t kept = connection->partial.size();
    char* data = state_.memory.input.data() + input_used_;
    std::memcpy(data, connection->partial.data(), kept);
    std::string().swap(connection->partial);
    input_used_ += kept;
    Consume(connection, data, kept);
  }
  if (connection->closed || connection->paused || connection->lingering) return;
  const uint32_t reads = connection->peer_done ? 0u : uint32_t{EPOLLIN};
  state_.Watch(connection, reads | (connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u));
  if (HasBuffered(connection) && !connection->peer_done) state_.ReadLater(connection);
}

}  // namespace pronghorn
