// ChannelBinding of src/binding/contract.ts: the blocking calls of a host that waits for commands.
#include "binding/addon.h"
#include "binding/channel_object.h"
#include "binding/convert.h"
#include "binding/environment_fds.h"
#include "os/message_socket.h"

namespace pronghorn {
namespace {

napi_value ChannelPairExport(napi_env env, napi_callback_info info) {
  int first;
  int second;
  int error = OpenMessagePair(&first, &second);
  return error < 0 ? Number(env, error) : Int32Array(env, {first, second});
}

napi_value ReceiveExport(napi_env env, napi_callback_info info) {
  ReceivedMessage message;
  int count = ReceiveMessage(Arguments<1>(env, info).Int32(0), &message);
  if (count < 0) return Number(env, count);
  if (count == 0) return Undefined(env);
  EnvironmentFds::Of(env)->Add(message.fds);
  napi_value result = Object(env);
  SetProperty(env, result, "text", Text(env, message.text));
  SetProperty(env, result, "fds", Int32Array(env, message.fds));
  return result;
}

napi_value SendExport(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  return Number(env, SendMessage(arguments.Int32(0), arguments.String(1), Int32List(env, arguments[2])));
}

}  // namespace

void ExportChannel(napi_env env, napi_value exports) {
  ExportFunction(env, exports, "channelPair", ChannelPairExport);
  ExportFunction(env, exports, "receive", ReceiveExport);
  ExportFunction(env, exports, "send", SendExport);
  SetProperty(env, exports, "Channel", ChannelClass(env));
}

}  // namespace pronghorn
