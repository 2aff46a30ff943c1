// The cases of the benchmark: what is asked, how, what must come back, and which share of a peer's CPU time per request
// Pronghorn may use (`goals`). Every server gets the same bytes. A case is known to the servers by its handler's name.

const LARGE_BYTES = 64 * 1024;
const POST_BYTES = 1024;
const CONNECTIONS = 64;

/** What a request with the three headers of the case `json` gets back. */
function jsonAnswer(port) {
  return JSON.stringify({
    url: '/items/42?full=1',
    host: `127.0.0.1:${port}`,
    agent: 'blast',
    accept: 'application/json',
  });
}

const hi = () => 'hi';

/** A case with everything that it leaves out. */
export function completeCase(entry) {
  return {
    handler: entry.name,
    measure: 'cost',
    goals: {},
    workers: 1,
    ...entry,
    load: {
      connections: CONNECTIONS,
      depth: 1,
      path: '/',
      method: 'GET',
      bodyBytes: 0,
      headers: {},
      close: false,
      tls: undefined,
      ...entry.load,
    },
  };
}

/**
 * `measure`: 'cost' is CPU time per request under a closed loop; 'latency' a schedule of half of what the server can
 * take; 'idle' the memory of connections that only wait. `load.headers` are sent beside Host; `load.tls` is 'keep' or
 * 'handshake' (a connection per request). answer(port) is the body that every server must send with status 200; the
 * floor sends as many bytes. `handler` names what the servers run, the case's name unless given; `peers`, where given,
 * are the only ones that take part; `workers` is how many workers those have that have any (default 1).
 */
export const CASES = [
  {
    name: 'hello',
    title: "GET / answers 'hi', keep-alive",
    answer: hi,
    goals: { nginx: 0.84, uwebsockets: 0.85, 'node-http': 0.38, floor: 1.04 },
  },
  {
    name: 'pipelined',
    title: "GET / answers 'hi', 16 requests pipelined",
    handler: 'hello',
    load: { depth: 16 },
    answer: hi,
    goals: { nginx: 0.085, uwebsockets: 0.5, 'node-http': 0.035, floor: 1.2 },
  },
  {
    name: 'close',
    title: "GET / answers 'hi', a connection per request",
    handler: 'hello',
    load: { close: true },
    answer: hi,
    goals: { nginx: 1.0, uwebsockets: 0.95, 'node-http': 0.65, floor: 1.08 },
  },
  {
    name: 'post',
    title: 'POST of 1 KiB, the same bytes come back',
    load: { method: 'POST', bodyBytes: POST_BYTES },
    answer: () => 'x'.repeat(POST_BYTES),
    goals: { nginx: 0.75, uwebsockets: 0.78, 'node-http': 0.33, floor: 1.06 },
  },
  {
    name: 'large',
    title: 'GET of 64 KiB',
    load: { path: '/large' },
    answer: () => 'x'.repeat(LARGE_BYTES),
    goals: { nginx: 0.6, uwebsockets: 0.98, 'node-http': 0.62, floor: 1.08 },
  },
  {
    name: 'json',
    title: 'GET of a URL with query, three headers read, JSON comes back',
    load: { path: '/items/42?full=1', headers: { 'User-Agent': 'blast', Accept: 'application/json' } },
    answer: jsonAnswer,
  },
  { name: 'async', title: "GET / answers 'hi' from an async handler that awaits", answer: hi },
  {
    name: 'tls',
    title: "GET / answers 'hi', keep-alive, TLS 1.3",
    handler: 'hello',
    load: { tls: 'keep' },
    answer: hi,
    goals: { nginx: 0.9, 'node-http': 0.45 },
  },
  {
    name: 'handshake',
    title: "a full TLS 1.3 handshake (ECDSA P-256) and GET / per connection, answers 'hi'",
    handler: 'hello',
    load: { tls: 'handshake', close: true },
    answer: hi,
    goals: { nginx: 1.05, 'node-http': 0.8 },
  },
  {
    name: 'one',
    title: "GET / answers 'hi', a single connection",
    handler: 'hello',
    load: { connections: 1 },
    answer: hi,
  },
  {
    name: 'many',
    title: "GET / answers 'hi', 8,000 busy connections",
    handler: 'hello',
    load: { connections: 8000 },
    answer: hi,
  },
  ...[4, 16, 64].map((workers) => ({
    name: `workers-${workers}`,
    title: `GET / answers 'hi', keep-alive, ${workers} workers on the one CPU`,
    handler: 'hello',
    workers,
    load: { connections: 256 },
    answer: hi,
  })),
  {
    name: 'latency',
    title: "GET / answers 'hi', at half of what the server can take",
    handler: 'hello',
    measure: 'latency',
    answer: hi,
  },
  {
    name: 'idle',
    title: 'idle keep-alive connections after a request each',
    handler: 'hello',
    measure: 'idle',
    load: { connections: 9900 },
    answer: hi,
  },
].map(completeCase);

export { LARGE_BYTES };
