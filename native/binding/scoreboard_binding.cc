// ScoreboardBinding of src/binding/contract.ts.
#include "binding/scoreboard_binding.h"

#include <algorithm>
#include <string>

#include "base/clock.h"
#include "binding/addon.h"
#include "binding/convert.h"
#include "binding/stack_report.h"

namespace pronghorn {
namespace {

constexpr napi_type_tag kScoreboardTag = {0x2f6ab90cd4e15837, 0x8e07d1b35fa2c649};

using Holder = std::shared_ptr<Scoreboard>;  // empty once closed

Holder* Unwrap(napi_env env, napi_value object) {
  bool is_scoreboard = false;
  NAPI_CHECK(napi_check_object_type_tag(env, object, &kScoreboardTag, &is_scoreboard));
  CHECK(is_scoreboard);
  void* data;
  NAPI_CHECK(napi_unwrap(env, object, &data));
  return static_cast<Holder*>(data);
}

napi_value ReadExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  const Slot* slot = UnwrapScoreboard(env, arguments.self())->slot(arguments.Int32(0));
  void* data;
  size_t length;
  napi_typedarray_type type;
  NAPI_CHECK(napi_get_typedarray_info(env, arguments[1], &type, &length, &data, nullptr, nullptr));
  CHECK(type == napi_float64_array && length >= kSlotFieldCount);
  auto* into = static_cast<double*>(data);
  for (int field = 0; field < kSlotFieldCount; ++field) {
    into[field] = static_cast<double>(slot->Get(static_cast<SlotField>(field)));
  }
  return Undefined(env);
}

// The worker may go on meanwhile: what has become another request's while it was copied is left out.
napi_value RequestsExport(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const Slot* slot = UnwrapScoreboard(env, arguments.self())->slot(arguments.Int32(0));
  napi_value found;
  NAPI_CHECK(napi_create_array(env, &found));
  uint32_t count = 0;
  for (const ActiveRequest& request : slot->active) {
    const int64_t started_us = request.started_us.load(std::memory_order_acquire);
    if (started_us == 0) continue;
    const std::string target(request.target, std::min<size_t>(request.target_length, sizeof request.target));
    const int method = request.method;
    const int ring = request.ring.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (request.started_us.load(std::memory_order_relaxed) != started_us) continue;
    napi_value entry = Object(env);
    SetProperty(env, entry, "startedUs", Number(env, static_cast<double>(started_us)));
    SetProperty(env, entry, "ring", Number(env, ring));
    SetProperty(env, entry, "method", Number(env, method));
    napi_value text;
    NAPI_CHECK(napi_create_string_latin1(env, target.data(), target.size(), &text));
    SetProperty(env, entry, "target", text);
    NAPI_CHECK(napi_set_element(env, found, count++, entry));
  }
  return found;
}

napi_value StackExport(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  const Slot* slot = UnwrapScoreboard(env, arguments.self())->slot(arguments.Int32(0));
  return Text(env, slot->stack.Of(slot->Get(kSlot_turnNs)));
}

napi_value SetExport(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  int field = arguments.Int32(1);
  CHECK(field >= 0 && field < kSlotFieldCount);
  UnwrapScoreboard(env, arguments.self())
      ->slot(arguments.Int32(0))
      ->Set(static_cast<SlotField>(field), static_cast<int64_t>(arguments.Double(2)));
  return Undefined(env);
}

napi_value ClearExport(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  UnwrapScoreboard(env, arguments.self())->Clear(arguments.Int32(0));
  return Undefined(env);
}

napi_value CloseExport(napi_env env, napi_callback_info info) {
  Unwrap(env, Arguments<0>(env, info).self())->reset();
  return Undefined(env);
}

napi_value Wrap(napi_env env, Scoreboard scoreboard) {
  napi_value object = Object(env);
  SetProperty(env, object, "fd", Number(env, scoreboard.fd()));
  SetProperty(env, object, "slots", Number(env, scoreboard.slots()));
  ExportFunction(env, object, "read", ReadExport);
  ExportFunction(env, object, "requests", RequestsExport);
  ExportFunction(env, object, "stack", StackExport);
  ExportFunction(env, object, "set", SetExport);
  ExportFunction(env, object, "clear", ClearExport);
  ExportFunction(env, object, "close", CloseExport);
  auto* holder = new Holder(std::make_shared<Scoreboard>(std::move(scoreboard)));
  auto finalize = [](napi_env, void* data, void*) { delete static_cast<Holder*>(data); };
  NAPI_CHECK(napi_wrap(env, object, holder, finalize, nullptr, nullptr));
  NAPI_CHECK(napi_type_tag_object(env, object, &kScoreboardTag));
  return object;
}

napi_value CreateScoreboardExport(napi_env env, napi_callback_info info) {
  Scoreboard scoreboard;
  int error = Scoreboard::Create(Arguments<1>(env, info).Int32(0), &scoreboard);
  return error < 0 ? Number(env, error) : Wrap(env, std::move(scoreboard));
}

napi_value OpenScoreboardExport(napi_env env, napi_callback_info info) {
  Scoreboard scoreboard;
  int error = Scoreboard::Open(Arguments<1>(env, info).Int32(0), &scoreboard);
  return error < 0 ? Number(env, error) : Wrap(env, std::move(scoreboard));
}

napi_value AnswerForStackExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  AnswerForStack(env, UnwrapScoreboard(env, arguments[0]), arguments.Int32(1));
  return Undefined(env);
}

napi_value AskForStackExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, AskForStack(arguments.Int32(0), arguments.Int32(1)));
}

napi_value MonotonicNsExport(napi_env env, napi_callback_info info) {
  return Number(env, static_cast<double>(MonotonicNs()));
}

}  // namespace

std::shared_ptr<Scoreboard> UnwrapScoreboard(napi_env env, napi_value object) {
  Holder* holder = Unwrap(env, object);
  CHECK(*holder != nullptr);
  return *holder;
}

void ExportScoreboard(napi_env env, napi_value exports) {
  ExportFunction(env, exports, "createScoreboard", CreateScoreboardExport);
  ExportFunction(env, exports, "openScoreboard", OpenScoreboardExport);
  ExportFunction(env, exports, "answerForStack", AnswerForStackExport);
  ExportFunction(env, exports, "askForStack", AskForStackExport);
  ExportFunction(env, exports, "monotonicNs", MonotonicNsExport);
}

}  // namespace pronghorn
