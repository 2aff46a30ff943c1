// Everything that leaves through a client's socket, and the end of connections. Collects what a turn of the
// event loop produces for each connection and hands it to the kernel in one call a connection.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/engine_state.h"

namespace pronghorn {

class Sender {
 public:
  // What is written beyond this waits for the socket; JavaScript is told to wait too.
  static constexpr size_t kDrainAbove = 64 * 1024;

  explicit Sender(EngineState* state) : state_(*state) {}

  // Room for `bytes` more; fill it and say how much with Append. May send what was collected before.
  char* Reserve(size_t bytes);
  void AppendReserved(Connection* connection, size_t bytes);
  // A copy of `bytes`.
  void Append(Connection* connection, std::string_view bytes);
  // Memory that stays valid until the next Flush.
  void AppendBorrowed(Connection* connection, const char* data, size_t length);

  // The rest of the front answer comes from a file: kEntry_drain when it has gone.
  void AppendFile(Connection* connection, std::unique_ptr<OutgoingFile> file);
  // After an upgrade: bytes as they are, and the end of our side. WriteRaw returns the bytes that wait.
  int64_t WriteRaw(Connection* connection, std::string_view bytes);
  void EndRaw(Connection* connection);
  bool HasCollected() const { return !dirty_.empty(); }

  // One send for each connection with something to send.
  void Flush();
  // The socket takes bytes again.
  void OnWritable(Connection* connection);
  // Once everything collected is out, the connection ends.
  void CloseAfterSend(Connection* connection);
  // Ends it now.
  void Close(Connection* connection);

 private:
  struct Segment {
    const char* data;
    size_t length;
    int next;
  };
  static constexpr size_t kScratchBytes = 512 * 1024;

  void Count(Connection* connection, ssize_t sent);
  void MarkDirty(Connection* connection);
  void AddSegment(Connection* connection, const char* data, size_t length);
  void SendCollected(Connection* connection);
  void SendFilePart(Connection* connection);
  void Keep(Connection* connection, int segment, size_t skip);
  void AfterSend(Connection* connection);
  void OnAllSent(Connection* connection);
  void Linger(Connection* connection);
  void End(Connection* connection);
  void TellOfCutBody(Connection* connection);

  EngineState& state_;
  Pages<char> scratch_{kScratchBytes};
  size_t scratch_used_ = 0;
  std::vector<Segment> segments_;
  std::vector<Connection*> dirty_;
};

}  // namespace pronghorn
