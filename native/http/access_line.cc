// Formatting of the access log: see access_line.h. Pure. What a client has written never ends a field or a line.
#include "http/access_line.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "contract.h"

namespace pronghorn {
namespace {

constexpr char kHex[] = "0123456789abcdef";
// A line should stay whole when it goes into a pipe: longer texts are cut.
constexpr size_t kTextMost = 1024;

constexpr uint64_t EachByte(unsigned char byte) { return uint64_t{0x0101010101010101} * byte; }

// Whether each of eight bytes is printable ASCII, and neither a quote nor a backslash.
bool IsPlain(const char* bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  // A byte below n shows in its highest bit, as does one that is not ASCII.
  const auto below = [](uint64_t value, unsigned char n) { return (value - EachByte(n)) & ~value; };
  const uint64_t found = word | below(word, 0x20) | below(word ^ EachByte('"'), 1) | below(word ^ EachByte('\\'), 1) |
                         below(word ^ EachByte(0x7f), 1);
  return (found & EachByte(0x80)) == 0;
}

bool IsPlain(char byte) {
  return static_cast<unsigned char>(byte - 0x20) < 0x7f - 0x20 && byte != '"' && byte != '\\';
}

// Bytes that are not ASCII are told one by one: nobody knows which characters the client meant.
void AppendText(std::string* to, std::string_view text, std::string_view escape) {
  text = text.substr(0, kTextMost);
  size_t plain = 0;
  for (size_t i = 0; i < text.size();) {
    if (i + sizeof(uint64_t) <= text.size() && IsPlain(text.data() + i)) {
      i += sizeof(uint64_t);
      continue;
    }
    for (const size_t end = std::min(i + sizeof(uint64_t), text.size()); i < end; ++i) {
      if (IsPlain(text[i])) continue;
      const auto byte = static_cast<unsigned char>(text[i]);
      to->append(text, plain, i - plain).append(escape);
      to->push_back(kHex[byte >> 4]);
      to->push_back(kHex[byte & 15]);
      plain = i + 1;
    }
  }
  to->append(text, plain);
}

// Numbers and what stands between them, to be appended in one piece.
class Figures {
 public:
  Figures& Add(std::string_view text) {
    memcpy(end_, text.data(), text.size());
    end_ += text.size();
    return *this;
  }
  Figures& Add(uint64_t number) {
    end_ = std::to_chars(end_, text_ + sizeof text_, number).ptr;
    return *this;
  }
  std::string_view text() const { return {text_, static_cast<size_t>(end_ - text_)}; }

