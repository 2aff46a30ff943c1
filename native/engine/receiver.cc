// From ready sockets to requests in the ring: see receiver.h. Runs on a worker's event loop; never calls
// JavaScript itself.
#include "engine/receiver.h"

#include <cstring>

#include "engine/retained.h"
#include "os/stream.h"

namespace pronghorn {

bool Receiver::MakeRoom(Connection* connection, size_t bytes) {
  if (input_used_ + bytes <= Memory::kInputBytes) return true;
  taker_.TakeBatch();
  input_used_ = 0;
  CHECK(bytes <= Memory::kInputBytes);
  return !connection->closed;
}

void Receiver::OnReadable(Connection* connection) {
  if (connection->lingering) return Discard(connection);
  const size_t kept = connection->partial.size();
  if (!MakeRoom(connection, kept + kReadBytes)) return;
  char* data = state_.memory.input.data() + input_used_;
  const ssize_t received = Receive(connection->fd.get(), data + kept, kReadBytes);
  if (received == 0) return OnEnd(connection);
  if (received == -EAGAIN) return;
  if (received < 0) return sender_.Close(connection);
  state_.counters.bytes_in += received;
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

// The client is told that we are done; what it still sends is of no interest.
void Receiver::Discard(Connection* connection) {
  if (!MakeRoom(connection, kReadBytes)) return;
  char* data = state_.memory.input.data() + input_used_;
  const ssize_t received = Receive(connection->fd.get(), data, kReadBytes);
  if (received <= 0 && received != -EAGAIN) sender_.Close(connection);
}

// The client has shut its side. It may still read: requests that are complete get their answers.
void Receiver::OnEnd(Connection* connection) {
  connection->peer_done = true;
  connection->reading_done = true;
  if (connection->Pending() == 0 && !connection->HasUnsent()) return sender_.Close(connection);
  std::string().swap(connection->partial);
  connection->body.reset();
  state_.Watch(connection, connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u);
}

void Receiver::Consume(Connection* connection, char* data, size_t length) {
  size_t at = 0;
  while (at < length && !connection->closed) {
    if (connection->reading_done) {
      connection->rejected = true;
      return;
    }
    if (RingIsFull()) {
      taker_.TakeBatch();
      continue;
    }
    if (connection->body) {
      at += FeedBody(connection, data + at, length - at);
      continue;
    }
    if (connection->Pending() >= state_.limits.pipeline) {
      connection->partial.assign(data + at, length - at);
      connection->scanned = 0;
      connection->paused = true;
      state_.Watch(connection, connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u);
      return;
    }
    const size_t used = TakeRequest(connection, data + at, length - at);
    if (used == 0) break;
    at += used;
  }
  if (!connection->closed && connection->Pending() == 0) state_.UpdateTimer(connection);
}

bool Receiver::RingIsFull() const {
  return count_ == Memory::kRequests ||
         headers_used_ + static_cast<size_t>(state_.limits.headers) > Memory::kHeaders;
}

// One request, or the beginning of one. The bytes used; 0: no more to do with these bytes.
size_t Receiver::TakeRequest(Connection* connection, char* data, size_t length) {
  int32_t* headers = state_.memory.headers.data() + headers_used_ * kHeaderFieldCount;
  const ParsedRequest request = parser_.Parse(data, length, headers);
  switch (request.outcome) {
    case ParseOutcome::kComplete:
      Deliver(connection, request, data);
      return request.consumed;
    case ParseOutcome::kBody:
      BeginBody(connection, request, data);
      return request.consumed;
    case ParseOutcome::kPartial:
      if (length > state_.limits.header_bytes) {
        const bool in_first_line = std::memchr(data, '\n', length) == nullptr;
        responder_.Reject(connection, in_first_line ? 414 : 431);
      } else {
        connection->partial.assign(data, length);
        connection->scanned = length;
      }
      return 0;
    case ParseOutcome::kRejected:
      responder_.Reject(connection, request.status);
      return 0;
  }
  return 0;
}

int32_t* Receiver::NextRequest(Connection* connection, int32_t method, int32_t flags) {
  // After CONNECT no further request can follow, whatever the answer.
  if (method == kLlhttpMethodConnect) flags &= ~kRequestFlag_keepAlive;
  if ((flags & kRequestFlag_keepAlive) == 0) connection->reading_done = true;
  Exchange& exchange = connection->Push(connection->next_sequence++);
  exchange.batch = state_.batch();
  exchange.flags = static_cast<uint8_t>(flags);
  state_.counters.requests++;
  state_.counters.in_flight++;
  state_.batch_open++;
  int32_t* field = state_.memory.Request(count_++);
  field[kRequest_connection] = connection->id;
  field[kRequest_sequence] = static_cast<int32_t>(exchange.sequence);
  field[kRequest_method] = method;
  field[kRequest_flags] = flags;
  return field;
}

namespace {

int32_t FlagsOf(const ParsedRequest& request) {
  return (request.keep_alive ? kRequestFlag_keepAlive : 0) | (request.http10 ? kRequestFlag_http10 : 0) |
         (request.method == kLlhttpMethodHead ? kRequestFlag_head : 0);
}

}  // namespace

void Receiver::Deliver(Connection* connection, const ParsedRequest& request, const char* data) {
  int32_t* field = NextRequest(connection, request.method, FlagsOf(request));
  const auto start = static_cast<int32_t>(data - state_.memory.input.data());
  const UrlCache::Place place = urls_.Find({data + request.url_offset, request.url_length});
  if (place.is_new) field[kRequest_flags] |= kRequestFlag_newUrl;
  field[kRequest_urlSlot] = place.slot;
  field[kRequest_urlOffset] = start + static_cast<int32_t>(request.url_offset);
  field[kRequest_urlLength] = static_cast<int32_t>(request.url_length);
  field[kRequest_headOffset] = start;
  field[kRequest_headLength] = static_cast<int32_t>(request.head_length);
  field[kRequest_headersStart] = static_cast<int32_t>(headers_used_);
  field[kRequest_headerCount] = request.header_count;
  field[kRequest_bodyOffset] = start + static_cast<int32_t>(request.body_offset);
  field[kRequest_bodyLength] = static_cast<int32_t>(request.body_length);
  headers_used_ += static_cast<size_t>(request.header_count);
}

void Receiver::BeginBody(Connection* connection, const ParsedRequest& request, const char* data) {
  auto body = std::make_unique<PendingBody>();
  const int32_t* headers = state_.memory.headers.data() + headers_used_ * kHeaderFieldCount;
  body->block = std::make_unique<std::string>(
      RetainedBlock({data, request.head_length}, headers, request.header_count,
                    static_cast<int32_t>(request.url_offset), static_cast<int32_t>(request.url_length)));
  body->block->append(data + request.body_offset, request.body_length);
  body->method = request.method;
  body->flags = FlagsOf(request);
  if (request.chunked) {
    body->chunked = parser_.TakeChunkedBody();
  } else {
    body->missing = request.content_length - request.body_length;
  }
  body->owes_continue = request.expects_continue && request.body_length == 0;
  if (body->owes_continue && connection->Pending() == 0) {
    body->owes_continue = false;
    sender_.Append(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  }
  connection->body = std::move(body);
}

size_t Receiver::FeedBody(Connection* connection, const char* data, size_t length) {
  PendingBody& body = *connection->body;
  if (!body.chunked) {
    const size_t part = length < body.missing ? length : static_cast<size_t>(body.missing);
    body.block->append(data, part);
    body.missing -= part;
    if (body.missing == 0) DeliverBody(connection);
    return part;
  }
  const ParsedRequest result = body.chunked->Feed(data, length, body.block.get());
  if (result.outcome == ParseOutcome::kRejected) {
    responder_.Reject(connection, result.status);
    return length;
  }
  if (result.outcome == ParseOutcome::kComplete) DeliverBody(connection);
  return result.consumed;
}

void Receiver::DeliverBody(Connection* connection) {
  const std::unique_ptr<PendingBody> body = std::move(connection->body);
  int32_t* field = NextRequest(connection, body->method, body->flags | kRequestFlag_retained);
  field[kRequest_urlSlot] = -1;
  connection->Find(static_cast<uint32_t>(field[kRequest_sequence]))->retained = std::move(body->block);
}

void Receiver::EndBatch() {
  for (int i = 0; i < count_ && state_.batch_open > 0; ++i) {
    const int32_t* field = state_.memory.Request(i);
    Connection* connection = state_.connections.Find(field[kRequest_connection]);
    if (connection == nullptr) continue;
    Exchange* exchange = connection->Find(static_cast<uint32_t>(field[kRequest_sequence]));
    if (exchange == nullptr || exchange->answered) continue;
    state_.batch_open--;
    if (!exchange->retained && (field[kRequest_flags] & kRequestFlag_retained) == 0) {
      Retain(field, exchange);
    }
  }
  state_.batch_open = 0;
  count_ = 0;
  headers_used_ = 0;
  state_.memory.control[kControl_requestCount] = 0;
  auto& batch = state_.memory.control[kControl_batch];
  batch = static_cast<int32_t>(static_cast<uint32_t>(batch) + 1);
}

void Receiver::Retain(const int32_t* field, Exchange* exchange) {
  const char* input = state_.memory.input.data();
  const char* head = input + field[kRequest_headOffset];
  auto block = std::make_unique<std::string>(
      RetainedBlock({head, static_cast<size_t>(field[kRequest_headLength])},
                    state_.memory.headers.data() + field[kRequest_headersStart] * kHeaderFieldCount,
                    field[kRequest_headerCount], field[kRequest_urlOffset] - field[kRequest_headOffset],
                    field[kRequest_urlLength]));
  block->append(input + field[kRequest_bodyOffset], static_cast<size_t>(field[kRequest_bodyLength]));
  exchange->retained = std::move(block);
}

void Receiver::Resume(Connection* connection) {
  connection->queued_resume = false;
  if (!connection->paused || connection->lingering) return;
  if (connection->Pending() >= state_.limits.pipeline) return;
  connection->paused = false;
  if (!connection->partial.empty()) {
    const size_t kept = connection->partial.size();
    if (!MakeRoom(connection, kept)) return;
    char* data = state_.memory.input.data() + input_used_;
    std::memcpy(data, connection->partial.data(), kept);
    std::string().swap(connection->partial);
    input_used_ += kept;
    Consume(connection, data, kept);
  }
  if (connection->closed || connection->paused || connection->lingering) return;
  const uint32_t reads = connection->peer_done ? 0u : uint32_t{EPOLLIN};
  state_.Watch(connection, reads | (connection->HasUnsent() ? uint32_t{EPOLLOUT} : 0u));
}

}  // namespace pronghorn
