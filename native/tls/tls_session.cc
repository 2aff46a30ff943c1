// Driving OpenSSL's state machine: see tls_session.h. Runs on a worker's event loop.
#include "tls/tls_session.h"

#include <errno.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "base/check.h"
#include "tls/tls_bio.h"

namespace pronghorn {
namespace {

// Pieces of an answer become one record where they fit: each record costs a system call, and some bytes.
class RecordGatherer {
 public:
  static constexpr size_t kRecordBytes = TlsSession::kRecordBytes;

  RecordGatherer(const iovec* vectors, size_t count) : vectors_(vectors), count_(count) { SkipEmpty(); }

  bool done() const { return at_ == count_; }

  // The next bytes to write, as long as they can be had without copying, else a record's worth of them.
  iovec Next() {
    const iovec& first = vectors_[at_];
    char* data = static_cast<char*>(first.iov_base) + offset_;
    const size_t left = first.iov_len - offset_;
    if (left >= kRecordBytes || at_ + 1 == count_) return {data, left};
    size_t length = 0;
    for (size_t i = at_; i < count_ && length < kRecordBytes; ++i) {
      const size_t skip = i == at_ ? offset_ : 0;
      const size_t part = std::min(vectors_[i].iov_len - skip, kRecordBytes - length);
      std::memcpy(record_ + length, static_cast<char*>(vectors_[i].iov_base) + skip, part);
      length += part;
    }
    return {record_, length};
  }

  void Advance(size_t bytes) {
    while (bytes > 0) {
      const size_t part = std::min(bytes, vectors_[at_].iov_len - offset_);
      offset_ += part;
      bytes -= part;
      SkipEmpty();
    }
  }

 private:
  void SkipEmpty() {
    while (at_ < count_ && offset_ == vectors_[at_].iov_len) {
      ++at_;
      offset_ = 0;
    }
  }

  const iovec* vectors_;
  size_t count_;
  size_t at_ = 0;
  size_t offset_ = 0;
  char record_[kRecordBytes];
};

std::string Der(const X509* certificate) {
  const int length = certificate == nullptr ? 0 : i2d_X509(certificate, nullptr);
  if (length <= 0) return "";
  std::string bytes(static_cast<size_t>(length), '\0');
  auto* end = reinterpret_cast<unsigned char*>(bytes.data());
  i2d_X509(certificate, &end);
  return bytes;
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int fd)
    : context_(std::move(context)), fd_(fd), ssl_(SSL_new(context_->ssl_context())) {
  CHECK(ssl_ != nullptr);
  BIO* bio = TlsBio::Make(context_->bio_method(), this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

ssize_t TlsSession::Read(void* to, size_t length) {
  size_t total = 0;
  do {
    const ssize_t received = ReadOnce(static_cast<char*>(to) + total, length - total);
    if (received <= 0) {
      // After bytes, the end and the error wait for the next call.
      if (total == 0) return received;
      has_pending_ = is_over_;
      break;
    }
    total += static_cast<size_t>(received);
  } while (has_pending_ && total < length);
  return static_cast<ssize_t>(total);
}

ssize_t TlsSession::ReadOnce(void* to, size_t length) {
  has_pending_ = false;
  if (is_over_) return outcome_;
  ClearOpensslErrors();
  const int result = SSL_read(ssl_.get(), to, static_cast<int>(std::min<size_t>(length, INT_MAX)));
  const ssize_t outcome = OutcomeOf(result);
  has_pending_ = outcome > 0 && SSL_has_pending(ssl_.get()) == 1;
  wants_write_ = outcome == -EAGAIN && SSL_want(ssl_.get()) == SSL_WRITING;
  return outcome;
}

ssize_t TlsSession::Write(const iovec* vectors, size_t count) {
  RecordGatherer gatherer(vectors, count);
  size_t total = 0;
  while (!gatherer.done()) {
    const iovec next = gatherer.Next();
    const ssize_t sent = WriteOnce(next.iov_base, next.iov_len);
    if (sent <= 0) return total > 0 ? static_cast<ssize_t>(total) : sent;
    gatherer.Advance(static_cast<size_t>(sent));
    total += static_cast<size_t>(sent);
  }
  return static_cast<ssize_t>(total);
}

ssize_t TlsSession::WriteOnce(const void* from, size_t length) {
  // Reading may have met the client's end, after which it can still be written to.
  if (is_over_ && outcome_ < 0) return outcome_;
  ClearOpensslErrors();
  const int result = SSL_write(ssl_.get(), from, static_cast<int>(std::min<size_t>(length, INT_MAX)));
  return OutcomeOf(result);
}

ssize_t TlsSession::OutcomeOf(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
      outcome_ = 0;
      break;
    default:
      // The end of a socket in the middle of a handshake comes here too.
      outcome_ = socket_errno_ != 0 ? -socket_errno_ : socket_ended_ ? 0 : -EPROTO;
  }
  is_over_ = true;
  ClearOpensslErrors();
  return outcome_;
}

void TlsSession::Shutdown() {
  if (!is_established() || (is_over_ && outcome_ < 0)) return;
  ClearOpensslErrors();
  SSL_shutdown(ssl_.get());
  ClearOpensslErrors();
}

std::string TlsSession::cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get());
  return cipher == nullptr ? "" : SSL_CIPHER_get_name(cipher);
}

std::string TlsSession::alpn() const {
  const unsigned char* name;
  unsigned length;
  SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return std::string(reinterpret_cast<const char*>(name), name == nullptr ? 0 : length);
}

std::string TlsSession::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string TlsSession::standard_cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get());
  const char* name = cipher == nullptr ? nullptr : SSL_CIPHER_standard_name(cipher);
  return name == nullptr ? "" : name;
}

std::string TlsSession::cipher_version() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get());
  return cipher == nullptr ? "" : SSL_CIPHER_get_version(cipher);
}

std::string TlsSession::certificate() const { return Der(SSL_get_certificate(ssl_.get())); }

std::string TlsSession::peer_certificate() const { return Der(SSL_get0_peer_certificate(ssl_.get())); }

std::string TlsSession::peer_certificate_error() const {
  const long result = SSL_get_verify_result(ssl_.get());
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

}  // namespace pronghorn
