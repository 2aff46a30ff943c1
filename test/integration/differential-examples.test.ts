// Every example that is a (req, res) or a fetch application, under the server that it was written for and under Pronghorn:
// generated requests get the same status, header lines and body. What may differ is the place of the lines that a server
// adds, and how a length is told.
import { join } from 'node:path';
import { describe } from 'node:test';
import { type Difference, isRefused, type Portrait } from '../support/differential.js';
import { differentialPair } from '../support/differential-pair.js';
import { root } from '../support/paths.js';

const REQUESTS = 60;
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'];

/** Routes, but those that name the process or use what only Pronghorn has. */
const LISTENERS: Record<string, string[]> = {
  'examples/express.mjs': ['/', '/long', '/json', '/upload', '/files/hono.mjs', '/files/', '/none', '/fails'],
  'examples/koa.mjs': ['/', '/stream', '/nothing', '/a/../stream'],
  'examples/fastify.mjs': ['/', '/sum', '/nothing', '/%73um'],
  'examples/node-http.mjs': ['/', '/hono.mjs', '/none', '/systemd', '/..%2fpackage.json'],
  'examples/socket-io.mjs': ['/', '/none'],
  'out/examples/nest/express.js': ['/', '/notes/x', '/notes/7', '/shout', '/file', '/fails', '/none'],
  'out/examples/nest/fastify.js': ['/', '/notes/x', '/notes/7', '/shout', '/file', '/fails', '/none'],
};
const FETCHING: Record<string, string[]> = {
  'examples/hono.mjs': ['/notes', '/form', '/events', '/none'],
  'examples/h3.mjs': ['/notes', '/teapot', '/none'],
};

const FRAMING = /^(?:date|connection|keep-alive|content-length|transfer-encoding):/i;

/** Times are others, and how long a connection is kept is the server's. */
const normalize = (line: string) =>
  /^(?:date|keep-alive):/i.test(line) ? line.split(':')[0]!.toLowerCase() : line;

function inAnyPlace({ status, headers, body }: Portrait): unknown {
  const framing = headers.filter((line) => FRAMING.test(line)).sort();
  return { status, body, framing, headers: headers.filter((line) => !FRAMING.test(line)) };
}

/** The Fetch standard has names in lower case and in their order; a server may know more lengths than another. */
function asFetched({ status, headers, body }: Portrait): unknown {
  const rest = headers
    .filter((line) => !FRAMING.test(line))
    .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
  return { status, body, headers: rest.sort() };
}

const allowing =
  (comparable: (portrait: Portrait) => unknown) =>
  ({ node, own }: Difference): boolean =>
    // Before the application sees it, or, of Fastify, in its 'clientError'.
    (node.status === 400 && isRefused(own)) ||
    JSON.stringify(comparable(node)) === JSON.stringify(comparable(own));

for (const [examples, comparable] of [
  [LISTENERS, inAnyPlace],
  [FETCHING, asFetched],
] as const) {
  for (const [example, paths] of Object.entries(examples)) {
    describe(example, () => {
      const pair = differentialPair(join(root, example));
      pair.compare(
        'answers the same',
        { paths, methods: METHODS },
        normalize,
        allowing(comparable),
        REQUESTS,
      );
    });
  }
}
