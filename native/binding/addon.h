// One export function per family; each is defined in <family>_binding.cc.
#pragma once

#include <node_api.h>

namespace pronghorn {

void ExportProcess(napi_env env, napi_value exports);
void ExportSocket(napi_env env, napi_value exports);
void ExportChannel(napi_env env, napi_value exports);
void ExportScoreboard(napi_env env, napi_value exports);
void ExportWatch(napi_env env, napi_value exports);
void ExportTls(napi_env env, napi_value exports);
void ExportEngine(napi_env env, napi_value exports);

}  // namespace pronghorn
