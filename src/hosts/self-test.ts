// The proof that a process forked from this zygote works: a trial child does what a fork could have broken, says so and
// ends by itself. Runs in the manager.
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import { Channel } from '../channel/channel.js';
import type { TrialToManager } from '../channel/messages.js';
import { channelPair } from '../channel/wire.js';
import { feel, type Pulse } from '../policy/stall.js';
import type { HostHandle } from './host-handle.js';
import { describeEnd, type ProcessEnd } from './process-end.js';
import { loopTimes } from './process-times.js';
import type { Reaper } from './reaper.js';

/** Of time in which it could have run: a machine with much to do is no reason to believe that forks do not work. */
const STALL_MS = 5_000;
const LOOK_MS = 250;

/** @returns why processes cannot be forked from this zygote; undefined: they can */
export function selfTest(zygote: HostHandle, reaper: Reaper): Promise<string | undefined> {
  const [own, theirs] = channelPair();
  return new Promise((resolve) => {
    let verdict: string | undefined = 'the trial child ended without a word';
    let pid: number | undefined;
    let pulse: Pulse | undefined;
    const finish = (reason: string | undefined) => {
      clearInterval(timer);
      channel.close();
      zygote.onForkResult = () => {};
      resolve(reason);
    };
    const channel = new Channel<TrialToManager, never>(own, {
      onMessage: (message) => {
        verdict = message.type === 'passed' ? undefined : message.message;
      },
      onClose: () => {},
    });
    const timer = setInterval(() => {
      const who = pid ?? zygote.pid!;
      pulse = feel(pulse, { heartbeatAt: 0, ...loopTimes(who, who) }, performance.now(), LOOK_MS);
      if (pulse.stalledMs < STALL_MS) return;
      if (pid !== undefined) reaper.kill(pid);
      finish(`the trial child did not end within ${STALL_MS / 1000} s`);
    }, LOOK_MS);
    const onEnd = (end: ProcessEnd) => {
      const isClean = end.code === 0;
      finish(verdict === undefined && !isClean ? `the trial child ended with ${describeEnd(end)}` : verdict);
    };
    zygote.onForkResult = (result) => {
      if (result.type === 'forkFailed') return finish(`fork failed with ${describeErrno(result.errno).name}`);
      pid = result.pid;
      pulse = undefined;
      reaper.watch(pid, onEnd);
    };
    zygote.ended.then((end) => finish(`the zygote ended with ${describeEnd(end)}`));
    zygote.selfTest(theirs);
    // The kernel has its own copy from the moment the message left, which an idle channel lets it do at once.
    binding.closeFd(theirs);
  });
}
