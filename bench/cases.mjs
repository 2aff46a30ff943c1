// The cases of the benchmark: what is asked, how, what must come back, and which share of a peer's CPU time per request
// Pronghorn may use (`goals`). Every server gets the same bytes. A case is known to the servers by its name alone.

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

/**
 * load.headers are sent beside Host. answer(port) is the body that every server must send with status 200; the floor
 * sends as many bytes.
 */
export const CASES = [
  {
    name: 'hello',
    title: "GET / answers 'hi', keep-alive",
    load: { depth: 1 },
    answer: () => 'hi',
    goals: { nginx: 0.9, 'node-http': 0.45, floor: 1.04 },
  },
  {
    name: 'pipelined',
    title: "GET / answers 'hi', 16 requests pipelined",
    load: { depth: 16 },
    answer: () => 'hi',
    goals: { nginx: 0.12, 'node-http': 0.035, floor: 1.2 },
  },
  {
    name: 'post',
    title: 'POST of 1 KiB, the same bytes come back',
    load: { depth: 1, method: 'POST', bodyBytes: POST_BYTES },
    answer: () => 'x'.repeat(POST_BYTES),
    goals: { nginx: 0.75, 'node-http': 0.33, floor: 1.06 },
  },
  {
    name: 'close',
    title: "GET / answers 'hi', a connection per request",
    load: { depth: 1, close: true },
    answer: () => 'hi',
    goals: { nginx: 1.0, 'node-http': 0.65, floor: 1.08 },
  },
  {
    name: 'async',
    title: "GET / answers 'hi' from an async handler that awaits",
    load: { depth: 1 },
    answer: () => 'hi',
    goals: {},
  },
  {
    name: 'json',
    title: 'GET of a URL with query, three headers read, JSON comes back',
    load: {
      depth: 1,
      path: '/items/42?full=1',
      headers: { 'User-Agent': 'blast', Accept: 'application/json' },
    },
    answer: jsonAnswer,
    goals: {},
  },
  {
    name: 'large',
    title: 'GET of 64 KiB',
    load: { depth: 1, path: '/large' },
    answer: () => 'x'.repeat(LARGE_BYTES),
    goals: { nginx: 0.6, 'node-http': 0.62, floor: 1.08 },
  },
].map((entry) => ({
  ...entry,
  load: {
    connections: CONNECTIONS,
    path: '/',
    method: 'GET',
    bodyBytes: 0,
    headers: {},
    close: false,
    ...entry.load,
  },
}));

export { LARGE_BYTES };
