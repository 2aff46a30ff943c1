// The class Engine of src/binding/contract.ts: carries calls between JavaScript and engine/engine.h.
#include <errno.h>

#include <memory>
#include <string>

#include "binding/addon.h"
#include "binding/convert.h"
#include "binding/scoreboard_binding.h"
#include "engine/engine.h"
#include "os/socket.h"

namespace pronghorn {
namespace {

constexpr napi_type_tag kEngineTag = {0x6b1f0f6e2a7c4d11, 0x9c3a5d7788e04b52};

// One JavaScript Engine object. Holds itself alive until the engine is closed: by close(), or when the
// environment goes down.
class EngineObject final : public EngineClient {
 public:
  EngineObject(napi_env env, napi_value self, napi_value on_batch) : env_(env) {
    NAPI_CHECK(napi_create_reference(env, self, 1, &self_));
    NAPI_CHECK(napi_create_reference(env, on_batch, 1, &on_batch_));
    NAPI_CHECK(napi_async_init(env, self, Text(env, "PRONGHORN_ENGINE"), &context_));
    NAPI_CHECK(napi_add_async_cleanup_hook(
        env,
        [](napi_async_cleanup_hook_handle, void* data) {
          static_cast<EngineObject*>(data)->engine_->Close();
        },
        this, &cleanup_));
  }

  void Start(napi_value options, std::shared_ptr<Scoreboard> scoreboard);
  void SetOnDrained(napi_value callback) {
    NAPI_CHECK(napi_create_reference(env_, callback, 1, &on_drained_));
  }
  // Null once closed.
  Engine* engine() const { return is_closed_ ? nullptr : engine_; }

  void OnBatch() override { Call(on_batch_); }
  void OnDrained() override { Call(on_drained_); }
  void OnClosed() override;

 private:
  void Call(napi_ref function);
  void Share(napi_value memory, int place, const char* name, void* data, size_t bytes);

