// A memfd, mapped read-write and shared: the same bytes in every process that holds the descriptor,
// also in those that inherit the mapping by fork.
#pragma once

#include <cstddef>

#include "base/fd.h"

namespace pronghorn {

class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  // New, zeroed. `name` is what /proc shows. 0 or a negative errno.
  static int Create(const char* name, size_t bytes, SharedMemory* memory);
  // Maps what another process has made, whole. Keeps a duplicate of `fd`. 0 or a negative errno.
  static int Open(int fd, SharedMemory* memory);

  int fd() const { return fd_.get(); }
  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  int Map(Fd fd, size_t bytes);

  Fd fd_;
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace pronghorn
