// From nothing to a zygote that is proven to fork: start it, let it load the application and warm up, ask it whether it
// may fork, and let it fork a trial child. Runs in the manager.
import type { Loaded } from '../channel/messages.js';
import type { ResolvedConfig } from '../config/options.js';
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
  /** All options, now that those of the application are known. */
  readonly configOf: (loaded: Loaded) => ResolvedConfig;
}

export type ZygoteBoot =
  | { readonly host: HostHandle; readonly loaded: Loaded; readonly unsafe?: undefined }
  /** Why it must not fork. It is not running any more. */
  | { readonly unsafe: string };

/** Loaded, and warmed up if that is wanted. @throws what the application failed with */
export async function warmed(host: HostHandle, configOf: ZygoteStart['configOf']): Promise<Loaded> {
  const loaded = await host.loaded;
  const config = configOf(loaded);
  if (config.warmup.length === 0) return loaded;
  const { forkUnsafe, resources } = await host.warmUp(config);
  return { ...loaded, forkUnsafe, resources };
}

/** @throws what the application failed with; nothing is left running then */
export async function bootZygote({ program, reaper, onHost, configOf }: ZygoteStart): Promise<ZygoteBoot> {
  const host = new HostHandle(program, 'fork');
  onHost(host);
  try {
    const found = await host.loaded;
    const loaded = found.forkUnsafe === undefined ? await warmed(host, configOf) : found;
    const unsafe = loaded.forkUnsafe ?? (await selfTest(host, reaper));
    if (unsafe === undefined) return { host, loaded };
    await host.end();
    return { unsafe };
  } catch (error) {
    await host.end();
    throw error;
  }
}
