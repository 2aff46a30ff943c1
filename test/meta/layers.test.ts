// Who may import whom. The tables are the architecture: a new edge is a decision, made here and in
// docs/ARCHITECTURE.md.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { areaOf, filesUnder, findCycle, importsOf, includesOf } from './source-tree.js';

const FOUNDATION = ['errors', 'log'];
const PLUMBING = ['binding', 'config', ...FOUNDATION];
const SHARED = ['channel', 'listener', 'scoreboard', ...PLUMBING];

/** Area of src/ → areas that it may import, besides itself. Types may be taken from anywhere in the list too. */
const SOURCE_EDGES: Record<string, string[]> = {
  errors: [],
  log: [],
  config: FOUNDATION,
  binding: FOUNDATION,
  channel: PLUMBING,
  // The layout of the sockets that travel over a channel.
  listener: ['channel', ...PLUMBING],
  scoreboard: PLUMBING,
  tls: ['channel', ...PLUMBING],
  // How commands reach a server that runs.
  control: PLUMBING,
  http: PLUMBING,
  worker: ['http', 'tls', ...SHARED],
  // req and res of node:http on the engine.
  'node-http': ['http', ...PLUMBING],
  // node:http's servers on an engine of their own, without a manager.
  'node-server': ['node-http', 'http', 'scoreboard', 'tls', ...PLUMBING],
  // What kinds of application there are.
  handler: ['fetch', 'http', 'node-http'],
  fetch: ['http', ...PLUMBING],
  zygote: ['handler', 'worker', ...SHARED],
  policy: ['config'],
  simulation: ['policy', 'config', ...FOUNDATION],
  // Types only.
  status: ['policy'],
  admin: ['status', 'policy', ...SHARED],
  // Types only.
  events: ['status'],
  // Processes and threads: the zygote, workers, and how they end.
  hosts: ['policy', 'channel', ...PLUMBING],
  pool: ['hosts', 'events', 'status', 'policy', ...SHARED],
  manager: ['pool', 'hosts', 'events', 'admin', 'status', 'tls', 'policy', 'control', ...SHARED],
  server: [
    'status',
    'events',
    'fetch',
    'node-http',
    'handler',
    'manager',
    'zygote',
    'worker',
    'http',
    ...SHARED,
  ],
  // Of the hosts only what the kernel says of a process.
  cli: ['manager', 'hosts', 'control', ...SHARED],
  index: [
    ...['server', 'handler', 'node-http', 'fetch', 'http', 'config', 'worker', ...FOUNDATION],
    // Types only.
    ...['events', 'policy', 'status'],
  ],
};

/** Area of native/ → areas that it may include, and system headers that it may not. */
const NATIVE_EDGES: Record<string, { may: string[]; mayNot: RegExp }> = {
  contract: { may: [], mayNot: /^(uv|node_api|sys\/)/ },
  base: { may: ['contract'], mayNot: /^(uv|node_api)/ },
  os: { may: ['base', 'contract'], mayNot: /^(uv|node_api)/ },
  http: { may: ['base', 'contract'], mayNot: /^(uv|node_api|sys\/)/ },
  proxy: { may: [], mayNot: /^(uv|node_api|sys\/)/ },
  tls: { may: ['base', 'os'], mayNot: /^(uv|node_api)/ },
  scoreboard: { may: ['base', 'os', 'contract'], mayNot: /^(uv|node_api)/ },
  engine: { may: ['base', 'os', 'http', 'proxy', 'tls', 'scoreboard', 'contract'], mayNot: /^node_api/ },
  binding: { may: ['base', 'os', 'http', 'tls', 'scoreboard', 'engine', 'contract'], mayNot: /^sys\// },
};

const sources = filesUnder('src', ['.ts']);
const natives = filesUnder('native', ['.h', '.cc']);

describe('layers of src', () => {
  test('every area is in the table, and every row is in use', () => {
    const areas = new Set(sources.map(({ path }) => areaOf(path)));
    assert.deepEqual([...areas].sort(), Object.keys(SOURCE_EDGES).sort());
  });

  test('imports follow the table', () => {
    const wrong = sources.flatMap((file) => {
      const allowed = SOURCE_EDGES[areaOf(file.path)] ?? [];
      return importsOf(file)
        .filter((target) => areaOf(target) !== areaOf(file.path) && !allowed.includes(areaOf(target)))
        .map((target) => `${file.path} imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  test('imports lead to files that exist', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const dangling = sources.flatMap((file) => importsOf(file).filter((target) => !paths.has(target)));
    assert.deepEqual(dangling, []);
  });

  test('there is no cycle', () => {
    const graph = new Map(sources.map((file) => [file.path, importsOf(file)]));
    assert.equal(findCycle(graph)?.join(' → '), undefined);
  });

  test('only src/binding/load.ts loads the addon', () => {
    const loaders = sources.filter(({ text }) => /node-gyp-build|\.node'/.test(text)).map(({ path }) => path);
    assert.deepEqual(loaders, ['src/binding/load.ts']);
  });

  test('index.ts only passes on', () => {
    const lines = sources.find(({ path }) => path === 'src/index.ts')!.lines;
    const text = lines.filter((line) => !line.startsWith('//')).join('\n');
    assert.equal(text.replace(/export (?:type )?\{[^}]*\} from '[^']+';/g, '').trim(), '');
  });

  test('no file is dead: each is reached from an entry', () => {
    const graph = new Map(sources.map((file) => [file.path, importsOf(file)]));
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const next of graph.get(path) ?? []) visit(next);
    };
    for (const entry of [
      'src/index.ts',
      'src/cli/main.ts',
      'src/cli/config-reader.ts',
      'src/zygote/entry.ts',
      'src/simulation/main.ts',
      'src/node-server/index.ts',
      'src/node-server/https.ts',
    ])
      visit(entry);
    assert.deepEqual(
      sources.map(({ path }) => path).filter((path) => !reached.has(path)),
      [],
    );
  });
});

describe('layers of native', () => {
  test('every area is in the table, and every row is in use', () => {
    const areas = new Set(natives.map(({ path }) => areaOf(path)));
    assert.deepEqual([...areas].sort(), Object.keys(NATIVE_EDGES).sort());
  });

  test('includes follow the table', () => {
    const wrong = natives.flatMap((file) => {
      const row = NATIVE_EDGES[areaOf(file.path)];
      const { ours, others } = includesOf(file);
      return [
        ...ours.filter(
          (target) => areaOf(target) !== areaOf(file.path) && !row?.may.includes(areaOf(target)),
        ),
        ...others.filter((header) => row?.mayNot.test(header)),
      ].map((target) => `${file.path} includes ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  test('there is no cycle', () => {
    const graph = new Map(natives.map((file) => [file.path, includesOf(file).ours]));
    assert.equal(findCycle(graph)?.join(' → '), undefined);
  });

  test('only the request parser knows llhttp', () => {
    const users = natives
      .filter((file) => includesOf(file).ours.includes('native/http/llhttp_abi.h'))
      .map(({ path }) => path);
    assert.ok(
      users.every((path) => path.startsWith('native/http/request_parser.')),
      users.join(', '),
    );
  });

  test('every .cc file includes its own header first', () => {
    const paths = new Set(natives.map(({ path }) => path));
    const wrong = natives
      .filter(({ path }) => path.endsWith('.cc') && paths.has(path.replace(/\.cc$/, '.h')))
      .filter((file) => includesOf(file).ours[0] !== file.path.replace(/\.cc$/, '.h'))
      .map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });
});
