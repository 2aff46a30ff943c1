// How other bindings get at the endpoint behind a NativeTlsEndpoint of src/binding/contract.ts.
#pragma once

#include <node_api.h>

#include <memory>

#include "tls/tls_endpoint.h"
#include "tls/tls_session.h"

namespace pronghorn {

// Null for undefined.
std::shared_ptr<TlsEndpoint> UnwrapTlsEndpoint(napi_env env, napi_value object);

// A NativeTlsInfo of src/binding/contract.ts.
napi_value DescribeTls(napi_env env, const TlsSession& session);

}  // namespace pronghorn
