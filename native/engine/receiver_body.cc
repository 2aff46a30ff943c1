// Bodies that come in pieces, and what comes after an upgrade: the part of receiver.h that goes on when a
// request has been handed over. Runs on a worker's event loop; never calls JavaScript itself.
#include "engine/receiver.h"

namespace pronghorn {

void Receiver::BeginBody(Connection* connection, const ParsedRequest& request) {
  auto body = std::make_unique<IncomingBody>();
  body->sequence = connection->next_sequence - 1;
  if (request.chunked) {
    body->chunked = parser_.TakeChunkedBody();
  } else {
    body->missing = request.content_length - request.body_length;
  }
  body->unread = request.body_length;
  const bool came_in_pieces = connection->waiting == Connection::Waiting::kHead;
  body->since_ms = came_in_pieces ? connection->head_since_ms : state_.now_ms;
  body->owes_continue = request.expects_continue && request.body_length == 0;
  connection->body = std::move(body);
}

size_t Receiver::FeedBody(Connection* connection, char* data, size_t length) {
  IncomingBody& body = *connection->body;
  body.owes_continue = false;  // it comes without
  bool is_complete;
  size_t used;
  if (body.chunked) {
    const ParsedRequest result = body.chunked->Feed(data, length);
    DeliverData(connection, data + result.body_offset, result.body_length,
                {data + result.trailer_offset, result.trailer_length});
    if (result.outcome == ParseOutcome::kRejected) {
      responder_.Reject(connection, result.status, {}, {data, length});
      return length;
    }
    is_complete = result.outcome == ParseOutcome::kComplete;
    used = result.consumed;
  } else {
    used = length < body.missing ? length : static_cast<size_t>(body.missing);
    DeliverData(connection, data, used);
    body.missing -= used;
    is_complete = body.missing == 0;
  }
  if (is_complete) {
    if (!body.is_discarded) state_.Notify(connection, body.sequence, kEntry_bodyEnd);
    connection->body.reset();
  }
  return used;
}

// Part of a body, or of what comes after an upgrade, straight from the input memory.
void Receiver::DeliverData(Connection* connection, const char* data, size_t length,
                           std::string_view trailers) {
  IncomingBody& body = *connection->body;
  if ((length == 0 && trailers.empty()) || body.is_discarded) return;
  body.unread += length;
  // None, where it was answered early.
  if (connection->Pending() > 0) connection->CountBody(length);
  int32_t* field = NextEntry(connection->id, body.sequence, kEntry_bodyData);
  field[kRequest_bodyOffset] = static_cast<int32_t>(data - state_.memory.input.data());
  field[kRequest_bodyLength] = static_cast<int32_t>(length);
  if (trailers.empty()) return;
  field[kRequest_trailerOffset] = static_cast<int32_t>(trailers.data() - state_.memory.input.data());
  field[kRequest_trailerLength] = static_cast<int32_t>(trailers.size());
}

void Receiver::TakeBody(Connection* connection, uint32_t sequence, uint64_t bytes) {
  IncomingBody* body = connection->body.get();
  if (body == nullptr || body->sequence != sequence) return;
  body->unread -= bytes < body->unread ? bytes : body->unread;
  if (body->unread <= EngineState::kBodyWindow / 2) state_.MayResume(connection);
}

void Receiver::DiscardBody(Connection* connection, uint32_t sequence) {
  IncomingBody* body = connection->body.get();
  if (body == nullptr || body->sequence != sequence || connection->is_raw) return;
  body->is_discarded = true;
  state_.MayResume(connection);
}

bool Receiver::Upgrade(Connection* connection, uint32_t sequence) {
  Exchange* exchange = connection->Find(sequence);
  // Only the last request in the pipeline can take the connection over, and nobody may have answered it.
  if (exchange == nullptr || connection->Pending() != 1 || connection->body || !connection->is_held)
    return false;
  if (exchange->answer != Exchange::Answer::kNone) return false;
  state_.End(*exchange);
  if (exchange->batch == state_.batch()) state_.batch_open--;
  constexpr int kSwitchingProtocols = 101;
  if (state_.access_log.is_on())
    state_.access_log.Write(connection, exchange, exchange->is_fault ? exchange->status : kSwitchingProtocols,
                            state_.now_us);
  exchange->answer = Exchange::Answer::kComplete;
  connection->PopFront();
  connection->is_raw = true;
  connection->is_held = false;
  connection->reading_done = false;
  connection->raw_sequence = sequence;
  connection->body = std::make_unique<IncomingBody>();
  connection->body->sequence = sequence;
  state_.UpdateTimer(connection);
  state_.MayResume(connection);
  return true;
}

}  // namespace pronghorn
