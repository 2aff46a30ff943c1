// From answers in the ring to bytes in order: see responder.h. Runs on a worker's event loop; never touches a
// socket itself.
#include "engine/responder.h"

namespace pronghorn {
namespace {

// Bodies up to this size are copied behind their head, so that one contiguous piece leaves.
constexpr size_t kCopiedBody = 2048;

}  // namespace

int Responder::AddHeaderBlock(std::string text) {
  header_blocks_.push_back(std::move(text));
  return static_cast<int>(header_blocks_.size()) - 1;
}

void Responder::Flush() {
  int32_t& count = state_.memory.control[kControl_responseCount];
  for (int i = 0; i < count; ++i) {
    const int32_t* field = state_.memory.Response(i);
    Connection* connection = state_.connections.Find(field[kResponse_connection]);
    if (connection == nullptr) continue;  // the client has gone
    Exchange* exchange = connection->Find(static_cast<uint32_t>(field[kResponse_sequence]));
    if (exchange == nullptr || exchange->answered) continue;
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

void Responder::AnswerLarge(int32_t connection_id, uint32_t sequence, int status, int flags,
                            std::string_view header_lines, std::string_view body) {
  Connection* connection = state_.connections.Find(connection_id);
  if (connection == nullptr) return;
  Exchange* exchange = connection->Find(sequence);
  if (exchange == nullptr || exchange->answered) return;
  Give(connection, exchange, {status, flags, header_lines, body});
  sender_.Flush();  // the body's memory is borrowed for this call only
}

void Responder::Give(Connection* connection, Exchange* exchange, const Answer& answer) {
  ResponseShape shape;
  shape.status = answer.status;
  shape.header_lines = answer.header_lines;
  shape.has_date = (answer.flags & kResponseFlag_hasDate) != 0;
  shape.has_length = (answer.flags & kResponseFlag_hasLength) != 0;
  shape.body_length = answer.body.size();
  const uint32_t most = state_.limits.keep_alive_requests;
  shape.close = (exchange->flags & kRequestFlag_keepAlive) == 0 ||
                (answer.flags & kResponseFlag_close) != 0 || state_.draining ||
                (most != 0 && exchange->sequence + 1 >= most);
  shape.http10_keep_alive = !shape.close && (exchange->flags & kRequestFlag_http10) != 0;

  std::string_view body = answer.body;
  if ((exchange->flags & kRequestFlag_head) != 0 || ForbidsBody(answer.status)) body = {};

  state_.counters.in_flight--;
  state_.counters.responses[answer.status / 100]++;
  if (exchange->batch == state_.batch()) state_.batch_open--;
  exchange->answered = true;
  exchange->close = shape.close;
  if (exchange == &connection->exchanges[connection->front]) {
    SendHeadAndBody(connection, shape, body);
    Advance(connection);
  } else {
    auto response = std::make_unique<std::string>(ResponseHeadBound(shape), '\0');
    char* end = WriteResponseHead(response->data(), shape, state_.date);
    response->resize(static_cast<size_t>(end - response->data()));
    response->append(body);
    exchange->response = std::move(response);
  }
}

void Responder::SendHeadAndBody(Connection* connection, const ResponseShape& shape, std::string_view body) {
  const bool is_copied = body.size() <= kCopiedBody;
  char* start = sender_.Reserve(ResponseHeadBound(shape) + (is_copied ? body.size() : 0));
  char* end = WriteResponseHead(start, shape, state_.date);
  if (is_copied) {
    std::memcpy(end, body.data(), body.size());
    end += body.size();
  }
  sender_.AppendReserved(connection, static_cast<size_t>(end - start));
  if (!is_copied) sender_.AppendBorrowed(connection, body.data(), body.size());
}

// The front exchange is answered and on its way: takes it off, and those behind it that were ready before.
void Responder::Advance(Connection* connection) {
  for (;;) {
    if (connection->exchanges[connection->front].close) return EndAfterFront(connection);
    connection->PopFront();
    if (connection->Pending() == 0 || !connection->exchanges[connection->front].answered) break;
    sender_.Append(connection, *connection->exchanges[connection->front].response);
  }
  if (connection->Pending() == 0 && connection->body && connection->body->owes_continue) {
    connection->body->owes_continue = false;
    sender_.Append(connection, "HTTP/1.1 100 Continue\r\n\r\n");
  }
}

// A response that closes the connection cancels the requests behind it (RFC 9112 section 9.6).
void Responder::EndAfterFront(Connection* connection) {
  for (size_t i = connection->front; i < connection->exchanges.size(); ++i) {
    if (connection->exchanges[i].answered) continue;
    state_.counters.in_flight--;
    if (connection->exchanges[i].batch == state_.batch()) state_.batch_open--;
  }
  connection->exchanges.clear();
  connection->front = 0;
  // Anything that came behind the last answered request stays unread.
  if (!connection->partial.empty() || connection->body) connection->rejected = true;
  connection->body.reset();
  sender_.CloseAfterSend(connection);
}

void Responder::Reject(Connection* connection, int status) {
  connection->reading_done = true;
  connection->rejected = true;
  connection->body.reset();
  std::string().swap(connection->partial);
  Exchange& exchange = connection->Push(connection->next_sequence++);
  exchange.answered = true;
  exchange.close = true;
  state_.counters.responses[status / 100]++;
  const std::string response = ErrorResponse(status, state_.date);
  if (connection->Pending() == 1) {
    sender_.Append(connection, response);
    Advance(connection);
  } else {
    exchange.response = std::make_unique<std::string>(response);
  }
}

}  // namespace pronghorn
