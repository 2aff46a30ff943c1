// The request parser, whole against in pieces: the same bytes must give the same request and the same body,
// however they arrive. Everything that it reports must lie within what it was given.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "decisions.h"
#include "http/request_parser.h"

namespace pronghorn::fuzz {
namespace {

struct Outcome {
  ParseOutcome outcome;
  int status;
  std::string body;
  size_t consumed;
};

Limits SmallLimits() {
  Limits limits;
  limits.header_bytes = 512;
  limits.headers = 8;
  limits.body_bytes = 1000;
  return limits;
}

void CheckPlaces(const ParsedRequest& request, const std::vector<int32_t>& headers, size_t length) {
  CHECK(request.consumed <= length);
  CHECK(request.head_length <= length);
  CHECK(request.url_offset + request.url_length <= length);
  CHECK(request.body_offset + request.body_length <= length);
  CHECK(request.trailer_offset + request.trailer_length <= length);
  CHECK(request.header_count <= 8);
  for (int i = 0; i < request.header_count; ++i) {
    const int32_t* header = headers.data() + i * kHeaderFieldCount;
    const int32_t most = static_cast<int32_t>(request.head_length);
    CHECK(header[kHeader_nameOffset] >= 0 && header[kHeader_nameLength] > 0);
    CHECK(header[kHeader_nameOffset] + header[kHeader_nameLength] <= most);
    CHECK(header[kHeader_valueOffset] >= 0 && header[kHeader_valueLength] >= 0);
    if (header[kHeader_valueLength] > 0)
      CHECK(header[kHeader_valueOffset] + header[kHeader_valueLength] <= most);
  }
}

// Parses as the engine does when the bytes arrive in pieces of the sizes that `decisions` gives.
Outcome ParseInPieces(RequestParser* parser, std::string_view bytes, Decisions* decisions) {
  std::vector<int32_t> headers(9 * kHeaderFieldCount);
  size_t given = 0;
  ParsedRequest request{};
  std::string body;
  std::string trailers;
  do {
    given += decisions == nullptr ? bytes.size() : 1 + decisions->Pick(60);
    if (given > bytes.size()) given = bytes.size();
    // Exactly as large as its contents, so that a read beyond them is seen.
    std::vector<char> copy(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(given));
    request = parser->Parse(copy.data(), copy.size(), headers.data(), -1);
    if (request.outcome == ParseOutcome::kPartial || request.outcome == ParseOutcome::kRejected) continue;
    CheckPlaces(request, headers, given);
    if (request.chunked || request.outcome == ParseOutcome::kComplete) {
      body.assign(copy.data() + request.body_offset, request.body_length);
      trailers.assign(copy.data() + request.trailer_offset, request.trailer_length);
    }
  } while (request.outcome == ParseOutcome::kPartial && given < bytes.size());
  if (request.outcome == ParseOutcome::kBody && !request.chunked) {
    const size_t head = request.consumed - request.body_length;
    const size_t end = head + static_cast<size_t>(request.content_length);
    if (end > bytes.size()) return {ParseOutcome::kBody, 0, "", 0};
    return {ParseOutcome::kComplete, 0, std::string(bytes.substr(head, end - head)), end};
  }
  if (request.outcome != ParseOutcome::kBody) {
    return {request.outcome, request.status, body + trailers, request.consumed};
  }
  const std::unique_ptr<RequestParser::ChunkedBody> rest = parser->TakeChunkedBody();
  size_t consumed = request.consumed;
  while (given < bytes.size()) {
    const size_t piece = std::min<size_t>(1 + decisions->Pick(60), bytes.size() - given);
    std::vector<char> copy(bytes.begin() + static_cast<ptrdiff_t>(given),
                           bytes.begin() + static_cast<ptrdiff_t>(given + piece));
    const ParsedRequest part = rest->Feed(copy.data(), copy.size());
    CHECK(part.body_offset + part.body_length <= piece);
    CHECK(part.trailer_offset + part.trailer_length <= piece);
    body.append(copy.data() + part.body_offset, part.body_length);
    trailers.append(copy.data() + part.trailer_offset, part.trailer_length);
    if (part.outcome == ParseOutcome::kRejected) return {part.outcome, part.status, body, 0};
    CHECK(part.consumed <= piece);
    consumed += part.consumed;
    given += piece;
    if (part.outcome == ParseOutcome::kComplete) return {part.outcome, 0, body + trailers, consumed};
  }
  return {ParseOutcome::kBody, 0, body, consumed};
}

// A head that has come before is not parsed again: nothing may differ for that. The third time is the one from memory.
void CheckKnown(RequestParser* parser, std::string_view bytes) {
  std::vector<int32_t> headers(9 * kHeaderFieldCount);
  std::vector<int32_t> known(9 * kHeaderFieldCount);
  std::vector<char> copy(bytes.begin(), bytes.end());
  const ParsedRequest request = parser->ParseUnknown(copy.data(), copy.size(), headers.data());
  int slot = -1;
  for (int i = 0; i < 4; ++i) {
    copy.assign(bytes.begin(), bytes.end());
    const ParsedRequest again = parser->Parse(copy.data(), copy.size(), known.data(), slot);
    slot = again.head_slot;
    CHECK(again.outcome == request.outcome && again.status == request.status);
    if (again.outcome == ParseOutcome::kPartial || again.outcome == ParseOutcome::kRejected) continue;
    CHECK(again.consumed == request.consumed && again.method == request.method);
    CHECK(again.keep_alive == request.keep_alive && again.http10 == request.http10);
    CHECK(again.expects_continue == request.expects_continue && again.upgrade == request.upgrade);
    CHECK(again.chunked == request.chunked && again.content_length == request.content_length);
    CHECK(again.head_length == request.head_length && again.header_count == request.header_count);
    CHECK(again.url_offset == request.url_offset && again.url_length == request.url_length);
    CHECK(again.body_offset == request.body_offset && again.body_length == request.body_length);
    CheckPlaces(again, known, bytes.size());
    for (int at = 0; at < request.header_count * kHeaderFieldCount; ++at) {
      const bool is_nowhere = at % kHeaderFieldCount == kHeader_valueOffset &&
                              headers[static_cast<size_t>(at) - kHeader_valueOffset + kHeader_valueLength] == 0;
      CHECK(is_nowhere || known[static_cast<size_t>(at)] == headers[static_cast<size_t>(at)]);
    }
  }
}

}  // namespace

void FuzzParser(const uint8_t* data, size_t size) {
  static const Limits limits = SmallLimits();
  static auto* parser = new RequestParser(limits);
  Decisions decisions(data, size);
  std::string pieces;
  const size_t decided = size / 8;
  const std::string_view bytes = decisions.Take(size - decided);
  CheckKnown(parser, bytes);
  const Outcome whole = ParseInPieces(parser, bytes, nullptr);
  const Outcome cut = ParseInPieces(parser, bytes, &decisions);
  CHECK(whole.outcome == cut.outcome);
  CHECK(whole.status == cut.status);
  if (whole.outcome == ParseOutcome::kComplete) {
    CHECK(whole.consumed == cut.consumed);
    CHECK(whole.body == cut.body);
  }
}

}  // namespace pronghorn::fuzz
