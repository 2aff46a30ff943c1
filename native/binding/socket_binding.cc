// SocketBinding of src/binding/contract.ts.
#include "binding/addon.h"
#include "binding/convert.h"
#include "os/socket.h"

namespace pronghorn {
namespace {

napi_value ListenTcpExport(napi_env env, napi_callback_info info) {
  napi_value options = Arguments<1>(env, info)[0];
  return Number(env, ListenTcp({.host = StringProperty(env, options, "host"),
                                .port = Int32Property(env, options, "port"),
                                .backlog = Int32Property(env, options, "backlog"),
                                .reuse_port = BoolProperty(env, options, "reusePort"),
                                .ipv6_only = BoolProperty(env, options, "ipv6Only")}));
}

napi_value ListenUnixExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, ListenUnix(arguments.String(0), arguments.Int32(1)));
}

napi_value LocalPortExport(napi_env env, napi_callback_info info) {
  return Number(env, LocalPort(Arguments<1>(env, info).Int32(0)));
}

napi_value ListenQueueExport(napi_env env, napi_callback_info info) {
  ListenQueue queue;
  int error = ReadListenQueue(Arguments<1>(env, info).Int32(0), &queue);
  if (error < 0) return Number(env, error);
  napi_value result = Object(env);
  SetProperty(env, result, "waiting", Number(env, queue.waiting));
  SetProperty(env, result, "limit", Number(env, queue.limit));
  return result;
}

napi_value SteerExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, SteerGroup(arguments.Int32(0), Int32List(env, arguments[1])));
}

napi_value CloseFdExport(napi_env env, napi_callback_info info) {
  CloseFd(Arguments<1>(env, info).Int32(0));
  return Undefined(env);
}

}  // namespace

void ExportSocket(napi_env env, napi_value exports) {
  ExportFunction(env, exports, "listenTcp", ListenTcpExport);
  ExportFunction(env, exports, "listenUnix", ListenUnixExport);
  ExportFunction(env, exports, "localPort", LocalPortExport);
  ExportFunction(env, exports, "listenQueue", ListenQueueExport);
  ExportFunction(env, exports, "steer", SteerExport);
  ExportFunction(env, exports, "closeFd", CloseFdExport);
}

}  // namespace pronghorn
