// Between whom a connection runs: what a PROXY protocol header says, else what the socket knows. Runs on a
// worker's event loop; keeps nothing.
#pragma once

#include "engine/connection.h"
#include "os/socket.h"

namespace pronghorn {

// The client's end, also where a proxy has told it. False if it has gone.
inline bool RemoteEnd(const Connection& connection, EndPoint* end) {
  if (!connection.proxy || !connection.proxy->header.is_relayed) {
    return ReadRemoteEnd(connection.fd.get(), end);
  }
  *end = {connection.proxy->header.source, connection.proxy->header.source_port};
  return true;
}

// The end that the client has connected to.
inline bool LocalEnd(const Connection& connection, EndPoint* end) {
  if (!connection.proxy || !connection.proxy->header.is_relayed) {
    return ReadLocalEnd(connection.fd.get(), end);
  }
  *end = {connection.proxy->header.destination, connection.proxy->header.destination_port};
  return true;
}

}  // namespace pronghorn
