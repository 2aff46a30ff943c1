// Reads /proc/self/maps and marks what it finds: see mappings.h. Runs in the zygote, right before each fork.
#include "os/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace pronghorn {
namespace {

struct Range {
  uintptr_t start;
  uintptr_t end;
};

// A Node process has around a thousand lines of 50 to 100 bytes.
constexpr size_t kMapsBytesGuess = 256 * 1024;

int ReadMaps(std::string* text) {
  Fd maps(open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
  if (!maps.ok()) return -errno;
  text->resize(kMapsBytesGuess);
  size_t length = 0;
  while (true) {
    if (length == text->size()) text->resize(text->size() * 2);
    ssize_t count = read(maps.get(), text->data() + length, text->size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -errno;
    if (count == 0) break;
    length += static_cast<size_t>(count);
  }
  text->resize(length);
  return 0;
}

uintptr_t TakeHex(std::string_view* line) {
  uintptr_t value = 0;
  size_t i = 0;
  for (; i < line->size(); ++i) {
    char c = (*line)[i];
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<uintptr_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value * 16 + static_cast<uintptr_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  line->remove_prefix(i == line->size() ? i : i + 1);
  return value;
}

// [vvar], [vvar_vclock], [vdso], [vsyscall]: the kernel's own; it inherits them by itself and
// refuses the mark.
bool IsKernelMapping(std::string_view line) { return line.find(" [v") != std::string_view::npos; }

// Calls fn with every line's address range and whether it is the kernel's.
template <typename Function>
void ForEachMapping(std::string_view maps, Function fn) {
  while (!maps.empty()) {
    size_t end = maps.find('\n');
    std::string_view line = maps.substr(0, end);
    maps.remove_prefix(end == std::string_view::npos ? maps.size() : end + 1);
    uintptr_t start = TakeHex(&line);
    uintptr_t stop = TakeHex(&line);
    if (start < stop) fn(Range{start, stop}, IsKernelMapping(line));
  }
}

// Holes in the range do no harm: the kernel goes on behind them and says ENOMEM at the end.
bool Inherit(const Range& range) {
  void* start = reinterpret_cast<void*>(range.start);
  return madvise(start, range.end - range.start, MADV_DOFORK) == 0 || errno == ENOMEM;
}

}  // namespace

int InheritAllMappings() {
  std::string maps;
  int error = ReadMaps(&maps);
  if (error < 0) return error;
  // One call for each stretch between the kernel's mappings instead of one for each of a thousand
  // mappings.
  std::vector<Range> stretches;
  bool continues = false;
  ForEachMapping(maps, [&](const Range& range, bool is_kernels) {
    if (is_kernels) {
      continues = false;
    } else if (continues) {
      stretches.back().end = range.end;
    } else {
      stretches.push_back(range);
      continues = true;
    }
  });
  bool all_done = true;
  for (const Range& stretch : stretches) all_done = Inherit(stretch) && all_done;
  if (all_done) return 0;
  // Some mapping of a device refuses, and the kernel stopped there: one by one then, leaving out
  // those that refuse.
  ForEachMapping(maps, [](const Range& range, bool is_kernels) {
    if (!is_kernels) Inherit(range);
  });
  return 0;
}

}  // namespace pronghorn
