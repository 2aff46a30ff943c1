// What the listening sockets of one place need to speak TLS: the context that new connections get, and the
// ticket keys. Certificates are swapped by putting another context here; connections keep the one they began
// with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tls/ticket_keys.h"
#include "tls/tls_context.h"

namespace pronghorn {

class TlsEndpoint {
 public:
  // False, with the reason, if the settings are no good; the context that was there stays.
  bool Configure(const TlsSettings& settings, std::string* error) {
    std::shared_ptr<const TlsContext> made = TlsContext::Make(settings, ticket_keys_, error);
    if (!made) return false;
    context_ = std::move(made);
    return true;
  }
  // For connections that are open too, and for every context from now on. Newest first.
  void SetTicketKeys(std::vector<TicketKey> keys) { ticket_keys_->Set(std::move(keys)); }

  // Null until configured.
  const std::shared_ptr<const TlsContext>& context() const { return context_; }

 private:
  std::shared_ptr<TicketKeys> ticket_keys_ = std::make_shared<TicketKeys>();
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace pronghorn
