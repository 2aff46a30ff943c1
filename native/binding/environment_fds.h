// Descriptors that JavaScript has received in blocking calls and not closed yet. A worker thread can be ended at
// any instruction, and what only its JavaScript knew of would stay open for as long as the process lives. One
// object for each environment, on its thread.
#pragma once

#include <node_api.h>

#include <set>
#include <vector>

namespace pronghorn {

class EnvironmentFds {
 public:
  // Once in each environment, before anything else of the addon runs there.
  static void Install(napi_env env);
  static EnvironmentFds* Of(napi_env env);

  EnvironmentFds() = default;
  EnvironmentFds(const EnvironmentFds&) = delete;
  EnvironmentFds& operator=(const EnvironmentFds&) = delete;
  // Closes what is left.
  ~EnvironmentFds();

  void Add(const std::vector<int>& fds) { fds_.insert(fds.begin(), fds.end()); }
  // Somebody else sees to it from now on. Descriptors of other origin are none of its business.
  void Remove(int fd) { fds_.erase(fd); }

 private:
  std::set<int> fds_;
};

}  // namespace pronghorn
