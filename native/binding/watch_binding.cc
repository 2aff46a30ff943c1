// The class Watch of src/binding/contract.ts: a timer on the manager's event loop that looks at workers and accept
// queues, and calls JavaScript only when there is something to be done about them.
#include <uv.h>

#include <memory>

#include "base/clock.h"
#include "binding/addon.h"
#include "binding/convert.h"
#include "binding/safe_call.h"
#include "binding/scoreboard_binding.h"
#include "os/queue_watch.h"
#include "scoreboard/slot_watch.h"

namespace pronghorn {
namespace {

constexpr napi_type_tag kWatchTag = {0x41d7c0be93f25a68, 0xa6e91f0d7c3b5284};

// Between two looks. A worker that stands still is seen in this time plus SlotWatch's patience.
constexpr uint64_t kLookMs = 10;
// Between two reports of load.
constexpr uint64_t kReportMs = 50;
// Between two looks while nothing is going on: a connection that comes then, or a worker that has something to do,
// ends that.
constexpr uint64_t kRestMs = 100;
// Looks in a row with nothing to see, after which nothing is going on.
constexpr int kQuietLooks = 20;
// Number of a socket that all workers share.
constexpr int kShared = -1;

// Has two holders, as ChannelObject: JavaScript, and the loop until its handle is closed.
class WatchObject {
 public:
  WatchObject(napi_env env, const Arguments<2>& arguments)
      : env_(env), slots_(UnwrapScoreboard(env, arguments[0])) {
    uv_loop_t* loop;
    NAPI_CHECK(napi_get_uv_event_loop(env, &loop));
    CHECK(uv_timer_init(loop, &timer_) == 0);
    CHECK(uv_poll_init(loop, &arrival_, queues_.fd()) == 0);
    timer_.data = arrival_.data = this;
    uv_unref(reinterpret_cast<uv_handle_t*>(&timer_));
    uv_unref(reinterpret_cast<uv_handle_t*>(&arrival_));
    NAPI_CHECK(napi_create_reference(env, arguments[1], 1, &on_notice_));
    auto finalize = [](napi_env, void* data, void*) { static_cast<WatchObject*>(data)->LetGo(); };
    NAPI_CHECK(napi_wrap(env, arguments.self(), this, finalize, nullptr, nullptr));
    NAPI_CHECK(napi_type_tag_object(env, arguments.self(), &kWatchTag));
    NAPI_CHECK(napi_create_reference(env, arguments.self(), 1, &self_));
    auto end = [](napi_async_cleanup_hook_handle, void* data) { static_cast<WatchObject*>(data)->Close(); };
    NAPI_CHECK(napi_add_async_cleanup_hook(env, end, this, &hook_));
    LookEvery(kLookMs);
  }

  int Use(int slots, const std::vector<QueueWatch::Socket>& sockets) {
    slots_.Use(slots);
    return queues_.Use(sockets);
  }

  std::vector<int> Stuck() const {
    std::vector<int> stuck;
    for (int slot = 0; slot < slots_.slots(); ++slot) {
      if (slots_.IsStuck(slot)) stuck.push_back(slot);
    }
    return stuck;
  }

  void Close() {
    if (is_closed_) return;
    is_closed_ = true;
    CloseHandle(reinterpret_cast<uv_handle_t*>(&timer_));
    CloseHandle(reinterpret_cast<uv_handle_t*>(&arrival_));
  }

 private:
  static void CloseHandle(uv_handle_t* closing) {
    uv_close(closing, [](uv_handle_t* handle) {
      auto* watch = static_cast<WatchObject*>(handle->data);
      if (--watch->open_handles_ > 0) return;
      {
        LoopScope scope(watch->env_);
        NAPI_CHECK(napi_delete_reference(watch->env_, watch->on_notice_));
        NAPI_CHECK(napi_delete_reference(watch->env_, watch->self_));
      }
      NAPI_CHECK(napi_remove_async_cleanup_hook(watch->hook_));
      watch->LetGo();
    });
  }

  void LookEvery(uint64_t ms) {
    auto look = [](uv_timer_t* timer) { static_cast<WatchObject*>(timer->data)->Look(); };
    CHECK(uv_timer_start(&timer_, look, ms, ms) == 0);
  }

