// Answers in pieces, and what comes before an answer: the part of responder.h for what does not leave at once. Runs on a
// worker's event loop; never touches a socket itself.
#include "engine/responder.h"

#include <charconv>

namespace pronghorn {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

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
    exchange->body_bytes += bytes.size();
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
  exchange->body_bytes += length;
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

}  // namespace pronghorn
