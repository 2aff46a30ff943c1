// The keys that session tickets are sealed with. All workers have the same ones, so that a session which
// began with one worker goes on with any other. Made and rotated by the manager; never generated here.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace pronghorn {

// In the order in which the manager sends the bytes.
struct TicketKey {
  uint8_t name[16];
  uint8_t aes[32];
  uint8_t hmac[32];
};
static_assert(sizeof(TicketKey) == 80);

class TicketKeys {
 public:
  TicketKeys() = default;
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  ~TicketKeys() { Wipe(); }

  // Newest first: it seals, the others only open what they have sealed. An empty list turns tickets off.
  void Set(std::vector<TicketKey> keys) {
    Wipe();
    keys_ = std::move(keys);
  }

  const TicketKey* newest() const { return keys_.empty() ? nullptr : keys_.data(); }

  const TicketKey* Find(const unsigned char* name) const {
    for (const TicketKey& key : keys_) {
      if (std::memcmp(key.name, name, sizeof key.name) == 0) return &key;
    }
    return nullptr;
  }

 private:
  void Wipe() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(TicketKey)); }

  std::vector<TicketKey> keys_;
};

}  // namespace pronghorn
