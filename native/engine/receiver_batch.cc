// What a batch has beside new requests, and its end: the part of receiver.h that tells of earlier ones and keeps those which
// JavaScript has not answered yet. Runs on a worker's event loop; never calls JavaScript itself.
#include "engine/receiver.h"

#include "engine/retained.h"

namespace pronghorn {

void Receiver::TakeNotices() {
  size_t taken = 0;
  for (; taken < state_.notices.size() && count_ < Memory::kRequests; ++taken) {
    const Notice& notice = state_.notices[taken];
    int32_t* field = NextEntry(notice.connection, notice.sequence, notice.kind);
    field[kRequest_flags] = notice.detail;
    if (notice.kind != kEntry_closed) continue;
    field[kRequest_headOffset] = static_cast<int32_t>(notice.bytes_in);
    field[kRequest_headLength] = static_cast<int32_t>(notice.bytes_in >> 32);
    field[kRequest_urlOffset] = static_cast<int32_t>(notice.bytes_out);
    field[kRequest_urlLength] = static_cast<int32_t>(notice.bytes_out >> 32);
  }
  state_.notices.erase(state_.notices.begin(), state_.notices.begin() + static_cast<ptrdiff_t>(taken));
}

void Receiver::EndBatch() {
  for (int i = 0; i < count_ && state_.batch_open > 0; ++i) {
    const int32_t* field = state_.memory.Request(i);
    if (field[kRequest_kind] != kEntry_request) continue;
    Connection* connection = state_.connections.Find(field[kRequest_connection]);
    if (connection == nullptr) continue;
    Exchange* exchange = connection->Find(static_cast<uint32_t>(field[kRequest_sequence]));
    if (exchange == nullptr || !exchange->IsOpen()) continue;
    state_.batch_open--;
    state_.active.Outlive(exchange->active);
    Retain(field, exchange);
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
                    field[kRequest_urlLength],
                    {input + field[kRequest_trailerOffset], static_cast<size_t>(field[kRequest_trailerLength])}));
  // The beginning of a body that goes on has gone to JavaScript with the request.
  if ((field[kRequest_flags] & kRequestFlag_bodyFollows) == 0) {
    block->append(input + field[kRequest_bodyOffset], static_cast<size_t>(field[kRequest_bodyLength]));
  }
  exchange->retained = std::move(block);
}

}  // namespace pronghorn
