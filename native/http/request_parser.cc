// llhttp's callbacks, and the rules of RFC 9112 that llhttp leaves to its user: see request_parser.h. Never
// keeps a pointer into the bytes that it was given.
#include "http/request_parser.h"

#include <cstring>
#include <string_view>

#include "base/check.h"
#include "http/request_syntax.h"

namespace pronghorn {

// llhttp's callbacks. A number other than 0 stops the parser with that number as its error.
struct ParserCallbacks {
  using State = RequestParser::State;
  static State* Of(llhttp_t* parser) { return reinterpret_cast<State*>(parser); }

  static int Url(llhttp_t* parser, const char* at, size_t length) {
    State* state = Of(parser);
    if (state->url_length == 0) state->url_offset = static_cast<size_t>(at - state->base);
    state->url_length += length;
    return 0;
  }

  static int HeaderField(llhttp_t* parser, const char* at, size_t length) {
    State* state = Of(parser);
    if (state->headers_done) {
      if (!state->in_trailers) state->trailer_from = static_cast<size_t>(at - state->base);
      state->in_trailers = true;
      return 0;
    }
    int32_t* header = state->headers + state->header_count * kHeaderFieldCount;
    if (state->header_open) {
      header[kHeader_nameLength] += static_cast<int32_t>(length);
      return 0;
    }
    if (state->IsFull()) return 0;
    state->header_open = true;
    header[kHeader_nameOffset] = static_cast<int32_t>(at - state->base);
    header[kHeader_nameLength] = static_cast<int32_t>(length);
    header[kHeader_valueOffset] = 0;
    header[kHeader_valueLength] = 0;
    return 0;
  }

  static int HeaderValue(llhttp_t* parser, const char* at, size_t length) {
    State* state = Of(parser);
    if (state->headers_done || state->IsFull()) return 0;
    int32_t* header = state->headers + state->header_count * kHeaderFieldCount;
    if (header[kHeader_valueLength] == 0) {
      header[kHeader_valueOffset] = static_cast<int32_t>(at - state->base);
    }
    header[kHeader_valueLength] += static_cast<int32_t>(length);
    return 0;
  }

  static int HeaderValueComplete(llhttp_t* parser) {
    State* state = Of(parser);
    if (state->headers_done) return ++state->trailer_count > state->owner->limits_.headers ? state->Refuse(413) : 0;
    // Not at its first byte: what is wrong within that field must be found first however the bytes are cut.
    if (state->IsFull()) return state->Refuse(431);
    int32_t* header = state->headers + state->header_count * kHeaderFieldCount;
    // RFC 9110 section 5.5: white space around a value is not part of it.
    const char* value = state->base + header[kHeader_valueOffset];
    int32_t length = header[kHeader_valueLength];
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t')) --length;
    header[kHeader_valueLength] = length;
    state->header_open = false;
    state->header_count++;
    return 0;
  }

  // Trailers are parsed as headers are; what they say of the connection must not count.
  static int HeadersComplete(llhttp_t* parser) {
    State* state = Of(parser);
    state->headers_done = true;
    state->framing_from = state->HeadEnd();
    state->keep_alive = llhttp_should_keep_alive(parser) != 0;
    state->upgrade = llhttp_get_upgrade(parser) != 0;
    return 0;
  }

  static int Body(llhttp_t* parser, const char* at, size_t length) {
    State* state = Of(parser);
    if (state->is_chunked && state->HasMuchFraming(static_cast<size_t>(at - state->base))) {
      return state->Refuse(413);
    }
    state->body_total += length;
    if (state->body_total > state->owner->limits_.body_bytes) return state->Refuse(413);
    if (state->body == nullptr) state->body = const_cast<char*>(at);
    // The gap between two chunks is framing that has been read already.
    if (at != state->body + state->body_length) {
      std::memmove(state->body + state->body_length, at, length);
    }
    state->body_length += length;
    return 0;
  }

  static int ChunkHeader(llhttp_t* parser) {
    Of(parser)->is_chunked = true;
    return 0;
  }

