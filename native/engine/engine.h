// The HTTP engine of one worker, on its event loop: an epoll set of its own, nested in libuv's as one handle.
// A turn reads what is ready, hands all complete requests to JavaScript in one call, and sends the answers.
#pragma once

#include <uv.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/acceptor.h"
#include "engine/batch_pace.h"
#include "engine/busy_meter.h"
#include "engine/engine_state.h"
#include "engine/receiver.h"
#include "engine/responder.h"
#include "engine/sender.h"
#include "engine/turn_meter.h"

namespace pronghorn {

// How the engine reaches JavaScript; the binding implements it.
class EngineClient {
 public:
  // Requests are in the ring. Returns when their handlers, and the microtasks behind them, have run.
  virtual void OnBatch() = 0;
  // Draining, and no connection is left.
  virtual void OnDrained() = 0;
  // The engine is closed and about to be freed, with the memory that it shares.
  virtual void OnClosed() = 0;

 protected:
  ~EngineClient() = default;
};

class Engine final : private BatchTaker {
 public:
  Engine(uv_loop_t* loop, const Limits& limits, int64_t load_window_ms,
         AccessFormat access_format, std::shared_ptr<Scoreboard> scoreboard, int slot, EngineClient* client);

  int UseLockFile(const std::string& path) { return acceptor_.UseLockFile(path); }
  int Listen(int fd, ListenerOptions options) { return acceptor_.Listen(fd, std::move(options)); }
  void Unlisten(int fd) { acceptor_.Unlisten(fd); }
  int ShareBy(std::vector<int> bells) { return acceptor_.ShareBy(std::move(bells)); }
  void AddNeighbour(int slot, int fd, ListenerOptions options) {
    acceptor_.AddNeighbour(slot, fd, std::move(options));
  }
  int Connect() { return acceptor_.Connect(); }
  void Flush();
  AccessLog& access_log() { return state_.access_log; }
  // A trusted proxy has told the client's address.
  void NoteClient(Responder::Name name, std::string address);
  int AddHeaderBlock(std::string text) { return responder_.AddHeaderBlock(std::move(text)); }
  // Answers that do not go through the ring.
  Responder& responder() { return responder_; }
  // What the application does with a body that is still coming in.
  void TakeBody(Responder::Name name, uint64_t bytes);
  void DiscardBody(Responder::Name name);
  // JavaScript wants to hear how this exchange ends: kEntry_finish or kEntry_gone. False if it has already.
  bool Observe(Responder::Name name);
  // JavaScript wants to hear how this connection ends: kEntry_halfClosed, kEntry_closed. False if it has.
  bool WatchConnection(int32_t connection);
  // Bytes of it that were read, and that were written: they need not have left yet. -1: its end was told.
  int64_t BytesRead(int32_t connection) const;
  int64_t BytesWritten(int32_t connection);
  // Ends the connection, at once or when what was written to it has been sent.
  void EndConnection(int32_t connection, bool at_once);
  // Ends it at once, and what was sent and not yet received is lost: the client sees a reset.
  void ResetConnection(int32_t connection);
  // Ends all connections at once, or those that have had a request and now have none.
  void EndConnections(bool only_idle);
  // Whether listening keeps the loop alive. A connection does in any case.
  void KeepLoop(bool keeps);
  // What JavaScript hears of from now on: enum Hearing.
  void Hear(int hearing) { state_.hearing = hearing; }
  // Times and counts of these from now on, of every connection that is not waiting already.
  void Adjust(const Limits& limits);
  // The connection leaves HTTP. WriteRaw returns the bytes that wait to be sent, or Responder::kGone.
  bool Upgrade(Responder::Name name);
  // What has come behind the request that took it over, and was not passed on yet.
  std::string TakeHeld(Responder::Name name);
  int64_t WriteRaw(Responder::Name name, std::string_view bytes);
  void EndRaw(Responder::Name name);
  // Ends the connection of this request at once.
  void Drop(Responder::Name name);
  // Gives away the block of a request that outlived its batch; null when there is none.
  std::unique_ptr<std::string> TakeRetained(int32_t connection, uint32_t sequence);
  // Null when it has gone.
  const Connection* Find(int32_t connection) const { return state_.connections.Find(connection); }
  void Drain(int64_t idle_grace_ms, bool is_last);
  // Ends every connection; OnClosed comes on a later turn.
  void Close();

  const Memory& memory() const { return state_.memory; }
  // In the scoreboard, for JavaScript to say which entry of the batch its handler has.
  std::atomic<int64_t>* handling() const { return &slot_->fields[kSlot_handling]; }

 private:
  // The engine is freed by CloseHandle's last callback.
  ~Engine() = default;
  void TakeBatch() override;
  void CallHandlers(int count);
  void OnPoll();
  void OnPrepare();
  void OnTick();
  void HandleEvent(const epoll_event& event);
  void Expire(Connection* connection);
  void FinishTurn();
  bool HasWork() const;
  void ScheduleTick(uint64_t delay_ms);
  void Publish();
  void HoldLoop();
  void CloseHandle(uv_handle_t* handle);

  EngineState state_;
  Sender sender_;
  Responder responder_;
  Receiver receiver_;
  std::shared_ptr<Scoreboard> scoreboard_;
  Slot* slot_;
  FairShare share_;
  Acceptor acceptor_;
  BusyMeter busy_;
  TurnMeter turns_;
  BatchPace pace_;
  EngineClient* client_;
  uv_poll_t poll_;
  uv_prepare_t prepare_;
  uv_check_t check_;
  uv_timer_t tick_;
  int open_handles_ = 0;
  int ticks_ = 0;
  bool is_in_batch_ = false;
  bool is_closed_ = false;
  bool is_drained_ = false;
  bool keeps_loop_ = true;
};

}  // namespace pronghorn
