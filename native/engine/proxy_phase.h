// The time of a connection before its first request, where a proxy says whose connection it is. Takes exactly
// the header's bytes off the socket: what follows belongs to HTTP, or to TLS.
#pragma once

#include <string>

#include "proxy/proxy_protocol.h"

namespace pronghorn {

struct ProxyPhase {
  enum class Step { kWait, kDone, kFailed };

  bool is_done = false;
  ProxyHeader header;
  std::string received;  // of a header that is not complete yet

  // After kFailed the connection is to be closed; nothing is known about its client.
  Step Receive(int fd);
};

}  // namespace pronghorn
