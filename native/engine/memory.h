// The memory that the native and the JavaScript side of one engine share: rings of int32 and two byte arenas.
// Input is valid for one batch; output until the answers in the ring have been carried out.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "contract.h"

namespace pronghorn {

// Anonymous pages, zero until they are touched, so that an idle worker does not pay for them.
template <typename T>
class Pages {
 public:
  explicit Pages(size_t count) : count_(count) {
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    data_ = static_cast<T*>(memory);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(data_, bytes()); }

  T* data() const { return data_; }
  size_t count() const { return count_; }
  size_t bytes() const { return count_ * sizeof(T); }
  T& operator[](size_t index) const { return data_[index]; }

 private:
  T* data_;
  size_t count_;
};

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
