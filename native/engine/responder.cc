// From answers to bytes in order: see responder.h. Runs on a worker's event loop; never touches a socket
// itself.
#include "engine/responder.h"

#include <charconv>

namespace pronghorn {
namespace {

// Bodies up to this size are copied behind their head, so that one contiguous piece leaves.
constexpr size_t kCopiedBody = 2048;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool HasBody(const Exchange& exchange, int status) {
  return (exchange.flags & kRequestFlag_head) == 0 && !ForbidsBody(status) && !IsAlwaysEmpty(status);
}

}  // namespace

int Responder::AddHeaderBlock(std::string text) {
  header_blocks_.push_back(std::move(text));
  return static_cast<int>(header_blocks_.size()) - 1;
}

Responder::Found Responder::Find(Name name, Exchange::Answer answer) {
  Connection* connection = state_.connections.Find(name.connection);
  Exchange* exchange = connection == nullptr ? nullptr : connection->Find(name.sequence);
  if (exchange != nullptr && exchange->answer != answer) exchange = nullptr;
  return {connection, exchange};
}

void Responder::Flush() {
  int32_t& count = state_.memory.control[kControl_responseCount];
  if (count > 0) state_.now_us = MonotonicNs() / 1'000;
  for (int i = 0; i < count; ++i) {
    const int32_t* field = state_.memory.Response(i);
    const auto [connection, exchange] =
        Find({field[kResponse_connection], static_cast<uint32_t>(field[kResponse_sequence])},
             Exchange::Answer::kNone);
    if (exchange == nullptr) continue;  // the client has gone
    const char* text = state_.memory.output.data() + field[kResponse_offset];
    const auto header_length = static_cast<size_t>(field[kResponse_headerLength]);
    Answer answer;
    answer.status = field[kResponse_status];
    answer.flags = field[kResponse_flags];
    answer.header_lines = field[kResponse_headerBlock] >= 0
                              ? header_blocks_[static_cast<size_t>(field[kResponse_headerBlock])]
                              : std::string_view(text, header_length);
    answer.body = {text + header_length, static_cast<size_t>(field[kResponse_bodyLength])};
    Give(connection, exchange, answer);
  }
  count = 0;
  sender_.Flush();
  state_.memory.control[kControl_outputUsed] = 0;
}

void Responder::AnswerLarge(Name name, const Answer& answer) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kNone);
  if (exchange == nullptr) return;
  Give(connection, exchange, answer);
  sender_.Flush();  // the body's memory is borrowed for this call only
}

ResponseShape Responder::Shape(const Connection& connection, const Exchange& exchange, const Answer& answer) {
  ResponseShape shape;
  shape.status = answer.status;
  shape.header_lines = answer.header_lines;
  shape.has_date = (answer.flags & kResponseFlag_hasDate) != 0;
  shape.body_length = answer.body.size();
  shape.is_raw = (answer.flags & kResponseFlag_raw) != 0;
  const bool has_length = (answer.flags & kResponseFlag_hasLength) != 0 || shape.is_raw;
  const bool is_stream = (answer.flags & kResponseFlag_stream) != 0;
  const bool is_http10 = (exchange.flags & kRequestFlag_http10) != 0;
  if (IsAlwaysEmpty(answer.status)) {
    shape.framing = Framing::kLength;
    shape.body_length = 0;
  } else if (has_length || (is_stream && is_http10)) {
    shape.framing = Framing::kNone;
  } else {
    shape.framing = is_stream ? Framing::kChunked : Framing::kLength;
  }
  const uint32_t most = state_.limits.keep_alive_requests;
  const bool is_unasked =
      connection.body && connection.body->owes_continue && connection.body->sequence == exchange.sequence;
  shape.close = (exchange.flags & kRequestFlag_keepAlive) == 0 || (answer.flags & kResponseFlag_close) != 0 ||
                state_.draining || (most != 0 && exchange.sequence + 1 >= most) ||
                // Nobody can tell whether the client still sends the body (RFC 9110 section 10.1.1).
                is_unasked ||
                // Only the end of the connection tells where the body ends.
                (is_stream && is_http10 && !has_length && !ForbidsBody(answer.status) &&
                 !IsAlwaysEmpty(answer.status));
  shape.http10_keep_alive = !shape.close && is_http10;
  return shape;
}

