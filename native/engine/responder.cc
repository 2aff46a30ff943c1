// From answers to bytes in order: see responder.h. Runs on a worker's event loop; never touches a socket
// itself.
#include "engine/responder.h"

namespace pronghorn {
namespace {

// Bodies up to this size are copied behind their head, so that one contiguous piece leaves.
constexpr size_t kCopiedBody = 2048;

}  // namespace

bool Responder::HasBody(const Exchange& exchange, int status) {
  return (exchange.flags & kRequestFlag_head) == 0 && !ForbidsBody(status) && !IsAlwaysEmpty(status);
}

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
  const bool has_room = (answer.flags & kResponseFlag_headRoom) != 0;
  exchange->body_bytes = body.size();
  if (exchange == &connection->exchanges[connection->front] && !exchange->response) {
    if (has_room && !body.empty() && ResponseHeadBound(shape) <= kHeadRoom) {
      SendBeforeBody(connection, shape, body);
    } else {
      SendHeadAndBody(connection, shape, body);
    }
  } else {
    SendHead(connection, exchange, shape);
    Emit(connection, exchange, body);
  }
  Complete(connection, exchange);
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

// The head goes into the output memory, where the answer has left room for it.
void Responder::SendBeforeBody(Connection* connection, const ResponseShape& shape, std::string_view body) {
  char head[kHeadRoom];
  const auto length = static_cast<size_t>(WriteResponseHead(head, shape, state_.date) - head);
  char* start = state_.memory.output.data() + (body.data() - state_.memory.output.data()) - length;
  std::memcpy(start, head, length);
  sender_.AppendBorrowed(connection, start, length + body.size());
}

// Everything of this answer has been handed on.
void Responder::Complete(Connection* connection, Exchange* exchange) {
  state_.End(*exchange);
  state_.counters.responses[exchange->status / 100]++;
  if (exchange->started_us != 0) {
    const int64_t took_us = state_.now_us - exchange->started_us;
    const int bucket = LatencyBucket(static_cast<uint64_t>(took_us));
    state_.counters.latencies[bucket]++;
    state_.counters.latency_sum_us += took_us;
    state_.counters.latencies_changed |= uint64_t{1} << bucket;
  }
  if (exchange->batch == state_.batch()) state_.batch_open--;
  if (state_.access_log.is_on()) state_.access_log.Write(connection, exchange, exchange->status, state_.now_us);
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
    if (next.IsOpen()) return TellOfFault(connection, next);
  }
}

void Responder::TellOfFault(Connection* connection, const Exchange& front) {
  if (!front.is_fault) return;
  state_.Notify(connection, front.sequence, kEntry_fault, front.status);
}

// A response that closes the connection cancels the requests behind it (RFC 9112 section 9.6).
void Responder::EndAfterFront(Connection* connection) {
  for (size_t i = connection->front + 1; i < connection->exchanges.size(); ++i) {
    state_.Forget(connection, connection->exchanges[i]);
  }
  connection->exchanges.clear();
  connection->front = 0;
  connection->pending_bytes = 0;
  // Anything that came behind the last answered request stays unread.
  if (!connection->partial.empty()) connection->rejected = true;
  if (connection->body) {
    connection->rejected = true;
    connection->cut_body = connection->body->sequence;
    connection->body.reset();
  }
  sender_.CloseAfterSend(connection);
}

void Responder::Reject(Connection* connection, int status, std::string_view text, std::string_view packet) {
  connection->reading_done = true;
  connection->rejected = true;
  std::string().swap(connection->partial);
  const bool is_heard = text.empty() && state_.Hears(kHears_faults);
  Exchange* exchange = nullptr;
  if (connection->body) {
    // It was handed over when its head was complete. Its answer may have begun, then only the end is left.
    const uint32_t sequence = connection->body->sequence;
    state_.Notify(connection, sequence, kEntry_gone);
    connection->body.reset();
    exchange = connection->Find(sequence);
    if (exchange == nullptr && !is_heard) return sender_.CloseAfterSend(connection);
    if (exchange != nullptr && exchange->answer == Exchange::Answer::kStreaming) return sender_.Close(connection);
    if (exchange != nullptr && exchange->answer == Exchange::Answer::kComplete) {
      exchange->close = true;
      return;
    }
  }
  if (exchange == nullptr) {
    exchange = &connection->Push(connection->next_sequence++);
    state_.counters.in_flight++;  // until Complete
  }
  exchange->status = static_cast<uint16_t>(status);
  if (is_heard) {
    exchange->is_fault = true;
    // Whoever hears of faults has read the head of a request long since.
    if (!packet.empty()) exchange->retained = std::make_unique<std::string>(packet);
    connection->is_held = true;
    state_.UpdateTimer(connection);
    if (connection->Pending() == 1) TellOfFault(connection, *exchange);
    return;
  }
  const std::string response = ErrorResponse(status, text, state_.date);
  exchange->close = true;
  exchange->body_bytes = response.size() - (response.find("\r\n\r\n") + 4);
  Emit(connection, exchange, response);
  Complete(connection, exchange);
}

}  // namespace pronghorn
