// See environment_fds.h. Hangs on the environment as its instance data.
#include "binding/environment_fds.h"

#include "binding/convert.h"
#include "os/socket.h"

namespace pronghorn {

void EnvironmentFds::Install(napi_env env) {
  auto finalize = [](napi_env, void* data, void*) { delete static_cast<EnvironmentFds*>(data); };
  NAPI_CHECK(napi_set_instance_data(env, new EnvironmentFds(), finalize, nullptr));
}

EnvironmentFds* EnvironmentFds::Of(napi_env env) {
  void* data;
  NAPI_CHECK(napi_get_instance_data(env, &data));
  CHECK(data != nullptr);
  return static_cast<EnvironmentFds*>(data);
}

EnvironmentFds::~EnvironmentFds() {
  for (const int fd : fds_) CloseFd(fd);
}

}  // namespace pronghorn