void Responder::Give(Connection* connection, Exchange* exchange, const Answer& answer) {
  const ResponseShape shape = Shape(*connection, *exchange, answer);
  std::string_view body = answer.body;
  if (!HasBody(*exchange, answer.status)) body = {};
  exchange->status = static_cast<uint16_t>(answer.status);
  exchange->close = shape.close;
  if (exchange == &connection->exchanges[connection->front] && !exchange->response) {
    SendHeadAndBody(connection, shape, body);
  } else {
    SendHead(connection, exchange, shape);
    Emit(connection, exchange, body);
  }
  Complete(connection, exchange);
}

void Responder::Begin(Name name, const Answer& answer) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kNone);
  if (exchange == nullptr) return;
  const ResponseShape shape = Shape(*connection, *exchange, answer);
  exchange->answer = Exchange::Answer::kStreaming;
  exchange->status = static_cast<uint16_t>(answer.status);
  exchange->close = shape.close;
  exchange->has_body = shape.is_raw || HasBody(*exchange, answer.status);
  exchange->chunked = exchange->has_body && shape.framing == Framing::kChunked;
  SendHead(connection, exchange, shape);
}

int64_t Responder::Write(Name name, std::string_view bytes) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kStreaming);
  if (exchange == nullptr) return kGone;
  if (exchange->has_body && !bytes.empty()) {
    if (exchange->chunked) {
      char size[20];
      char* end = std::to_chars(size, size + sizeof size - 2, bytes.size(), 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      Emit(connection, exchange, {size, static_cast<size_t>(end - size)});
      Emit(connection, exchange, bytes);
      Emit(connection, exchange, "\r\n");
    } else {
      Emit(connection, exchange, bytes);
    }
  }
  const bool is_front = exchange == &connection->exchanges[connection->front];
  const size_t waiting = is_front ? connection->Unsent() : exchange->response->size();
  if (waiting <= Sender::kDrainAbove) return 0;
  exchange->wants_drain = true;
  return static_cast<int64_t>(waiting);
}

bool Responder::WriteFile(Name name, int fd, int64_t offset, uint64_t length) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kStreaming);
  if (exchange == nullptr || exchange->chunked || !exchange->has_body || connection->file) return false;
  if (exchange != &connection->exchanges[connection->front]) return false;
  auto file = std::make_unique<OutgoingFile>();
  file->fd = Fd::Duplicate(fd);
  if (!file->fd.ok()) return false;
  file->offset = static_cast<off_t>(offset);
  file->missing = length;
  file->sequence = name.sequence;
  sender_.AppendFile(connection, std::move(file));
  return true;
}

void Responder::End(Name name, std::string_view trailers) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kStreaming);
  if (exchange == nullptr) return;
  state_.now_us = MonotonicNs() / 1'000;
  if (exchange->chunked) {
    Emit(connection, exchange, "0\r\n");
    Emit(connection, exchange, trailers);
    Emit(connection, exchange, "\r\n");
  }
  Complete(connection, exchange);
}

void Responder::Inform(Name name, std::string_view head) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kNone);
  // RFC 9110 section 15.2: an HTTP/1.0 client would take it for the answer.
  if (exchange == nullptr || (exchange->flags & kRequestFlag_http10) != 0) return;
  state_.counters.responses[1]++;
  Emit(connection, exchange, head);
}

void Responder::Continue(Name name) {
  const auto [connection, exchange] = Find(name, Exchange::Answer::kNone);
  if (exchange == nullptr || !connection->body || !connection->body->owes_continue) return;
  if (connection->body->sequence != name.sequence) return;
  connection->body->owes_continue = false;
  Inform(name, kContinue);
}

// A copy now, in the place that the order of the requests gives it.
void Responder::Emit(Connection* connection, Exchange* exchange, std::string_view bytes) {
  if (exchange == &connection->exchanges[connection->front] && !exchange->response) {
    sender_.Append(connection, bytes);
  } else {
    if (!exchange->response) exchange->response = std::make_unique<std::string>();
    exchange->response->append(bytes);
  }
}

