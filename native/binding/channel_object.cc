// The JavaScript Channel on the event loop: see channel_object.h for who owns it and when it ends.
#include "binding/channel_object.h"

#include <errno.h>
#include <uv.h>

#include "base/fd.h"
#include "binding/convert.h"
#include "binding/environment_fds.h"
#include "binding/safe_call.h"
#include "os/message_socket.h"

namespace pronghorn {
namespace {

constexpr napi_type_tag kChannelTag = {0x9d3f1c0a6be74f21, 0xb58c27e4d1a0936f};

// Messages taken in one turn of the loop, so that a busy sender cannot starve everything else.
constexpr int kMessagesPerTurn = 64;

// Has two holders: the JavaScript object, and the loop until its handle is closed. The later one to
// let go frees it. While it is open the JavaScript object is held too, since the loop may call it
// at any time.
class ChannelObject {
 public:
  ChannelObject(napi_env env, const Arguments<3>& arguments);

  int Send(const std::string& text, const std::vector<int>& fds);
  void WantWritable();
  void Close();
  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&poll_); }
  bool is_open() const { return fd_.ok(); }

 private:
  static void OnPoll(uv_poll_t* poll, int status, int events);
  static void OnClosed(uv_handle_t* handle);
  static void OnFinalize(napi_env env, void* data, void* hint);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* data);

  void Poll();
  void Receive();
  void LetGo();
  void CallMessage(napi_value text, const std::vector<int>& fds);

  napi_env env_;
  uv_poll_t poll_;
  Fd fd_;  // not ok() once closed
  napi_ref self_;
  napi_ref on_message_;
  napi_ref on_writable_;
  napi_async_cleanup_hook_handle hook_;
  bool wants_writable_ = false;
  int holders_ = 2;
};

napi_ref Reference(napi_env env, napi_value value) {
  napi_ref reference;
  NAPI_CHECK(napi_create_reference(env, value, 1, &reference));
  return reference;
}

ChannelObject::ChannelObject(napi_env env, const Arguments<3>& arguments)
    : env_(env), fd_(arguments.Int32(0)) {
  EnvironmentFds::Of(env)->Remove(fd_.get());
  uv_loop_t* loop;
  NAPI_CHECK(napi_get_uv_event_loop(env, &loop));
  CHECK(uv_poll_init(loop, &poll_, fd_.get()) == 0);
  poll_.data = this;
  on_message_ = Reference(env, arguments[1]);
  on_writable_ = Reference(env, arguments[2]);
  NAPI_CHECK(napi_wrap(env, arguments.self(), this, OnFinalize, nullptr, nullptr));
  NAPI_CHECK(napi_type_tag_object(env, arguments.self(), &kChannelTag));
  self_ = Reference(env, arguments.self());
  NAPI_CHECK(napi_add_async_cleanup_hook(env, OnEnvironmentEnd, this, &hook_));
  Poll();
}

void ChannelObject::Poll() {
  int events = UV_READABLE | (wants_writable_ ? UV_WRITABLE : 0);
  CHECK(uv_poll_start(&poll_, events, OnPoll) == 0);
}

void ChannelObject::OnPoll(uv_poll_t* poll, int status, int events) {
  auto* channel = static_cast<ChannelObject*>(poll->data);
  LoopScope scope(channel->env_);
  if (events & UV_WRITABLE) {
    channel->wants_writable_ = false;
    channel->Poll();
    napi_value none[1] = {Undefined(channel->env_)};
    CallFromLoop(channel->env_, channel->on_writable_, none);
  }
  // A failed poll, too, is told by what receiving gives.
  if (channel->is_open() && (status < 0 || (events & UV_READABLE))) channel->Receive();
}

void ChannelObject::Receive() {
  for (int taken = 0; taken < kMessagesPerTurn && is_open(); ++taken) {
    LoopScope scope(env_);
    ReceivedMessage message;
    int count = ReceiveMessage(fd_.get(), &message);
    if (count == -EAGAIN) return;
    if (count <= 0) {
      // Gone, or broken beyond use. JavaScript closes; polling on would tell the same again and
      // again.
      uv_poll_stop(&poll_);
      CallMessage(Undefined(env_), {});
      return;
    }
    CallMessage(Text(env_, message.text), message.fds);
  }
}

