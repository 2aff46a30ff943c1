// Load for servers that send back what a WebSocket client says: every connection has one message of 64 bytes under way, made
// once, so that the server is what works. Reads the server's CPU time at the first and last moment of the window, and
// prints one JSON line.
//   node bench/load/echo.mjs PORT CONNECTIONS WARM_SECONDS SECONDS PID,PID…
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuTime } from '../own-server.mjs';

const PAYLOAD = 64;
const FIN_BINARY = 0x82;
const MASKED = 0x80;
/** RFC 6455 section 5.2: the server's frame has no key. */
const ANSWER_BYTES = 2 + PAYLOAD;
/** Masked by zeros: the bytes stay as they are. */
const FRAME = Buffer.concat([
  Buffer.from([FIN_BINARY, MASKED | PAYLOAD, 0, 0, 0, 0]),
  Buffer.alloc(PAYLOAD, 'x'),
]);

const [port, connections, warm, seconds] = process.argv.slice(2, 6).map(Number);
const pids = process.argv[6].split(',').map(Number);
let messages = 0;

async function converse() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const key = Buffer.alloc(16, 'key').toString('base64');
  const lines = ['GET / HTTP/1.1', 'Host: bench', 'Connection: Upgrade', 'Upgrade: websocket'];
  socket.write([...lines, 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`, '', ''].join('\r\n'));
  const [head] = await once(socket, 'data');
  if (!head.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${head}`);
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes < ANSWER_BYTES) return;
    if (bytes > ANSWER_BYTES || chunk.at(-1) !== FRAME.at(-1)) throw new Error('that is no echo');
    bytes = 0;
    messages += 1;
    socket.write(FRAME);
  });
  socket.write(FRAME);
}

const serverTime = () => pids.reduce((sum, pid) => sum + cpuTime(pid), 0);

await Promise.all(Array.from({ length: connections }, converse));
await pause(warm * 1000);
const before = { messages, cpuUs: serverTime(), at: performance.now() };
await pause(seconds * 1000);
const elapsed = (performance.now() - before.at) / 1000;
const cpuUs = serverTime() - before.cpuUs;
const count = messages - before.messages;
console.log(
  JSON.stringify({
    messages: count,
    perSecond: count / elapsed,
    cpuUs: cpuUs / count,
    busy: cpuUs / 1e6 / elapsed,
  }),
);
process.exit();
