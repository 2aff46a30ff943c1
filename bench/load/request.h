// The command line of blast, the load client of the benchmark, and the batch of requests that it
// makes of it.
#ifndef BENCH_LOAD_REQUEST_H_
#define BENCH_LOAD_REQUEST_H_

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { kRequestHeadMax = 8192, kConnectionsMax = 1 << 20, kDepthMax = 1024 };

struct Options {
  struct sockaddr_in address;
  uint32_t connections;
  uint32_t depth;  // requests under way on a connection
  double seconds;
  double warm_seconds;
  int close;    // a new connection per request
  double rate;  // requests a second on a schedule; 0: a closed loop
  int pids[kPidsMax];
  int pid_count;
  char* batch;  // `depth` times the same request
  size_t request_length;
};

static int usage(const char* why) {
  fprintf(stderr,
          "blast: %s\nblast [--close] [--rate PER_SECOND] [--warm SECONDS] [--cpu-of PID,PID...]\n"
          "      [--header LINE]... HOST PORT CONNECTIONS DEPTH SECONDS [PATH [METHOD BODY_BYTES]]\n",
          why);
  return -1;
}

static int build_batch(struct Options* options, const char* host, const char* const* rest,
                       const char* headers) {
  const char* path = rest[0] ? rest[0] : "/";
  const char* method = rest[0] && rest[1] ? rest[1] : "GET";
  size_t body_length = rest[0] && rest[1] && rest[2] ? strtoul(rest[2], NULL, 10) : 0;
  char content_length[64] = "";
  if (body_length > 0) {
    snprintf(content_length, sizeof content_length, "Content-Length: %zu\r\n", body_length);
  }
  char head[kRequestHeadMax];
  int length = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s:%u\r\n%s%s%s\r\n", method,
                        path, host, ntohs(options->address.sin_port), headers, content_length,
                        options->close ? "Connection: close\r\n" : "");
  if (length < 0 || length >= kRequestHeadMax) return usage("the request's head is too long");
  options->request_length = (size_t)length + body_length;
  options->batch = malloc(options->request_length * options->depth);
  if (!options->batch) return usage("out of memory");
  for (uint32_t i = 0; i < options->depth; ++i) {
    char* at = options->batch + options->request_length * i;
    memcpy(at, head, (size_t)length);
    memset(at + length, 'x', body_length);
  }
  return 0;
}

static int parse_positional(struct Options* options, char** arguments, const char* headers) {
  options->address.sin_family = AF_INET;
  options->address.sin_port = htons((uint16_t)atoi(arguments[1]));
  if (inet_pton(AF_INET, arguments[0], &options->address.sin_addr) != 1) {
    return usage("HOST must be a numeric IPv4 address");
  }
  options->connections = (uint32_t)strtoul(arguments[2], NULL, 10);
  options->depth = (uint32_t)strtoul(arguments[3], NULL, 10);
  options->seconds = atof(arguments[4]);
  if (options->connections < 1 || options->connections > kConnectionsMax)
    return usage("CONNECTIONS");
  if (options->depth < 1 || options->depth > kDepthMax) return usage("DEPTH");
  if (options->seconds <= 0) return usage("SECONDS");
  if ((options->close || options->rate > 0) && options->depth > 1)
    return usage("--close and --rate have a DEPTH of 1");
  if (options->close && options->rate > 0) return usage("--close knows no --rate");
  return build_batch(options, arguments[0], (const char* const*)arguments + 5, headers);
}

static void parse_pids(struct Options* options, char* list) {
  for (char* pid = strtok(list, ","); pid && options->pid_count < kPidsMax;
       pid = strtok(NULL, ",")) {
    options->pids[options->pid_count++] = atoi(pid);
  }
}

static int parse_options(struct Options* options, int argc, char** argv) {
  char headers[kRequestHeadMax / 2] = "";
  int i = 1;
  for (; i < argc && strncmp(argv[i], "--", 2) == 0; ++i) {
    if (strcmp(argv[i], "--close") == 0) {
      options->close = 1;
      continue;
    }
    if (i + 1 >= argc) return usage("an option without its value");
    const char* name = argv[i++];
    if (strcmp(name, "--rate") == 0) {
      options->rate = atof(argv[i]);
      if (options->rate <= 0) return usage("--rate");
    } else if (strcmp(name, "--warm") == 0) {
      options->warm_seconds = atof(argv[i]);
    } else if (strcmp(name, "--cpu-of") == 0) {
      parse_pids(options, argv[i]);
    } else if (strcmp(name, "--header") == 0) {
      size_t used = strlen(headers);
      if (used + strlen(argv[i]) + 3 > sizeof headers) return usage("too many headers");
      snprintf(headers + used, sizeof headers - used, "%s\r\n", argv[i]);
    } else {
      return usage(name);
    }
  }
  if (argc - i < 5) return usage("too few arguments");
  return parse_positional(options, argv + i, headers);
}

#endif  // BENCH_LOAD_REQUEST_H_
