// Every number that the native side and the TypeScript side (or two processes) must agree on, as X-macros.
// The addon exports them at load as `contract`; src/binding/load.ts compares kAbi. Numbers are append-only:
// during an upgrade two versions of Pronghorn may read the same shared memory.
#pragma once

#include <cstdint>

namespace pronghorn {

inline constexpr int kAbi = 1;

// --- Latency ---------------------------------------------------------------------------------------------
// Requests by the time from their head's arrival to the end of their answer: two buckets for each doubling. Bucket i
// holds what took less than LatencyBucketLimitUs(i) and no less than the limit before; the last one has no limit.
// Equal in all workers, so that their histograms add up exactly.
#define PRONGHORN_LATENCY_BUCKETS(X) \
  X(latency0) X(latency1) X(latency2) X(latency3) X(latency4) X(latency5) X(latency6) X(latency7) \
  X(latency8) X(latency9) X(latency10) X(latency11) X(latency12) X(latency13) X(latency14) X(latency15) \
  X(latency16) X(latency17) X(latency18) X(latency19) X(latency20) X(latency21) X(latency22) X(latency23) \
  X(latency24) X(latency25) X(latency26) X(latency27) X(latency28) X(latency29) X(latency30) X(latency31) \
  X(latency32) X(latency33) X(latency34) X(latency35) X(latency36) X(latency37) X(latency38) X(latency39) \
  X(latency40) X(latency41) X(latency42) X(latency43) X(latency44) X(latency45) X(latency46) X(latency47)

inline constexpr int kLatencyBuckets = 48;
inline constexpr int kLatencyFirstShift = 4;  // bucket 0 ends at 24 us

constexpr int LatencyBucket(uint64_t us) {
  if (us < (1u << kLatencyFirstShift)) return 0;
  const int shift = 63 - __builtin_clzll(us);
  const int half = static_cast<int>((us >> (shift - 1)) & 1);
  const int bucket = 2 * (shift - kLatencyFirstShift) + half;
  return bucket < kLatencyBuckets ? bucket : kLatencyBuckets - 1;
}

constexpr uint64_t LatencyBucketLimitUs(int bucket) {
  const uint64_t base = uint64_t{1} << (kLatencyFirstShift + bucket / 2);
  return bucket % 2 == 0 ? base + base / 2 : 2 * base;
}

// --- Scoreboard -------------------------------------------------------------------------------------------
// One slot per worker in shared memory, int64 each, written by the worker that owns the slot and read by
// everybody. Times are CLOCK_MONOTONIC nanoseconds, which all processes of a machine share.
#define PRONGHORN_SLOT_FIELDS(X)                                                                \
  X(workerId)      /* serial number of the worker that owns the slot, never reused; 0: none */  \
  X(pid)           /* its process id */                                                         \
  X(generation)    /* of the application that it runs */                                        \
  X(state)         /* one of PRONGHORN_WORKER_STATES */                                         \
  X(startedNs)     /* when the process came to life */                                          \
  X(heartbeatNs)   /* last turn of its event loop */                                            \
  X(busyPermille)  /* share of the load window in which the loop was not waiting for events */  \
  X(connections)   /* open client connections */                                                \
  X(inFlight)      /* requests handed to JavaScript and not yet answered */                     \
  X(accepted)      /* connections accepted, total */                                            \
  X(requests)      /* requests parsed, total */                                                 \
  X(bytesIn)       /* received from clients, total */                                           \
  X(bytesOut)      /* sent to clients, total */                                                 \
  X(responses1xx)                                                                               \
  X(responses2xx)                                                                               \
  X(responses3xx)                                                                               \
  X(responses4xx)                                                                               \
  X(responses5xx)                                                                               \
  PRONGHORN_LATENCY_BUCKETS(X)                                                                  \
  X(tid)           /* the kernel's id of the thread with its event loop */                      \
  X(memory)        /* bytes, of a worker that is a thread: the kernel tells them of processes only */ \
  X(turnNs)        /* since when the loop does something; 0: it waits for events */             \
  X(idleNs)        /* time that it has waited for events, total */                              \
  X(ready)         /* sockets that had something for the turn it is in; 0 while it waits */     \
  X(isAccepting)   /* 1: it takes new connections */                                            \
  X(offers)        /* 1: connections wait at its sockets that are for others to take */ \
  X(latencySumUs) /* of the requests in the buckets, total */                                    \
  X(handling)     /* which entry of its batch the handler has, from 1 on; 0: none. Written by JavaScript */ \
  X(batch)        /* entries of the batch that JavaScript has; 0: none */

enum SlotField : int {
#define X(name) kSlot_##name,
  PRONGHORN_SLOT_FIELDS(X)
#undef X
      kSlotFieldCount
};

#define PRONGHORN_WORKER_STATES(X) X(vacant) X(booting) X(ready) X(draining) X(exited)

enum WorkerState : int {
#define X(name) kState_##name,
  PRONGHORN_WORKER_STATES(X)
#undef X
};

// --- Engine: memory shared by one worker's native and JavaScript sides ------------------------------------
// All of it is int32. A batch is what one turn of the event loop hands over.

#define PRONGHORN_CONTROL_WORDS(X)                                                      \
  X(batch)         /* serial number of the batch whose bytes are in the input memory */ \
  X(requestCount)  /* requests in the ring */                                           \
  X(responseCount) /* answers that wait in the ring, written by JavaScript */           \
  X(outputUsed)    /* bytes of the output memory in use, written by JavaScript */

enum ControlWord : int {
#define X(name) kControl_##name,
  PRONGHORN_CONTROL_WORDS(X)
#undef X
      kControlWordCount
};

// What an entry of the request ring tells. All but the first concern a request that was handed over before and
// use only connection, sequence, kind and the places of body and trailers.
#define PRONGHORN_ENTRY_KINDS(X)                                                            \
  X(request, 0)                                                                            \
  X(bodyData, 1) /* more of its body, or of what follows an upgrade */                     \
  X(bodyEnd, 2)  /* its body is complete, or the client ends after an upgrade */           \
  X(gone, 3)     /* the connection has ended before the request and its answer did */      \
  X(drain, 4)    /* what was written of its answer has left */                             \
  X(finish, 5)   /* the last byte of its answer has been taken by the kernel */            \
  X(peerEnded, 6) /* the client has shut its side before it was answered */                \
  X(closed, 7)     /* a watched connection has ended; no request is meant. Places of the head: */ \
                   /* bytes read, low and high half; of the url: bytes written */          \
  X(halfClosed, 8) /* the client of a watched connection has shut its side, likewise */    \
  X(opened, 9)     /* a connection that has sent no request yet, for those who hear of them */ \
  X(fault, 10)     /* what came is no request; flags: the status to refuse it with, likewise */ \
  X(idle, 11)      /* a watched connection has had no request for the time that it is kept; it stays, likewise */

enum EntryKind : int {
#define X(name, value) kEntry_##name = value,
  PRONGHORN_ENTRY_KINDS(X)
#undef X
};

// One request in the ring. Offsets are into the input memory, unless the request is retained.
#define PRONGHORN_REQUEST_FIELDS(X)                                                       \
  X(connection)   /* id of the connection, never reused while it could be mistaken */     \
  X(sequence)     /* number of the request on its connection */                           \
  X(method)       /* index into the method names */                                       \
  X(flags)        /* PRONGHORN_REQUEST_FLAGS */                                           \
  X(urlSlot)      /* place in the url cache, or -1 */                                     \
  X(urlOffset)                                                                            \
  X(urlLength)                                                                            \
  X(headOffset)   /* request line and header block */                                     \
  X(headLength)                                                                           \
  X(headersStart) /* index of the first header in the header ring */                      \
  X(headerCount)                                                                          \
  X(bodyOffset)                                                                           \
  X(bodyLength)                                                                           \
  X(kind)         /* PRONGHORN_ENTRY_KINDS */                                             \
  X(trailerOffset) /* lines behind a chunked body, or the part of them that is there */   \
  X(trailerLength)                                                                        \
  X(headSlot)     /* place of a head that has come before, or -1 */                       \
  X(headSerial)   /* which head that place has now */

enum RequestField : int {
#define X(name) kRequest_##name,
  PRONGHORN_REQUEST_FIELDS(X)
#undef X
      kRequestFieldCount
};

#define PRONGHORN_REQUEST_FLAGS(X)                                                     \
  X(keepAlive, 1)  /* the client wants the connection to stay */                       \
  X(http10, 2)                                                                         \
  X(head, 4)       /* method HEAD: the answer has no body */                           \
  X(newUrl, 8)     /* the url is not yet in JavaScript's copy of the url cache */ \
  X(bodyFollows, 16)     /* only the beginning of the body is there */                     \
  X(expectsContinue, 32) /* the client waits for 100 Continue */                           \
  X(upgrade, 64)         /* the client offers another protocol (Upgrade, CONNECT) */   \
  X(secure, 128)         /* it came by TLS */                                          \
  X(expectsOther, 256)   /* the client expects what nobody knows, for those who hear of it */ \
  X(hostless, 512)       /* HTTP/1.1 without a Host, where that is let through */

enum RequestFlag : int {
#define X(name, value) kRequestFlag_##name = value,
  PRONGHORN_REQUEST_FLAGS(X)
#undef X
};

// What the application hears of beside requests.
#define PRONGHORN_HEARING(X)                                                              \
  X(connections, 1)  /* entries `opened`: connections before their first request */       \
  X(faults, 2)       /* entries `fault`: instead of an answer of the engine's own */      \
  X(expectations, 4) /* requests that expect something else than 100-continue */

enum Hearing : int {
#define X(name, value) kHears_##name = value,
  PRONGHORN_HEARING(X)
#undef X
};

// One header in the header ring; offsets count from the start of the head.
#define PRONGHORN_HEADER_FIELDS(X) X(nameOffset) X(nameLength) X(valueOffset) X(valueLength)

enum HeaderField : int {
#define X(name) kHeader_##name,
  PRONGHORN_HEADER_FIELDS(X)
#undef X
      kHeaderFieldCount
};

// A retained block: these int32, then the headers, then the bytes of the head, of the trailers and of the body.
#define PRONGHORN_RETAINED_FIELDS(X) \
  X(headLength) X(headerCount) X(urlOffset) X(urlLength) X(trailerLength)

enum RetainedField : int {
#define X(name) kRetained_##name,
  PRONGHORN_RETAINED_FIELDS(X)
#undef X
      kRetainedFieldCount
};

// One answer in the ring. Its text lies in the output memory: header lines (if any), then the body.
#define PRONGHORN_RESPONSE_FIELDS(X)                                             \
  X(connection)                                                                  \
  X(sequence)                                                                    \
  X(status)                                                                      \
  X(headerBlock)  /* id of a registered block of header lines, or -1 */          \
  X(offset)                                                                      \
  X(headerLength) /* bytes of header lines at offset */                          \
  X(bodyLength)   /* bytes of the body behind them */                            \
  X(flags)        /* PRONGHORN_RESPONSE_FLAGS */

enum ResponseField : int {
#define X(name) kResponse_##name,
  PRONGHORN_RESPONSE_FIELDS(X)
#undef X
      kResponseFieldCount
};

#define PRONGHORN_RESPONSE_FLAGS(X)                                                \
  X(close, 1)      /* the application wants the connection closed */               \
  X(hasDate, 2)    /* the header lines bring a Date */                             \
  X(hasLength, 4)  /* the header lines bring a Content-Length */                   \
  X(stream, 8)     /* the body comes in pieces */                                    \
  X(raw, 16)       /* the header lines are a whole head, or nothing: all of it is as given */ \
  X(headRoom, 32)  /* kHeadRoom bytes of the output memory are free before the body */

// Room for a head before its body, so that both lie together without moving the body.
inline constexpr int kHeadRoom = 512;

enum ResponseFlag : int {
#define X(name, value) kResponseFlag_##name = value,
  PRONGHORN_RESPONSE_FLAGS(X)
#undef X
};

}  // namespace pronghorn
