// Answers to bytes: takes what JavaScript wrote into the response ring, what it streams, or an error of our
// own, puts it in the order of the requests on each connection, and decides whether the connection stays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine_state.h"
#include "engine/sender.h"

namespace pronghorn {

// What an answer consists of; for one that is streamed, `body` is empty.
struct Answer {
  int status;
  int flags;  // ResponseFlag
  std::string_view header_lines;
  std::string_view body;
};

class Responder {
 public:
  // A request is named by its connection's id and its number on the connection. Calls for requests that are
  // gone or answered do nothing.
  struct Name {
    int32_t connection;
    uint32_t sequence;
  };
  // Result of Write when the client has gone.
  static constexpr int64_t kGone = -1;

  Responder(EngineState* state, Sender* sender) : state_(*state), sender_(*sender) {}

  // Registers header lines that many answers share; the id is the number of blocks before it.
  int AddHeaderBlock(std::string text);
  // Carries out every answer in the ring and sends.
  void Flush();
  // An answer whose body is not in the output memory. It is sent or copied before the call returns.
  void AnswerLarge(Name name, const Answer& answer);
  // An answer in pieces: a head, any number of writes, an end. Write returns the bytes that wait to be sent.
  void Begin(Name name, const Answer& answer);
  int64_t Write(Name name, std::string_view bytes);
  // The rest of an answer with a Content-Length, from a descriptor that stays the caller's; kEntry_drain when
  // it has gone. False if the answer is not at the front of its connection: then it has to be written.
  bool WriteFile(Name name, int fd, int64_t offset, uint64_t length);
  void End(Name name, std::string_view trailers);
  // 1xx, before the answer; 100 only if the client waits for it.
  void Inform(Name name, std::string_view head);
  void Continue(Name name);
  // Our own answer to bytes that are no valid request; the connection ends after it.
  // `text` is for people; the status' own words where there is none.
  // Where JavaScript hears of faults, it says what becomes of them, unless there is a `text`; and may ask for
  // the `packet`, the bytes that were refused.
  void Reject(Connection* connection, int status, std::string_view text = {}, std::string_view packet = {});

 private:
  struct Found {
    Connection* connection;
    Exchange* exchange;
  };
  Found Find(Name name, Exchange::Answer answer);
  static bool HasBody(const Exchange& exchange, int status);
  ResponseShape Shape(const Connection& connection, const Exchange& exchange, const Answer& answer);
  void Give(Connection* connection, Exchange* exchange, const Answer& answer);
  void SendHeadAndBody(Connection* connection, const ResponseShape& shape, std::string_view body);
  void SendBeforeBody(Connection* connection, const ResponseShape& shape, std::string_view body);
  void SendHead(Connection* connection, Exchange* exchange, const ResponseShape& shape);
  void Emit(Connection* connection, Exchange* exchange, std::string_view bytes);
  void Complete(Connection* connection, Exchange* exchange);
  void Advance(Connection* connection);
  void EndAfterFront(Connection* connection);
  void TellOfFault(Connection* connection, const Exchange& front);

  EngineState& state_;
  Sender& sender_;
  std::vector<std::string> header_blocks_;
};

}  // namespace pronghorn
