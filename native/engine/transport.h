// A connection's bytes in the clear, whichever way they travel: through TLS or straight through the socket.
// The only place in the engine that knows the difference. Results are bytes, or a negative errno.
#pragma once

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/connection.h"
#include "os/stream.h"
#include "tls/tls_session.h"

namespace pronghorn {

// 0 at the client's end; -EAGAIN when there is nothing, which includes a handshake that is not over.
inline ssize_t ReadFrom(Connection* connection, void* to, size_t length) {
  if (connection->tls) return connection->tls->Read(to, length);
  return Receive(connection->fd.get(), to, length);
}

// What was not taken must be offered again, at least as much of it as before.
inline ssize_t WriteTo(Connection* connection, const iovec* vectors, size_t count, int held = 0) {
  if (connection->tls) return connection->tls->Write(vectors, count);
  const int fd = connection->fd.get();
  if (count > 1) return SendVector(fd, vectors, count, held);
  return Send(fd, vectors->iov_base, vectors->iov_len, held);
}

// Bytes of a file; advances `offset`. 0 at the end of the file.
inline ssize_t SendFileTo(Connection* connection, int file, off_t* offset, size_t length) {
  if (!connection->tls) return SendFile(connection->fd.get(), file, offset, length);
  char record[TlsSession::kRecordBytes];
  const ssize_t taken = pread(file, record, length < sizeof record ? length : sizeof record, *offset);
  if (taken <= 0) return taken == 0 ? 0 : -errno;
  const iovec vector = {record, static_cast<size_t>(taken)};
  const ssize_t sent = connection->tls->Write(&vector, 1);
  if (sent > 0) *offset += sent;
  return sent;
}

// Bytes have arrived that the socket will not announce again: read until -EAGAIN.
inline bool HasBuffered(const Connection* connection) {
  return connection->tls && connection->tls->has_pending();
}

// The handshake cannot go on before the socket takes bytes: read again when it does.
inline bool WantsToWrite(const Connection* connection) {
  return connection->tls && connection->tls->wants_write();
}

// The client said something that is no TLS but looks like HTTP. From here on the connection is in the clear,
// so that an answer can tell. False: it is something else.
inline bool TakesPlainHttp(Connection* connection) {
  if (!connection->tls || !connection->tls->spoke_plain_http()) return false;
  connection->tls.reset();
  return true;
}

// Nothing will be sent any more: tells the client so, as far as TLS has words for it.
inline void SayEnd(Connection* connection) {
  if (connection->tls) connection->tls->Shutdown();
}

}  // namespace pronghorn
