// What kind of file there is, by system call: the C library's stat() has other names in old and in new versions of
// glibc, and one binary of the addon is for all of them and for musl. Any process. Never follows symbolic links.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Where there are binaries, struct stat is the kernel's own. Elsewhere the addon is compiled where it runs.
#if defined(__x86_64__) || defined(__aarch64__)
#define PRONGHORN_KERNEL_STAT 1
#else
#define PRONGHORN_KERNEL_STAT 0
#endif

namespace pronghorn {

// The file itself where it is a symbolic link. Returns 0 or a negative errno.
inline int StatusOfPath(const char* path, struct stat* status) {
#if PRONGHORN_KERNEL_STAT
  const long result = syscall(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
#else
  const int result = lstat(path, status);
#endif
  return result < 0 ? -errno : 0;
}

// Also for descriptors that were opened with O_PATH. Returns 0 or a negative errno.
inline int StatusOfFile(int fd, struct stat* status) {
#if PRONGHORN_KERNEL_STAT
  const long result = syscall(SYS_newfstatat, fd, "", status, AT_EMPTY_PATH);
#else
  const int result = fstat(fd, status);
#endif
  return result < 0 ? -errno : 0;
}

}  // namespace pronghorn
