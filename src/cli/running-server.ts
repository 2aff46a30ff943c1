// The server that a command is about: whether it runs, and how to speak to it. Runs in the commands.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { binding } from '../binding/load.js';
import { ask } from '../control/control-client.js';
import type { RuntimePlace } from '../control/place.js';
import { PronghornError } from '../errors.js';
import type { StatusReport } from '../manager/controls.js';
import { existingApp, placeOf, type Settings } from './settings.js';

const LOOK_INTERVAL_MS = 50;
/** A manager never takes so long: it hangs, or is stopped. */
const STATUS_TIMEOUT_MS = 5000;

export interface Found {
  readonly place: RuntimePlace;
  readonly pid: number;
  /** Undefined: it has no control socket, and hears signals only. */
  readonly status: StatusReport | undefined;
}

/** The process that holds the lock of the pid file: a number in a file of a server that is gone says nothing. */
export function lockedPid({ pidFile }: RuntimePlace): number | undefined {
  let fd: number;
  try {
    fd = openSync(pidFile, 'r');
  } catch {
    return undefined;
  }
  try {
    if (binding.tryLockFile(fd) === 0) return undefined;
    const pid = Number(readFileSync(fd, 'latin1'));
    return pid > 0 ? pid : undefined;
  } finally {
    closeSync(fd);
  }
}

const STATUS = { what: 'the status', timeoutMs: STATUS_TIMEOUT_MS };

/** @throws ERR_PRONGHORN_CONTROL_TIMEOUT and others, see ask() */
export async function statusOf({ socket }: RuntimePlace): Promise<StatusReport | undefined> {
  const answer = await ask<StatusReport>(socket, { type: 'status' }, STATUS);
  return answer?.result;
}

/** Undefined: it does not run. */
export async function findAt(place: RuntimePlace): Promise<Found | undefined> {
  const status = await statusOf(place);
  const pid = status?.pid ?? lockedPid(place);
  return pid === undefined ? undefined : { place, pid, status };
}

/** One that is to be killed need not answer. */
async function findDead(place: RuntimePlace): Promise<Found | undefined> {
  try {
    return await findAt(place);
  } catch (error) {
    const pid = lockedPid(place);
    if (pid === undefined || (error as PronghornError).code !== 'ERR_PRONGHORN_CONTROL_TIMEOUT') throw error;
    return { place, pid, status: undefined };
  }
}

/**
 * @param isKill it is to end at once, and nothing else is wanted of it
 * @throws ERR_PRONGHORN_CLI_APP when it does not run because there is no such application
 */
export async function findServer(settings: Settings, isKill = false): Promise<Found | undefined> {
  const place = placeOf(settings);
  const found = await (isKill ? findDead(place) : findAt(place));
  if (!found && settings.app) existingApp(settings);
  return found;
}

/** @throws ERR_PRONGHORN_NOT_RUNNING */
export async function requireServer(settings: Settings): Promise<Found> {
  const found = await findServer(settings);
  if (!found) throw new PronghornError('ERR_PRONGHORN_NOT_RUNNING');
  return found;
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new PronghornError('ERR_PRONGHORN_CONTROL_TIMEOUT', { what, seconds: timeoutMs / 1000 });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}

/** @throws ERR_PRONGHORN_CLI_USAGE when the process is somebody else's */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return;
    const text = `not allowed to send ${signal} to process ${pid}, which belongs to another user`;
    throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
}
