// blast, the load client of the benchmark: one thread, one epoll set, a closed loop. Every
// connection always has DEPTH requests under way; what was answered is asked again in one send().
// It is light (a fraction of wrk's cost a request), so that on two cores the server is what is
// saturated. It reads the server's CPU time at the very start and end of the measured window, and
// prints one JSON line. It must never be the place where results are judged.
//
//   blast [--close] [--rate PER_SECOND] [--warm SECONDS] [--cpu-of PID,PID…] [--header LINE]…
//         HOST PORT CONNECTIONS DEPTH SECONDS [PATH [METHOD BODY_BYTES]]
//
// --close: a new connection per request; the next one begins when the answer is complete and the
// server has closed. --rate: no closed loop but a schedule (pace.h). Compiled with -DTLS it speaks
// TLS 1.3, with --close a full handshake per request.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "pace.h"
#include "request.h"
#include "response.h"
#include "transport.h"

enum {
  kEventsMax = 1024,
  kInputSize = 1 << 18,
  kSampleEvery = 8,
  kWaitMs = 100,
  kConnectSeconds = 5
};

struct Connection {
  struct Transport transport;
  struct Line* line;      // at a fixed rate only
  uint32_t owed;          // answers that are still to come
  uint32_t until_sample;  // answers up to the one whose latency is taken; 0: none is
  uint32_t since_sample;  // sends since the last one
  uint64_t sample_ns;  // when that request was sent (with `close`: when its connection was begun)
  uint64_t out_left;   // bytes of requests that are due
  uint64_t out_at;     // position of the next in the batch of requests
  struct Reader reader;
};

struct Totals {
  uint64_t requests;
  uint64_t errors;
  uint64_t reconnects;
  uint64_t server_cpu_ns;
  uint64_t client_cpu_ns;
  uint64_t at_ns;
};

static struct Options options;
static struct Totals totals;
static struct Histogram latency;
static struct Pace pace;
static struct Connection* connections;
static int epoll_fd;
static char input[kInputSize];

static void watch(struct Connection* connection, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  epoll_ctl(epoll_fd, operation, connection->transport.fd, &event);
}

static int send_due(struct Connection* connection) {
  size_t all = options.request_length * options.depth;
  if (transport_shake(&connection->transport) < 0) return errno == EAGAIN ? 0 : -1;
  while (connection->out_left > 0) {
    size_t length = all - connection->out_at;
    if (length > connection->out_left) length = connection->out_left;
    ssize_t sent =
        transport_send(&connection->transport, options.batch + connection->out_at, length);
    if (sent < 0 && errno == EAGAIN) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return 0;
    }
    if (sent < 0) return -1;
    connection->out_left -= (size_t)sent;
    connection->out_at = (connection->out_at + (size_t)sent) % all;
  }
  connection->out_at = 0;
  return 0;
}

static int ask(struct Connection* connection, uint32_t count) {
  connection->owed += count;
  if (options.rate == 0 && connection->until_sample == 0 &&
      ++connection->since_sample >= kSampleEvery) {
    connection->until_sample = connection->owed;
    connection->since_sample = 0;
    if (!options.close) connection->sample_ns = now_ns();
  }
  connection->out_left += count * options.request_length;
  return send_due(connection);
}

// A blocking connect: on the loopback interface it is done when the call returns.
static int begin(struct Connection* connection) {
  uint32_t since_sample = connection->since_sample;
  struct Line* line = connection->line;
  memset(connection, 0, offsetof(struct Connection, reader.head));
  connection->since_sample = since_sample;
  connection->line = line;
  if (options.close) connection->sample_ns = now_ns();
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  connection->transport.fd = fd;
  if (fd < 0) return -1;
  struct timeval limit = {.tv_sec = kConnectSeconds};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  if (connect(fd, (struct sockaddr*)&options.address, sizeof options.address) < 0 ||
      transport_open(&connection->transport) < 0) {
    transport_close(&connection->transport);
    return -1;
  }
  watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  if (options.rate > 0) return 0;
  return ask(connection, options.close ? 1 : options.depth);
}

// The connection has ended, or is of no more use: what it owed is lost, and a new one takes its
// place.
static void begin_again(struct Connection* connection) {
  totals.errors += connection->owed;
  if (!options.close) ++totals.reconnects;
  if (connection->line) connection->line->count = 0;
  transport_close(&connection->transport);
  if (begin(connection) < 0) ++totals.errors;
}

static void on_answers(struct Connection* connection, struct Count count) {
  if (count.complete > connection->owed) count.complete = connection->owed;
  connection->owed -= (uint32_t)count.complete;
  totals.requests += count.complete - count.not_ok;
  totals.errors += count.not_ok;
  for (uint64_t i = 0; options.rate > 0 && i < count.complete; ++i) {
    histogram_add(&latency, now_ns() - line_pop(connection->line));
  }
  if (connection->until_sample == 0) return;
  if (count.complete < connection->until_sample) {
    connection->until_sample -= (uint32_t)count.complete;
    return;
  }
  connection->until_sample = 0;
  histogram_add(&latency, now_ns() - connection->sample_ns);
}

