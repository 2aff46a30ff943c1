// Memory in whole pages, for tables and arenas that live as long as a worker. Never shared with another process.
#pragma once

#include <sys/mman.h>

#include <cstddef>

#include "base/check.h"

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

}  // namespace pronghorn
