// The wall clock of a server that is soaked: preloaded into its processes, it adds to the time of day as many seconds as a
// shared file says at the moment. The monotonic clock is left as it is, as by an administrator who sets the time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* offset;

__attribute__((constructor)) static void map_offset(void) {
  const char* path = getenv("SOAK_CLOCK");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void* memory = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED) offset = memory;
}

static int64_t seconds(void) { return offset == NULL ? 0 : *offset; }

int clock_gettime(clockid_t id, struct timespec* result) {
  static int (*next)(clockid_t, struct timespec*);
  if (next == NULL) next = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const int status = next(id, result);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) result->tv_sec += seconds();
  return status;
}

int gettimeofday(struct timeval* restrict result, void* restrict zone) {
  static int (*next)(struct timeval*, void*);
  if (next == NULL) next = (int (*)(struct timeval*, void*))dlsym(RTLD_NEXT, "gettimeofday");
  const int status = next(result, zone);
  result->tv_sec += seconds();
  return status;
}

time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}
