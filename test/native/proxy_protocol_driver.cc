// Puts the parser of PROXY protocol headers on standard input and output: a line of hexadecimal digits in, a line with
// the verdict out. The test compiles it with the sanitizers.
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "proxy/proxy_protocol.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    // Of exactly the right size on the heap, so that the sanitizer sees a read beyond it.
    std::vector<char> bytes;
    for (size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes.push_back(static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
    bytes.shrink_to_fit();
    const pronghorn::ProxyHeader header = pronghorn::ParseProxyHeader({bytes.data(), bytes.size()});
    const char* const outcomes[] = {"partial", "invalid", "complete"};
    std::printf("%s %zu %d %s %d %s %d\n", outcomes[static_cast<int>(header.outcome)], header.length,
                header.is_relayed ? 1 : 0, header.source.empty() ? "-" : header.source.c_str(),
                header.source_port, header.destination.empty() ? "-" : header.destination.c_str(),
                header.destination_port);
  }
}
