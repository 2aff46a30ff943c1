// Rules for the text of a request that llhttp leaves to its user: RFC 9110, RFC 9112 and RFC 3986. Pure
// functions of characters; they know no parser and keep nothing.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pronghorn {

// Classes of characters, one bit each.
enum CharClass : uint8_t {
  kTokenChar = 1,    // RFC 9110 section 5.6.2
  kRegNameChar = 2,  // RFC 3986 section 3.2.2, without percent-encoding
  kHexDigit = 4,
  kDigit = 8,
  kPathChar = 16,  // RFC 3986 section 3.3 and 3.4, in a target that begins with a slash
};

inline constexpr auto kCharClasses = [] {
  std::array<uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view characters, uint8_t bits) {
    for (const char c : characters) classes[static_cast<unsigned char>(c)] |= bits;
  };
  add("0123456789", kTokenChar | kRegNameChar | kHexDigit | kDigit);
  add("abcdefABCDEF", kTokenChar | kRegNameChar | kHexDigit);
  add("ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ", kTokenChar | kRegNameChar);
  add("!$&'*+-._~", kTokenChar | kRegNameChar);
  add("#%^`|", kTokenChar);
  add("(),;=", kRegNameChar);
  add("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~!$&'()*+,;=:@/?%", kPathChar);
  return classes;
}();

inline bool HasClass(char c, uint8_t bits) {
  return (kCharClasses[static_cast<unsigned char>(c)] & bits) != 0;
}

inline bool AllHaveClass(std::string_view text, uint8_t bits) {
  for (const char c : text) {
    if (!HasClass(c, bits)) return false;
  }
  return true;
}

// Case-insensitive for tokens: in these, only letters differ in bit 5 from what `lower` has.
inline bool IsWord(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

// Whether `lower` is an element of a comma-separated list of tokens (RFC 9110 section 5.6.1).
inline bool ListHas(std::string_view list, std::string_view lower) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) element.remove_prefix(1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.remove_suffix(1);
    if (IsWord(element, lower)) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

// Where the host ends in `host [":" port]`; npos if it is none. An empty host is one.
inline size_t HostEnd(std::string_view text) {
  size_t at = 0;
  if (!text.empty() && text[0] == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || end < 3) return std::string_view::npos;
    const std::string_view address = text.substr(1, end - 1);
    if (address[0] == 'v' || address[0] == 'V') {  // RFC 3986 section 3.2.2, IPvFuture
      for (const char c : address) {
        if (c != ':' && !HasClass(c, kRegNameChar)) return std::string_view::npos;
      }
    } else {
      for (const char c : address) {
        if (c != ':' && c != '.' && !HasClass(c, kHexDigit)) return std::string_view::npos;
      }
    }
    return end + 1;
  }
  for (; at < text.size() && text[at] != ':'; ++at) {
    if (HasClass(text[at], kRegNameChar)) continue;
    const bool is_encoded = text[at] == '%' && at + 2 < text.size() && HasClass(text[at + 1], kHexDigit) &&
                            HasClass(text[at + 2], kHexDigit);
    if (!is_encoded) return std::string_view::npos;
    at += 2;
  }
  return at;
}

// Value of a Host header, RFC 9110 section 7.2.
inline bool IsHost(std::string_view text) {
  const size_t end = HostEnd(text);
  if (end == std::string_view::npos) return false;
  return end == text.size() || (text[end] == ':' && AllHaveClass(text.substr(end + 1), kDigit));
}

// The authority-form of a CONNECT request, RFC 9112 section 3.2.3: a port must be named.
inline bool IsConnectTarget(std::string_view text) {
  const size_t end = HostEnd(text);
  if (end == std::string_view::npos || end == 0 || end + 1 >= text.size() || end + 6 < text.size()) {
    return false;
  }
  uint32_t port = 0;
  for (const char c : text.substr(end + 1)) {
    if (!HasClass(c, kDigit)) return false;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return text[end] == ':' && port > 0 && port <= 65535;
}

// Request target of any method but CONNECT (RFC 9112 section 3.2), whose characters llhttp has checked.
inline bool IsTarget(std::string_view target, bool is_options) {
  if (target.empty() || std::memchr(target.data(), '#', target.size()) != nullptr) return false;
  if (target[0] == '/') return true;
  if (target[0] == '*') return is_options && target.size() == 1;
  const size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = target.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  // RFC 9110 sections 4.2.1 and 4.2.4: no host is an error, so is user information.
  return !authority.empty() && authority[0] != ':' && IsHost(authority);
}

// Length of the method that `data` begins with; npos if that cannot become one.
inline size_t MethodLength(std::string_view data) {
  constexpr size_t kMethodMost = 32;
  size_t end = 0;
  while (end < data.size() && HasClass(data[end], kTokenChar)) ++end;
  const bool is_one = end > 0 && end <= kMethodMost && (end == data.size() || data[end] == ' ');
  return is_one ? end : std::string_view::npos;
}

// Whether the first line is a request's for all but its method.
inline bool IsRequestLine(std::string_view data) {
  const size_t method = MethodLength(data);
  if (method == std::string_view::npos || method == data.size()) return false;
  const std::string_view line = data.substr(0, data.find('\n'));
  const size_t blank = line.find(' ', method + 1);
  return blank != std::string_view::npos && line.substr(blank).starts_with(" HTTP/1.");
}

// Whether it is too early to tell.
inline bool IsUnfinishedRequestLine(std::string_view data) {
  return data.find('\n') == std::string_view::npos && MethodLength(data) != std::string_view::npos;
}

// The status for a Transfer-Encoding that is not just `chunked`: a coding that we do not know, or framing
// that cannot be told (RFC 9112 sections 6.1 and 6.3).
inline int RefusalOfCoding(std::string_view value) {
  const size_t comma = value.rfind(',');
  if (comma == std::string_view::npos || !HasClass(value[0], kTokenChar)) return 400;
  if (ListHas(value.substr(0, comma), "chunked")) return 400;
  return ListHas(value.substr(comma), "chunked") ? 501 : 400;
}

}  // namespace pronghorn
