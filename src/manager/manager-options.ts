// What a manager is started with. Types only.
import type { Config } from '../config/options.js';
import type { Emit, ManagerEvents } from '../events.js';
import type { HostProgram } from '../hosts/host-program.js';
import type { UsualPlace } from './succession.js';

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** As it is now, for a reload. */
  readonly read: () => Promise<Config>;
}

export interface ManagerOptions {
  readonly program: Omit<HostProgram, 'bootTimeoutMs' | 'identity'>;
  /** What the application passed to createServer(); undefined: only its process will tell. */
  readonly appConfig: Config | undefined;
  /** What stands above it: environment, command line. */
  readonly config: Config;
  /** Between the two. */
  readonly file?: Config;
  /** Where that comes from. */
  readonly configFile?: ConfigFile;
  readonly usualPlace?: UsualPlace;
  /** Called when every socket is bound, before any worker exists. */
  readonly onStart: () => unknown;
  readonly emit: Emit;
  /** Somebody listens for this event: what it tells is worth finding out. */
  readonly isHeard: (name: keyof ManagerEvents) => boolean;
}
