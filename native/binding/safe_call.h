// Calls from the event loop into JavaScript. The only place that knows what follows when such a
// call throws: the same as for an exception in any callback of Node, 'uncaughtException'.
#pragma once

#include <node_api.h>

#include "binding/convert.h"

namespace pronghorn {

// Values made in a callback of the event loop live as long as this.
class LoopScope {
 public:
  explicit LoopScope(napi_env env) : env_(env) { NAPI_CHECK(napi_open_handle_scope(env, &scope_)); }
  LoopScope(const LoopScope&) = delete;
  LoopScope& operator=(const LoopScope&) = delete;
  ~LoopScope() { napi_close_handle_scope(env_, scope_); }

 private:
  napi_env env_;
  napi_handle_scope scope_;
};

// Runs process.nextTick() and promise jobs afterwards. Does nothing when the environment is
// closing. The function may delete `function` itself.
template <size_t kCount>
void CallFromLoop(napi_env env, napi_ref function, const napi_value (&arguments)[kCount]) {
  napi_value callee;
  napi_value receiver;
  napi_value result;
  NAPI_CHECK(napi_get_reference_value(env, function, &callee));
  NAPI_CHECK(napi_get_global(env, &receiver));
  napi_status status = napi_make_callback(env, nullptr, receiver, callee, kCount, arguments, &result);
  if (status != napi_pending_exception) return;
  napi_value exception;
  NAPI_CHECK(napi_get_and_clear_last_exception(env, &exception));
  napi_fatal_exception(env, exception);
}

}  // namespace pronghorn
