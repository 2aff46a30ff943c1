// Where the JavaScript of a thread stands, told into its slot of the scoreboard when another process asks by a signal: also
// while its event loop does not turn. Runs in a worker's thread. Must never harm a worker that goes on: it is asked on
// suspicion. Node-API has no interrupts, so this asks V8 itself, by weak symbols; without them nobody answers.
#pragma once

#include <node_api.h>

#include <memory>

#include "scoreboard/scoreboard.h"

namespace pronghorn {

// This thread answers from now on, if this Node.js lets it.
void AnswerForStack(napi_env env, std::shared_ptr<Scoreboard> scoreboard, int slot);

// Asks a thread of a process; who cannot answer does not notice. 0 or a negative errno.
int AskForStack(int process, int thread);

}  // namespace pronghorn
