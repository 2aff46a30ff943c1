// Finding and keeping heads: see head_cache.h. Pure but for its own memory.
#include "http/head_cache.h"

#include <cstring>
#include <limits>

#include "http/request_syntax.h"

namespace pronghorn {
namespace {

uint64_t Load(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Two lanes, as the multiplications of one would wait for each other. Collisions only cost a comparison.
uint64_t Hash(std::string_view text) {
  constexpr uint64_t kFirst = 0x9e3779b97f4a7c15;
  constexpr uint64_t kSecond = 0xc2b2ae3d27d4eb4f;
  uint64_t a = text.size() * kFirst;
  uint64_t b = kSecond;
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 16; at += 16, left -= 16) {
    a = (a ^ Load(at)) * kFirst;
    b = (b ^ Load(at + 8)) * kSecond;
    a ^= a >> 32;
    b ^= b >> 29;
  }
  char rest[16] = {};
  std::memcpy(rest, at, left);
  a = (a ^ Load(rest)) * kFirst;
  b = (b ^ Load(rest + 8)) * kSecond;
  const uint64_t both = a ^ (b >> 31) ^ (b << 17);
  return both ^ (both >> 33);
}

// Length up to and with the empty line; 0 if it is not there, or too far away.
size_t TailLength(std::string_view rest) {
  const char* at = rest.data();
  const char* end = at + (rest.size() < KeptHead::kTailMost ? rest.size() : KeptHead::kTailMost);
  while ((at = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)))) != nullptr) {
    ++at;
    if (end - at < 2) return 0;
    if (at[0] == '\r' && at[1] == '\n') return static_cast<size_t>(at + 2 - rest.data());
  }
  return 0;
}

bool StartsWith(std::string_view text, const char* with, size_t length) {
  return text.size() >= length && std::memcmp(text.data(), with, length) == 0;
}

}  // namespace

bool KeptHead::Matches(std::string_view with_method, std::string_view rest) const {
  return serial != 0 && with_method.size() == method_length && StartsWith(rest, tail, tail_length) &&
         std::memcmp(with_method.data(), method_text, method_length) == 0;
}

HeadCache::Place HeadCache::Find(std::string_view bytes, int last_slot) const {
  Place place;
  size_t at = 0;
  while (at < bytes.size() && at < KeptHead::kMethodMost && bytes[at] >= 'A' && bytes[at] <= 'Z') ++at;
  if (at == 0 || at + 1 >= bytes.size() || bytes[at] != ' ' || bytes[at + 1] != '/') return place;
  const size_t target = at + 1;
  for (at = target; at < bytes.size() && HasClass(bytes[at], kPathChar); ++at) {
  }
  if (at == bytes.size() || bytes[at] != ' ') return place;
  place.method = bytes.substr(0, target - 1);
  place.target = bytes.substr(target, at - target);
  const std::string_view rest = bytes.substr(at);
  if (last_slot >= 0 && heads_[static_cast<size_t>(last_slot)].Matches(place.method, rest)) {
    place.slot = last_slot;
    place.head = &heads_[static_cast<size_t>(last_slot)];
    return place;
  }
  place.tail = rest.substr(0, TailLength(rest));
  if (place.tail.empty()) return place;
  place.hash = Hash(place.tail) ^ static_cast<unsigned char>(place.method[0]);
  place.slot = static_cast<int>(place.hash % kSlots);
  const KeptHead& head = heads_[static_cast<size_t>(place.slot)];
  if (head.Matches(place.method, rest)) place.head = &head;
  return place;
}

void HeadCache::Offer(const Place& place, const KeptHead& found, const int32_t* headers) {
  if (place.slot < 0 || found.header_count > KeptHead::kHeadersMost) return;
  uint32_t& seen = seen_[(place.hash >> 16) % kSeen];
  const auto mark = static_cast<uint32_t>(place.hash >> 32) | 1;
  // Heads that differ each time are not worth a place.
  if (seen != mark || serial_ == std::numeric_limits<int32_t>::max()) {
    seen = mark;
    return;
  }
  KeptHead& head = heads_[static_cast<size_t>(place.slot)];
  head.serial = ++serial_;
  head.method_length = static_cast<uint16_t>(place.method.size());
  head.tail_length = static_cast<uint16_t>(place.tail.size());
  head.method = found.method;
  head.keep_alive = found.keep_alive;
  head.header_count = found.header_count;
  head.content_length = found.content_length;
  std::memcpy(head.method_text, place.method.data(), place.method.size());
  std::memcpy(head.tail, place.tail.data(), place.tail.size());
  const auto start = static_cast<int32_t>(place.tail.data() - place.method.data());
  for (int i = 0; i < found.header_count; ++i) {
    const int32_t* from = headers + i * kHeaderFieldCount;
    int32_t* to = head.headers + i * kHeaderFieldCount;
    to[kHeader_nameOffset] = from[kHeader_nameOffset] - start;
    to[kHeader_nameLength] = from[kHeader_nameLength];
    // The place of an empty value is nowhere in particular.
    to[kHeader_valueOffset] = from[kHeader_valueLength] > 0 ? from[kHeader_valueOffset] - start : 0;
    to[kHeader_valueLength] = from[kHeader_valueLength];
  }
}

}  // namespace pronghorn
