// Receiving a PROXY protocol header: see proxy_phase.h. Runs on a worker's event loop.
#include "engine/proxy_phase.h"

#include <errno.h>

#include "os/stream.h"

namespace pronghorn {

ProxyPhase::Step ProxyPhase::Receive(int fd) {
  char bytes[kProxyHeaderBytesMax];
  const size_t before = received.size();
  const ssize_t seen = Peek(fd, bytes, sizeof bytes - before);
  if (seen == -EAGAIN) return Step::kWait;
  if (seen <= 0) return Step::kFailed;
  received.append(bytes, static_cast<size_t>(seen));
  header = ParseProxyHeader(received);
  if (header.outcome == ProxyHeader::Outcome::kInvalid) return Step::kFailed;
  is_done = header.outcome == ProxyHeader::Outcome::kComplete;
  // An incomplete header is taken too: bytes that stay in the socket would wake us again and again.
  const size_t taken = is_done ? header.length - before : static_cast<size_t>(seen);
  if (pronghorn::Receive(fd, bytes, taken) != static_cast<ssize_t>(taken)) return Step::kFailed;
  if (!is_done) return Step::kWait;
  std::string().swap(received);
  return Step::kDone;
}

}  // namespace pronghorn
