// One message to a datagram socket of the file system, as service managers have them. Used by the manager. Results are
// 0, or a negative errno.
#pragma once

#include <string>
#include <string_view>

namespace pronghorn {

// Never waits: -EAGAIN if the receiver's queue is full. A path that begins with @ is an abstract name.
int SendDatagram(const std::string& path, std::string_view text);

}  // namespace pronghorn
