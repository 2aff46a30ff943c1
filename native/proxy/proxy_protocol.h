// The header with which a proxy begins a connection to tell whose it is: PROXY protocol, versions 1 (text)
// and 2 (binary). Pure: bytes in, a verdict out; no socket, no state between calls.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pronghorn {

struct ProxyHeader {
  enum class Outcome { kPartial, kInvalid, kComplete };

  Outcome outcome = Outcome::kInvalid;
  size_t length = 0;  // of the whole header, where it is complete
  // The proxy speaks for somebody else. If not (a health check of its own, or it does not know), the
  // connection's own addresses hold, and the fields below are empty.
  bool is_relayed = false;
  std::string source;  // IP address; empty where the client came through a unix socket
  int source_port = 0;
  std::string destination;
  int destination_port = 0;
};

// No header is longer. Version 2 allows 64 KiB, which no proxy has a use for.
inline constexpr size_t kProxyHeaderBytesMax = 8192;

// `bytes`: everything that has come in so far. What follows the header is not looked at.
ProxyHeader ParseProxyHeader(std::string_view bytes);

}  // namespace pronghorn
