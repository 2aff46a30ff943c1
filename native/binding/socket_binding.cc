// SocketBinding of src/binding/contract.ts.
#include <errno.h>

#include "base/fd.h"
#include "binding/addon.h"
#include "binding/convert.h"
#include "binding/environment_fds.h"
#include "os/account.h"
#include "os/bell.h"
#include "os/socket.h"
#include "os/unix_socket.h"

namespace pronghorn {
namespace {

napi_value ListenTcpExport(napi_env env, napi_callback_info info) {
  napi_value options = Arguments<1>(env, info)[0];
  return Number(env, ListenTcp({.host = StringProperty(env, options, "host"),
                                .port = Int32Property(env, options, "port"),
                                .backlog = Int32Property(env, options, "backlog"),
                                .reuse_port = BoolProperty(env, options, "reusePort"),
                                .ipv6_only = BoolProperty(env, options, "ipv6Only"),
                                .defer_accept_s = Int32Property(env, options, "deferAccept"),
                                .fast_open = Int32Property(env, options, "fastOpen")}));
}

napi_value ListenUnixExport(napi_env env, napi_callback_info info) {
  napi_value options = Arguments<1>(env, info)[0];
  return Number(env, ListenUnix({.path = StringProperty(env, options, "path"),
                                 .backlog = Int32Property(env, options, "backlog"),
                                 .mode = Int32Property(env, options, "mode"),
                                 .owner = static_cast<int64_t>(DoubleProperty(env, options, "owner")),
                                 .group = static_cast<int64_t>(DoubleProperty(env, options, "group"))}));
}

napi_value AdoptListenerExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  return Number(env, AdoptListener(arguments.Int32(0), arguments.Int32(1)));
}

napi_value LocalNameExport(napi_env env, napi_callback_info info) {
  LocalName name;
  const int error = ReadLocalName(Arguments<1>(env, info).Int32(0), &name);
  if (error < 0) return Number(env, error);
  napi_value result = Object(env);
  if (name.is_unix) {
    SetProperty(env, result, "path", Text(env, name.path));
    return result;
  }
  napi_value is_dual_stack;
  NAPI_CHECK(napi_get_boolean(env, name.is_dual_stack, &is_dual_stack));
  SetProperty(env, result, "host", Text(env, name.host));
  SetProperty(env, result, "port", Number(env, name.port));
  SetProperty(env, result, "isDualStack", is_dual_stack);
  return result;
}

napi_value GroupIdExport(napi_env env, napi_callback_info info) {
  return Number(env, static_cast<double>(GroupId(Arguments<1>(env, info).String(0))));
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
  Arguments<3> arguments(env, info);
  const std::vector<int> members = Int32List(env, arguments[1]);
  const std::vector<int> weights = Int32List(env, arguments[2]);
  CHECK(members.size() == weights.size());
  return Number(env, SteerGroup(arguments.Int32(0), members, weights));
}

napi_value MakeBellExport(napi_env env, napi_callback_info info) { return Number(env, MakeBell()); }

napi_value DuplicateFdExport(napi_env env, napi_callback_info info) {
  return Number(env, DuplicateFd(Arguments<1>(env, info).Int32(0)));
}

napi_value CloseFdExport(napi_env env, napi_callback_info info) {
  const int fd = Arguments<1>(env, info).Int32(0);
  EnvironmentFds::Of(env)->Remove(fd);
  CloseFd(fd);
  return Undefined(env);
}

}  // namespace

void ExportSocket(napi_env env, napi_value exports) {
  ExportFunction(env, exports, "listenTcp", ListenTcpExport);
  ExportFunction(env, exports, "listenUnix", ListenUnixExport);
  ExportFunction(env, exports, "adoptListener", AdoptListenerExport);
  ExportFunction(env, exports, "localName", LocalNameExport);
  ExportFunction(env, exports, "groupId", GroupIdExport);
  ExportFunction(env, exports, "localPort", LocalPortExport);
  ExportFunction(env, exports, "listenQueue", ListenQueueExport);
  ExportFunction(env, exports, "steer", SteerExport);
  ExportFunction(env, exports, "makeBell", MakeBellExport);
  ExportFunction(env, exports, "duplicateFd", DuplicateFdExport);
  ExportFunction(env, exports, "closeFd", CloseFdExport);
}

}  // namespace pronghorn
