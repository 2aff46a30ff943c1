// The proof that a process forked from this zygote works: a trial child does what a fork could have broken, says so and
// ends by itself. Runs in the manager.
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import { Channel } from '../channel/channel.js';
import type { TrialToManager } from '../channel/messages.js';
import { channelPair } from '../channel/wire.js';
import type { HostHandle } from './host-handle.js';
import { describeEnd, type ProcessEnd } from './process-end.js';
import type { Reaper } from './reaper.js';

const TIMEOUT_MS = 5_000;

/** @returns why processes cannot be forked from this zygote; undefined: they can */
export function selfTest(zygote: HostHandle, reaper: Reaper): Promise<string | undefined> {
  const [own, theirs] = channelPair();
  return new Promise((resolve) => {
    let verdict: string | undefined = 'the trial child ended without a word';
    let pid: number | undefined;
    const finish = (reason: string | undefined) => {
      clearTimeout(timer);
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
    const timer = setTimeout(() => {
      if (pid !== undefined) reaper.kill(pid);
      finish(verdict ?? `the trial child did not end within ${TIMEOUT_MS / 1000} s`);
    }, TIMEOUT_MS);
    const onEnd = (end: ProcessEnd) => {
      const isClean = end.code === 0;
      finish(verdict === undefined && !isClean ? `the trial child ended with ${describeEnd(end)}` : verdict);
    };
    zygote.onForkResult = (result) => {
      if (result.type === 'forkFailed') return finish(`fork failed with ${describeErrno(result.errno).name}`);
      pid = result.pid;
      reaper.watch(pid, onEnd);
    };
    zygote.ended.then((end) => finish(`the zygote ended with ${describeEnd(end)}`));
    zygote.selfTest(theirs);
    // The kernel has its own copy from the moment the message left, which an idle channel lets it do at once.
    binding.closeFd(theirs);
  });
}