  // Nothing is going on: the next look is late, or when something arrives.
  void Rest() {
    is_resting_ = true;
    LookEvery(kRestMs);
    auto arrived = [](uv_poll_t* poll, int, int) {
      auto* watch = static_cast<WatchObject*>(poll->data);
      watch->Rise();
      watch->Look();
    };
    CHECK(uv_poll_start(&arrival_, UV_READABLE, arrived) == 0);
  }

  void Rise() {
    is_resting_ = false;
    quiet_looks_ = 0;
    LookEvery(kLookMs);
    CHECK(uv_poll_stop(&arrival_) == 0);
  }

  void Pace(bool is_quiet) {
    quiet_looks_ = is_quiet ? quiet_looks_ + 1 : 0;
    if (is_resting_ && !is_quiet) Rise();
    else if (!is_resting_ && quiet_looks_ >= kQuietLooks) Rest();
  }

  void Look() {
    const int64_t now_ns = MonotonicNs();
    bool waits = false;
    bool waits_shared = false;
    queues_.Look([this, &waits, &waits_shared](int number) {
      waits = true;
      if (number == kShared) waits_shared = true;
      else slots_.Waits(number);
    });
    const bool is_other = slots_.Look(now_ns);
    bool reports = false;
    if (now_ns - reported_ns_ >= static_cast<int64_t>(kReportMs - kLookMs / 2) * 1'000'000) {
      reported_ns_ = now_ns;
      const bool is_busy = slots_.IsAnyBusy(now_ns) || (waits_shared && waited_shared_);
      // Also that it is over.
      reports = is_busy || was_busy_;
      was_busy_ = is_busy;
    }
    waited_shared_ = waits_shared;
    Pace(!waits && !was_busy_ && !slots_.IsAnyStuck() && !slots_.IsAnyTurning(now_ns));
    if (!is_other && !reports) return;
    LoopScope scope(env_);
    napi_value arguments[1];
    NAPI_CHECK(napi_get_boolean(env_, reports, &arguments[0]));
    CallFromLoop(env_, on_notice_, arguments);
  }

  void LetGo() {
    if (--holders_ == 0) delete this;
  }

  napi_env env_;
  SlotWatch slots_;
  QueueWatch queues_;
  uv_timer_t timer_;
  uv_poll_t arrival_;  // at the queues, while resting
  int open_handles_ = 2;
  napi_ref self_ = nullptr;
  napi_ref on_notice_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  int64_t reported_ns_ = 0;
  int quiet_looks_ = 0;
  bool is_resting_ = false;
  bool was_busy_ = false;
  bool waited_shared_ = false;
  bool is_closed_ = false;
  int holders_ = 2;
};

WatchObject* Unwrap(napi_env env, napi_value object) {
  bool is_watch = false;
  NAPI_CHECK(napi_check_object_type_tag(env, object, &kWatchTag, &is_watch));
  CHECK(is_watch);
  void* data;
  NAPI_CHECK(napi_unwrap(env, object, &data));
  return static_cast<WatchObject*>(data);
}

napi_value Construct(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  new WatchObject(env, arguments);  // owned by its two holders
  return arguments.self();
}

napi_value Use(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const std::vector<int> fds = Int32List(env, arguments[1]);
  const std::vector<int> numbers = Int32List(env, arguments[2]);
  CHECK(fds.size() == numbers.size());
  const int slots = arguments.Int32(0);
  std::vector<QueueWatch::Socket> sockets;
  for (size_t i = 0; i < fds.size(); ++i) {
    CHECK(numbers[i] >= kShared && numbers[i] < slots);
    sockets.emplace_back(fds[i], numbers[i]);
  }
  return Number(env, Unwrap(env, arguments.self())->Use(slots, sockets));
}

napi_value Stuck(napi_env env, napi_callback_info info) {
  return Int32Array(env, Unwrap(env, Arguments<0>(env, info).self())->Stuck());
}

napi_value Close(napi_env env, napi_callback_info info) {
  Unwrap(env, Arguments<0>(env, info).self())->Close();
  return Undefined(env);
}

}  // namespace

void ExportWatch(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {"use", nullptr, Use, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"stuck", nullptr, Stuck, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"close", nullptr, Close, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  };
  napi_value watch_class;
  NAPI_CHECK(napi_define_class(env, "Watch", NAPI_AUTO_LENGTH, Construct, nullptr, std::size(methods), methods,
                               &watch_class));
  SetProperty(env, exports, "Watch", watch_class);
}

}  // namespace pronghorn
