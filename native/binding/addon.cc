// The addon's door: every export of the native side, and the numbers of contract.h for src/binding/load.ts to
// compare. Loaded in many threads and processes, so there is no mutable global anywhere behind it.
#include "binding/addon.h"

#include "binding/convert.h"
#include "binding/environment_fds.h"
#include "contract.h"
#include "scoreboard/active_request.h"

namespace pronghorn {
namespace {

struct Entry {
  const char* name;
  int number;
};

template <size_t kCount>
void ExportTable(napi_env env, napi_value contract, const char* name, const Entry (&entries)[kCount]) {
  napi_value table = Object(env);
  for (const Entry& entry : entries) SetProperty(env, table, entry.name, Number(env, entry.number));
  SetProperty(env, contract, name, table);
}

napi_value ContractExport(napi_env env) {
  napi_value contract = Object(env);
  SetProperty(env, contract, "abi", Number(env, kAbi));
  SetProperty(env, contract, "headRoom", Number(env, kHeadRoom));
#define X(name) {#name, kSlot_##name},
  ExportTable(env, contract, "slotFields", {PRONGHORN_SLOT_FIELDS(X)});
#undef X
#define X(name) {#name, kState_##name},
  ExportTable(env, contract, "workerStates", {PRONGHORN_WORKER_STATES(X)});
#undef X
#define X(name) {#name, kControl_##name},
  ExportTable(env, contract, "controlWords", {PRONGHORN_CONTROL_WORDS(X)});
#undef X
#define X(name) {#name, kRequest_##name},
  ExportTable(env, contract, "requestFields", {PRONGHORN_REQUEST_FIELDS(X)});
#undef X
#define X(name, value) {#name, kEntry_##name},
  ExportTable(env, contract, "entryKinds", {PRONGHORN_ENTRY_KINDS(X)});
#undef X
#define X(name, value) {#name, kRequestFlag_##name},
  ExportTable(env, contract, "requestFlags", {PRONGHORN_REQUEST_FLAGS(X)});
#undef X
#define X(name, value) {#name, kHears_##name},
  ExportTable(env, contract, "hearing", {PRONGHORN_HEARING(X)});
#undef X
#define X(name) {#name, kHeader_##name},
  ExportTable(env, contract, "headerFields", {PRONGHORN_HEADER_FIELDS(X)});
#undef X
#define X(name) {#name, kRetained_##name},
  ExportTable(env, contract, "retainedFields", {PRONGHORN_RETAINED_FIELDS(X)});
#undef X
#define X(name) {#name, kResponse_##name},
  ExportTable(env, contract, "responseFields", {PRONGHORN_RESPONSE_FIELDS(X)});
#undef X
#define X(name, value) {#name, kResponseFlag_##name},
  ExportTable(env, contract, "responseFlags", {PRONGHORN_RESPONSE_FLAGS(X)});
#undef X
  std::vector<int> limits;
  for (int i = 0; i < kLatencyBuckets; ++i) limits.push_back(static_cast<int>(LatencyBucketLimitUs(i)));
  SetProperty(env, contract, "latencyLimitsUs", Int32Array(env, limits));
  SetProperty(env, contract, "activeTargetBytes", Number(env, ActiveRequest::kTargetBytes));
  return contract;
}

}  // namespace
}  // namespace pronghorn

NAPI_MODULE_INIT() {
  using namespace pronghorn;
  EnvironmentFds::Install(env);
  SetProperty(env, exports, "contract", ContractExport(env));
  ExportProcess(env, exports);
  ExportSocket(env, exports);
  ExportChannel(env, exports);
  ExportScoreboard(env, exports);
  ExportWatch(env, exports);
  ExportTls(env, exports);
  ExportEngine(env, exports);
  return exports;
}
