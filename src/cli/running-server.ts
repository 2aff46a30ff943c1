// The server that a command is about: whether it runs, and how to speak to it. Runs in the commands.
import { closeSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { binding } from '../binding/load.js';
import { ask } from '../control/control-client.js';
import type { RuntimePlace } from '../control/place.js';
import { PronghornError } from '../errors.js';
import { isStopped } from '../hosts/process-times.js';
import type { StatusReport } from '../manager/controls.js';
import { warn } from './report.js';
import { existingApp, knownPlaceOf, placeOf, type Settings } from './settings.js';

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

/** @throws ERR_PRONGHORN_CONTROL_SILENT and others, see ask() */
export async function statusOf(place: RuntimePlace): Promise<StatusReport | undefined> {
  try {
    const answer = await ask<StatusReport>(place.socket, { type: 'status' }, STATUS);
    return answer?.result;
  } catch (error) {
    if ((error as PronghornError).code !== 'ERR_PRONGHORN_CONTROL_TIMEOUT') throw error;
    const pid = lockedPid(place);
    const fields = { pid, seconds: STATUS_TIMEOUT_MS / 1000, isStopped: pid !== undefined && isStopped(pid) };
    throw new PronghornError('ERR_PRONGHORN_CONTROL_SILENT', fields);
  }
}

/** The file that its log goes to; undefined: it is none, or not ours to see. @see proc_pid_fd(5) */
export function logOf(pid: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/2`);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
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
    if (pid === undefined || (error as PronghornError).code !== 'ERR_PRONGHORN_CONTROL_SILENT') throw error;
    return { place, pid, status: undefined };
  }
}

/** The command line itself says where the server has its socket, whatever else a configuration file may say. */
function isNamed({ start, file }: Settings): boolean {
  const place = start.runtimeDir ?? (file.runtimeDir === undefined ? start.pidFile : undefined);
  return place !== undefined && isAbsolute(place);
}

/**
 * The file that may say where the server is is no good, and another server may be where it would be without that: only one
 * that says that it was started with this file is the right one.
 * @throws what is wrong with the file
 */
function acceptDespite(settings: Settings, fault: PronghornError, found: Found | undefined): void {
  const { command, configFile } = settings;
  const said = fault.message
    .replace(/\s*\n\s*/g, ' ')
    .replace(/(?<!\?)$/, ';')
    .concat(' ');
  if (!isNamed(settings) && (!found || found.status?.configFile !== configFile?.path)) {
    const hint = '`--no-config`, with the application or its --pid-file, does without the file';
    throw PronghornError.relayed(fault.code, `${said}${hint}`, fault.cause)!;
  }
  warn(`warning: ${said}\`pronghorn ${command}\` goes on all the same`);
}

/**
 * @param isKill it is to end at once, and nothing else is wanted of it
 * @throws ERR_PRONGHORN_CLI_APP when it does not run because there is no such application; ERR_PRONGHORN_CONFIG_*
 */
export async function findServer(settings: Settings, isKill = false): Promise<Found | undefined> {
  const { fault, app } = settings;
  const place = fault ? knownPlaceOf(settings) : placeOf(settings);
  const found = place && (await (isKill ? findDead(place) : findAt(place)));
  if (fault) acceptDespite(settings, fault, found);
  else if (!found && app) existingApp(settings);
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
