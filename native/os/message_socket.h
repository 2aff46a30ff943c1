// SOCK_SEQPACKET sockets between processes: messages arrive whole and in order, and may carry
// descriptors. The other side's end reads as "no message any more". Results are 0 or more, or a
// negative errno.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pronghorn {

// What one message can carry (the kernel's SCM_MAX_FD).
inline constexpr size_t kMessageFdsMax = 253;

struct ReceivedMessage {
  std::string text;
  std::vector<int> fds;  // the receiver's to close; close-on-exec
};

int OpenMessagePair(int* first, int* second);

// Neither sender nor receiver may block: -EAGAIN tells that they would have to.
int SetNonBlocking(int fd);

// `fds` stay the caller's. -EPIPE when the other side is gone.
int SendMessage(int fd, std::string_view text, const std::vector<int>& fds);

// 1 with a message; 0 when the other side is gone and everything it has sent was received.
int ReceiveMessage(int fd, ReceivedMessage* message);

}  // namespace pronghorn
