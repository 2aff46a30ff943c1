// memfd and mmap: see shared_memory.h. Runs in every process.
#include "os/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "os/file_status.h"

namespace pronghorn {

SharedMemory::SharedMemory(SharedMemory&& other) noexcept { *this = std::move(other); }

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

int SharedMemory::Create(const char* name, size_t bytes, SharedMemory* memory) {
  Fd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd.ok()) return -errno;
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) < 0) return -errno;
  return memory->Map(std::move(fd), bytes);
}

int SharedMemory::Open(int fd, SharedMemory* memory) {
  Fd own(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!own.ok()) return -errno;
  struct stat file;
  if (const int status = StatusOfFile(own.get(), &file); status < 0) return status;
  return memory->Map(std::move(own), static_cast<size_t>(file.st_size));
}

int SharedMemory::Map(Fd fd, size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) return -errno;
  *this = SharedMemory();
  fd_ = std::move(fd);
  data_ = static_cast<char*>(data);
  size_ = bytes;
  return 0;
}

}  // namespace pronghorn
