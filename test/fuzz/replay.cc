// Stands in for libFuzzer where only kept inputs are run: each file, and each file of each folder, once, so
// that a compiler without libFuzzer will do. Built only by `npm run sanitize`, in place of libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

using Target = int (*)(const uint8_t*, size_t);

void RunFile(const std::filesystem::path& path, Target target) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> contents{std::istreambuf_iterator<char>(file), {}};
  // Of exactly the right size on the heap, so that the sanitizer sees a read beyond it.
  const std::vector<uint8_t> bytes(contents.begin(), contents.end());
  std::fprintf(stderr, "running %s\n", path.c_str());  // the last one that is named is the one that failed
  target(bytes.data(), bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerRunDriver(int* count, char*** values, Target target) {
  int ran = 0;
  for (int i = 1; i < *count; ++i) {
    const std::filesystem::path given((*values)[i]);
    if (!std::filesystem::is_directory(given)) {
      RunFile(given, target);
      ++ran;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(given)) {
      RunFile(entry.path(), target);
      ++ran;
    }
  }
  std::fprintf(stderr, "%d inputs\n", ran);
  std::_Exit(ran > 0 ? 0 : 1);
}
