// Answers to bytes: takes what JavaScript wrote into the response ring (or an error of our own), puts it in
// the order of the requests on each connection, and decides whether the connection stays.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/engine_state.h"
#include "engine/sender.h"

namespace pronghorn {

class Responder {
 public:
  Responder(EngineState* state, Sender* sender) : state_(*state), sender_(*sender) {}

  // Registers header lines that many answers share; the id is the number of blocks before it.
  int AddHeaderBlock(std::string text);
  // Carries out every answer in the ring and sends.
  void Flush();
  // An answer whose body is not in the output memory. It is sent or copied before the call returns.
  void AnswerLarge(int32_t connection_id, uint32_t sequence, int status, int flags,
                   std::string_view header_lines, std::string_view body);
  // Our own answer to bytes that are no valid request; the connection ends after it.
  void Reject(Connection* connection, int status);

 private:
  struct Answer {
    int status;
    int flags;  // ResponseFlag
    std::string_view header_lines;
    std::string_view body;
  };
  void Give(Connection* connection, Exchange* exchange, const Answer& answer);
  void SendHeadAndBody(Connection* connection, const ResponseShape& shape, std::string_view body);
  void Advance(Connection* connection);
  void EndAfterFront(Connection* connection);

  EngineState& state_;
  Sender& sender_;
  std::vector<std::string> header_blocks_;
};

}  // namespace pronghorn
