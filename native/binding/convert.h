// JavaScript values to C++ and back. TypeScript has validated every argument before it gets here, so a wrong
// type is a bug of ours and a CHECK, not an exception.
#pragma once

#include <node_api.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace pronghorn {

#define NAPI_CHECK(call) CHECK((call) == napi_ok)

// The arguments of one call from JavaScript; missing ones are undefined.
template <size_t kCount>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kCount;
    NAPI_CHECK(napi_get_cb_info(env, info, &count, values_, &self_, &data_));
  }
  napi_value operator[](size_t index) const { return values_[index]; }
  napi_value self() const { return self_; }
  template <typename T>
  T* data() const {
    return static_cast<T*>(data_);
  }

  int32_t Int32(size_t index) const {
    int32_t value;
    NAPI_CHECK(napi_get_value_int32(env_, values_[index], &value));
    return value;
  }
  double Double(size_t index) const {
    double value;
    NAPI_CHECK(napi_get_value_double(env_, values_[index], &value));
    return value;
  }
  bool Bool(size_t index) const {
    bool value;
    NAPI_CHECK(napi_get_value_bool(env_, values_[index], &value));
    return value;
  }
  std::string String(size_t index) const;

 private:
  napi_env env_;
  napi_value values_[kCount == 0 ? 1 : kCount];
  napi_value self_;
  void* data_;
};

inline std::string ToString(napi_env env, napi_value value) {
  size_t length = 0;
  NAPI_CHECK(napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  NAPI_CHECK(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

// A string whose characters are bytes: header lines.
inline std::string Latin1(napi_env env, napi_value value) {
  size_t length = 0;
  NAPI_CHECK(napi_get_value_string_latin1(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  NAPI_CHECK(napi_get_value_string_latin1(env, value, text.data(), length + 1, &length));
  return text;
}

// The bytes of a Uint8Array, JavaScript's for the length of the call.
inline std::string_view Bytes(napi_env env, napi_value value) {
  void* data;
  size_t length;
  NAPI_CHECK(napi_get_typedarray_info(env, value, nullptr, &length, &data, nullptr, nullptr));
  return {static_cast<const char*>(data), length};
}

template <size_t kCount>
std::string Arguments<kCount>::String(size_t index) const {
  return ToString(env_, values_[index]);
}

// A property of an options object; the caller knows its type.
inline napi_value Property(napi_env env, napi_value object, const char* name) {
  napi_value value;
  NAPI_CHECK(napi_get_named_property(env, object, name, &value));
  return value;
}
inline int32_t Int32Property(napi_env env, napi_value object, const char* name) {
  int32_t number;
  NAPI_CHECK(napi_get_value_int32(env, Property(env, object, name), &number));
  return number;
}
inline double DoubleProperty(napi_env env, napi_value object, const char* name) {
  double number;
  NAPI_CHECK(napi_get_value_double(env, Property(env, object, name), &number));
  return number;
}
inline bool BoolProperty(napi_env env, napi_value object, const char* name) {
  bool fact;
  NAPI_CHECK(napi_get_value_bool(env, Property(env, object, name), &fact));
  return fact;
}
inline std::string StringProperty(napi_env env, napi_value object, const char* name) {
  return ToString(env, Property(env, object, name));
}

inline std::vector<int> Int32List(napi_env env, napi_value array) {
  uint32_t length;
  NAPI_CHECK(napi_get_array_length(env, array, &length));
  std::vector<int> list(length);
  for (uint32_t i = 0; i < length; ++i) {
    napi_value item;
    NAPI_CHECK(napi_get_element(env, array, i, &item));
    NAPI_CHECK(napi_get_value_int32(env, item, &list[i]));
  }
  return list;
}

inline napi_value Number(napi_env env, double number) {
  napi_value value;
  NAPI_CHECK(napi_create_double(env, number, &value));
  return value;
}
inline napi_value Text(napi_env env, const std::string& text) {
  napi_value value;
  NAPI_CHECK(napi_create_string_utf8(env, text.data(), text.size(), &value));
  return value;
}
inline napi_value Undefined(napi_env env) {
  napi_value value;
  NAPI_CHECK(napi_get_undefined(env, &value));
  return value;
}
inline napi_value Object(napi_env env) {
  napi_value value;
  NAPI_CHECK(napi_create_object(env, &value));
  return value;
}
inline void SetProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  NAPI_CHECK(napi_set_named_property(env, object, name, value));
}
inline napi_value Int32Array(napi_env env, const std::vector<int>& list) {
  napi_value array;
  NAPI_CHECK(napi_create_array_with_length(env, list.size(), &array));
  for (size_t i = 0; i < list.size(); ++i) {
    NAPI_CHECK(napi_set_element(env, array, static_cast<uint32_t>(i), Number(env, list[i])));
  }
  return array;
}

inline void ExportFunction(napi_env env, napi_value exports, const char* name, napi_callback function) {
  napi_value value;
  NAPI_CHECK(napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value));
  SetProperty(env, exports, name, value);
}

}  // namespace pronghorn
