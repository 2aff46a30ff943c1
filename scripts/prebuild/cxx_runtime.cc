// The little of libstdc++ that the addon needs, for the prebuilt binaries only: one binary is to run with every C library,
// and on machines without a libstdc++ of the right age. Any process. Nothing throws in the addon: what would be an
// exception ends the process.
#include <bits/functexcept.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "pronghorn: %s\n", what);
  std::abort();
}

void* Allocate(std::size_t bytes) {
  void* memory = std::malloc(bytes > 0 ? bytes : 1);
  if (memory == nullptr) Die("out of memory");
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return Allocate(bytes); }
void* operator new[](std::size_t bytes) { return Allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace std {

void __throw_bad_alloc() { Die("out of memory"); }
void __throw_bad_array_new_length() { Die("out of memory"); }
void __throw_length_error(const char* what) { Die(what); }
void __throw_logic_error(const char* what) { Die(what); }
void __throw_out_of_range_fmt(const char* what, ...) { Die(what); }
void __throw_bad_function_call() { Die("an empty function was called"); }

// Asked by make_shared() where there is no type information, and then by name.
bool _Sp_make_shared_tag::_S_eq(const type_info&) noexcept { return false; }

}  // namespace std

// Named in the unwind tables of what is linked from libstdc++.a, and never called.
extern "C" void __gxx_personality_v0() { Die("an exception"); }
extern "C" void _Unwind_Resume() { Die("an exception"); }

// Newer versions of glibc have it, to save atomic operations in programs of one thread. Node.js is not one.
extern "C" char __libc_single_threaded;
char __libc_single_threaded = 0;
