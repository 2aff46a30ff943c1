// SOCK_SEQPACKET pairs and SCM_RIGHTS: see message_socket.h. Runs in every process.
#include "os/message_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace pronghorn {
namespace {

constexpr size_t kControlBytes = CMSG_SPACE(kMessageFdsMax * sizeof(int));

void TakeFds(msghdr* header, std::vector<int>* fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(header); part != nullptr; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t bytes = part->cmsg_len - CMSG_LEN(0);
    size_t known = fds->size();
    fds->resize(known + bytes / sizeof(int));
    memcpy(fds->data() + known, CMSG_DATA(part), bytes);
  }
}

ssize_t LengthOfNext(int fd) {
  ssize_t length;
  do {
    // With MSG_TRUNC the kernel tells the whole length, however small the buffer is.
    length = recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  } while (length < 0 && errno == EINTR);
  return length;
}

}  // namespace

int OpenMessagePair(int* first, int* second) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  *first = pair[0];
  *second = pair[1];
  return 0;
}

int SetNonBlocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int SendMessage(int fd, std::string_view text, const std::vector<int>& fds) {
  // An empty message could not be told from the end.
  CHECK(!text.empty() && fds.size() <= kMessageFdsMax);
  iovec part = {const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[kControlBytes];
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    size_t bytes = fds.size() * sizeof(int);
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(rights), fds.data(), bytes);
  }
  ssize_t sent;
  do {
    sent = sendmsg(fd, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

int ReceiveMessage(int fd, ReceivedMessage* message) {
  ssize_t length = LengthOfNext(fd);
  if (length == 0 || (length < 0 && errno == ECONNRESET)) return 0;
  if (length < 0) return -errno;

  message->text.resize(static_cast<size_t>(length));
  message->fds.clear();
  iovec part = {message->text.data(), message->text.size()};
  alignas(cmsghdr) char control[kControlBytes];
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  ssize_t received;
  do {
    received = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  TakeFds(&header, &message->fds);
  if ((header.msg_flags & MSG_CTRUNC) == 0) return 1;
  // The table of descriptors is full; a message without some of its descriptors is of no use.
  for (int received_fd : message->fds) close(received_fd);
  message->fds.clear();
  return -EMFILE;
}

}  // namespace pronghorn
