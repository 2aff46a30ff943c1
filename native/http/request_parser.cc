// llhttp's callbacks, and the rules of RFC 9112 that llhttp leaves to its user: see request_parser.h. Never
// keeps a pointer into the bytes that it was given.
#include "http/request_parser.h"

#include <cstring>

#include "base/check.h"

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
    if (state->headers_done) return 0;  // a trailer
    int32_t* header = state->headers + state->header_count * kHeaderFieldCount;
    if (state->header_open) {
      header[kHeader_nameLength] += static_cast<int32_t>(length);
      return 0;
    }
    if (state->header_count == state->owner->limits_.headers) {
      state->status = 431;
      return kLlhttpUser;
    }
    state->header_open = true;
    header[kHeader_nameOffset] = static_cast<int32_t>(at - state->base);
    header[kHeader_nameLength] = static_cast<int32_t>(length);
    header[kHeader_valueOffset] = 0;
    header[kHeader_valueLength] = 0;
    return 0;
  }

  static int HeaderValue(llhttp_t* parser, const char* at, size_t length) {
    State* state = Of(parser);
    if (state->headers_done) return 0;
    int32_t* header = state->headers + state->header_count * kHeaderFieldCount;
    if (header[kHeader_valueLength] == 0) {
      header[kHeader_valueOffset] = static_cast<int32_t>(at - state->base);
    }
    header[kHeader_valueLength] += static_cast<int32_t>(length);
    return 0;
  }

  static int HeaderValueComplete(llhttp_t* parser) {
    State* state = Of(parser);
    if (state->headers_done) return 0;
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

  static int HeadersComplete(llhttp_t* parser) {
    Of(parser)->headers_done = true;
    return 0;
  }

  static int Body(llhttp_t* parser, const char* at, size_t length) {
    State* state = Of(parser);
    state->body_total += length;
    if (state->body_total > state->owner->limits_.body_bytes) {
      state->status = 413;
      return kLlhttpUser;
    }
    if (state->body_sink != nullptr) {
      state->body_sink->append(at, length);
      return 0;
    }
    if (state->body == nullptr) state->body = const_cast<char*>(at);
    // The gap between two chunks is framing that has been read already.
    if (at != state->body + state->body_length) {
      std::memmove(state->body + state->body_length, at, length);
    }
    state->body_length += length;
    return 0;
  }

  // Stop here, so that the next request starts with a parser in its first state.
  static int MessageComplete(llhttp_t* parser) {
    Of(parser)->message_done = true;
    return kLlhttpPaused;
  }
};

