// Signal, interrupt, stack: see stack_report.h. The signal's handler only asks V8 for an interrupt; V8 calls back where
// JavaScript can be looked at, and there nothing of it may run.
#include "binding/stack_report.h"

#include <errno.h>
#include <signal.h>

#include <string>

#include "binding/convert.h"
#include "os/process.h"

namespace pronghorn {
namespace {

// By default ignored: nothing happens to a process that does not listen.
constexpr int kSignal = SIGURG;
constexpr int kFrames = 16;
// v8::StackTrace::StackTraceOptions: line, column, script and function.
constexpr int kOverview = 0x0f;

// v8::Location: both from 0.
struct Location {
  int line;
  int column;
};

// Functions of V8 as its headers declare them, null where a Node.js has none of that name. A v8::Local is a pointer to a
// handle, as a napi_value is; a method takes what it is called on as its first argument.
using Isolate = void;
using Local = void*;
#define V8_FUNCTION(symbol) __asm__(symbol) __attribute__((weak, visibility("default")))
extern "C" {
Isolate* CurrentIsolate() V8_FUNCTION("_ZN2v87Isolate10GetCurrentEv");
void RequestInterrupt(Isolate*, void (*callback)(Isolate*, void*), void* data)
    V8_FUNCTION("_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_");
Local CurrentStackTrace(Isolate*, int frames, int options)
    V8_FUNCTION("_ZN2v810StackTrace17CurrentStackTraceEPNS_7IsolateEiNS0_17StackTraceOptionsE");
int FrameCount(Local stack) V8_FUNCTION("_ZNK2v810StackTrace13GetFrameCountEv");
Local FrameAt(Local stack, Isolate*, uint32_t index) V8_FUNCTION("_ZNK2v810StackTrace8GetFrameEPNS_7IsolateEj");
Location LocationOf(Local frame) V8_FUNCTION("_ZNK2v810StackFrame11GetLocationEv");
Local ScriptName(Local frame) V8_FUNCTION("_ZNK2v810StackFrame13GetScriptNameEv");
Local FunctionName(Local frame) V8_FUNCTION("_ZNK2v810StackFrame15GetFunctionNameEv");
}
#undef V8_FUNCTION

bool CanTell() {
  return CurrentIsolate != nullptr && RequestInterrupt != nullptr && CurrentStackTrace != nullptr &&
         FrameCount != nullptr && FrameAt != nullptr && LocationOf != nullptr && ScriptName != nullptr &&
         FunctionName != nullptr;
}

struct Answerer {
  napi_env env;
  Isolate* isolate;
  std::shared_ptr<Scoreboard> scoreboard;
  int slot;
  volatile sig_atomic_t is_asked = 0;
};

// A signal's handler has no other way to what belongs to its thread.
thread_local Answerer* answerer = nullptr;

// Empty for what is no string: a script without a name.
std::string TextOf(napi_env env, Local string) {
  auto* value = static_cast<napi_value>(string);
  napi_valuetype type;
  if (value == nullptr || napi_typeof(env, value, &type) != napi_ok || type != napi_string) return {};
  return ToString(env, value);
}

// As in the stack of an Error, without its "at".
std::string FramesOf(const Answerer& self) {
  const Local stack = CurrentStackTrace(self.isolate, kFrames, kOverview);
  if (stack == nullptr) return {};
  std::string text;
  const int count = FrameCount(stack);
  for (int i = 0; i < count; ++i) {
    const Local frame = FrameAt(stack, self.isolate, static_cast<uint32_t>(i));
    const auto [line, column] = LocationOf(frame);
    const std::string function = TextOf(self.env, FunctionName(frame));
    const std::string place = TextOf(self.env, ScriptName(frame)) + ':' + std::to_string(line + 1) + ':' +
                              std::to_string(column + 1);
    const std::string told = function.empty() ? place : function + " (" + place + ')';
    if (text.size() + told.size() + 1 > StackText::kBytes) break;
    if (!text.empty()) text += '\n';
    text += told;
  }
  return text;
}

void OnInterrupt(Isolate*, void* data) {
  auto* self = static_cast<Answerer*>(data);
  self->is_asked = 0;
  napi_handle_scope scope;
  if (napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  Slot* slot = self->scoreboard->slot(self->slot);
  slot->stack.Set(slot->Get(kSlot_turnNs), FramesOf(*self));
  napi_close_handle_scope(self->env, scope);
}

// V8 takes a lock for this that its own thread can hold already, and puts one entry into a queue that has room for some: no
// memory is allocated, since no second one is asked for before the first has been served.
void OnSignal(int, siginfo_t* info, void*) {
  // Only one thread's own signals: any other thread may get those of the process.
  if (info->si_code != SI_TKILL || answerer == nullptr || answerer->is_asked != 0) return;
  const int saved = errno;
  answerer->is_asked = 1;
  RequestInterrupt(answerer->isolate, OnInterrupt, answerer);
  errno = saved;
}

// The isolate goes before the thread does.
void StopAnswering(void* data) {
  answerer = nullptr;
  delete static_cast<Answerer*>(data);
}

}  // namespace

void AnswerForStack(napi_env env, std::shared_ptr<Scoreboard> scoreboard, int slot) {
  CHECK(answerer == nullptr);
  if (!CanTell()) return;
  answerer = new Answerer{env, CurrentIsolate(), std::move(scoreboard), slot};
  NAPI_CHECK(napi_add_env_cleanup_hook(env, StopAnswering, answerer));
  struct sigaction action = {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(kSignal, &action, nullptr) == 0);
}

int AskForStack(int process, int thread) { return SignalThread(process, thread, kSignal); }

}  // namespace pronghorn
