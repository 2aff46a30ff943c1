// Making contexts, and what OpenSSL asks while a handshake goes on: see tls_context.h. Runs on a worker's
// event loop.
#include "tls/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/tls1.h>

#include <algorithm>

namespace pronghorn {
namespace {

// What a client may choose by ALPN, in the form of the wire: each with its length in front.
constexpr unsigned char kProtocols[] = "\x08http/1.1\x08http/1.0";
constexpr unsigned kProtocolsLength = sizeof kProtocols - 1;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  }
  return lower;
}

// A context is where it was made for all its life, and OpenSSL's have a place for our pointer.
const TlsContext* OwnerOf(const SSL* ssl) {
  return static_cast<const TlsContext*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
}

int ChooseCertificate(SSL* ssl, int*, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  SSL_CTX* context = name == nullptr ? nullptr : OwnerOf(ssl)->Find(name);
  if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;
  if (context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

// RFC 7301 section 3.2: a client that offers only what we do not speak is turned away.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                   const unsigned char* offered, unsigned offered_length, void*) {
  const int result = SSL_select_next_proto(const_cast<unsigned char**>(chosen), chosen_length, kProtocols,
                                           kProtocolsLength, offered, offered_length);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool PrepareMac(EVP_MAC_CTX* mac, const TicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<uint8_t*>(key.hmac), sizeof key.hmac),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// Sealing and opening of tickets. 0: no ticket, or none of ours (a full handshake follows); 1: done; 2:
// opened with an old key, so the client gets a new ticket; negative: the connection fails.
int UseTicketKey(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int is_sealing) {
  const TlsContext* owner = OwnerOf(ssl);
  const TicketKeys& keys = owner->ticket_keys();
  if (is_sealing == 1) {
    const TicketKey* key = keys.newest();
    if (key == nullptr) return 0;
    std::copy(std::begin(key->name), std::end(key->name), name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(owner->ticket_cipher())) != 1) return -1;
    const bool fits = EVP_EncryptInit_ex2(cipher, owner->ticket_cipher(), key->aes, iv, nullptr) == 1;
    return fits && PrepareMac(mac, *key) ? 1 : -1;
  }
  const TicketKey* key = keys.Find(name);
  if (key == nullptr) return 0;
  const bool fits = EVP_DecryptInit_ex2(cipher, owner->ticket_cipher(), key->aes, iv, nullptr) == 1;
  if (!fits || !PrepareMac(mac, *key)) return -1;
  return key == keys.newest() ? 1 : 2;
}

// Never asks on a terminal: keys come decrypted.
int NoPassphrase(char*, int, int, void*) { return -1; }

// Takes the end of the PEM text for the end of the list, which OpenSSL reports as an error.
bool IsAtEnd() {
  const unsigned long code = ERR_peek_last_error();
  const bool is_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (is_end) ERR_clear_error();
  return is_end;
}

bool UseCertificate(SSL_CTX* context, const TlsCertificate& certificate) {
  const BioPtr chain = TextBio(certificate.chain);
  const X509Ptr own(PEM_read_bio_X509_AUX(chain.get(), nullptr, NoPassphrase, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, NoPassphrase, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  }
  if (!IsAtEnd()) return false;
  const BioPtr text = TextBio(certificate.key);
  const PkeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, NoPassphrase, nullptr));
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
}

// Lets the application judge a certificate that did not verify: it sees the verdict.
int AcceptAnyCertificate(int, X509_STORE_CTX*) { return 1; }

bool AskForCertificate(SSL_CTX* context, const TlsSettings& settings) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  const BioPtr text = TextBio(settings.ca);
  for (;;) {
    const X509Ptr authority(PEM_read_bio_X509(text.get(), nullptr, NoPassphrase, nullptr));
    if (!authority) break;
    if (X509_STORE_add_cert(store, authority.get()) != 1) return false;
    // Clients choose among their certificates by this list of names.
    if (SSL_CTX_add_client_CA(context, authority.get()) != 1) return false;
  }
  if (!IsAtEnd()) return false;
  if (settings.requires_certificate) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, AcceptAnyCertificate);
  }
  return true;
}

// A session may be resumed only where a full handshake would have asked for the same proof of the client.
bool NameSessions(SSL_CTX* context, const TlsSettings& settings) {
  std::string demands = settings.requires_certificate ? "requires " : "requests ";
  demands += settings.requests_certificate ? settings.ca : "nothing";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(demands.data(), demands.size(), digest, &length, EVP_sha256(), nullptr) != 1) return false;
  return SSL_CTX_set_session_id_context(context, digest, std::min(length, 32u)) == 1;
}

void SetModes(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections give their buffers back; a write that did not fit is repeated from other memory; the
  // chain is what the user gave, without authorities for client certificates.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  // Else each record takes two system calls: one for its five bytes of head.
  SSL_CTX_set_read_ahead(context, 1);
  // Sessions live in their tickets: a cache in one worker is of no use to the others.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

}  // namespace

std::shared_ptr<const TlsContext> TlsContext::Make(const TlsSettings& settings,
                                                   std::shared_ptr<const TicketKeys> ticket_keys,
                                                   std::string* error) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->ticket_keys_ = std::move(ticket_keys);
  made->ticket_cipher_.reset(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  bool fits = made->ticket_cipher_ != nullptr;
  for (const TlsCertificate& certificate : settings.certificates) {
    if (!fits) break;
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    fits = context != nullptr;
    if (!fits) break;
    made->contexts_.emplace_back(context);
    fits = made->Configure(context, settings, certificate);
    const std::string name = LowerCase(certificate.name);
    if (!name.empty()) made->by_name_[name.starts_with("*.") ? name.substr(1) : name] = context;
  }
  if (!fits) *error = TakeOpensslError();
  ERR_clear_error();
  return fits && !made->contexts_.empty() ? made : nullptr;
}

bool TlsContext::Configure(SSL_CTX* context, const TlsSettings& settings, const TlsCertificate& certificate) {
  SSL_CTX_set_ex_data(context, 0, this);
  SetModes(context);
  SSL_CTX_set_min_proto_version(context, settings.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_timeout(context, static_cast<long>(settings.ticket_seconds));
  SSL_CTX_set_tlsext_servername_callback(context, ChooseCertificate);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, UseTicketKey);
  return SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) == 1 &&
         SSL_CTX_set_ciphersuites(context, settings.suites.c_str()) == 1 &&
         UseCertificate(context, certificate) && NameSessions(context, settings) &&
         (!settings.requests_certificate || AskForCertificate(context, settings));
}

SSL_CTX* TlsContext::Find(std::string_view server_name) const {
  std::string name = LowerCase(server_name);
  if (name.ends_with('.')) name.pop_back();
  const auto exact = by_name_.find(name);
  if (exact != by_name_.end()) return exact->second;
  // A wildcard stands for one label and is kept with its dot in front.
  const size_t dot = name.find('.');
  if (dot == std::string::npos || dot == 0) return nullptr;
  const auto wildcard = by_name_.find(name.substr(dot));
  return wildcard == by_name_.end() ? nullptr : wildcard->second;
}

}  // namespace pronghorn