namespace {

bool IsDone(int error) {
  return error == kLlhttpPaused || error == kLlhttpPausedUpgrade || error == kLlhttpPausedH2Upgrade;
}

int StatusOf(int error) {
  if (error == kLlhttpInvalidVersion) return 505;
  return 400;
}

// Case-insensitive for tokens: in these, only letters differ in bit 5 from what `lower` has.
template <size_t kSize>
bool Is(const char* text, int32_t length, const char (&lower)[kSize]) {
  if (static_cast<size_t>(length) != kSize - 1) return false;
  for (size_t i = 0; i < kSize - 1; ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

}  // namespace

RequestParser::RequestParser(const Limits& limits) : limits_(limits) {
  std::memset(settings_, 0, sizeof settings_);
  llhttp_settings_init(settings_);
  settings_[kLlhttpOnUrl] = reinterpret_cast<void*>(&ParserCallbacks::Url);
  settings_[kLlhttpOnHeaderField] = reinterpret_cast<void*>(&ParserCallbacks::HeaderField);
  settings_[kLlhttpOnHeaderValue] = reinterpret_cast<void*>(&ParserCallbacks::HeaderValue);
  settings_[kLlhttpOnHeaderValueComplete] = reinterpret_cast<void*>(&ParserCallbacks::HeaderValueComplete);
  settings_[kLlhttpOnHeadersComplete] = reinterpret_cast<void*>(&ParserCallbacks::HeadersComplete);
  settings_[kLlhttpOnBody] = reinterpret_cast<void*>(&ParserCallbacks::Body);
  settings_[kLlhttpOnMessageComplete] = reinterpret_cast<void*>(&ParserCallbacks::MessageComplete);
  std::memset(&state_, 0, sizeof state_);
  llhttp_init(parser(), kLlhttpRequest, settings_);
}

bool RequestParser::HostFits() {
  void* settings[2 * kLlhttpSlotCount];
  std::memset(settings, 0xff, sizeof settings);
  llhttp_settings_init(settings);
  int slots = 0;
  while (slots < 2 * kLlhttpSlotCount && settings[slots] == nullptr) ++slots;
  return slots == kLlhttpSlotCount;
}

ParsedRequest RequestParser::Parse(char* data, size_t length, int32_t* headers) {
  llhttp_reset(parser());
  state_.owner = this;
  state_.base = data;
  state_.headers = headers;
  state_.header_count = 0;
  state_.header_open = false;
  state_.headers_done = false;
  state_.message_done = false;
  state_.status = 0;
  state_.url_offset = 0;
  state_.url_length = 0;
  state_.body = nullptr;
  state_.body_length = 0;
  state_.body_sink = nullptr;
  state_.body_total = 0;

  ParsedRequest request{};
  const int error = llhttp_execute(parser(), data, length);
  if (!state_.headers_done) {
    if (error == kLlhttpOk) {
      request.outcome = ParseOutcome::kPartial;
    } else {
      request.outcome = ParseOutcome::kRejected;
      request.status = state_.status != 0 ? state_.status : StatusOf(error);
    }
    return request;
  }
  Examine(&request);
  if (request.outcome == ParseOutcome::kRejected) return request;
  if (state_.message_done) {
    request.outcome = ParseOutcome::kComplete;
    request.consumed = static_cast<size_t>(llhttp_get_error_pos(parser()) - data);
  } else if (error == kLlhttpOk) {
    request.outcome = ParseOutcome::kBody;
    request.consumed = length;
  } else {
    request.outcome = ParseOutcome::kRejected;
    request.status = state_.status != 0 ? state_.status : StatusOf(error);
  }
  return request;
}

// Everything that the headers decide, and the rules of RFC 9112 that llhttp leaves to its user.
void RequestParser::Examine(ParsedRequest* request) {
  request->method = llhttp_get_method(parser());
  request->url_offset = state_.url_offset;
  request->url_length = state_.url_length;
  request->header_count = state_.header_count;
  request->body_length = state_.body_length;
  request->body_offset = state_.body == nullptr ? 0 : static_cast<size_t>(state_.body - state_.base);
  request->http10 = llhttp_get_http_minor(parser()) == 0;
  request->keep_alive = llhttp_should_keep_alive(parser()) != 0;

  int hosts = 0;
  size_t end = state_.url_offset + state_.url_length + std::strlen(" HTTP/1.1\r\n");
  for (int i = 0; i < state_.header_count; ++i) {
    const int32_t* header = state_.headers + i * kHeaderFieldCount;
    const char* name = state_.base + header[kHeader_nameOffset];
    const char* value = state_.base + header[kHeader_valueOffset];
    const int32_t name_length = header[kHeader_nameLength];
    if (Is(name, name_length, "host")) {
      ++hosts;
    } else if (Is(name, name_length, "content-length")) {
      // llhttp has checked that there is one, of digits only, that does not overflow.
      request->content_length = 0;
      for (int32_t k = 0; k < header[kHeader_valueLength]; ++k) {
        request->content_length = request->content_length * 10 + static_cast<uint64_t>(value[k] - '0');
      }
    } else if (Is(name, name_length, "transfer-encoding")) {
      request->chunked = true;
    } else if (Is(name, name_length, "expect")) {
      request->expects_continue = Is(value, header[kHeader_valueLength], "100-continue") && !request->http10;
    }
    end = static_cast<size_t>(name - state_.base) + static_cast<size_t>(name_length) + 1;
    if (header[kHeader_valueLength] > 0) {
      end = static_cast<size_t>(value - state_.base) + static_cast<size_t>(header[kHeader_valueLength]);
    }
  }
  request->head_length = end;  // up to the last header's value; what follows is white space and line ends

  const int major = llhttp_get_http_major(parser());
  const int minor = llhttp_get_http_minor(parser());
  if (major != 1 || minor > 1) {
    request->status = 505;
  } else if (hosts > 1 || (hosts == 0 && minor == 1)) {
    request->status = 400;  // RFC 9112 section 3.2
  } else if (request->url_length > limits_.header_bytes) {
    request->status = 414;
  } else if (end > limits_.header_bytes) {
    request->status = 431;
  } else if (request->content_length > limits_.body_bytes) {
    request->status = 413;
  }
  if (request->status != 0) request->outcome = ParseOutcome::kRejected;
}

std::unique_ptr<RequestParser::ChunkedBody> RequestParser::TakeChunkedBody() {
  return std::make_unique<ChunkedBody>(state_);
}

ParsedRequest RequestParser::ChunkedBody::Feed(const char* data, size_t length, std::string* sink) {
  ParsedRequest request{};
  state_.body_sink = sink;
  state_.message_done = false;
  auto* parser = reinterpret_cast<llhttp_t*>(state_.llhttp);
  const int error = llhttp_execute(parser, data, length);
  if (state_.message_done && IsDone(error)) {
    request.outcome = ParseOutcome::kComplete;
    request.consumed = static_cast<size_t>(llhttp_get_error_pos(parser) - data);
  } else if (error == kLlhttpOk) {
    request.outcome = ParseOutcome::kBody;
    request.consumed = length;
  } else {
    request.outcome = ParseOutcome::kRejected;
    request.status = state_.status != 0 ? state_.status : StatusOf(error);
  }
  return request;
}

}  // namespace pronghorn
