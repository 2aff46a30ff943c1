// TlsBinding of src/binding/contract.ts.
#include "binding/tls_binding.h"

#include <cstring>

#include "binding/addon.h"
#include "binding/convert.h"

namespace pronghorn {
namespace {

constexpr napi_type_tag kTlsEndpointTag = {0x51c8e0d7b3a94f26, 0xa4279c6e1bd8530f};

using Holder = std::shared_ptr<TlsEndpoint>;

Holder& HolderOf(napi_env env, napi_value object) {
  bool is_endpoint = false;
  NAPI_CHECK(napi_check_object_type_tag(env, object, &kTlsEndpointTag, &is_endpoint));
  CHECK(is_endpoint);
  void* data;
  NAPI_CHECK(napi_unwrap(env, object, &data));
  return *static_cast<Holder*>(data);
}

napi_value Bytes(napi_env env, const std::string& bytes) {
  void* data;
  napi_value buffer;
  NAPI_CHECK(napi_create_arraybuffer(env, bytes.size(), &data, &buffer));
  std::memcpy(data, bytes.data(), bytes.size());
  return buffer;
}

TlsSettings SettingsFrom(napi_env env, napi_value object) {
  TlsSettings settings;
  const napi_value certificates = Property(env, object, "certificates");
  uint32_t count;
  NAPI_CHECK(napi_get_array_length(env, certificates, &count));
  for (uint32_t i = 0; i < count; ++i) {
    napi_value item;
    NAPI_CHECK(napi_get_element(env, certificates, i, &item));
    settings.certificates.push_back({StringProperty(env, item, "name"), StringProperty(env, item, "cert"),
                                     StringProperty(env, item, "key")});
  }
  settings.ca = StringProperty(env, object, "ca");
  settings.ciphers = StringProperty(env, object, "ciphers");
  settings.suites = StringProperty(env, object, "suites");
  settings.only_tls13 = BoolProperty(env, object, "onlyTls13");
  settings.requests_certificate = BoolProperty(env, object, "requestCert");
  settings.requires_certificate = BoolProperty(env, object, "rejectUnauthorized");
  settings.ticket_seconds = static_cast<int64_t>(DoubleProperty(env, object, "ticketSeconds"));
  return settings;
}

napi_value ConfigureExport(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  std::string error;
  const bool fits = HolderOf(env, arguments.self())->Configure(SettingsFrom(env, arguments[0]), &error);
  return fits ? Undefined(env) : Text(env, error);
}

napi_value SetTicketKeysExport(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  void* data;
  size_t length;
  NAPI_CHECK(napi_get_typedarray_info(env, arguments[0], nullptr, &length, &data, nullptr, nullptr));
  CHECK(length % sizeof(TicketKey) == 0);
  std::vector<TicketKey> keys(length / sizeof(TicketKey));
  if (length > 0) std::memcpy(keys.data(), data, length);
  HolderOf(env, arguments.self())->SetTicketKeys(std::move(keys));
  return Undefined(env);
}

napi_value Construct(napi_env env, napi_callback_info info) {
  const Arguments<0> arguments(env, info);
  auto* holder = new Holder(std::make_shared<TlsEndpoint>());
  auto finalize = [](napi_env, void* data, void*) { delete static_cast<Holder*>(data); };
  NAPI_CHECK(napi_wrap(env, arguments.self(), holder, finalize, nullptr, nullptr));
  NAPI_CHECK(napi_type_tag_object(env, arguments.self(), &kTlsEndpointTag));
  return arguments.self();
}

}  // namespace

std::shared_ptr<TlsEndpoint> UnwrapTlsEndpoint(napi_env env, napi_value object) {
  napi_valuetype type;
  NAPI_CHECK(napi_typeof(env, object, &type));
  return type == napi_undefined ? nullptr : HolderOf(env, object);
}

napi_value DescribeTls(napi_env env, const TlsSession& session) {
  const napi_value description = Object(env);
  SetProperty(env, description, "protocol", Text(env, session.protocol()));
  SetProperty(env, description, "cipher", Text(env, session.cipher()));
  SetProperty(env, description, "standardCipher", Text(env, session.standard_cipher()));
  SetProperty(env, description, "cipherVersion", Text(env, session.cipher_version()));
  SetProperty(env, description, "alpn", Text(env, session.alpn()));
  SetProperty(env, description, "serverName", Text(env, session.server_name()));
  napi_value is_resumed;
  NAPI_CHECK(napi_get_boolean(env, session.is_resumed(), &is_resumed));
  SetProperty(env, description, "isResumed", is_resumed);
  const std::string certificate = session.certificate();
  SetProperty(env, description, "certificate",
              certificate.empty() ? Undefined(env) : Bytes(env, certificate));
  const std::string peer = session.peer_certificate();
  SetProperty(env, description, "peerCertificate", peer.empty() ? Undefined(env) : Bytes(env, peer));
  SetProperty(env, description, "peerCertificateError", Text(env, session.peer_certificate_error()));
  SetProperty(env, description, "verifyResult", Number(env, static_cast<double>(session.verify_result())));
  napi_value is_requested;
  NAPI_CHECK(napi_get_boolean(env, session.requests_certificate(), &is_requested));
  SetProperty(env, description, "isCertificateRequested", is_requested);
  return description;
}

void ExportTls(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {"configure", nullptr, ConfigureExport, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"setTicketKeys", nullptr, SetTicketKeysExport, nullptr, nullptr, nullptr, napi_default_method,
       nullptr},
  };
  napi_value endpoint_class;
  NAPI_CHECK(napi_define_class(env, "TlsEndpoint", NAPI_AUTO_LENGTH, Construct, nullptr,
                               sizeof methods / sizeof *methods, methods, &endpoint_class));
  SetProperty(env, exports, "TlsEndpoint", endpoint_class);
}

}  // namespace pronghorn
