// Counts HTTP/1.1 responses in what a connection received. Part of blast, the load client of the
// benchmark. The first response is parsed in full. Later ones are only compared with it: same
// status, same Content-Length line at the same place, same end of the head; whatever differs is
// parsed in full again. So the count is right and nearly free.
#ifndef BENCH_LOAD_RESPONSE_H_
#define BENCH_LOAD_RESPONSE_H_

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { kHeadMax = 4096, kStatusPrefix = 12 /* "HTTP/1.1 200" */, kLengthLineMax = 48 };

// What the last fully parsed response with status 2xx looked like. All connections talk to the same
// server.
struct Learned {
  size_t head_length;  // 0: nothing learned yet
  size_t line_at;      // of the Content-Length line, from the head's start
  size_t line_length;  // its "\r\n" included
  uint64_t body_length;
  char prefix[kStatusPrefix];
  char line[kLengthLineMax];
};

// The unfinished response of one connection.
struct Reader {
  uint64_t body_left;
  uint32_t head_have;
  int in_body;
  char head[kHeadMax];
};

struct Count {
  uint64_t complete;
  uint64_t not_ok;  // of them, those with a status other than 2xx
};

static struct Learned learned;

// A head that ends at head + length. Returns its body's length; -1: not a response that blast can
// count (a chunked one, for example), and `line` tells nothing.
static int64_t body_length_of(const char* head, size_t length, size_t* line_at,
                              size_t* line_length) {
  const char* end = head + length - 2;
  const char* line = memchr(head, '\n', length);
  *line_length = 0;
  while (line && line + 1 < end) {
    ++line;
    const char* next = memchr(line, '\n', (size_t)(head + length - line));
    if (!next) return -1;
    if (strncasecmp(line, "transfer-encoding:", 18) == 0) return -1;
    if (strncasecmp(line, "content-length:", 15) == 0) {
      *line_at = (size_t)(line - head);
      *line_length = (size_t)(next + 1 - line);
      return strtoll(line + 15, NULL, 10);
    }
    line = next;
  }
  return strncmp(head + 9, "204", 3) == 0 || strncmp(head + 9, "304", 3) == 0 ? 0 : -1;
}

static int is_like_learned(const char* at, const char* end) {
  return learned.head_length > 0 && (size_t)(end - at) >= learned.head_length &&
         memcmp(at, learned.prefix, kStatusPrefix) == 0 &&
         memcmp(at + learned.line_at, learned.line, learned.line_length) == 0 &&
         memcmp(at + learned.head_length - 4, "\r\n\r\n", 4) == 0;
}

// Parses the complete head in reader->head. 0, or -1 where it is none.
static int take_head(struct Reader* reader, size_t length, struct Count* count) {
  size_t line_at = 0;
  size_t line_length = 0;
  if (length < kStatusPrefix + 4 || memcmp(reader->head, "HTTP/1.", 7) != 0) return -1;
  int64_t body_length = body_length_of(reader->head, length, &line_at, &line_length);
  if (body_length < 0) return -1;
  if (reader->head[9] != '2') {
    ++count->not_ok;
  } else if (line_length > 0 && line_length <= kLengthLineMax) {
    learned.head_length = length;
    learned.line_at = line_at;
    learned.line_length = line_length;
    learned.body_length = (uint64_t)body_length;
    memcpy(learned.prefix, reader->head, kStatusPrefix);
    memcpy(learned.line, reader->head + line_at, line_length);
  }
  reader->body_left = (uint64_t)body_length;
  reader->in_body = 1;
  reader->head_have = 0;
  return 0;
}

// Takes as much of a head as there is. Returns where to go on; NULL: this is not HTTP as blast
// knows it.
static const char* read_head(struct Reader* reader, const char* at, const char* end,
                             struct Count* count) {
  if (reader->head_have == 0 && is_like_learned(at, end)) {
    reader->body_left = learned.body_length;
    reader->in_body = 1;
    return at + learned.head_length;
  }
  size_t old = reader->head_have;
  size_t take = (size_t)(end - at) < kHeadMax - old ? (size_t)(end - at) : kHeadMax - old;
  memcpy(reader->head + old, at, take);
  const char* stop = memmem(reader->head, old + take, "\r\n\r\n", 4);
  if (!stop) {
    reader->head_have = (uint32_t)(old + take);
    return reader->head_have == kHeadMax ? NULL : end;
  }
  size_t length = (size_t)(stop - reader->head) + 4;
  return take_head(reader, length, count) < 0 ? NULL : at + (length - old);
}

// Adds the responses that are complete at `end` to `count`. 0, or -1: the connection is of no more
// use.
static int read_responses(struct Reader* reader, const char* at, const char* end,
                          struct Count* count) {
  while (at < end) {
    if (!reader->in_body) {
      at = read_head(reader, at, end, count);
      if (!at) return -1;
    }
    if (!reader->in_body) continue;
    uint64_t here = (uint64_t)(end - at);
    uint64_t take = here < reader->body_left ? here : reader->body_left;
    at += take;
    reader->body_left -= take;
    if (reader->body_left > 0) break;
    reader->in_body = 0;
    ++count->complete;
  }
  return 0;
}

#endif  // BENCH_LOAD_RESPONSE_H_
