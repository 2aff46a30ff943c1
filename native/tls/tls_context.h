// Everything that the TLS connections of one place to listen have in common: certificates by server name,
// versions, ciphers, client certificates, tickets. Immutable once made: when certificates change, a new one
// takes its place and the old one lives as long as its connections. Runs in a worker; reads no file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tls/openssl_ptr.h"
#include "tls/ticket_keys.h"
#include "tls/tls_bio.h"

namespace pronghorn {

struct TlsCertificate {
  std::string name;   // for clients that ask for this server name; `*.` stands for any first label
  std::string chain;  // PEM, the server's own certificate first
  std::string key;    // PEM, not encrypted
};

struct TlsSettings {
  std::vector<TlsCertificate> certificates;  // the first one is for everybody else, whatever its name
  std::string ca;                            // PEM, whose client certificates are accepted
  std::string ciphers;                       // of TLS 1.2, OpenSSL's syntax
  std::string suites;                        // of TLS 1.3
  bool only_tls13 = false;
  bool requests_certificate = false;
  bool requires_certificate = false;  // and a client without a valid one is turned away
  int64_t ticket_seconds = 0;         // how long a session can be resumed
};

class TlsContext {
 public:
  // Null, with what OpenSSL says about it, if the settings are no good.
  static std::shared_ptr<const TlsContext> Make(const TlsSettings& settings,
                                                std::shared_ptr<const TicketKeys> ticket_keys,
                                                std::string* error);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* ssl_context() const { return contexts_.front().get(); }
  // For this server name.
  SSL_CTX* Find(std::string_view server_name) const;
  const TicketKeys& ticket_keys() const { return *ticket_keys_; }
  const BIO_METHOD* bio_method() const { return bio_method_.get(); }
  const EVP_CIPHER* ticket_cipher() const { return ticket_cipher_.get(); }

 private:
  TlsContext() = default;
  bool Configure(SSL_CTX* context, const TlsSettings& settings, const TlsCertificate& certificate);

  std::shared_ptr<const TicketKeys> ticket_keys_;
  CipherPtr ticket_cipher_;
  BioMethodPtr bio_method_ = TlsBio::MakeMethod();
  std::vector<SslContextPtr> contexts_;  // one per certificate
  // Lower case; wildcards without their asterisk. Values live in contexts_.
  std::unordered_map<std::string, SSL_CTX*> by_name_;
};

}  // namespace pronghorn