  // Stop here, so that the next request starts with a parser in its first state.
  static int MessageComplete(llhttp_t* parser) {
    Of(parser)->message_done = true;
    return kLlhttpPaused;
  }
};

namespace {

// That a method belongs to another protocol is an error of its own.
bool IsAboutMethod(int error) { return error == kLlhttpInvalidMethod || error == kLlhttpInvalidConstant; }

}  // namespace

bool RequestParser::State::IsFull() const { return header_count == owner->limits_.headers; }

int RequestParser::State::Refuse(int with) {
  status = with;
  return kLlhttpUser;
}

// Up to the last header's value; what follows is white space and line ends.
size_t RequestParser::State::HeadEnd() const {
  if (header_count == 0) return url_offset + url_length + std::strlen(" HTTP/1.1\r\n");
  const int32_t* last = headers + (header_count - 1) * kHeaderFieldCount;
  const int32_t end = last[kHeader_valueLength] > 0 ? last[kHeader_valueOffset] + last[kHeader_valueLength]
                                                    : last[kHeader_nameOffset] + last[kHeader_nameLength] + 1;
  return static_cast<size_t>(end);
}

RequestParser::RequestParser(const Limits& limits) : limits_(limits) {
  std::memset(settings_, 0, sizeof settings_);
  llhttp_settings_init(settings_);
  settings_[kLlhttpOnUrl] = reinterpret_cast<void*>(&ParserCallbacks::Url);
  settings_[kLlhttpOnHeaderField] = reinterpret_cast<void*>(&ParserCallbacks::HeaderField);
  settings_[kLlhttpOnHeaderValue] = reinterpret_cast<void*>(&ParserCallbacks::HeaderValue);
  settings_[kLlhttpOnHeaderValueComplete] = reinterpret_cast<void*>(&ParserCallbacks::HeaderValueComplete);
  settings_[kLlhttpOnHeadersComplete] = reinterpret_cast<void*>(&ParserCallbacks::HeadersComplete);
  settings_[kLlhttpOnBody] = reinterpret_cast<void*>(&ParserCallbacks::Body);
  settings_[kLlhttpOnChunkHeader] = reinterpret_cast<void*>(&ParserCallbacks::ChunkHeader);
  settings_[kLlhttpOnMessageComplete] = reinterpret_cast<void*>(&ParserCallbacks::MessageComplete);
  std::memset(&state_, 0, sizeof state_);
  llhttp_init(parser(), kLlhttpRequest, settings_);
  // Any pair of digits is a version; Objection() says which are ours.
  llhttp_set_lenient_version(parser(), 1);
}

bool RequestParser::HostFits() {
  void* settings[2 * kLlhttpSlotCount];
  std::memset(settings, 0xff, sizeof settings);
  llhttp_settings_init(settings);
  int slots = 0;
  while (slots < 2 * kLlhttpSlotCount && settings[slots] == nullptr) ++slots;
  return slots == kLlhttpSlotCount;
}

ParsedRequest RequestParser::ParseUnknown(char* data, size_t length, int32_t* headers) {
  llhttp_reset(parser());
  state_.owner = this;
  state_.BeginBytes(data);
  state_.headers = headers;
  state_.header_count = 0;
  state_.header_open = false;
  state_.headers_done = false;
  state_.status = 0;
  state_.url_offset = 0;
  state_.url_length = 0;
  state_.body_total = 0;
  state_.framing_bytes = 0;
  state_.in_trailers = false;
  state_.trailer_count = 0;
  state_.trailer_bytes = 0;
  state_.is_chunked = false;

  ParsedRequest request{};
  request.head_slot = -1;
  const int error = llhttp_execute(parser(), data, length);
  if (!state_.headers_done && error == kLlhttpOk) {
    request.outcome = ParseOutcome::kPartial;
    return request;
  }
  if (state_.headers_done) {
    ReadHeaders(&request);
    request.status = Objection(&request);
    if (request.status == 0 && request.chunked) request.status = state_.EndBytes(error, length, &request);
  }
  if (request.status != 0) {
    request.outcome = ParseOutcome::kRejected;
  } else if (state_.message_done) {
    request.outcome = ParseOutcome::kComplete;
    request.consumed = state_.ErrorOffset();
  } else if (error == kLlhttpOk) {
    request.outcome = ParseOutcome::kBody;
    request.consumed = length;
  } else if (IsAboutMethod(error) && IsUnfinishedRequestLine({data, length})) {
    request.outcome = ParseOutcome::kPartial;  // the rest of the line tells with which status to refuse it
  } else {
    request.outcome = ParseOutcome::kRejected;
    request.status = RejectionOf(error, data, length);
  }
  return request;
}

int RequestParser::RejectionOf(int error, const char* data, size_t length) const {
  if (state_.status != 0) return state_.status;
  if (error == kLlhttpPausedHttp2) return 505;
  // RFC 9110 section 9.1: a method that is well formed and unknown is "not implemented".
  if (IsAboutMethod(error) && IsRequestLine({data, length})) return 501;
  return 400;
}

// Everything that the headers say about the request as a whole.
void RequestParser::ReadHeaders(ParsedRequest* request) {
  request->method = llhttp_get_method(parser());
  request->url_offset = state_.url_offset;
  request->url_length = state_.url_length;
  request->header_count = state_.header_count;
  request->body_length = state_.body_length;
  request->body_offset = state_.body_offset();
  request->http10 = llhttp_get_http_minor(parser()) == 0;
  request->keep_alive = state_.keep_alive;
  // RFC 9110 section 7.8: Upgrade in an HTTP/1.0 request is to be ignored.
  request->upgrade = (state_.upgrade && !request->http10) || request->method == kLlhttpMethodConnect;

  request->head_length = state_.framing_from;
  for (int i = 0; i < state_.header_count; ++i) {
    const int32_t* header = state_.headers + i * kHeaderFieldCount;
    const std::string_view name = Text(header[kHeader_nameOffset], header[kHeader_nameLength]);
    const std::string_view value = Text(header[kHeader_valueOffset], header[kHeader_valueLength]);
    if (IsWord(name, "content-length")) {
      // llhttp has checked that there is one, of digits only, that does not overflow.
      request->content_length = 0;
      for (const char digit : value) {
        request->content_length = request->content_length * 10 + static_cast<uint64_t>(digit - '0');
      }
    } else if (IsWord(name, "transfer-encoding")) {
      if (request->chunked) state_.status = 400;
      request->chunked = true;
      if (!IsWord(value, "chunked")) state_.status = RefusalOfCoding(value);
    } else if (IsWord(name, "expect") && !request->http10) {
      // RFC 9110 section 10.1.1: there is only one expectation, and a server may refuse any other.
      if (IsWord(value, "100-continue")) {
        request->expects_continue = true;
      } else {
        request->expects_other = true;
      }
    } else if (request->http10 && request->keep_alive && IsWord(name, "connection")) {
      // RFC 9112 section 9.3: close wins. llhttp looks for keep-alive only.
      request->keep_alive = !ListHas(value, "close");
    }
  }
}

// The status to refuse a well-formed head with, or 0.
int RequestParser::Objection(ParsedRequest* request) {
  const int major = llhttp_get_http_major(parser());
  const int minor = llhttp_get_http_minor(parser());
  // RFC 9110 section 2.5: a higher minor version is answered as the highest that is known.
  if (major != 1) return 505;
  // llhttp skips more blanks than one, and knows other protocols (RFC 9112 section 3).
  const std::string_view target = Text(request->url_offset, request->url_length);
  if (target.data()[-2] == ' ' || std::memcmp(target.data() + target.size(), " HTTP/", 6) != 0) return 400;
  const bool is_target = request->method == kLlhttpMethodConnect
                             ? IsConnectTarget(target)
                             : IsTarget(target, request->method == kLlhttpMethodOptions);
  if (!is_target) return 400;
  int hosts = 0;
  for (int i = 0; i < state_.header_count; ++i) {
    const int32_t* header = state_.headers + i * kHeaderFieldCount;
    if (!IsWord(Text(header[kHeader_nameOffset], header[kHeader_nameLength]), "host")) continue;
    ++hosts;
    if (!IsHost(Text(header[kHeader_valueOffset], header[kHeader_valueLength]))) return 400;
  }
  request->hostless = hosts == 0 && minor > 0;
  if (hosts > 1 || (request->hostless && limits_.requires_host)) return 400;  // RFC 9112 section 3.2
  if (request->http10 && request->chunked) return 400;                        // RFC 9112 section 6.1
  if (request->url_length > limits_.header_bytes) return 414;
  if (request->head_length > limits_.header_bytes) return 431;
  if (request->content_length > limits_.body_bytes) return 413;
  return state_.status;
}

}  // namespace pronghorn