void Responder::SendHead(Connection* connection, Exchange* exchange, const ResponseShape& shape) {
  std::string head(ResponseHeadBound(shape), '\0');
  char* end = WriteResponseHead(head.data(), shape, state_.date);
  Emit(connection, exchange, {head.data(), static_cast<size_t>(end - head.data())});
}

void Responder::SendHeadAndBody(Connection* connection, const ResponseShape& shape, std::string_view body) {
  const bool is_copied = body.size() <= kCopiedBody;
  char* start = sender_.Reserve(ResponseHeadBound(shape) + (is_copied ? body.size() : 0));
  char* end = WriteResponseHead(start, shape, state_.date);
  if (is_copied && !body.empty()) {  // nothing may come as a null pointer
    std::memcpy(end, body.data(), body.size());
    end += body.size();
  }
  sender_.AppendReserved(connection, static_cast<size_t>(end - start));
  if (!is_copied) sender_.AppendBorrowed(connection, body.data(), body.size());
}

// Everything of this answer has been handed on.
void Responder::Complete(Connection* connection, Exchange* exchange) {
  state_.counters.in_flight--;
  state_.counters.responses[exchange->status / 100]++;
  if (exchange->started_us != 0) {
    const int bucket = LatencyBucket(static_cast<uint64_t>(state_.now_us - exchange->started_us));
    state_.counters.latencies[bucket]++;
    state_.counters.latencies_changed |= uint64_t{1} << bucket;
  }
  if (exchange->batch == state_.batch()) state_.batch_open--;
  exchange->answer = Exchange::Answer::kComplete;
  if (exchange == &connection->exchanges[connection->front]) Advance(connection);
}

// The front exchange is answered and on its way: takes it off, and those behind it that were ready before.
void Responder::Advance(Connection* connection) {
  for (;;) {
    const Exchange& done = connection->exchanges[connection->front];
    if (done.is_watched) connection->finishing.push_back(done.sequence);
    if (done.close) return EndAfterFront(connection);
    connection->PopFront();
    if (connection->Pending() == 0) return;
    Exchange& next = connection->exchanges[connection->front];
    if (next.response) {
      const std::unique_ptr<std::string> response = std::move(next.response);
      sender_.Append(connection, *response);
    }
    if (next.IsOpen()) return;
  }
}

// A response that closes the connection cancels the requests behind it (RFC 9112 section 9.6).
void Responder::EndAfterFront(Connection* connection) {
  for (size_t i = connection->front + 1; i < connection->exchanges.size(); ++i) {
    state_.Forget(connection, connection->exchanges[i]);
  }
  connection->exchanges.clear();
  connection->front = 0;
  // Anything that came behind the last answered request stays unread.
  if (!connection->partial.empty()) connection->rejected = true;
  if (connection->body) {
    connection->rejected = true;
    state_.Notify(connection, connection->body->sequence, kEntry_gone);
    connection->body.reset();
  }
  sender_.CloseAfterSend(connection);
}

void Responder::Reject(Connection* connection, int status, std::string_view text) {
  connection->reading_done = true;
  connection->rejected = true;
  std::string().swap(connection->partial);
  const std::string response = ErrorResponse(status, text, state_.date);
  Exchange* exchange = nullptr;
  if (connection->body) {
    // It was handed over when its head was complete. Its answer may have begun, then only the end is left.
    const uint32_t sequence = connection->body->sequence;
    state_.Notify(connection, sequence, kEntry_gone);
    connection->body.reset();
    exchange = connection->Find(sequence);
    if (exchange == nullptr) return sender_.CloseAfterSend(connection);
    if (exchange->answer == Exchange::Answer::kStreaming) return sender_.Close(connection);
    if (exchange->answer == Exchange::Answer::kComplete) {
      exchange->close = true;
      return;
    }
  } else {
    exchange = &connection->Push(connection->next_sequence++);
    state_.counters.in_flight++;  // until Complete
  }
  exchange->status = static_cast<uint16_t>(status);
  exchange->close = true;
  Emit(connection, exchange, response);
  Complete(connection, exchange);
}

}  // namespace pronghorn
