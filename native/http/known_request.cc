// Requests whose heads have come before: the part of request_parser.h that need not parse. Never keeps a pointer into the
// bytes that it was given.
#include "http/request_parser.h"

namespace pronghorn {

ParsedRequest RequestParser::Parse(char* data, size_t length, int32_t* headers, int last_slot) {
  const HeadCache::Place place = heads_.Find({data, length}, last_slot);
  if (place.head != nullptr) {
    const size_t head_end = static_cast<size_t>(place.target.data() - data) + place.target.size() +
                            place.head->tail_length;
    if (head_end <= limits_.header_bytes) return FromKept(place, length, headers);
  }
  const ParsedRequest request = ParseUnknown(data, length, headers);
  if (place.head == nullptr && place.slot >= 0) Keep(place, request, headers);
  return request;
}

ParsedRequest RequestParser::FromKept(const HeadCache::Place& place, size_t length, int32_t* headers) const {
  const KeptHead& head = *place.head;
  const size_t tail = place.method.size() + 1 + place.target.size();
  const size_t head_end = tail + head.tail_length;
  const size_t rest = length - head_end;
  ParsedRequest request{};
  request.method = head.method;
  request.keep_alive = head.keep_alive;
  request.content_length = head.content_length;
  request.head_length = head_end - 4;  // without the line ends behind the last field
  request.url_offset = place.method.size() + 1;
  request.url_length = place.target.size();
  request.header_count = head.header_count;
  request.body_length = rest < head.content_length ? rest : static_cast<size_t>(head.content_length);
  request.body_offset = request.body_length == 0 ? 0 : head_end;
  request.outcome = rest < head.content_length ? ParseOutcome::kBody : ParseOutcome::kComplete;
  request.consumed = head_end + request.body_length;
  request.head_slot = place.slot;
  request.head_serial = head.serial;
  const auto offset = static_cast<int32_t>(tail);
  for (int i = 0; i < head.header_count; ++i) {
    const int32_t* from = head.headers + i * kHeaderFieldCount;
    int32_t* to = headers + i * kHeaderFieldCount;
    to[kHeader_nameOffset] = from[kHeader_nameOffset] + offset;
    to[kHeader_nameLength] = from[kHeader_nameLength];
    to[kHeader_valueOffset] = from[kHeader_valueOffset] + offset;
    to[kHeader_valueLength] = from[kHeader_valueLength];
  }
  return request;
}

// Only heads that say nothing out of the ordinary of what follows, and of which every byte is accounted for.
void RequestParser::Keep(const HeadCache::Place& place, const ParsedRequest& request, const int32_t* headers) {
  if (request.outcome != ParseOutcome::kComplete && request.outcome != ParseOutcome::kBody) return;
  if (request.chunked || request.upgrade || request.http10) return;
  if (request.expects_continue || request.expects_other || request.hostless) return;
  const size_t tail = static_cast<size_t>(place.tail.data() - place.method.data());
  if (request.url_offset != place.method.size() + 1 || request.url_length != place.target.size()) return;
  if (request.head_length + 4 != tail + place.tail.size()) return;
  KeptHead head;
  head.method = request.method;
  head.keep_alive = request.keep_alive;
  head.header_count = request.header_count;
  head.content_length = request.content_length;
  heads_.Offer(place, head, headers);
}

}  // namespace pronghorn
