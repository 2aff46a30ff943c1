// Everything that comes in through a client's socket: reads into the input memory, cuts requests out of it
// and puts them into the request ring. Calls no JavaScript itself; it asks for that when a ring or the memory
// is full.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/engine_state.h"
#include "engine/responder.h"
#include "engine/sender.h"
#include "engine/url_cache.h"
#include "http/request_parser.h"

namespace pronghorn {

// Hands the requests in the ring to JavaScript; they are all answered or retained afterwards.
class BatchTaker {
 public:
  virtual void TakeBatch() = 0;

 protected:
  ~BatchTaker() = default;
};

class Receiver {
 public:
  Receiver(EngineState* state, Sender* sender, Responder* responder, BatchTaker* taker)
      : state_(*state), sender_(*sender), responder_(*responder), taker_(*taker), parser_(state->limits) {}

  // A new turn: nothing in the input memory is needed any more.
  void BeginTurn() { input_used_ = 0; }
  void OnReadable(Connection* connection);
  // Goes on with a connection that was paused, where that is possible now.
  void Resume(Connection* connection);
  // Puts what JavaScript has to hear into the ring, as far as it has room.
  void TakeNotices();
  // The application has taken `bytes` of a body; all that is to come, if it does not want it.
  void TakeBody(Connection* connection, uint32_t sequence, uint64_t bytes);
  void DiscardBody(Connection* connection, uint32_t sequence);
  // The connection leaves HTTP: from now on its bytes are passed on as they come. False if it cannot.
  bool Upgrade(Connection* connection, uint32_t sequence);
  // The batch has been handed over: unanswered requests get a block of their own, the ring is empty again.
  void EndBatch();
  int count() const { return count_; }
  // So many requests are enough for a batch.
  void LimitBatch(int limit) { batch_limit_ = limit; }
  int batch_limit() const { return batch_limit_; }

 private:
  static constexpr size_t kReadBytes = 64 * 1024;

  bool MakeRoom(Connection* connection, size_t bytes);
  void Discard(Connection* connection);
  void OnEnd(Connection* connection);
  void OnBroken(Connection* connection);
  void AnnounceSecure(Connection* connection);
  void Wait(Connection* connection);
  void Consume(Connection* connection, char* data, size_t length);
  bool RingIsFull() const;
  void Hold(Connection* connection, const char* data, size_t length);
  size_t TakeRequest(Connection* connection, char* data, size_t length);
  void Deliver(Connection* connection, const ParsedRequest& request, const char* data);
  void BeginBody(Connection* connection, const ParsedRequest& request);
  size_t FeedBody(Connection* connection, char* data, size_t length);
  void DeliverData(Connection* connection, const char* data, size_t length, std::string_view trailers = {});
  int32_t* NextEntry(int32_t connection, uint32_t sequence, EntryKind kind);
  int32_t* NextRequest(Connection* connection, int32_t method, int32_t flags);
  void Retain(const int32_t* field, Exchange* exchange);

  EngineState& state_;
  Sender& sender_;
  Responder& responder_;
  BatchTaker& taker_;
  RequestParser parser_;
  UrlCache urls_;
  size_t input_used_ = 0;
  int count_ = 0;
  int batch_limit_ = Memory::kRequests;
  size_t headers_used_ = 0;
};

}  // namespace pronghorn
