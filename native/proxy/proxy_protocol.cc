// Both versions of the PROXY protocol: see proxy_protocol.h. Whatever is not exactly as the specification has
// it is invalid: behind the header stands an address that the application will trust.
#include "proxy/proxy_protocol.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace pronghorn {
namespace {

using Outcome = ProxyHeader::Outcome;

constexpr std::string_view kTextStart = "PROXY ";
constexpr size_t kTextBytesMax = 107;  // with its CRLF
constexpr std::string_view kBinaryStart("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kBinaryFixedBytes = 16;

ProxyHeader Verdict(Outcome outcome) {
  ProxyHeader header;
  header.outcome = outcome;
  return header;
}

// `bytes` is the beginning of `start`, or begins with it.
bool Matches(std::string_view bytes, std::string_view start) {
  const size_t length = std::min(bytes.size(), start.size());
  return bytes.substr(0, length) == start.substr(0, length);
}

// `address`: 4 or 16 bytes in network order.
std::string AddressText(int family, const void* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (family == AF_INET6) {
    in6_addr ip;
    std::memcpy(&ip, address, sizeof ip);
    // The same client has one name, whichever way it came.
    if (IN6_IS_ADDR_V4MAPPED(&ip)) return AddressText(AF_INET, &ip.s6_addr[12]);
  }
  inet_ntop(family, address, text, sizeof text);
  return text;
}

// Cuts the first word off, and the one blank behind it. Empty if there is none.
std::string_view TakeWord(std::string_view* line) {
  const size_t end = line->find(' ');
  const std::string_view word = line->substr(0, end);
  line->remove_prefix(end == std::string_view::npos ? line->size() : end + 1);
  return word;
}

bool ParseIp(std::string_view word, int family, std::string* text) {
  unsigned char address[sizeof(in6_addr)];
  if (word.empty() || inet_pton(family, std::string(word).c_str(), address) != 1) return false;
  *text = AddressText(family, address);
  return true;
}

bool ParsePort(std::string_view word, int* port) {
  if (word.empty() || word.size() > 5 || (word.size() > 1 && word[0] == '0')) return false;
  uint32_t number = 0;
  const char* const last = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), last, number);
  *port = static_cast<int>(number);
  return error == std::errc() && end == last && number <= 65535;
}

// `line`: what stands between "PROXY " and CRLF.
bool ParseTextLine(std::string_view line, ProxyHeader* header) {
  const size_t blanks = static_cast<size_t>(std::count(line.begin(), line.end(), ' '));
  const std::string_view protocol = TakeWord(&line);
  if (protocol == "UNKNOWN") return true;
  if (blanks != 4 || (protocol != "TCP4" && protocol != "TCP6")) return false;
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  header->is_relayed = true;
  return ParseIp(TakeWord(&line), family, &header->source) &&
         ParseIp(TakeWord(&line), family, &header->destination) &&
         ParsePort(TakeWord(&line), &header->source_port) && ParsePort(line, &header->destination_port);
}

ProxyHeader ParseText(std::string_view bytes) {
  const size_t end = bytes.substr(0, kTextBytesMax).find('\n');
  if (end == std::string_view::npos) {
    return Verdict(bytes.size() < kTextBytesMax ? Outcome::kPartial : Outcome::kInvalid);
  }
  // The first CR is the one before LF.
  if (bytes.find('\r') != end - 1 || bytes.substr(0, end).find('\0') != std::string_view::npos) {
    return Verdict(Outcome::kInvalid);
  }
  ProxyHeader header;
  const std::string_view line = bytes.substr(kTextStart.size(), end - 1 - kTextStart.size());
  if (!ParseTextLine(line, &header)) return Verdict(Outcome::kInvalid);
  header.outcome = Outcome::kComplete;
  header.length = end + 1;
  return header;
}

uint8_t Byte(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

int Number16(std::string_view bytes, size_t at) { return Byte(bytes, at) << 8 | Byte(bytes, at + 1); }

// The byte holds the version too, which is 2.
enum Command : uint8_t { kLocal = 0x20, kProxy = 0x21 };
enum Transport : uint8_t { kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21, kUnixStream = 0x31 };

// Bytes that the addresses take; -1: a transport that cannot have led to a stream socket.
int AddressBytes(uint8_t transport) {
  switch (transport) {
    case kUnspecified:
      return 0;
    case kTcp4:
      return 2 * 4 + 2 * 2;
    case kTcp6:
      return 2 * 16 + 2 * 2;
    case kUnixStream:
      return 2 * 108;
  }
  return -1;
}

// `block` begins with the addresses.
void ReadAddresses(uint8_t transport, std::string_view block, ProxyHeader* header) {
  header->is_relayed = true;
  if (transport == kUnixStream) return;
  const int family = transport == kTcp4 ? AF_INET : AF_INET6;
  const size_t size = transport == kTcp4 ? 4 : 16;
  header->source = AddressText(family, block.data());
  header->destination = AddressText(family, block.data() + size);
  header->source_port = Number16(block, 2 * size);
  header->destination_port = Number16(block, 2 * size + 2);
}

ProxyHeader ParseBinary(std::string_view bytes) {
  const size_t known = bytes.size();
  if (known <= kBinaryStart.size()) return Verdict(Outcome::kPartial);
  const uint8_t command = Byte(bytes, 12);
  if (command != kLocal && command != kProxy) return Verdict(Outcome::kInvalid);
  if (known < kBinaryFixedBytes) return Verdict(Outcome::kPartial);
  const uint8_t transport = Byte(bytes, 13);
  const int block_bytes = Number16(bytes, 14);
  const size_t length = kBinaryFixedBytes + static_cast<size_t>(block_bytes);
  if (length > kProxyHeaderBytesMax) return Verdict(Outcome::kInvalid);
  // What a proxy says of its own connections is nobody's address, whatever it is.
  if (command == kProxy) {
    const int address_bytes = AddressBytes(transport);
    if (address_bytes < 0 || address_bytes > block_bytes) return Verdict(Outcome::kInvalid);
  }
  if (known < length) return Verdict(Outcome::kPartial);
  ProxyHeader header;
  header.outcome = Outcome::kComplete;
  header.length = length;
  if (command == kProxy && transport != kUnspecified) {
    ReadAddresses(transport, bytes.substr(kBinaryFixedBytes), &header);
  }
  return header;
}

}  // namespace

ProxyHeader ParseProxyHeader(std::string_view bytes) {
  if (Matches(bytes, kTextStart)) {
    return bytes.size() < kTextStart.size() ? Verdict(Outcome::kPartial) : ParseText(bytes);
  }
  if (Matches(bytes, kBinaryStart)) return ParseBinary(bytes);
  return Verdict(Outcome::kInvalid);
}

}  // namespace pronghorn
