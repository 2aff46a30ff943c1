// How blast, the load client of the benchmark, moves bytes over a connected socket: in the clear, or, compiled with
// -DTLS, through the system's OpenSSL as a TLS 1.3 client that trusts everybody and never resumes a session. Results
// are those of recv() and send(), errno EAGAIN where they would block.
#ifndef BENCH_LOAD_TRANSPORT_H_
#define BENCH_LOAD_TRANSPORT_H_

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

struct Transport {
  int fd;
  SSL* ssl;
  int is_ready;
};

static SSL_CTX* tls_context;

static int transport_init(void) {
  tls_context = SSL_CTX_new(TLS_client_method());
  if (!tls_context) return -1;
  SSL_CTX_set_min_proto_version(tls_context, TLS1_3_VERSION);
  SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_read_ahead(tls_context, 1);
  SSL_CTX_set_session_cache_mode(tls_context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(tls_context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return 0;
}

static ssize_t outcome_of(struct Transport* transport, int result) {
  if (result > 0) return result;
  int error = SSL_get_error(transport->ssl, result);
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
  return -1;
}

// 0, or -1: EAGAIN while the handshake goes on.
static int transport_shake(struct Transport* transport) {
  if (transport->is_ready) return 0;
  if (outcome_of(transport, SSL_do_handshake(transport->ssl)) <= 0) return -1;
  transport->is_ready = 1;
  return 0;
}

static int transport_open(struct Transport* transport) {
  fcntl(transport->fd, F_SETFL, O_NONBLOCK);
  transport->is_ready = 0;
  transport->ssl = SSL_new(tls_context);
  if (!transport->ssl || SSL_set_fd(transport->ssl, transport->fd) != 1) return -1;
  SSL_set_connect_state(transport->ssl);
  return transport_shake(transport) == 0 || errno == EAGAIN ? 0 : -1;
}

static ssize_t transport_send(struct Transport* transport, const char* from, size_t length) {
  return outcome_of(transport, SSL_write(transport->ssl, from, (int)length));
}

// More records may lie in OpenSSL's memory, where epoll does not see them.
static ssize_t transport_recv(struct Transport* transport, char* to, size_t length) {
  size_t total = 0;
  do {
    ssize_t received =
        outcome_of(transport, SSL_read(transport->ssl, to + total, (int)(length - total)));
    if (received <= 0) return total > 0 ? (ssize_t)total : received;
    total += (size_t)received;
  } while (total < length && SSL_has_pending(transport->ssl));
  return (ssize_t)total;
}

static void transport_close(struct Transport* transport) {
  if (transport->ssl) SSL_free(transport->ssl);
  transport->ssl = NULL;
  if (transport->fd >= 0) close(transport->fd);
  transport->fd = -1;
}

#else

struct Transport {
  int fd;
};

static int transport_init(void) { return 0; }
static int transport_open(struct Transport* transport) { return transport->fd < 0 ? -1 : 0; }
static int transport_shake(struct Transport* transport) { return transport->fd < 0 ? -1 : 0; }

static ssize_t transport_send(struct Transport* transport, const char* from, size_t length) {
  return send(transport->fd, from, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t transport_recv(struct Transport* transport, char* to, size_t length) {
  return recv(transport->fd, to, length, MSG_DONTWAIT);
}

static void transport_close(struct Transport* transport) {
  if (transport->fd >= 0) close(transport->fd);
  transport->fd = -1;
}

#endif

#endif  // BENCH_LOAD_TRANSPORT_H_
