// What JavaScript asks of one connection or request: the part of engine.h that does not turn the loop. Runs on a worker's
// event loop; does nothing where they are gone.
#include "engine/engine.h"

#include <utility>

#include "os/stream.h"

namespace pronghorn {

void Engine::TakeBody(Responder::Name name, uint64_t bytes) {
  Connection* connection = state_.connections.Find(name.connection);
  if (connection != nullptr) receiver_.TakeBody(connection, name.sequence, bytes);
}

void Engine::DiscardBody(Responder::Name name) {
  Connection* connection = state_.connections.Find(name.connection);
  if (connection != nullptr) receiver_.DiscardBody(connection, name.sequence);
}

void Engine::NoteClient(Responder::Name name, std::string address) {
  Connection* connection = state_.connections.Find(name.connection);
  Exchange* exchange = connection == nullptr ? nullptr : connection->Find(name.sequence);
  if (exchange != nullptr && exchange->note) exchange->note->address = std::move(address);
}

bool Engine::Observe(Responder::Name name) {
  Connection* connection = state_.connections.Find(name.connection);
  Exchange* exchange = connection == nullptr ? nullptr : connection->Find(name.sequence);
  if (exchange == nullptr) return false;
  exchange->is_watched = true;
  if (connection->peer_done) state_.Notify(connection, name.sequence, kEntry_peerEnded);
  return true;
}

bool Engine::WatchConnection(int32_t id) {
  Connection* connection = state_.connections.Find(id);
  if (connection == nullptr) return false;
  connection->is_watched = true;
  if (connection->peer_done) state_.Notify(connection, 0, kEntry_halfClosed);
  return true;
}

int64_t Engine::BytesRead(int32_t id) const {
  const Connection* connection = state_.connections.FindEnded(id);
  return connection == nullptr ? Responder::kGone : static_cast<int64_t>(connection->bytes_in);
}

int64_t Engine::BytesWritten(int32_t id) {
  responder_.Flush();  // what was answered counts
  const Connection* connection = state_.connections.FindEnded(id);
  return connection == nullptr ? Responder::kGone : static_cast<int64_t>(connection->BytesWritten());
}

void Engine::EndConnection(int32_t id, bool at_once) {
  responder_.Flush();  // what was answered before leaves
  Connection* connection = state_.connections.Find(id);
  // One that lingers is at its end, and its client is still to get the answer.
  if (connection == nullptr || connection->lingering) return;
  if (at_once) return sender_.Close(connection);
  // A close with unread bytes is a reset, which would take the end of the answer along.
  if (connection->body || !connection->partial.empty()) connection->rejected = true;
  sender_.CloseAfterSend(connection);
  sender_.Flush();
}

void Engine::ResetConnection(int32_t id) {
  responder_.Flush();
  Connection* connection = state_.connections.Find(id);
  if (connection == nullptr) return;
  AbandonUnsent(connection->fd.get());
  connection->tls.reset();  // or it would say goodbye
  sender_.Close(connection);
}

void Engine::EndConnections(bool only_idle) {
  responder_.Flush();
  state_.connections.ForEach([this, only_idle](Connection* connection) {
    if (!only_idle || (connection->IsIdle() && connection->next_sequence > 0)) sender_.Close(connection);
  });
}

void Engine::Adjust(const Limits& limits) {
  state_.limits.clients = limits.clients;
  state_.limits.keep_alive_requests = limits.keep_alive_requests;
  state_.limits.keep_alive_ms = limits.keep_alive_ms;
  state_.limits.header_ms = limits.header_ms;
  state_.limits.body_ms = limits.body_ms;
  state_.limits.request_ms = limits.request_ms;
}

bool Engine::Upgrade(Responder::Name name) {
  responder_.Flush();  // the answers before it may be in the ring
  Connection* connection = state_.connections.Find(name.connection);
  return connection != nullptr && receiver_.Upgrade(connection, name.sequence);
}

std::string Engine::TakeHeld(Responder::Name name) {
  Connection* connection = state_.connections.Find(name.connection);
  const bool is_its = connection != nullptr && connection->is_raw && connection->raw_sequence == name.sequence;
  return is_its ? std::exchange(connection->partial, {}) : std::string();
}

int64_t Engine::WriteRaw(Responder::Name name, std::string_view bytes) {
  Connection* connection = state_.connections.Find(name.connection);
  if (connection == nullptr || !connection->is_raw || connection->raw_ended) return Responder::kGone;
  return sender_.WriteRaw(connection, bytes);
}

void Engine::EndRaw(Responder::Name name) {
  Connection* connection = state_.connections.Find(name.connection);
  if (connection != nullptr && connection->is_raw) sender_.EndRaw(connection);
}

void Engine::Drop(Responder::Name name) {
  responder_.Flush();  // what was answered before leaves
  Connection* connection = state_.connections.Find(name.connection);
  if (connection == nullptr) return;
  // Only while the request is still on it, or has taken it over.
  const bool is_its = connection->is_raw ? connection->raw_sequence == name.sequence
                                         : connection->Find(name.sequence) != nullptr;
  if (is_its) sender_.Close(connection);
}

std::unique_ptr<std::string> Engine::TakeRetained(int32_t connection_id, uint32_t sequence) {
  Connection* connection = state_.connections.Find(connection_id);
  Exchange* exchange = connection == nullptr ? nullptr : connection->Find(sequence);
  return exchange == nullptr ? nullptr : std::move(exchange->retained);
}

}  // namespace pronghorn
