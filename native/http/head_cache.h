// Remembers request heads that have come before. Most clients send the same header lines again and again, and only the
// path changes: such a head is known by comparing bytes, and need not be parsed and checked another time. Knows no
// parser; what it keeps is what the parser has found in exactly these bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/pages.h"
#include "contract.h"

namespace pronghorn {

// A head without its target: "GET ", and from the blank behind the target to the empty line.
struct KeptHead {
  static constexpr size_t kMethodMost = 8;
  static constexpr size_t kTailMost = 1024;
  static constexpr int kHeadersMost = 32;

  int32_t serial;  // never used again for another head; 0: there is none here
  uint16_t method_length;
  uint16_t tail_length;
  int method;
  bool keep_alive;
  int header_count;
  uint64_t content_length;
  char method_text[kMethodMost];
  char tail[kTailMost];
  int32_t headers[kHeadersMost * kHeaderFieldCount];  // offsets count from the tail's start

  bool Matches(std::string_view method, std::string_view rest) const;
};

class HeadCache {
 public:
  static constexpr int kSlots = 128;

  struct Place {
    const KeptHead* head = nullptr;  // null: not kept
    int slot = -1;                   // where it is, or could be; -1: nowhere
    std::string_view method;
    std::string_view target;
    std::string_view tail;  // of a head that is not kept
    uint64_t hash = 0;      // of method and tail
  };

  // The kept head that these bytes begin with, or else where it would go. The slot in which the same client's last
  // head was is looked at first; -1 if there was none.
  Place Find(std::string_view bytes, int last_slot) const;

  // Keeps a head that Find did not know, the second time that it is offered. `head` has all but the texts and the
  // serial; `headers` count from the first byte of the request.
  void Offer(const Place& place, const KeptHead& head, const int32_t* headers);

 private:
  static constexpr size_t kSeen = 1024;

  Pages<KeptHead> heads_{kSlots};
  Pages<uint32_t> seen_{kSeen};  // what was offered before, by its hash
  int32_t serial_ = 0;
};

}  // namespace pronghorn
