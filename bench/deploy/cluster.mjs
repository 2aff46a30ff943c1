// node:cluster with two workers, replaced one after the other at each message: the new one listens before the old one is
// disconnected, which closes its idle connections and lets it finish the others. As in the example of Node's manual, it
// is killed if it has not ended in two seconds: a client that keeps asking on its connection would keep it for ever.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WORKERS = 2;
const KILL_AFTER_MS = 2000;

cluster.setupPrimary({ exec: fileURLToPath(new URL('app.mjs', import.meta.url)) });

async function fork() {
  const worker = cluster.fork();
  await once(worker, 'listening');
  return worker;
}

async function replace(old) {
  await fork();
  const ended = once(old, 'exit');
  old.disconnect();
  const killer = setTimeout(() => old.kill(), KILL_AFTER_MS);
  await ended;
  clearTimeout(killer);
}

for (let i = 0; i < WORKERS; i++) await fork();
process.on('message', async () => {
  for (const old of Object.values(cluster.workers)) await replace(old);
  process.send('deployed');
});
process.on('SIGTERM', () => process.exit(0));
process.send('listening');
