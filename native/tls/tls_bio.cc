// What OpenSSL does with a socket: see tls_bio.h. Runs on a worker's event loop.
#include "tls/tls_bio.h"

#include <errno.h>

#include "base/check.h"
#include "os/stream.h"
#include "tls/tls_session.h"

namespace pronghorn {
namespace {

// A TLS connection begins with the number of a handshake record (22), a request with the name of its method,
// or with empty lines that are to be skipped.
bool IsPlainHttp(char first) { return (first >= 'A' && first <= 'Z') || first == '\r' || first == '\n'; }

TlsSession* SessionOf(BIO* bio) { return static_cast<TlsSession*>(BIO_get_data(bio)); }

}  // namespace

BioMethodPtr TlsBio::MakeMethod() {
  // OpenSSL has numbers for some hundred kinds and never takes one back; without a number of its own, a kind
  // is only not to be found by it.
  BioMethodPtr method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "pronghorn socket"));
  CHECK(method != nullptr);
  BIO_meth_set_read(method.get(), Read);
  BIO_meth_set_write(method.get(), Write);
  BIO_meth_set_ctrl(method.get(), Control);
  return method;
}

BIO* TlsBio::Make(const BIO_METHOD* method, TlsSession* session) {
  BIO* bio = BIO_new(method);
  CHECK(bio != nullptr);
  BIO_set_data(bio, session);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsBio::Read(BIO* bio, char* to, int length) {
  TlsSession* session = SessionOf(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t received = Receive(session->fd_, to, static_cast<size_t>(length));
  if (received == 0) {
    session->socket_ended_ = true;
    return 0;
  }
  if (received < 0) {
    if (received == -EAGAIN) {
      BIO_set_retry_read(bio);
    } else {
      session->socket_errno_ = static_cast<int>(-received);
    }
    return -1;
  }
  if (!session->heard_anything_) {
    session->heard_anything_ = true;
    session->spoke_plain_http_ = IsPlainHttp(*to);
    if (session->spoke_plain_http_) {
      session->socket_errno_ = EPROTO;
      return -1;
    }
  }
  return static_cast<int>(received);
}

int TlsBio::Write(BIO* bio, const char* from, int length) {
  TlsSession* session = SessionOf(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t sent = Send(session->fd_, from, static_cast<size_t>(length));
  if (sent >= 0) return static_cast<int>(sent);
  if (sent == -EAGAIN) {
    BIO_set_retry_write(bio);
  } else {
    session->socket_errno_ = static_cast<int>(-sent);
  }
  return -1;
}

long TlsBio::Control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return SessionOf(bio)->socket_ended_ ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace pronghorn
