// Runs libFuzzer inside of node, because the parser under test is the one of the node binary. Built only by
// `npm run fuzz`, never part of the package.
#include <node_api.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "decisions.h"

extern "C" int LLVMFuzzerRunDriver(int* count, char*** values, int (*target)(const uint8_t*, size_t));

namespace {

int RunParser(const uint8_t* data, size_t size) {
  pronghorn::fuzz::FuzzParser(data, size);
  return 0;
}

int RunEngine(const uint8_t* data, size_t size) {
  pronghorn::fuzz::FuzzEngine(data, size);
  return 0;
}

// run(target, ...libFuzzer's arguments). Ends the process.
napi_value Run(napi_env env, napi_callback_info info) {
  size_t count = 64;
  napi_value given[64];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  std::vector<std::string> words;
  for (size_t i = 0; i < count; ++i) {
    char text[1024];
    size_t length = 0;
    napi_get_value_string_utf8(env, given[i], text, sizeof text, &length);
    words.emplace_back(text, length);
  }
  std::vector<char*> values;
  for (std::string& word : words) values.push_back(word.data());
  values.push_back(nullptr);
  auto* target = words.at(0) == "engine" ? RunEngine : RunParser;
  int values_count = static_cast<int>(count);
  char** values_start = values.data();
  LLVMFuzzerRunDriver(&values_count, &values_start, target);
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value run;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, Run, nullptr, &run);
  napi_set_named_property(env, exports, "run", run);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
