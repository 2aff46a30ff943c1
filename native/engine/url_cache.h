// Remembers recent urls, so that JavaScript need not make a string of a url that it has made already: both
// sides keep a table of the same slots, and a request says in which slot its url is and whether it is new
// there.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/pages.h"

namespace pronghorn {

class UrlCache {
 public:
  static constexpr int kSlots = 1024;
  static constexpr size_t kLongest = 120;

  struct Place {
    int slot;     // -1: too long to be kept
    bool is_new;  // JavaScript has to read the string and store it
  };

  Place Find(std::string_view url) {
    if (url.size() > kLongest) return {-1, false};
    const uint32_t hash = Hash(url);
    Entry& entry = entries_[hash % kSlots];
    const int slot = static_cast<int>(hash % kSlots);
    if (entry.length == url.size() && std::memcmp(entry.text, url.data(), url.size()) == 0) {
      return {slot, false};
    }
    entry.length = static_cast<uint8_t>(url.size());
    std::memcpy(entry.text, url.data(), url.size());
    return {slot, true};
  }

 private:
  struct Entry {
    uint8_t length;
    char text[kLongest];
  };

  // FNV-1a over eight bytes at a time. Collisions only cost a string.
  static uint32_t Hash(std::string_view url) {
    uint64_t hash = 0xcbf29ce484222325;
    const char* at = url.data();
    size_t left = url.size();
    while (left >= 8) {
      uint64_t word;
      std::memcpy(&word, at, 8);
      hash = (hash ^ word) * 0x100000001b3;
      at += 8;
      left -= 8;
    }
    uint64_t rest = 0;
    std::memcpy(&rest, at, left);
    hash = (hash ^ rest) * 0x100000001b3;
    return static_cast<uint32_t>(hash ^ (hash >> 29));
  }

  Pages<Entry> entries_{kSlots};
};

}  // namespace pronghorn
