// The commands that change a running server and wait for the outcome: stop, reload, upgrade, scale, and the hot deployment
// of `start`. Runs in the commands.
import { ask } from '../control/control-client.js';
import type { Command, Progress, Request, ScaleTo } from '../control/protocol.js';
import { EXIT, PronghornError } from '../errors.js';
import type { StatusReport } from '../manager/controls.js';
import type { OwnOptions } from './command-line.js';
import { endBy, onInterruption } from './interruption.js';
import { type Found, lockedPid, logOf, signalTo, statusOf, until } from './running-server.js';
import { ProgressLine, print } from './terminal.js';

/** Longer than any upgradeTimeout that a server without a control socket is likely to have. */
const SIGNAL_UPGRADE_TIMEOUT_MS = 300_000;

function workers(count: number): string {
  return `${count} worker${count === 1 ? '' : 's'}`;
}

function byJsonOrText(own: OwnOptions, json: object, text: string): void {
  print(own.json ? JSON.stringify(json) : text);
}

/** Asks, and shows how far it is. @returns the first and the last that was heard of it */
async function askAndShow(
  { place, pid }: Found,
  request: Request,
  { json, timeoutMs }: OwnOptions,
  words: { what: string; shown: (now: Progress, first: Progress) => string },
): Promise<{ first: Progress | undefined; last: Progress | undefined }> {
  const line = new ProgressLine(!json);
  let first: Progress | undefined;
  let last: Progress | undefined;
  const release = onInterruption((signal) => {
    release();
    line.clear();
    void endBy(signal, `no longer waiting for ${words.what}; the server goes on with it`);
  });
  try {
    await ask(place.socket, request, {
      what: words.what,
      timeoutMs,
      onProgress: (now) => {
        first ??= now;
        last = now;
        line.show(words.shown(now, first));
      },
    });
    return { first, last };
  } catch (error) {
    // There is what the application wrote while it loaded, and where Node.js found a syntax error.
    if (error instanceof PronghornError && error.exitCode === EXIT.boot) error.log = logOf(pid);
    throw error;
  } finally {
    release();
    line.clear();
  }
}

function deploying(now: Progress, first: Progress): string {
  if (now.generation === first.generation)
    return `generation ${first.generation} → …, loading the application`;
  return `generation ${first.generation} → ${now.generation}, workers ready ${now.ready}/${now.wanted}`;
}

export async function stop(found: Found | undefined, own: OwnOptions): Promise<void> {
  if (!found) return byJsonOrText(own, { stopped: false }, 'Pronghorn server not running.');
  const { pid, place, status } = found;
  const how = own.now ? 'at once' : 'gracefully';
  if (!own.json) print(`Stopping Pronghorn server ${pid} ${how}.`);
  const what = 'the server to stop';
  if (status) {
    const request = { type: 'stop', isAtOnce: own.now === true } as const;
    const shown = ({ present }: Progress) => `${workers(present)} left`;
    await askAndShow(found, request, own, { what, shown }).catch((error) => {
      // An end without a last word is an end.
      if ((error as PronghornError).code !== 'ERR_PRONGHORN_CONTROL_LOST') throw error;
    });
  } else if (own.now) {
    signalTo(pid, 'SIGKILL');
  } else {
    signalTo(pid, 'SIGTERM');
  }
  await until(what, () => lockedPid(place) !== pid, own.timeoutMs);
  if (own.json) print(JSON.stringify({ stopped: true, pid }));
}

/** Loading and first steps are no time for a change. */
async function waitUntilUp({ place, status }: Found, timeoutMs: number | undefined): Promise<void> {
  let now = status;
  await until(
    'the server to be up',
    async () => {
      if (now?.state !== 'starting') return true;
      now = await statusOf(place);
      return false;
    },
    timeoutMs,
  );
}

function summary(verb: string, before: StatusReport, after: StatusReport): string {
  const { pid, generation } = before;
  const ready = after.workers.filter(({ state }) => state === 'ready').length;
  const manager = pid === after.pid ? '' : `, manager ${pid} → ${after.pid}`;
  // Who deploys with another command line than before may not have meant to move the server.
  const [places, old] = [after, before].map(({ addresses }) => addresses.join(', '));
  const move = places === old ? '' : ` It listens on ${places} now, before on ${old}.`;
  return `${verb}: generation ${generation} → ${after.generation}${manager}, ${workers(ready)} ready.${move}`;
}

