// Bytes to requests, with the llhttp of the host binary. The only user of llhttp. Knows no socket and no
// JavaScript. A head is parsed in one go, when its bytes lie together; a chunked body that arrives in pieces
// keeps a parser of its own (ChunkedBody).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "contract.h"
#include "http/head_cache.h"
#include "http/limits.h"
#include "http/llhttp_abi.h"

namespace pronghorn {

enum class ParseOutcome {
  kComplete,  // a whole request; `consumed` bytes are used up
  kBody,      // the head is complete, the body is not; all bytes are used up
  kPartial,   // the head is not complete; nothing is used up
  kRejected,  // answer with `status` and close
};

// What one call of Parse found. Offsets count from the first byte that was given to it.
struct ParsedRequest {
  ParseOutcome outcome;
  int status;
  size_t consumed;
  int method;
  bool keep_alive;
  bool http10;
  bool expects_continue;
  bool expects_other;  // and nobody knows what; to be refused with 417
  bool hostless;  // HTTP/1.1 without a Host, where that is let through
  bool upgrade;
  bool chunked;
  uint64_t content_length;
  size_t head_length;
  size_t url_offset;
  size_t url_length;
  int header_count;
  size_t body_offset;
  size_t body_length;
  size_t trailer_offset;  // lines behind a chunked body, with the empty one that ends them
  size_t trailer_length;
  int head_slot;        // of a head that is kept (HeadCache); -1: it is not
  int32_t head_serial;  // which head is kept there
};

class RequestParser {
 public:
  explicit RequestParser(const Limits& limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Whether the host's llhttp has the shape that llhttp_abi.h declares.
  static bool HostFits();

  // Parses one request at the start of `data`. Chunks of the body are moved together in place. `headers` has
  // room for limits.headers entries of kHeaderFieldCount numbers. `last_slot` is the head_slot of the client's
  // request before, or -1; what is found does not depend on it.
  ParsedRequest Parse(char* data, size_t length, int32_t* headers, int last_slot);
  // The same, every time anew.
  ParsedRequest ParseUnknown(char* data, size_t length, int32_t* headers);

  // State of a body that goes on after Parse returned kBody with `chunked` set.
  class ChunkedBody;
  std::unique_ptr<ChunkedBody> TakeChunkedBody();

 private:
  friend struct ParserCallbacks;

  // llhttp hands its own address to callbacks; it lies first, so that is the address of this struct too.
  struct State {
    alignas(16) unsigned char llhttp[kLlhttpStorage];
    RequestParser* owner;
    char* base;
    int32_t* headers;
    int header_count;
    bool header_open;
    bool headers_done;
    bool message_done;
    int status;  // rejection from a callback
    size_t url_offset;
    size_t url_length;
    char* body;
    size_t body_length;
    uint64_t body_total;
    uint64_t framing_bytes;  // of a chunked body, without what it carries
    size_t framing_from;     // where it begins in these bytes
    bool in_trailers;
    int trailer_count;
    uint64_t trailer_bytes;
    size_t trailer_from;  // where they begin in these bytes
    bool is_chunked;
    bool keep_alive;
    bool upgrade;

    void BeginBytes(char* data) {
      base = data;
      body = nullptr;
      body_length = 0;
      framing_from = 0;
      trailer_from = 0;
      message_done = false;
    }
    // Where llhttp stopped.
    size_t ErrorOffset() const {
      return static_cast<size_t>(llhttp_get_error_pos(reinterpret_cast<const llhttp_t*>(llhttp)) - base);
    }
    int EndBytes(int error, size_t length, ParsedRequest* request);
    bool HasMuchFraming(size_t used) const;
    bool IsFull() const;
    int Refuse(int with);
    size_t HeadEnd() const;
    size_t body_offset() const { return body == nullptr ? 0 : static_cast<size_t>(body - base); }
  };
  llhttp_t* parser() { return reinterpret_cast<llhttp_t*>(state_.llhttp); }
  std::string_view Text(size_t offset, size_t length) const { return {state_.base + offset, length}; }
  std::string_view Text(int32_t offset, int32_t length) const {
    return Text(static_cast<size_t>(offset), static_cast<size_t>(length));
  }
  int RejectionOf(int error, const char* data, size_t length) const;
  ParsedRequest FromKept(const HeadCache::Place& place, size_t length, int32_t* headers) const;
  void Keep(const HeadCache::Place& place, const ParsedRequest& request, const int32_t* headers);
  void ReadHeaders(ParsedRequest* request);
  int Objection(ParsedRequest* request);

  const Limits limits_;
  void* settings_[2 * kLlhttpSlotCount];
  State state_;
  HeadCache heads_;
};

// A chunked body in the making: a copy of the parser's state at the point where the bytes ran out.
class RequestParser::ChunkedBody {
 public:
  explicit ChunkedBody(const State& state) : state_(state) {}
  // The decoded bytes are moved together in place. kComplete, kBody or kRejected, with consumed, status and
  // the body's place.
  ParsedRequest Feed(char* data, size_t length);

 private:
  State state_;
};

}  // namespace pronghorn
