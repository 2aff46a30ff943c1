// Formatting of the access log: see access_line.h. Pure. What a client has written never ends a field or a line.
#include "http/access_line.h"

#include <charconv>
#include <cstdio>

#include "contract.h"

namespace pronghorn {
namespace {

constexpr char kHex[] = "0123456789abcdef";
// A line should stay whole when it goes into a pipe: longer texts are cut.
constexpr size_t kTextMost = 1024;

// Bytes that are not ASCII are told one by one: nobody knows which characters the client meant.
void AppendText(std::string* to, std::string_view text, std::string_view escape) {
  text = text.substr(0, kTextMost);
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') continue;
    to->append(text, plain, i - plain);
    to->append(escape);
    to->push_back(kHex[byte >> 4]);
    to->push_back(kHex[byte & 15]);
    plain = i + 1;
  }
  to->append(text, plain);
}

void AppendNumber(std::string* to, uint64_t number) {
  char digits[20];
  to->append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

bool IsNamed(std::string_view name, std::string_view lower) {
  if (name.size() != lower.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if ((name[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

std::string_view FindHeader(const AccessHead& request, std::string_view lower) {
  for (int i = 0; i < request.header_count; ++i) {
    const int32_t* field = request.headers + i * kHeaderFieldCount;
    const auto text = [&](HeaderField offset, HeaderField length) {
      return request.head.substr(static_cast<size_t>(field[offset]), static_cast<size_t>(field[length]));
    };
    // The dash of `user-agent` has the bit that makes letters lower case already.
    if (IsNamed(text(kHeader_nameOffset, kHeader_nameLength), lower))
      return text(kHeader_valueOffset, kHeader_valueLength);
  }
  return {};
}

constexpr std::string_view kCombinedEscape = "\\x";
constexpr std::string_view kJsonEscape = "\\u00";

void AppendQuoted(std::string* to, std::string_view text) {
  to->push_back('"');
  if (text.empty()) to->push_back('-');
  AppendText(to, text, kCombinedEscape);
  to->push_back('"');
}

void AppendMember(std::string* to, std::string_view name, std::string_view text) {
  to->append(",\"").append(name).append("\":\"");
  AppendText(to, text, kJsonEscape);
  to->push_back('"');
}

AccessNote NoteCombined(std::string_view line, std::string_view referer, std::string_view agent) {
  AccessNote note;
  AppendQuoted(&note.request, line);
  AppendQuoted(&note.client, referer);
  note.client.push_back(' ');
  AppendQuoted(&note.client, agent);
  return note;
}

}  // namespace

AccessNote NoteAccess(AccessFormat format, const AccessHead& request) {
  const std::string_view referer = FindHeader(request, "referer");
  const std::string_view agent = FindHeader(request, "user-agent");
  const std::string_view line = request.head.substr(0, request.head.find_first_of("\r\n"));
  if (format == AccessFormat::kCombined) return NoteCombined(line, referer, agent);
  AccessNote note;
  const size_t url_end = request.url_offset + request.url_length;
  AppendMember(&note.request, "method", line.substr(0, line.find(' ')));
  AppendMember(&note.request, "url", line.substr(request.url_offset, request.url_length));
  AppendMember(&note.request, "protocol", url_end < line.size() ? line.substr(url_end + 1) : std::string_view());
  if (!referer.empty()) AppendMember(&note.client, "referer", referer);
  if (!agent.empty()) AppendMember(&note.client, "userAgent", agent);
  return note;
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
  if (format == AccessFormat::kCombined) {
    to->append(address.empty() ? "-" : address).append(" - - [").append(time.combined()).append("] ");
    to->append(note == nullptr ? "\"-\"" : std::string_view(note->request)).push_back(' ');
    AppendNumber(to, static_cast<uint64_t>(answer.status));
    to->push_back(' ');
    AppendNumber(to, answer.body_bytes);
    to->push_back(' ');
    to->append(note == nullptr ? "\"-\" \"-\"" : std::string_view(note->client)).push_back('\n');
    return;
  }
  to->append("{\"time\":\"").append(time.iso()).push_back('"');
  if (!address.empty()) AppendMember(to, "remoteAddress", address);
  if (note != nullptr) to->append(note->request);
  to->append(",\"status\":");
  AppendNumber(to, static_cast<uint64_t>(answer.status));
  to->append(",\"bytes\":");
  AppendNumber(to, answer.body_bytes);
  to->append(",\"durationUs\":");
  AppendNumber(to, static_cast<uint64_t>(answer.duration_us));
  if (note != nullptr) to->append(note->client);
  to->append("}\n");
}

}  // namespace pronghorn
