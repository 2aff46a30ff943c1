// Chunked bodies: how much may be around what they carry, and those that arrive in pieces (see
// request_parser.h). Runs in a worker; never keeps a pointer into the bytes that it was given.
#include "http/request_parser.h"

namespace pronghorn {

// Sizes, extensions and trailers may take as much as a head, and what single-byte chunks need: else a body
// that never grows could go on for ever. Asked before each piece of a body and where the bytes end, so that
// it does not matter how they are cut.
bool RequestParser::State::HasMuchFraming(size_t used) const {
  return framing_bytes + used - framing_from - body_length > owner->limits_.header_bytes + 8 * body_total;
}

// After parsing `length` bytes of a chunked body: the status to refuse it with, or 0.
int RequestParser::State::EndBytes(int error, size_t length, ParsedRequest* request) {
  if (status != 0) return status;
  const size_t used = error == kLlhttpOk ? length : ErrorOffset();
  if (HasMuchFraming(used)) return 413;
  framing_bytes += used - framing_from - body_length;
  if (in_trailers) {
    request->trailer_offset = trailer_from;
    request->trailer_length = used - trailer_from;
    trailer_bytes += request->trailer_length;
    // They are kept, which framing is not.
    if (trailer_bytes > owner->limits_.header_bytes) return 413;
  }
  return 0;
}

std::unique_ptr<RequestParser::ChunkedBody> RequestParser::TakeChunkedBody() {
  return std::make_unique<ChunkedBody>(state_);
}

ParsedRequest RequestParser::ChunkedBody::Feed(char* data, size_t length) {
  ParsedRequest request{};
  state_.BeginBytes(data);
  auto* parser = reinterpret_cast<llhttp_t*>(state_.llhttp);
  const int error = llhttp_execute(parser, data, length);
  request.body_offset = state_.body_offset();
  request.body_length = state_.body_length;
  request.status = state_.EndBytes(error, length, &request);
  if (request.status != 0) {
    request.outcome = ParseOutcome::kRejected;
  } else if (state_.message_done) {
    request.outcome = ParseOutcome::kComplete;
    request.consumed = state_.ErrorOffset();
  } else if (error == kLlhttpOk) {
    request.outcome = ParseOutcome::kBody;
    request.consumed = length;
  } else {
    request.outcome = ParseOutcome::kRejected;
    request.status = state_.status != 0 ? state_.status : 400;
  }
  return request;
}

}  // namespace pronghorn
