// Load in a process of its own: started by fork() with the server's port, ends when it is told to, and sends its ledger.
import { Load } from './ledger.js';

const port = Number(process.argv[2]);
const load = new Load({ host: '127.0.0.1', port }, Number(process.argv[3] ?? 2));

// What failed is told at once, so that it can be put beside what was done to the server.
const timer = setInterval(() => {
  const failures = load.ledger.failures.splice(0);
  if (failures.length > 0) process.send!({ failures });
}, 100);

process.once('message', async () => {
  clearInterval(timer);
  const { connections, answered, failures } = await load.end();
  process.send!({ connections, answered, failures }, () => process.disconnect());
});
