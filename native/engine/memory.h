// The memory that the native and the JavaScript side of one engine share: rings of int32 and two byte arenas.
// Input is valid for one batch; output until the answers in the ring have been carried out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/pages.h"
#include "contract.h"

namespace pronghorn {

struct Memory {
  static constexpr int kRequests = 1024;
  static constexpr int kResponses = 1024;
  static constexpr size_t kHeaders = 16 * 1024;
  static constexpr size_t kInputBytes = 1024 * 1024;
  static constexpr size_t kOutputBytes = 512 * 1024;

  Pages<int32_t> control{kControlWordCount};
  Pages<int32_t> requests{kRequests * kRequestFieldCount};
  Pages<int32_t> headers{kHeaders * kHeaderFieldCount};
  Pages<char> input{kInputBytes};
  Pages<int32_t> responses{kResponses * kResponseFieldCount};
  Pages<char> output{kOutputBytes};

  int32_t* Request(int index) const { return requests.data() + index * kRequestFieldCount; }
  int32_t* Response(int index) const { return responses.data() + index * kResponseFieldCount; }
};

}  // namespace pronghorn
