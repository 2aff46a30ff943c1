// The block that keeps a request's head and body when they outlive their batch; layout in contract.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "contract.h"

namespace pronghorn {

inline std::string RetainedBlock(std::string_view head, const int32_t* headers, int32_t header_count,
                                 int32_t url_offset, int32_t url_length, std::string_view trailers) {
  int32_t fields[kRetainedFieldCount];
  fields[kRetained_headLength] = static_cast<int32_t>(head.size());
  fields[kRetained_headerCount] = header_count;
  fields[kRetained_urlOffset] = url_offset;
  fields[kRetained_urlLength] = url_length;
  fields[kRetained_trailerLength] = static_cast<int32_t>(trailers.size());
  std::string block(reinterpret_cast<const char*>(fields), sizeof fields);
  block.append(reinterpret_cast<const char*>(headers),
               static_cast<size_t>(header_count) * kHeaderFieldCount * sizeof(int32_t));
  block.append(head);
  block.append(trailers);
  return block;
}

}  // namespace pronghorn
