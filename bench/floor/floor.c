// The floor of the benchmark: one process, one epoll set, recv() and send() of a fixed answer, and
// nothing else. It finds the end of each request head, skips a request body of a size that it was
// told, and never looks at anything in between. It is no HTTP server: it shows what the kernel
// alone costs. Answers to several requests of one recv() leave in one send().
//
//   floor PORT [ANSWER_BYTES] [REQUEST_BODY_BYTES] [close]        PORT 0: any free port; prints the
//   port.
#define _GNU_SOURCE  // accept4
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  kConnectionsMax = 65536,
  kEventsMax = 1024,
  kInputSize = 65536,
  kBatchMax = 64,
  kBacklog = 4096
};

struct Connection {
  uint32_t body_left;    // bytes of a request body that are still to come
  uint32_t tail_length;  // bytes of an unfinished request's end that `tail` holds, at most 3
  uint64_t out_left;     // bytes of answers that are still to be sent
  uint64_t out_at;       // where in `answers` the next byte to send is
  char tail[4];
};

static struct Connection connections[kConnectionsMax];  // by descriptor
static char input[4 + kInputSize];                      // 4: room for a tail in front
static char* answers;                                   // the same answer kBatchMax times
static size_t answer_length;
static uint32_t request_body_length;
static int close_after_answer;
static int epoll_fd;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void build_answers(size_t body_length) {
  char head[256];
  int head_length = snprintf(head, sizeof head,
                             "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                             "Content-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n",
                             body_length, close_after_answer ? "Connection: close\r\n" : "");
  answer_length = (size_t)head_length + body_length;
  answers = malloc(answer_length * kBatchMax);
  if (!answers) die("malloc");
  for (int i = 0; i < kBatchMax; ++i) {
    char* at = answers + answer_length * (size_t)i;
    memcpy(at, head, (size_t)head_length);
    memset(at + head_length, 'x', body_length);
    if (body_length == 2) memcpy(at + head_length, "hi", 2);
  }
}

// Behind the next "\r\n\r\n", or NULL. Steps of up to four bytes: the last byte of the window tells
// how far.
static const char* after_head(const char* at, const char* end) {
  while (end - at >= 4) {
    if (at[3] == '\n') {
      if (at[0] == '\r' && at[1] == '\n' && at[2] == '\r') return at + 4;
      at += 2;
    } else {
      at += at[3] == '\r' ? 1 : 4;
    }
  }
  return NULL;
}

// Counts the requests that are complete at `end`, and remembers what is not.
static uint64_t count_requests(struct Connection* connection, const char* at, const char* end) {
  uint64_t complete = 0;
  int in_body = connection->body_left > 0;
  for (;;) {
    if (in_body) {
      uint32_t here = (uint32_t)(end - at);
      if (here < connection->body_left) {
        connection->body_left -= here;
        connection->tail_length = 0;
        return complete;
      }
      at += connection->body_left;
      connection->body_left = 0;
      in_body = 0;
      ++complete;
    }
    const char* next = after_head(at, end);
    if (!next) break;
    at = next;
    connection->body_left = request_body_length;
    in_body = request_body_length > 0;
    if (!in_body) ++complete;
  }
  uint32_t left = end - at > 3 ? 3 : (uint32_t)(end - at);
  memcpy(connection->tail, end - left, left);
  connection->tail_length = left;
  return complete;
}

static void watch(int fd, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(epoll_fd, operation, fd, &event) < 0) die("epoll_ctl");
}

// Sends what is due. -1: the connection is to be closed.
static int send_answers(int fd) {
  struct Connection* connection = &connections[fd];
  size_t all = answer_length * kBatchMax;
  while (connection->out_left > 0) {
    size_t length = all - connection->out_at;
    if (length > connection->out_left) length = connection->out_left;
    ssize_t sent = send(fd, answers + connection->out_at, length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) return -1;
      watch(fd, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return 0;
    }
    connection->out_left -= (size_t)sent;
    connection->out_at = (connection->out_at + (size_t)sent) % all;
  }
  // The next answer starts at the front again, so that a batch is one contiguous piece.
  connection->out_at = 0;
  return close_after_answer ? -1 : 0;
}

static int on_readable(int fd) {
  struct Connection* connection = &connections[fd];
  ssize_t received = recv(fd, input + 4, kInputSize, 0);
  if (received < 0 && errno == EAGAIN) return 0;
  if (received <= 0) return -1;
  char* start = input + 4 - connection->tail_length;
  memcpy(start, connection->tail, connection->tail_length);
  uint64_t complete = count_requests(connection, start, input + 4 + received);
  if (complete == 0) return 0;
  connection->out_left += complete * answer_length;
  return send_answers(fd);
}

static void on_connections(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (fd >= kConnectionsMax) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    memset(&connections[fd], 0, sizeof connections[fd]);
    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
  }
}

static int listen_on(uint16_t port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr*)&address, length) < 0) die("bind");
  if (listen(listener, kBacklog) < 0) die("listen");
  getsockname(listener, (struct sockaddr*)&address, &length);
  printf("%u\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "floor PORT [ANSWER_BYTES] [REQUEST_BODY_BYTES] [close]\n");
    return 2;
  }
  close_after_answer = argc > 4 && strcmp(argv[4], "close") == 0;
  request_body_length = argc > 3 ? (uint32_t)atoi(argv[3]) : 0;
  build_answers(argc > 2 ? (size_t)atoi(argv[2]) : 2);
  int listener = listen_on((uint16_t)atoi(argv[1]));
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  watch(listener, EPOLL_CTL_ADD, EPOLLIN);
  static struct epoll_event events[kEventsMax];
  for (;;) {
    int count = epoll_wait(epoll_fd, events, kEventsMax, -1);
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        on_connections(listener);
        continue;
      }
      int status = 0;
      if (events[i].events & EPOLLOUT) {
        watch(fd, EPOLL_CTL_MOD, EPOLLIN);
        status = send_answers(fd);
      }
      if (status == 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        status = on_readable(fd);
      if (status < 0) close(fd);
    }
  }
}
