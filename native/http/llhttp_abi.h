// The part of llhttp's interface that is used here, as the host's node binary exports it: no llhttp source is
// compiled in. The parser struct stays opaque (its storage is oversized, only getters read it), and the order
// of the settings' slots is llhttp 9.3's, checked at start by RequestParser::HostFits().
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct llhttp_s;
using llhttp_t = llhttp_s;

void llhttp_init(llhttp_t* parser, int type, const void* settings);
void llhttp_reset(llhttp_t* parser);
void llhttp_set_lenient_version(llhttp_t* parser, int enabled);
void llhttp_settings_init(void* settings);
int llhttp_execute(llhttp_t* parser, const char* data, size_t length);
const char* llhttp_get_error_pos(const llhttp_t* parser);
uint8_t llhttp_get_method(llhttp_t* parser);
uint8_t llhttp_get_http_major(llhttp_t* parser);
uint8_t llhttp_get_upgrade(llhttp_t* parser);
uint8_t llhttp_get_http_minor(llhttp_t* parser);
int llhttp_should_keep_alive(const llhttp_t* parser);
const char* llhttp_method_name(int method);

}  // extern "C"

namespace pronghorn {

inline constexpr int kLlhttpRequest = 1;
inline constexpr size_t kLlhttpStorage = 256;  // the struct has about 100 bytes in 9.x
inline constexpr int kLlhttpMethodCount = 47;  // numbers 0..46, the last one is QUERY
inline constexpr int kLlhttpMethodHead = 2;
inline constexpr int kLlhttpMethodConnect = 5;
inline constexpr int kLlhttpMethodOptions = 6;

enum LlhttpErrno : int {
  kLlhttpOk = 0,
  kLlhttpInvalidMethod = 6,
  kLlhttpInvalidConstant = 8,
  kLlhttpPaused = 21,
  kLlhttpPausedHttp2 = 23,
  kLlhttpUser = 24,
};

// Positions in the table of callbacks, each the size of a pointer.
enum LlhttpSlot : int {
  kLlhttpOnUrl = 2,
  kLlhttpOnHeaderField = 6,
  kLlhttpOnHeaderValue = 7,
  kLlhttpOnHeadersComplete = 10,
  kLlhttpOnBody = 11,
  kLlhttpOnMessageComplete = 12,
  kLlhttpOnHeaderValueComplete = 19,
  kLlhttpOnChunkHeader = 22,
  kLlhttpSlotCount = 25,
};

}  // namespace pronghorn
