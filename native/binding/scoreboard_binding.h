// How other bindings get at the scoreboard behind a NativeScoreboard of src/binding/contract.ts.
#pragma once

#include <node_api.h>

#include <memory>

#include "scoreboard/scoreboard.h"

namespace pronghorn {

// The memory stays mapped as long as anyone holds the result. The object must be an open
// scoreboard.
std::shared_ptr<Scoreboard> UnwrapScoreboard(napi_env env, napi_value object);

}  // namespace pronghorn
