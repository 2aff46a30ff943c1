// How an Engine object lives and calls back: see engine_object.h.
#include "binding/engine_object.h"

namespace pronghorn {

void ReadAdjustable(napi_env env, napi_value options, Limits* limits) {
  limits->clients = static_cast<size_t>(DoubleProperty(env, options, "clients"));
  limits->keep_alive_requests = static_cast<uint32_t>(DoubleProperty(env, options, "keepAliveRequests"));
  limits->keep_alive_ms = static_cast<int64_t>(DoubleProperty(env, options, "keepAliveTimeoutMs"));
  limits->header_ms = static_cast<int64_t>(DoubleProperty(env, options, "headerTimeoutMs"));
  limits->body_ms = static_cast<int64_t>(DoubleProperty(env, options, "bodyTimeoutMs"));
  limits->request_ms = static_cast<int64_t>(DoubleProperty(env, options, "requestTimeoutMs"));
}

void EngineObject::Start(napi_value options, std::shared_ptr<Scoreboard> scoreboard) {
  Limits limits;
  ReadAdjustable(env_, options, &limits);
  limits.header_bytes = static_cast<size_t>(DoubleProperty(env_, options, "maxHeaderSize"));
  limits.headers = Int32Property(env_, options, "maxHeaders");
  limits.requires_host = BoolProperty(env_, options, "requiresHost");
  limits.body_bytes = static_cast<uint64_t>(DoubleProperty(env_, options, "maxBodySize"));
  limits.pipeline = static_cast<size_t>(Int32Property(env_, options, "maxPipeline"));
  limits.send_ms = static_cast<int64_t>(DoubleProperty(env_, options, "sendTimeoutMs"));
  uv_loop_t* loop;
  NAPI_CHECK(napi_get_uv_event_loop(env_, &loop));
  const std::string access_log = StringProperty(env_, options, "accessLog");
  const AccessFormat access_format = access_log == "combined" ? AccessFormat::kCombined
                                     : access_log == "json"   ? AccessFormat::kJson
                                                              : AccessFormat::kOff;
  engine_ = new Engine(loop, limits, static_cast<int64_t>(DoubleProperty(env_, options, "loadWindowMs")),
                       access_format, std::move(scoreboard), Int32Property(env_, options, "slot"), this);
  const Memory& shared = engine_->memory();
  napi_value memory = Object(env_);
  Share(memory, 0, "control", shared.control.data(), shared.control.bytes());
  Share(memory, 1, "requests", shared.requests.data(), shared.requests.bytes());
  Share(memory, 2, "headers", shared.headers.data(), shared.headers.bytes());
  Share(memory, 3, "input", shared.input.data(), shared.input.bytes());
  Share(memory, 4, "responses", shared.responses.data(), shared.responses.bytes());
  Share(memory, 5, "output", shared.output.data(), shared.output.bytes());
  Share(memory, 6, "handling", engine_->handling(), sizeof(int64_t));
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

}  // namespace pronghorn
