// From nothing to a zygote that is proven to fork: start it, let it load the application, ask it whether it may fork, and
// let it fork a trial child. Runs in the manager.
import type { Loaded } from '../channel/messages.js';
import { HostHandle } from './host-handle.js';
import type { HostProgram } from './host-program.js';
import type { Reaper } from './reaper.js';
import { selfTest } from './self-test.js';

/** What a zygote is started from. */
export interface ZygoteStart {
  readonly program: HostProgram;
  readonly reaper: Reaper;
  /** The process exists from here on: for a manager that has to stop meanwhile. */
  readonly onHost: (host: HostHandle) => void;
}

export type ZygoteBoot =
  | { readonly host: HostHandle; readonly loaded: Loaded; readonly unsafe?: undefined }
  /** Why it must not fork. It is not running any more. */
  | { readonly unsafe: string };

/** @throws what the application failed with; nothing is left running then */
export async function bootZygote({ program, reaper, onHost }: ZygoteStart): Promise<ZygoteBoot> {
  const host = new HostHandle(program, 'fork');
  onHost(host);
  try {
    const loaded = await host.loaded;
    const unsafe = loaded.forkUnsafe ?? (await selfTest(host, reaper));
    if (unsafe === undefined) return { host, loaded };
    await host.end();
    return { unsafe };
  } catch (error) {
    await host.end();
    throw error;
  }
}
