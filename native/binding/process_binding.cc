// ProcessBinding of src/binding/contract.ts.
#include <errno.h>
#include <unistd.h>
#include <uv.h>

#include "binding/addon.h"
#include "binding/convert.h"
#include "os/account.h"
#include "os/datagram.h"
#include "os/file_lock.h"
#include "os/fork.h"
#include "os/process.h"

namespace pronghorn {
namespace {

napi_value BecomeSubreaperExport(napi_env env, napi_callback_info info) {
  return Number(env, BecomeSubreaper());
}

napi_value ForkExport(napi_env env, napi_callback_info info) {
  uv_loop_t* loop;
  NAPI_CHECK(napi_get_uv_event_loop(env, &loop));
  pid_t pid = ForkDetached();
  if (pid == 0) {
    // Before anything else: the loop's epoll set and its wake-up descriptors are still the
    // parent's. A process whose loop cannot be re-armed is of no use and must not run on as a
    // second copy of its parent.
    CHECK(uv_loop_fork(loop) == 0);
  }
  return Number(env, pid);
}

napi_value PendingRequestsExport(napi_env env, napi_callback_info info) {
  uv_loop_t* loop;
  NAPI_CHECK(napi_get_uv_event_loop(env, &loop));
  return Number(env, static_cast<int64_t>(loop->active_reqs.count));
}

napi_value ProcessIdExport(napi_env env, napi_callback_info info) { return Number(env, getpid()); }

napi_value KernelThreadIdExport(napi_env env, napi_callback_info info) { return Number(env, ThreadId()); }

napi_value ExitNowExport(napi_env env, napi_callback_info info) { ExitNow(Arguments<1>(env, info).Int32(0)); }

napi_value ReapExport(napi_env env, napi_callback_info info) {
  std::optional<Exit> exit;
  int error = Reap(Arguments<1>(env, info).Int32(0), &exit);
  if (error < 0) return Number(env, error);
  if (!exit) return Undefined(env);
  napi_value null;
  NAPI_CHECK(napi_get_null(env, &null));
  napi_value result = Object(env);
  SetProperty(env, result, "code", exit->code < 0 ? null : Number(env, exit->code));
  SetProperty(env, result, "signal", exit->signal < 0 ? null : Number(env, exit->signal));
  SetProperty(env, result, "peakMemory", Number(env, static_cast<double>(exit->peak_kib) * 1024));
  return result;
}

napi_value IgnoreSignalExport(napi_env env, napi_callback_info info) {
  CHECK(IgnoreSignal(Arguments<1>(env, info).Int32(0)) == 0);
  return Undefined(env);
}

napi_value SetDeathSignalExport(napi_env env, napi_callback_info info) {
  return Number(env, SetDeathSignal(Arguments<1>(env, info).Int32(0)));
}

napi_value FindUserExport(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  napi_valuetype type;
  NAPI_CHECK(napi_typeof(env, arguments[0], &type));
  User user;
  const int error = type == napi_string ? FindUser(arguments.String(0), &user)
                                        : FindUser(static_cast<uid_t>(arguments.Double(0)), &user);
  if (error < 0) return Number(env, error);
  napi_value result = Object(env);
  SetProperty(env, result, "uid", Number(env, static_cast<double>(user.uid)));
  SetProperty(env, result, "gid", Number(env, static_cast<double>(user.gid)));
  SetProperty(env, result, "name", Text(env, user.name));
  SetProperty(env, result, "home", Text(env, user.home));
  return result;
}

napi_value DropPrivilegesExport(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  return Number(env, DropPrivileges(static_cast<uid_t>(arguments.Double(0)),
                                    static_cast<gid_t>(arguments.Double(1)), arguments.String(2)));
}

napi_value TryLockFileExport(napi_env env, napi_callback_info info) {
  return Number(env, TryLockFile(Arguments<1>(env, info).Int32(0)));
}

napi_value SendDatagramExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, SendDatagram(arguments.String(0), arguments.String(1)));
}

}  // namespace

void ExportProcess(napi_env env, napi_value exports) {
  ExportFunction(env, exports, "becomeSubreaper", BecomeSubreaperExport);
  ExportFunction(env, exports, "fork", ForkExport);
  ExportFunction(env, exports, "pendingRequests", PendingRequestsExport);
  ExportFunction(env, exports, "processId", ProcessIdExport);
  ExportFunction(env, exports, "kernelThreadId", KernelThreadIdExport);
  ExportFunction(env, exports, "exitNow", ExitNowExport);
  ExportFunction(env, exports, "reap", ReapExport);
  ExportFunction(env, exports, "ignoreSignal", IgnoreSignalExport);
  ExportFunction(env, exports, "setDeathSignal", SetDeathSignalExport);
  ExportFunction(env, exports, "findUser", FindUserExport);
  ExportFunction(env, exports, "dropPrivileges", DropPrivilegesExport);
  ExportFunction(env, exports, "tryLockFile", TryLockFileExport);
  ExportFunction(env, exports, "sendDatagram", SendDatagramExport);
}

}  // namespace pronghorn
