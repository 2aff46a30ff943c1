// A descriptor that wakes whoever watches it: one worker rings for another. Made by the manager, held by every
// worker; never blocks.
#pragma once

namespace pronghorn {

// A descriptor, close-on-exec, or a negative errno.
int MakeBell();
void RingBell(int bell);
// It is heard: rings from now on are new ones.
void SilenceBell(int bell);

}  // namespace pronghorn
