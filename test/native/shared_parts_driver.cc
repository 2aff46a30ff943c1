// What the workers of one process share, used by as many threads at once as there are workers, and by a manager that looks at
// all of them: the scoreboard in one mapping, fair shares, turns, counters, bells, the accept mutex. For ThreadSanitizer, which
// cannot see a race between two mappings of the same memory. Fails when a count is not what the threads have made it.
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "engine/accept_mutex.h"
#include "engine/counters.h"
#include "engine/fair_share.h"
#include "engine/turn_meter.h"
#include "os/bell.h"
#include "scoreboard/scoreboard.h"
#include "scoreboard/slot_watch.h"

using namespace pronghorn;

namespace {

constexpr int kWorkers = 4;
constexpr int kTurns = 20'000;
constexpr int kGenerations = 3;

struct Shared {
  std::shared_ptr<Scoreboard> scoreboard = std::make_shared<Scoreboard>();
  std::vector<int> bells;
  std::string lock_path;
};

void Serve(const Shared& shared, int index) {
  Slot* slot = shared.scoreboard->slot(index);
  FairShare share(shared.scoreboard, index);
  share.Use(shared.bells);
  TurnMeter meter(slot);
  Counters counters;
  AcceptMutex mutex;
  if (mutex.Open(shared.lock_path) != 0) abort();
  slot->Set(kSlot_state, kState_ready);
  share.ShowAccepting(true);
  for (int turn = 0; turn < kTurns; ++turn) {
    const int64_t now_ns = MonotonicNs();
    meter.Begin(now_ns, 1);
    if (mutex.TryLock()) {
      ++counters.accepted;
      mutex.Unlock();
    }
    share.ShowConnections(static_cast<size_t>(turn % (8 + index)));
    share.ShowOffers(turn % 2 == 0);
    const int taker = share.Taker(now_ns);
    if (taker != FairShare::kNobody) share.Ring(taker);
    for (int other = 0; other < kWorkers; ++other) counters.in_flight += share.Offers(other) ? 1 : 0;
    SilenceBell(share.own_bell());
    share.Measure(turn, now_ns / 1'000'000);
    ++counters.requests;
    counters.latencies_changed |= 1ull << (turn % kLatencyBuckets);
    ++counters.latencies[turn % kLatencyBuckets];
    counters.Publish(slot);
    meter.End();
  }
  share.ShowAccepting(false);
  slot->Set(kSlot_state, kState_exited);
}

// As the manager does, from another thread than all of them.
void Look(const Shared& shared, const std::atomic<bool>& is_over) {
  SlotWatch watch(shared.scoreboard);
  watch.Use(kWorkers);
  while (!is_over.load()) {
    for (int slot = 0; slot < kWorkers; ++slot) watch.Waits(slot);
    watch.Look(MonotonicNs());
    watch.IsAnyBusy(MonotonicNs());
  }
}

bool RunGeneration(const Shared& shared) {
  std::vector<std::thread> workers;
  for (int index = 0; index < kWorkers; ++index) workers.emplace_back(Serve, std::cref(shared), index);
  for (std::thread& worker : workers) worker.join();
  bool is_right = true;
  for (int index = 0; index < kWorkers; ++index) {
    is_right &= shared.scoreboard->slot(index)->Get(kSlot_requests) == kTurns;
    // The next worker of the slot, while the manager looks.
    shared.scoreboard->Clear(index);
  }
  return is_right;
}

}  // namespace

int main() {
  Shared shared;
  if (Scoreboard::Create(kWorkers, shared.scoreboard.get()) != 0) return 1;
  for (int index = 0; index < kWorkers; ++index) shared.bells.push_back(MakeBell());
  char path[] = "/tmp/pronghorn-driver-XXXXXX";
  const int file = mkstemp(path);
  shared.lock_path = path;
  std::atomic<bool> is_over = false;
  std::thread manager(Look, std::cref(shared), std::cref(is_over));
  bool is_right = true;
  for (int generation = 0; generation < kGenerations; ++generation) is_right &= RunGeneration(shared);
  is_over = true;
  manager.join();
  close(file);
  unlink(path);
  for (const int bell : shared.bells) close(bell);
  std::printf("%d turns of %d workers\n", kTurns * kGenerations, kWorkers);
  return is_right ? 0 : 1;
}