void ChannelObject::CallMessage(napi_value text, const std::vector<int>& fds) {
  napi_value arguments[2] = {text, Int32Array(env_, fds)};
  CallFromLoop(env_, on_message_, arguments);
}

int ChannelObject::Send(const std::string& text, const std::vector<int>& fds) {
  return is_open() ? SendMessage(fd_.get(), text, fds) : -EPIPE;
}

void ChannelObject::WantWritable() {
  if (!is_open()) return;
  wants_writable_ = true;
  Poll();
}

void ChannelObject::Close() {
  if (!is_open()) return;
  uv_poll_stop(&poll_);
  fd_.Reset();
  uv_close(handle(), OnClosed);
  napi_delete_reference(env_, on_message_);
  napi_delete_reference(env_, on_writable_);
  napi_delete_reference(env_, self_);
}

void ChannelObject::LetGo() {
  if (--holders_ == 0) delete this;
}

void ChannelObject::OnClosed(uv_handle_t* handle) {
  auto* channel = static_cast<ChannelObject*>(handle->data);
  napi_remove_async_cleanup_hook(channel->hook_);
  channel->LetGo();
}

void ChannelObject::OnFinalize(napi_env, void* data, void*) {
  auto* channel = static_cast<ChannelObject*>(data);
  channel->Close();
  channel->LetGo();
}

void ChannelObject::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) {
  static_cast<ChannelObject*>(data)->Close();
}

ChannelObject* Unwrap(napi_env env, napi_value object) {
  bool is_channel = false;
  NAPI_CHECK(napi_check_object_type_tag(env, object, &kChannelTag, &is_channel));
  CHECK(is_channel);
  void* data;
  NAPI_CHECK(napi_unwrap(env, object, &data));
  return static_cast<ChannelObject*>(data);
}

napi_value ConstructExport(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  new ChannelObject(env, arguments);  // owned by its two holders
  return arguments.self();
}

napi_value SendExport(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  ChannelObject* channel = Unwrap(env, arguments.self());
  return Number(env, channel->Send(arguments.String(0), Int32List(env, arguments[1])));
}

napi_value WantWritableExport(napi_env env, napi_callback_info info) {
  Unwrap(env, Arguments<0>(env, info).self())->WantWritable();
  return Undefined(env);
}

napi_value CloseExport(napi_env env, napi_callback_info info) {
  Unwrap(env, Arguments<0>(env, info).self())->Close();
  return Undefined(env);
}

napi_value RefExport(napi_env env, napi_callback_info info) {
  ChannelObject* channel = Unwrap(env, Arguments<0>(env, info).self());
  if (channel->is_open()) uv_ref(channel->handle());
  return Undefined(env);
}

napi_value UnrefExport(napi_env env, napi_callback_info info) {
  ChannelObject* channel = Unwrap(env, Arguments<0>(env, info).self());
  if (channel->is_open()) uv_unref(channel->handle());
  return Undefined(env);
}

napi_property_descriptor Method(const char* name, napi_callback function) {
  napi_property_descriptor descriptor = {};
  descriptor.utf8name = name;
  descriptor.method = function;
  descriptor.attributes = napi_default_method;
  return descriptor;
}

}  // namespace

napi_value ChannelClass(napi_env env) {
  napi_property_descriptor methods[] = {
      Method("send", SendExport),   Method("wantWritable", WantWritableExport),
      Method("close", CloseExport), Method("ref", RefExport),
      Method("unref", UnrefExport),
  };
  napi_value constructor;
  NAPI_CHECK(napi_define_class(env, "Channel", NAPI_AUTO_LENGTH, ConstructExport, nullptr, std::size(methods),
                               methods, &constructor));
  return constructor;
}

}  // namespace pronghorn
