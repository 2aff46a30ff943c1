// The end of a batch: the part of receiver.h that keeps requests which JavaScript has not answered yet. Runs on a
// worker's event loop; never calls JavaScript itself.
#include "engine/receiver.h"

#include "engine/retained.h"

namespace pronghorn {

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