  static constexpr int kShared = 6;
  napi_env env_;
  napi_ref self_ = nullptr;
  napi_ref on_batch_ = nullptr;
  napi_ref on_drained_ = nullptr;
  napi_ref shared_[kShared] = {};
  napi_async_context context_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  Engine* engine_ = nullptr;
  bool is_closed_ = false;
};

void EngineObject::Start(napi_value options, std::shared_ptr<Scoreboard> scoreboard) {
  Limits limits;
  limits.clients = static_cast<size_t>(DoubleProperty(env_, options, "clients"));
  limits.header_bytes = static_cast<size_t>(DoubleProperty(env_, options, "maxHeaderSize"));
  limits.headers = Int32Property(env_, options, "maxHeaders");
  limits.body_bytes = static_cast<uint64_t>(DoubleProperty(env_, options, "maxBodySize"));
  limits.pipeline = static_cast<size_t>(Int32Property(env_, options, "maxPipeline"));
  limits.keep_alive_requests = static_cast<uint32_t>(DoubleProperty(env_, options, "keepAliveRequests"));
  limits.keep_alive_ms = static_cast<int64_t>(DoubleProperty(env_, options, "keepAliveTimeoutMs"));
  limits.header_ms = static_cast<int64_t>(DoubleProperty(env_, options, "headerTimeoutMs"));
  limits.body_ms = static_cast<int64_t>(DoubleProperty(env_, options, "bodyTimeoutMs"));
  limits.send_ms = static_cast<int64_t>(DoubleProperty(env_, options, "sendTimeoutMs"));
  uv_loop_t* loop;
  NAPI_CHECK(napi_get_uv_event_loop(env_, &loop));
  engine_ = new Engine(loop, limits, static_cast<int64_t>(DoubleProperty(env_, options, "loadWindowMs")),
                       std::move(scoreboard), Int32Property(env_, options, "slot"), this);
  const Memory& shared = engine_->memory();
  napi_value memory = Object(env_);
  Share(memory, 0, "control", shared.control.data(), shared.control.bytes());
  Share(memory, 1, "requests", shared.requests.data(), shared.requests.bytes());
  Share(memory, 2, "headers", shared.headers.data(), shared.headers.bytes());
  Share(memory, 3, "input", shared.input.data(), shared.input.bytes());
  Share(memory, 4, "responses", shared.responses.data(), shared.responses.bytes());
  Share(memory, 5, "output", shared.output.data(), shared.output.bytes());
  napi_value self;
  NAPI_CHECK(napi_get_reference_value(env_, self_, &self));
  SetProperty(env_, self, "memory", memory);
}

void EngineObject::Share(napi_value memory, int place, const char* name, void* data, size_t bytes) {
  napi_value buffer;
  NAPI_CHECK(napi_create_external_arraybuffer(
      env_, data, bytes, [](napi_env, void*, void*) {}, nullptr, &buffer));
  NAPI_CHECK(napi_create_reference(env_, buffer, 1, &shared_[place]));
  SetProperty(env_, memory, name, buffer);
}

void EngineObject::Call(napi_ref reference) {
  napi_handle_scope scope;
  NAPI_CHECK(napi_open_handle_scope(env_, &scope));
  napi_value self, function, result;
  NAPI_CHECK(napi_get_reference_value(env_, self_, &self));
  NAPI_CHECK(napi_get_reference_value(env_, reference, &function));
  const napi_status status = napi_make_callback(env_, context_, self, function, 0, nullptr, &result);
  if (status == napi_pending_exception) {
    napi_value exception;
    NAPI_CHECK(napi_get_and_clear_last_exception(env_, &exception));
    // What is answered already shall reach its client, even if this ends the process.
    if (engine() != nullptr) engine_->Flush();
    napi_fatal_exception(env_, exception);
  }
  NAPI_CHECK(napi_close_handle_scope(env_, scope));
}

// JavaScript may keep views of the shared memory: they become empty before the memory goes.
void EngineObject::OnClosed() {
  napi_handle_scope scope;
  NAPI_CHECK(napi_open_handle_scope(env_, &scope));
  is_closed_ = true;
  for (napi_ref reference : shared_) {
    napi_value buffer;
    NAPI_CHECK(napi_get_reference_value(env_, reference, &buffer));
    NAPI_CHECK(napi_detach_arraybuffer(env_, buffer));
    NAPI_CHECK(napi_delete_reference(env_, reference));
  }
  NAPI_CHECK(napi_delete_reference(env_, on_batch_));
  if (on_drained_ != nullptr) NAPI_CHECK(napi_delete_reference(env_, on_drained_));
  NAPI_CHECK(napi_async_destroy(env_, context_));
  NAPI_CHECK(napi_delete_reference(env_, self_));
  NAPI_CHECK(napi_close_handle_scope(env_, scope));
  NAPI_CHECK(napi_remove_async_cleanup_hook(cleanup_));
}

template <size_t kCount>
Engine* EngineOf(napi_env env, const Arguments<kCount>& arguments, EngineObject** object = nullptr) {
  bool is_engine = false;
  NAPI_CHECK(napi_check_object_type_tag(env, arguments.self(), &kEngineTag, &is_engine));
  CHECK(is_engine);
  void* wrapped;
  NAPI_CHECK(napi_unwrap(env, arguments.self(), &wrapped));
  if (object != nullptr) *object = static_cast<EngineObject*>(wrapped);
  return static_cast<EngineObject*>(wrapped)->engine();
}

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

napi_value Listen(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -ECANCELED : engine->Listen(arguments.Int32(0), arguments.Bool(1)));
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

std::string Latin1(napi_env env, napi_value value) {
  size_t length = 0;
  NAPI_CHECK(napi_get_value_string_latin1(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  NAPI_CHECK(napi_get_value_string_latin1(env, value, text.data(), length + 1, &length));
  return text;
}

napi_value HeaderBlock(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  return Number(env, engine == nullptr ? -1 : engine->AddHeaderBlock(Latin1(env, arguments[0])));
}

napi_value RespondLarge(napi_env env, napi_callback_info info) {
  const Arguments<6> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  if (engine == nullptr) return Undefined(env);
  void* data;
  size_t length;
  NAPI_CHECK(napi_get_typedarray_info(env, arguments[5], nullptr, &length, &data, nullptr, nullptr));
  engine->AnswerLarge(arguments.Int32(0), static_cast<uint32_t>(arguments.Int32(1)), arguments.Int32(2),
                      arguments.Int32(3), Latin1(env, arguments[4]),
                      {static_cast<const char*>(data), length});
  return Undefined(env);
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

napi_value RemoteAddress(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  Engine* engine = EngineOf(env, arguments);
  std::string address;
  if (engine == nullptr || !PeerAddress(engine->SocketOf(arguments.Int32(0)), &address))
    return Undefined(env);
  return Text(env, address);
}

napi_value Drain(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  EngineObject* object;
  Engine* engine = EngineOf(env, arguments, &object);
  if (engine == nullptr) return Undefined(env);
  object->SetOnDrained(arguments[1]);
  engine->Drain(static_cast<int64_t>(arguments.Double(0)));
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
  const napi_property_descriptor methods[] = {
      {"listen", nullptr, Listen, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"unlisten", nullptr, Unlisten, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"flush", nullptr, Flush, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"headerBlock", nullptr, HeaderBlock, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"respondLarge", nullptr, RespondLarge, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"retained", nullptr, Retained, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"remoteAddress", nullptr, RemoteAddress, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"drain", nullptr, Drain, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"close", nullptr, Close, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  };
  napi_value engine_class;
  NAPI_CHECK(napi_define_class(env, "Engine", NAPI_AUTO_LENGTH, Construct, nullptr,
                               sizeof methods / sizeof *methods, methods, &engine_class));
  SetProperty(env, exports, "Engine", engine_class);
  // Without the host's parser there are no names; load.ts then says so.
  const bool fits = RequestParser::HostFits();
  napi_value host_fits;
  NAPI_CHECK(napi_get_boolean(env, fits, &host_fits));
  SetProperty(env, exports, "hostFits", host_fits);
  SetProperty(env, exports, "methodNames", fits ? MethodNames(env) : Undefined(env));
}

}  // namespace pronghorn
