// Methods of the class Engine for what does not go through the rings: answers and bodies in pieces, upgrades.
// Each names its request by connection and sequence, the first two arguments, and does nothing when that is
// gone.
#include "binding/engine_object.h"

namespace pronghorn {
namespace {

template <size_t kCount>
Responder::Name NameOf(const Arguments<kCount>& arguments) {
  return {arguments.Int32(0), static_cast<uint32_t>(arguments.Int32(1))};
}

// A method that only says what to do with its request.
template <void (*kAct)(Engine* engine, Responder::Name name)>
napi_value Act(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine != nullptr) kAct(engine, NameOf(arguments));
  return Undefined(env);
}

void Continue(Engine* engine, Responder::Name name) { engine->responder().Continue(name); }
void DiscardBody(Engine* engine, Responder::Name name) { engine->DiscardBody(name); }
void Drop(Engine* engine, Responder::Name name) { engine->Drop(name); }
void EndRaw(Engine* engine, Responder::Name name) { engine->EndRaw(name); }

// The environment's turn may be outside of a batch, so what comes of a call is sent before the loop waits.
napi_value RespondLarge(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine == nullptr) return Undefined(env);
  const std::string lines = Latin1(env, arguments[4]);
  engine->responder().AnswerLarge(NameOf(arguments),
                                  {arguments.Int32(2), arguments.Int32(3), lines, Bytes(env, arguments[5])});
  return Undefined(env);
}

napi_value BeginResponse(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine == nullptr) return Undefined(env);
  const std::string lines = Latin1(env, arguments[4]);
  engine->responder().Begin(NameOf(arguments), {arguments.Int32(2), arguments.Int32(3), lines, {}});
  return Undefined(env);
}

napi_value NoteClient(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->NoteClient(NameOf(arguments), arguments.String(2));
  return Undefined(env);
}

napi_value WriteResponse(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const int64_t waiting = engine == nullptr
                              ? Responder::kGone
                              : engine->responder().Write(NameOf(arguments), Bytes(env, arguments[2]));
  return Number(env, static_cast<double>(waiting));
}

napi_value WriteFile(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const bool is_taken =
      engine != nullptr && engine->responder().WriteFile(NameOf(arguments), arguments.Int32(2),
                                                         static_cast<int64_t>(arguments.Double(3)),
                                                         static_cast<uint64_t>(arguments.Double(4)));
  napi_value taken;
  NAPI_CHECK(napi_get_boolean(env, is_taken, &taken));
  return taken;
}

napi_value EndResponse(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine != nullptr) engine->responder().End(NameOf(arguments), Latin1(env, arguments[2]));
  return Undefined(env);
}

napi_value Inform(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine != nullptr) engine->responder().Inform(NameOf(arguments), Latin1(env, arguments[2]));
  return Undefined(env);
}

napi_value TakeBody(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine != nullptr) engine->TakeBody(NameOf(arguments), static_cast<uint64_t>(arguments.Double(2)));
  return Undefined(env);
}

napi_value Observe(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  napi_value is_watched;
  NAPI_CHECK(napi_get_boolean(env, engine != nullptr && engine->Observe(NameOf(arguments)), &is_watched));
  return is_watched;
}

napi_value WatchConnection(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  napi_value is_watched;
  NAPI_CHECK(napi_get_boolean(env, engine != nullptr && engine->WatchConnection(arguments.Int32(0)),
                              &is_watched));
  return is_watched;
}

napi_value BytesRead(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const Engine* engine = EngineOf(env, arguments);
  const int64_t bytes = engine == nullptr ? Responder::kGone : engine->BytesRead(arguments.Int32(0));
  return Number(env, static_cast<double>(bytes));
}

napi_value BytesWritten(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const int64_t bytes = engine == nullptr ? Responder::kGone : engine->BytesWritten(arguments.Int32(0));
  return Number(env, static_cast<double>(bytes));
}

napi_value EndConnection(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine != nullptr) engine->EndConnection(arguments.Int32(0), arguments.Bool(1));
  return Undefined(env);
}

napi_value ResetConnection(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->ResetConnection(arguments.Int32(0));
  return Undefined(env);
}

napi_value EndConnections(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->EndConnections(arguments.Bool(0));
  return Undefined(env);
}

napi_value KeepLoop(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->KeepLoop(arguments.Bool(0));
  return Undefined(env);
}

napi_value Upgrade(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  napi_value is_upgraded;
  NAPI_CHECK(napi_get_boolean(env, engine != nullptr && engine->Upgrade(NameOf(arguments)), &is_upgraded));
  return is_upgraded;
}

napi_value TakeHeld(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const std::string held = engine == nullptr ? std::string() : engine->TakeHeld(NameOf(arguments));
  napi_value bytes;
  NAPI_CHECK(napi_create_buffer_copy(env, held.size(), held.data(), nullptr, &bytes));
  return bytes;
}

napi_value WriteRaw(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const int64_t waiting =
      engine == nullptr ? Responder::kGone : engine->WriteRaw(NameOf(arguments), Bytes(env, arguments[2]));
  return Number(env, static_cast<double>(waiting));
}

constexpr napi_property_descriptor Method(const char* name, napi_callback function) {
  return {name, nullptr, function, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

const napi_property_descriptor kStreamMethods[] = {
    Method("respondLarge", RespondLarge),
    Method("beginResponse", BeginResponse),
    Method("writeResponse", WriteResponse),
    Method("writeFile", WriteFile),
    Method("endResponse", EndResponse),
    Method("inform", Inform),
    Method("continueRequest", Act<Continue>),
    Method("takeBody", TakeBody),
    Method("discardBody", Act<DiscardBody>),
    Method("observe", Observe),
    Method("watchConnection", WatchConnection),
    Method("bytesRead", BytesRead),
    Method("bytesWritten", BytesWritten),
    Method("endConnection", EndConnection),
    Method("resetConnection", ResetConnection),
    Method("endConnections", EndConnections),
    Method("keepLoop", KeepLoop),
    Method("noteClient", NoteClient),
    Method("drop", Act<Drop>),
    Method("upgrade", Upgrade),
    Method("takeHeld", TakeHeld),
    Method("writeRaw", WriteRaw),
    Method("endRaw", Act<EndRaw>),
};
const size_t kStreamMethodCount = sizeof kStreamMethods / sizeof *kStreamMethods;

}  // namespace pronghorn
