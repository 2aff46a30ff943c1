// The case `idle` of the benchmark: opens many connections to a server, sends one request on each, and lets them wait.
// What the server's processes have grown by is what they cost it; the kernel's memory is not in it. A heap grows with
// requests too, however few their connections: as many are sent before the count begins.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const AT_A_TIME = 100;
const BEFOREHAND = 200;
/** Until timers have run that free what was needed to accept. */
const SETTLE_MS = 2000;

function ask(socket, port) {
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return once(socket, 'data');
}

async function open(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  await ask(socket, port);
  return socket;
}

async function openMany(count, port) {
  const sockets = [];
  while (sockets.length < count) {
    const more = Math.min(AT_A_TIME, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: more }, () => open(port)))));
  }
  return sockets;
}

/** Bytes that no other process maps. */
function privateBytes(pids) {
  return pids.reduce((sum, pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kib = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return sum + (kib('Private_Clean') + kib('Private_Dirty')) * 1024;
  }, 0);
}

export async function measureIdle(count, port, pids) {
  const first = await openMany(Math.min(BEFOREHAND, count), port);
  for (let asked = first.length; asked < count; asked += first.length) {
    await Promise.all(first.map((socket) => ask(socket, port)));
  }
  await sleep(SETTLE_MS);
  const before = privateBytes(pids);
  const rest = await openMany(count - first.length, port);
  await sleep(SETTLE_MS);
  const after = privateBytes(pids);
  const all = [...first, ...rest];
  const alive = all.filter((socket) => !socket.destroyed && socket.readable).length;
  for (const socket of all) socket.destroy();
  if (alive < count) throw new Error(`${count - alive} of ${count} idle connections were closed`);
  return { connections: count, bytesEach: (after - before) / rest.length, privateMiB: after / 2 ** 20 };
}