async function report(found: Found, own: OwnOptions, verb: string): Promise<void> {
  const { status: before, place } = found;
  const after = await statusOf(place);
  if (!after) throw new PronghornError('ERR_PRONGHORN_CONTROL_LOST', { what: 'it said how it is' });
  const { pid, generation } = after;
  const json = { pid, generation, from: { pid: before!.pid, generation: before!.generation } };
  byJsonOrText(own, json, summary(verb, before!, after));
}

export async function reload(found: Found, own: OwnOptions): Promise<void> {
  const { pid, status } = found;
  if (!status) {
    signalTo(pid, 'SIGHUP');
    return byJsonOrText(
      own,
      { pid },
      `Sent SIGHUP to Pronghorn server ${pid}; its log tells what comes of it.`,
    );
  }
  await waitUntilUp(found, own.timeoutMs);
  if (!own.json) print(`Reloading Pronghorn server ${pid}.`);
  await askAndShow(found, { type: 'reload' }, own, { what: 'the reload', shown: deploying });
  await report(found, own, 'Reloaded');
}

/**
 * A new manager.
 * @param command that it is started by; undefined: the one that the running manager was started by
 */
export async function upgrade(found: Found, own: OwnOptions, command?: Command): Promise<void> {
  const { pid, status } = found;
  if (!own.json) print(`Starting hot deployment for Pronghorn server ${pid}.`);
  if (!status) return upgradeBySignal(found, own);
  await waitUntilUp(found, own.timeoutMs);
  const request = { type: 'upgrade', command } as const;
  await askAndShow(found, request, own, { what: 'the upgrade', shown: deploying });
  await report(found, own, 'Deployed');
}

async function upgradeBySignal({ pid, place }: Found, own: OwnOptions): Promise<void> {
  signalTo(pid, 'SIGUSR2');
  const isOther = () => {
    const now = lockedPid(place);
    return now !== undefined && now !== pid;
  };
  await until('another manager to take over', isOther, own.timeoutMs ?? SIGNAL_UPGRADE_TIMEOUT_MS);
  const now = lockedPid(place);
  byJsonOrText(own, { pid: now, from: { pid } }, `Deployed: manager ${pid} → ${now}.`);
}

/** @throws ERR_PRONGHORN_CLI_USAGE */
export function parseSize(text: string): ScaleTo {
  const {
    by,
    min,
    max = min,
  } = /^(?:(?<by>[+-]\d{1,4})|(?<min>\d{1,4})(?:\.\.(?<max>\d{1,4}))?)$/.exec(text)?.groups ?? {};
  if (by !== undefined) return { by: Number(by) };
  if (Number(min) === 0 || Number(max) === 0) {
    const text = 'a server has at least one worker; `pronghorn stop` ends all of them, and the server';
    throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
  if (min !== undefined && max !== undefined) return { minServers: Number(min), maxServers: Number(max) };
  throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', {
    text: `expected a number of workers such as 4, 2..8, +1 or -1, as in \`pronghorn scale 4 app.mjs\`, received '${text}'`,
  });
}

export async function scale(found: Found, to: ScaleTo, own: OwnOptions): Promise<void> {
  const { place, status } = found;
  if (!status) {
    const text = 'the server has no control socket, and cannot be told a number of workers';
    throw new PronghornError('ERR_PRONGHORN_CLI_USAGE', { text });
  }
  await waitUntilUp(found, own.timeoutMs);
  const shown = ({ ready, wanted }: Progress) => `workers ready ${ready}/${wanted}`;
  await askAndShow(found, { type: 'scale', to }, own, { what: 'the workers', shown });
  const after = await statusOf(place);
  const { minServers = 0, maxServers = 0 } = after ?? {};
  const ready = after?.workers.filter(({ state }) => state === 'ready').length ?? 0;
  const bounds = minServers === maxServers ? '' : `, of ${minServers} to ${maxServers}`;
  byJsonOrText(own, { ready, minServers, maxServers }, `Scaled: ${workers(ready)} ready${bounds}.`);
}