// What is asked when `complete` requests have been answered. -1: the connection is of no use.
static int ask_again(struct Connection* connection, uint64_t complete) {
  if (options.close || complete == 0) return 0;
  if (options.rate == 0) return ask(connection, (uint32_t)complete);
  return connection->owed == 0 && connection->line->count > 0 ? ask(connection, 1) : 0;
}

static void on_readable(struct Connection* connection) {
  ssize_t received;
  if (transport_shake(&connection->transport) < 0) {
    if (errno != EAGAIN) begin_again(connection);
    return;
  }
  if (connection->out_left > 0 && send_due(connection) < 0) return begin_again(connection);
  do {
    received = transport_recv(&connection->transport, input, kInputSize);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) return begin_again(connection);
    struct Count count = {0, 0};
    int status = read_responses(&connection->reader, input, input + received, &count);
    on_answers(connection, count);
    if (status < 0) return begin_again(connection);
    if (ask_again(connection, count.complete) < 0) return begin_again(connection);
    // The end of a connection mostly arrives right behind its only answer.
  } while (received == kInputSize || (options.close && connection->owed == 0));
}

// Everything that is due by now. The client waits for nothing meanwhile: it has a CPU of its own.
static void keep_pace(void) {
  uint64_t now = now_ns();
  for (; due_ns_of(&pace) <= now; ++pace.issued) {
    struct Connection* connection = &connections[pace.issued % options.connections];
    if (line_push(connection->line, due_ns_of(&pace)) < 0) ++totals.errors;
    if (connection->owed == 0 && ask(connection, 1) < 0) begin_again(connection);
  }
}

static void turn(void) {
  static struct epoll_event events[kEventsMax];
  if (options.rate > 0) keep_pace();
  int count = epoll_wait(epoll_fd, events, kEventsMax, options.rate > 0 ? 0 : kWaitMs);
  for (int i = 0; i < count; ++i) {
    struct Connection* connection = events[i].data.ptr;
    if (events[i].events & EPOLLOUT) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN);
      if (send_due(connection) < 0) {
        begin_again(connection);
        continue;
      }
    }
    if (events[i].events & ~(uint32_t)EPOLLOUT) on_readable(connection);
  }
}

static void mark(struct Totals* into) {
  *into = totals;
  into->server_cpu_ns = cpu_ns_of(options.pids, options.pid_count);
  into->client_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  into->at_ns = now_ns();
}

static void run_for(double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (now_ns() < end) turn();
}

static void print_result(const struct Totals* from, const struct Totals* to) {
  double seconds = (double)(to->at_ns - from->at_ns) / 1e9;
  uint64_t requests = to->requests - from->requests;
  int gone = options.pid_count > 0 && (from->server_cpu_ns == 0 || to->server_cpu_ns == 0);
  printf("{\"requests\":%lu,\"errors\":%lu,\"reconnects\":%lu,\"seconds\":%.6f,\"rps\":%.1f,",
         requests, to->errors - from->errors, to->reconnects - from->reconnects, seconds,
         (double)requests / seconds);
  printf("\"latencyUs\":{\"samples\":%lu,\"p50\":%lu,\"p99\":%lu,\"p999\":%lu,\"max\":%lu},",
         latency.samples, histogram_quantile(&latency, 0.5), histogram_quantile(&latency, 0.99),
         histogram_quantile(&latency, 0.999), latency.longest_us);
  printf("\"serverGone\":%s,\"serverCpuNs\":%lu,\"clientCpuNs\":%lu}\n", gone ? "true" : "false",
         gone ? 0 : to->server_cpu_ns - from->server_cpu_ns,
         to->client_cpu_ns - from->client_cpu_ns);
}

int main(int argc, char** argv) {
  if (parse_options(&options, argc, argv) < 0) return 2;
  signal(SIGPIPE, SIG_IGN);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc(options.connections, sizeof *connections);
  if (!connections || epoll_fd < 0 || transport_init() < 0) return 1;
  for (uint32_t i = 0; i < options.connections; ++i) {
    if (options.rate > 0) connections[i].line = calloc(1, sizeof *connections[i].line);
    if (begin(&connections[i]) < 0) {
      fprintf(stderr, "blast: connection %u of %u: %s\n", i + 1, options.connections,
              strerror(errno));
      return 1;
    }
  }
  struct Totals from, to;
  pace.per_second = options.rate;
  pace.start_ns = now_ns();
  run_for(options.warm_seconds);
  memset(&latency, 0, sizeof latency);
  mark(&from);
  run_for(options.seconds);
  mark(&to);
  print_result(&from, &to);
  return to.requests > from.requests ? 0 : 1;
}
