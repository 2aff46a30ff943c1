// The class Engine of src/binding/contract.ts: carries calls between JavaScript and engine/engine.h.
#include <errno.h>

#include <memory>
#include <string>
#include <vector>

#include "binding/addon.h"
#include "binding/convert.h"
#include "binding/tls_binding.h"
#include "binding/engine_object.h"
#include "binding/scoreboard_binding.h"
#include "engine/connection_ends.h"

namespace pronghorn {
namespace {

napi_value Construct(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  auto* object = new EngineObject(env, arguments.self(), arguments[1]);
  object->Start(arguments[0], UnwrapScoreboard(env, Property(env, arguments[0], "scoreboard")));
  NAPI_CHECK(napi_type_tag_object(env, arguments.self(), &kEngineTag));
  NAPI_CHECK(napi_wrap(
      env, arguments.self(), object,
      [](napi_env, void* data, void*) { delete static_cast<EngineObject*>(data); }, nullptr, nullptr));
  return arguments.self();
}

ListenerOptions OptionsOf(napi_env env, napi_value options) {
  return {.shared = BoolProperty(env, options, "shared"),
          .proxy_protocol = BoolProperty(env, options, "proxyProtocol"),
          .tls = UnwrapTlsEndpoint(env, Property(env, options, "tls"))};
}

napi_value Listen(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine == nullptr) return Number(env, -ECANCELED);
  return Number(env, engine->Listen(arguments.Int32(0), OptionsOf(env, arguments[1])));
}

napi_value ShareBy(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -ECANCELED : engine->ShareBy(Int32List(env, arguments[0])));
}

napi_value AddNeighbour(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) {
    engine->AddNeighbour(arguments.Int32(0), arguments.Int32(1), OptionsOf(env, arguments[2]));
  }
  return Undefined(env);
}

napi_value UseLockFile(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -ECANCELED : engine->UseLockFile(arguments.String(0)));
}

napi_value UseAccessLog(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -ECANCELED : engine->access_log().Use(arguments.Int32(0)));
}

napi_value LostAccessLines(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? 0 : static_cast<double>(engine->access_log().TakeLost()));
}

napi_value Unlisten(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->Unlisten(arguments.Int32(0));
  return Undefined(env);
}

napi_value Flush(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->Flush();
  return Undefined(env);
}

napi_value HeaderBlock(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -1 : engine->AddHeaderBlock(Latin1(env, arguments[0])));
}

napi_value Retained(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine == nullptr) return Undefined(env);
  std::unique_ptr<std::string> block =
      engine->TakeRetained(arguments.Int32(0), static_cast<uint32_t>(arguments.Int32(1)));
  if (!block) return Undefined(env);
  // The bytes move to JavaScript without a copy.
  std::string* owned = block.release();
  napi_value buffer;
  NAPI_CHECK(napi_create_external_arraybuffer(
      env, owned->data(), owned->size(),
      [](napi_env, void*, void* hint) { delete static_cast<std::string*>(hint); }, owned, &buffer));
  return buffer;
}

using ReadEnd = bool (*)(const Connection& connection, EndPoint* end);

template <ReadEnd kRead>
bool EndOf(napi_env env, napi_callback_info info, EndPoint* end) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const Connection* connection = engine == nullptr ? nullptr : engine->Find(arguments.Int32(0));
  return connection != nullptr && kRead(*connection, end);
}

template <ReadEnd kRead>
napi_value AddressOf(napi_env env, napi_callback_info info) {
  EndPoint end;
  return EndOf<kRead>(env, info, &end) ? Text(env, end.address) : Undefined(env);
}

template <ReadEnd kRead>
napi_value PortOf(napi_env env, napi_callback_info info) {
  EndPoint end;
  return EndOf<kRead>(env, info, &end) ? Number(env, end.port) : Undefined(env);
}

napi_value DescribeTlsOf(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  const Connection* connection = engine == nullptr ? nullptr : engine->Find(arguments.Int32(0));
  const bool has_tls = connection != nullptr && connection->tls;
  return has_tls ? DescribeTls(env, *connection->tls) : Undefined(env);
}

napi_value Connect(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -EBADF : engine->Connect());
}

napi_value Hear(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->Hear(arguments.Int32(0));
  return Undefined(env);
}

napi_value Adjust(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine == nullptr) return Undefined(env);
  Limits limits;
  ReadAdjustable(env, arguments[0], &limits);
  engine->Adjust(limits);
  return Undefined(env);
}

napi_value Drain(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  EngineObject* object;
  Engine* engine = EngineOf(env, arguments, &object);
  if (engine == nullptr) return Undefined(env);
  object->SetOnDrained(arguments[2]);
  engine->Drain(static_cast<int64_t>(arguments.Double(0)), arguments.Bool(1));
  return Undefined(env);
}

napi_value Close(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  if (Engine* engine = EngineOf(env, arguments)) engine->Close();
  return Undefined(env);
}

napi_value MethodNames(napi_env env) {
  napi_value names;
  NAPI_CHECK(napi_create_array_with_length(env, kLlhttpMethodCount, &names));
  for (int i = 0; i < kLlhttpMethodCount; ++i) {
    NAPI_CHECK(napi_set_element(env, names, static_cast<uint32_t>(i), Text(env, llhttp_method_name(i))));
  }
  return names;
}

}  // namespace

void ExportEngine(napi_env env, napi_value exports) {
  std::vector<napi_property_descriptor> methods = {
      {"listen", nullptr, Listen, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"shareBy", nullptr, ShareBy, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"addNeighbour", nullptr, AddNeighbour, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"useLockFile", nullptr, UseLockFile, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"useAccessLog", nullptr, UseAccessLog, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"lostAccessLines", nullptr, LostAccessLines, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"unlisten", nullptr, Unlisten, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"connect", nullptr, Connect, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"flush", nullptr, Flush, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"headerBlock", nullptr, HeaderBlock, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"retained", nullptr, Retained, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"remoteAddress", nullptr, AddressOf<RemoteEnd>, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"remotePort", nullptr, PortOf<RemoteEnd>, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"localAddress", nullptr, AddressOf<LocalEnd>, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"localPort", nullptr, PortOf<LocalEnd>, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"tlsInfo", nullptr, DescribeTlsOf, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"hear", nullptr, Hear, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"adjust", nullptr, Adjust, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"drain", nullptr, Drain, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"close", nullptr, Close, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  };
  methods.insert(methods.end(), kStreamMethods, kStreamMethods + kStreamMethodCount);
  napi_value engine_class;
  NAPI_CHECK(napi_define_class(env, "Engine", NAPI_AUTO_LENGTH, Construct, nullptr, methods.size(),
                               methods.data(), &engine_class));
  SetProperty(env, exports, "Engine", engine_class);
  // Without the host's parser there are no names; load.ts then says so.
  const bool fits = RequestParser::HostFits();
  napi_value host_fits;
  NAPI_CHECK(napi_get_boolean(env, fits, &host_fits));
  SetProperty(env, exports, "hostFits", host_fits);
  SetProperty(env, exports, "methodNames", fits ? MethodNames(env) : Undefined(env));
}

}  // namespace pronghorn
