// NativeChannel of src/binding/contract.ts: one end of a channel on the event loop.
#pragma once

#include <node_api.h>

namespace pronghorn {

// The class, for the environment's exports.
napi_value ChannelClass(napi_env env);

}  // namespace pronghorn
