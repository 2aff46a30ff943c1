// The JavaScript object Engine: carries calls between JavaScript and engine/engine.h, and decides how long
// both live. Runs on the thread of one environment.
#pragma once

#include <node_api.h>

#include <memory>

#include "binding/convert.h"
#include "engine/engine.h"

namespace pronghorn {

inline constexpr napi_type_tag kEngineTag = {0x6b1f0f6e2a7c4d11, 0x9c3a5d7788e04b52};

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

  static constexpr int kShared = 7;
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

// Those of the limits that may change while an engine serves.
void ReadAdjustable(napi_env env, napi_value options, Limits* limits);

// The engine behind `this` of a call; null once it is closed.
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

// The methods of contract.ts's NativeEngine for what does not go through the rings.
extern const napi_property_descriptor kStreamMethods[];
extern const size_t kStreamMethodCount;

}  // namespace pronghorn
