// Reading from and writing to a connected socket, non-blocking. Runs on a worker's event loop. Results are
// bytes, or a negative errno.
#pragma once

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace pronghorn {

// syscall() instead of recv() and send(): those are cancellation points, whose part in a
// keep-alive request was 1.5 % of the samples, and nobody cancels ours.
inline ssize_t Receive(int fd, void* to, size_t length) {
  for (;;) {
    const long result = syscall(SYS_recvfrom, fd, to, length, MSG_DONTWAIT, nullptr, nullptr);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

// The bytes stay in the socket.
inline ssize_t Peek(int fd, void* to, size_t length) {
  for (;;) {
    const long result = syscall(SYS_recvfrom, fd, to, length, MSG_DONTWAIT | MSG_PEEK, nullptr, nullptr);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

// `held`: MSG_MORE, for what the end of the stream follows at once.
inline ssize_t Send(int fd, const void* from, size_t length, int held = 0) {
  for (;;) {
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | held;
    const long result = syscall(SYS_sendto, fd, from, length, flags, nullptr, 0);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

inline ssize_t SendVector(int fd, const iovec* vectors, size_t count, int held = 0) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(vectors);
  message.msg_iovlen = count;
  for (;;) {
    const long result = syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | held);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

// When it is closed, the other side sees a reset, and what it has not been sent yet is lost.
inline void AbandonUnsent(int fd) {
  const linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);  // of a unix socket: no effect
}

// Bytes of a file straight from the page cache; advances `offset`. 0 at the end of the file.
inline ssize_t SendFile(int fd, int file, off_t* offset, size_t length) {
  for (;;) {
    const ssize_t result = sendfile(fd, file, offset, length);
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

}  // namespace pronghorn