 private:
  char text_[128];  // three numbers of at most 20 digits, and their names
  char* end_ = text_;
};

bool IsNamed(std::string_view name, std::string_view lower) {
  if (name.size() != lower.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if ((name[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

struct ClientHeaders {
  std::string_view referer;
  std::string_view agent;
};

ClientHeaders FindHeaders(const AccessHead& request) {
  constexpr std::string_view kReferer = "referer", kAgent = "user-agent";
  ClientHeaders found;
  for (int i = request.header_count - 1; i >= 0; --i) {
    const int32_t* field = request.headers + i * kHeaderFieldCount;
    const auto length = static_cast<size_t>(field[kHeader_nameLength]);
    if (length != kReferer.size() && length != kAgent.size()) continue;
    const auto text = [&](HeaderField offset, HeaderField size) {
      return request.head.substr(static_cast<size_t>(field[offset]), static_cast<size_t>(field[size]));
    };
    const std::string_view name = text(kHeader_nameOffset, kHeader_nameLength);
    const std::string_view value = text(kHeader_valueOffset, kHeader_valueLength);
    // The dash of `user-agent` has the bit that makes letters lower case already. From the last to the first, which counts.
    if (IsNamed(name, kReferer)) found.referer = value;
    if (IsNamed(name, kAgent)) found.agent = value;
  }
  return found;
}

constexpr std::string_view kCombinedEscape = "\\x";
constexpr std::string_view kJsonEscape = "\\u00";

void AppendQuoted(std::string* to, std::string_view text) {
  to->push_back('"');
  if (text.empty()) to->push_back('-');
  AppendText(to, text, kCombinedEscape);
  to->push_back('"');
}

// `name` with all that stands around it.
void AppendMember(std::string* to, std::string_view name, std::string_view text) {
  to->append(name);
  AppendText(to, text, kJsonEscape);
  to->push_back('"');
}

}  // namespace

void NoteAccess(AccessNote* note, AccessFormat format, const AccessHead& request) {
  constexpr size_t kNames = 80;  // of all members, with their quotes
  const auto [referer, agent] = FindHeaders(request);
  const std::string_view line = request.head.substr(0, request.head.find('\r'));
  std::string* text = &note->text;
  note->address.clear();
  text->clear();
  text->reserve(line.size() + referer.size() + agent.size() + kNames);
  if (format == AccessFormat::kCombined) {
    AppendQuoted(text, line);
    note->client_at = text->size();
    AppendQuoted(text, referer);
    text->push_back(' ');
    return AppendQuoted(text, agent);
  }
  const size_t url_end = request.url_offset + request.url_length;
  AppendMember(text, ",\"method\":\"", line.substr(0, line.find(' ')));
  AppendMember(text, ",\"url\":\"", line.substr(request.url_offset, request.url_length));
  AppendMember(text, ",\"protocol\":\"", url_end < line.size() ? line.substr(url_end + 1) : std::string_view());
  note->client_at = text->size();
  if (!referer.empty()) AppendMember(text, ",\"referer\":\"", referer);
  if (!agent.empty()) AppendMember(text, ",\"userAgent\":\"", agent);
}

void AccessTime::Set(const timespec& now) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr size_t kMillisecondsAt = 20;
  if (now.tv_sec != second_) {
    second_ = now.tv_sec;
    tm utc;
    gmtime_r(&second_, &utc);
    const int combined = std::snprintf(combined_buffer_, sizeof combined_buffer_, "%02d/%s/%04d:%02d:%02d:%02d +0000",
                                       utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour,
                                       utc.tm_min, utc.tm_sec);
    const int iso = std::snprintf(iso_buffer_, sizeof iso_buffer_, "%04d-%02d-%02dT%02d:%02d:%02d.000Z",
                                  utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                                  utc.tm_sec);
    combined_ = {combined_buffer_, static_cast<size_t>(combined)};
    iso_ = {iso_buffer_, static_cast<size_t>(iso)};
  }
  const long ms = now.tv_nsec / 1'000'000;
  iso_buffer_[kMillisecondsAt] = static_cast<char>('0' + ms / 100);
  iso_buffer_[kMillisecondsAt + 1] = static_cast<char>('0' + ms / 10 % 10);
  iso_buffer_[kMillisecondsAt + 2] = static_cast<char>('0' + ms % 10);
}

void AppendAccessLine(std::string* to, AccessFormat format, const AccessTime& time, const AccessNote* note,
                      const AccessAnswer& answer) {
  const std::string_view address = note != nullptr && !note->address.empty() ? note->address : answer.address;
  const std::string_view text = note == nullptr ? std::string_view() : note->text;
  const size_t client_at = note == nullptr ? 0 : note->client_at;
  Figures figures;
  if (format == AccessFormat::kCombined) {
    figures.Add(" ").Add(static_cast<uint64_t>(answer.status)).Add(" ").Add(answer.body_bytes).Add(" ");
    to->append(address.empty() ? "-" : address).append(" - - [").append(time.combined()).append("] ");
    to->append(note == nullptr ? "\"-\"" : text.substr(0, client_at)).append(figures.text());
    to->append(note == nullptr ? "\"-\" \"-\"" : text.substr(client_at)).push_back('\n');
    return;
  }
  to->append("{\"time\":\"").append(time.iso()).push_back('"');
  if (!address.empty()) AppendMember(to, ",\"remoteAddress\":\"", address);
  figures.Add(",\"status\":").Add(static_cast<uint64_t>(answer.status));
  figures.Add(",\"bytes\":").Add(answer.body_bytes);
  figures.Add(",\"durationUs\":").Add(static_cast<uint64_t>(answer.duration_us));
  to->append(text, 0, client_at).append(figures.text()).append(text, client_at).append("}\n");
}

}  // namespace pronghorn
