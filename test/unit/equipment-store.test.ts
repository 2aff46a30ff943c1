// Who closes a socket that came from the manager before this one: a descriptor's number that is closed twice may be
// somebody else's by then, a connection of a worker that is a thread.
import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { Activation } from '#dist/listener/activation.js';
import type { Place } from '#dist/listener/listeners.js';
import { createLog } from '#dist/log.js';
import { wantedBy } from '#dist/manager/configuration.js';
import { EquipmentStore } from '#dist/manager/equipment-store.js';
import { NOTHING_LIVE } from '#dist/manager/live-options.js';
import type { Predecessor } from '#dist/manager/predecessor.js';

const ONE = 'http://127.0.0.1:0';
const TWO = [ONE, 'http://127.0.0.2:0'];

const wanted = (listen: string | string[]) =>
  wantedBy({ app: {}, file: {}, start: { listen, workers: 2 }, live: NOTHING_LIVE });

function opened(listen: string | string[], places?: readonly Place[]): Promise<EquipmentStore> {
  const predecessor = places && ({ places, given: [], handover: {} } as unknown as Predecessor);
  const activation = Activation.fromEnvironment({}, process.pid);
  return EquipmentStore.open(wanted(listen), {
    activation,
    identity: undefined,
    predecessor,
    log: createLog('silent'),
  });
}

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd) !== undefined;
  } catch {
    return false;
  }
}

test('a socket that a change gave up before the old manager had gone is closed once', async () => {
  const before = await opened(TWO);
  const store = await opened(TWO, before.sockets.places);
  const change = await store.prepare(wanted(ONE));
  const dropped = before.sockets.fds.filter((fd) => !change.listeners.fds.includes(fd));
  assert.ok(dropped.length > 0);
  change.commit()();
  // Whoever opens something now gets the numbers that are free.
  const others = dropped.map(() => openSync('/dev/null', 'r'));
  store.takeOver();
  assert.deepEqual(others.filter(isOpen), others);
  for (const fd of others) closeSync(fd);
  assert.deepEqual(dropped.filter(isOpen), []);
  store.close();
  assert.deepEqual(before.sockets.fds.filter(isOpen), []);
});
