// The example of an image: what it says to the server is what it understands, and a server that is started with its
// environment and that of the example for Kubernetes answers the probes. The image itself is built by `npm run try-image`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { configFromEnvironment } from '#dist/config/environment.js';
import { onlyOf, readExample } from '../support/kubernetes.js';
import { commandLine, fixture, root, temporaryFolder } from '../support/paths.js';
import { ServerProcess, withServer } from '../support/server.js';

const dockerfile = readFileSync(join(root, 'examples/docker/Dockerfile'), 'utf8');
const [container] = onlyOf(readExample(), 'Deployment').spec!.template.spec!.containers;

const ofImage = Object.fromEntries(
  [...dockerfile.matchAll(/(PRONGHORN_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
);
const ofPod = container!.env!.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));

describe('examples/docker', () => {
  test('every variable is an option, with a value that is accepted', () => {
    assert.ok(Object.keys(ofImage).length >= 3);
    assert.equal(Object.keys(configFromEnvironment(ofImage)).length, Object.keys(ofImage).length);
  });

  test('the image is of a user who is not root, whose folder the manager may write to, and has no shell around it', () => {
    const [, uid] = /^USER (\d+):\d+$/m.exec(dockerfile)!;
    assert.notEqual(Number(uid), 0);
    const [, folder] = /^RUN mkdir (\S+) && chown node:node \1$/m.exec(dockerfile)!;
    assert.equal(dirname(ofImage.PRONGHORN_RUNTIME_DIR!), folder);
    const [, words] = /^ENTRYPOINT (.*)$/m.exec(dockerfile)!;
    assert.deepEqual(JSON.parse(words!), ['pronghorn', 'run']);
    assert.ok(dockerfile.includes(' PATH=/app/node_modules/.bin:$PATH '));
  });

  test('ports are those of the places', () => {
    const portOf = (place: string) => Number(new URL(place.replace('*', 'localhost')).port);
    const [listen, admin] = [portOf(ofImage.PRONGHORN_LISTEN!), portOf(ofImage.PRONGHORN_ADMIN!)];
    assert.ok(dockerfile.includes(`EXPOSE ${listen} ${admin}\n`));
  });

  test('a server with this environment answers the probes, and nothing else without the token', () => {
    const free = (place: string) => place.replace(/:\d+$/, ':0');
    const env = {
      ...ofImage,
      ...Object.fromEntries(ofPod),
      PRONGHORN_LISTEN: free(ofImage.PRONGHORN_LISTEN!),
      PRONGHORN_ADMIN: free(ofImage.PRONGHORN_ADMIN!),
      PRONGHORN_ADMIN_TOKEN: 'secret',
      PRONGHORN_SHUTDOWN_DELAY: '0',
      PRONGHORN_RUNTIME_DIR: join(temporaryFolder(), 'pronghorn'),
    };
    return withServer(
      () => new ServerProcess({ command: [commandLine, 'run', fixture('http-app.mjs')], env }),
      async (server) => {
        const { addresses } = await server.logged('the page', ({ event }) => event === 'admin.listening');
        const url = (addresses as string[])[0]!.replace('0.0.0.0', '127.0.0.1');
        const { startupProbe, readinessProbe, livenessProbe } = container!;
        for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
          const { path } = probe!.httpGet!;
          assert.equal((await fetch(url + path)).status, 200, path);
        }
        assert.equal((await fetch(`${url}/metrics`)).status, 401);
      },
    );
  });
});

describe('npm run try-image', () => {
  const REFUSED: [words: string[], answer: RegExp][] = [
    [['--node', 'alpine'], /^try-image: --node is a tag of the image node, .* not 'alpine'\n$/],
    [['--node', '26-alpine'], /^try-image: .* 26-alpine has to be told where it is, by --base\n$/],
    [['--base='], /^try-image: --base is empty\n$/],
    [['--bas', 'x'], /^try-image: Unknown option '--bas'/],
    [['26-alpine'], /^try-image: Unexpected argument '26-alpine'/],
  ];
  for (const [words, answer] of REFUSED) {
    test(`${words.join(' ')} is refused before anything is built`, () => {
      const script = join(root, 'scripts/try-image.mjs');
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
        encoding: 'utf8',
      });
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      assert.match(stderr, answer);
    });
  }
});
