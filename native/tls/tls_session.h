// One TLS connection on a socket that stays the caller's: handshake, records, close. Reads and writes the
// socket itself, with the calls of os/stream.h and no memory between. Runs on a worker's event loop; never
// blocks.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string>

#include "tls/openssl_ptr.h"
#include "tls/tls_context.h"

namespace pronghorn {

class TlsSession {
 public:
  // What one record carries at most (RFC 8446 section 5.1).
  static constexpr size_t kRecordBytes = 16 * 1024;

  TlsSession(std::shared_ptr<const TlsContext> context, int fd);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Both go on with the handshake first. Bytes; -EAGAIN; or another negative errno, -EPROTO for whatever is
  // no proper TLS: the connection is of no use any more then.

  // As much as is there and fits; 0 when the client has ended, with or without saying so.
  ssize_t Read(void* to, size_t length);
  // What was not taken must be offered again, all of it and more if there is more, in the same order.
  ssize_t Write(const iovec* vectors, size_t count);

  // Tells the client that nothing follows, if that can be said at once. The socket stays open.
  void Shutdown();

  // The handshake waits for room in the socket: call Read again when there is some.
  bool wants_write() const { return wants_write_; }
  // The last Read left something that the socket will not announce again: call Read again, until -EAGAIN.
  bool has_pending() const { return has_pending_; }
  bool is_established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  // The reason for -EPROTO: the client's first byte is that of an HTTP request. An answer can go out in the
  // clear.
  bool spoke_plain_http() const { return spoke_plain_http_; }

  // What was agreed on; of use once established. Empty where there is none.
  std::string protocol() const { return SSL_get_version(ssl_.get()); }
  std::string cipher() const;
  // As the RFCs call it, and the oldest version of TLS that has it.
  std::string standard_cipher() const;
  std::string cipher_version() const;
  std::string alpn() const;
  std::string server_name() const;
  bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  // The one that the client was shown, and the client's, in DER.
  std::string certificate() const;
  std::string peer_certificate() const;
  // Why it must not be trusted, in OpenSSL's words; empty: it may, or there is none.
  std::string peer_certificate_error() const;
  long verify_result() const { return SSL_get_verify_result(ssl_.get()); }
  bool requests_certificate() const { return (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0; }

 private:
  friend class TlsBio;
  ssize_t ReadOnce(void* to, size_t length);
  ssize_t WriteOnce(const void* from, size_t length);
  ssize_t OutcomeOf(int result);

  // Before ssl_, which uses it to the end.
  std::shared_ptr<const TlsContext> context_;
  int fd_;
  bool heard_anything_ = false;
  bool spoke_plain_http_ = false;
  bool socket_ended_ = false;
  bool wants_write_ = false;
  bool has_pending_ = false;
  bool is_over_ = false;  // outcome_ is what every call gives from now on
  ssize_t outcome_ = 0;
  int socket_errno_ = 0;
  SslPtr ssl_;
};

}  // namespace pronghorn
