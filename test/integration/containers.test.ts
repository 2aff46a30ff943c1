// The examples for containers: what they say to the server is what it understands, their ports, probes and times fit together,
// and a server that is started with their environment answers their probes. The image itself is built by
// `npm run try-image`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { METRICS } from '#dist/admin/metrics.js';
import { configFromEnvironment } from '#dist/config/environment.js';
import { commandLine, fixture, root, temporaryFolder } from '../support/paths.js';
import { ServerProcess, withServer } from '../support/server.js';

const dockerfile = readFileSync(join(root, 'examples/docker/Dockerfile'), 'utf8');
const kubernetes = readFileSync(join(root, 'examples/kubernetes/application.yaml'), 'utf8');

function environmentIn(text: string, form: RegExp): Record<string, string> {
  return Object.fromEntries([...text.matchAll(form)].map(([, name, value]) => [name!, value!]));
}

const ofImage = environmentIn(dockerfile, /(PRONGHORN_\w+)=(\S+)/g);
const ofPod = environmentIn(kubernetes, /\{ name: (PRONGHORN_\w+), value: "([^"]*)" \}/g);
const environment = { ...ofImage, ...ofPod };

/** The only value of such a line. */
function numberAfter(text: string, label: RegExp): number {
  const found = [...text.matchAll(label)];
  assert.equal(found.length, 1, String(label));
  return Number(found[0]![1]);
}

describe('examples for containers', () => {
  test('every variable is an option, with a value that is accepted', () => {
    assert.ok(Object.keys(ofImage).length >= 2 && Object.keys(ofPod).length >= 4);
    const config = configFromEnvironment(environment);
    assert.equal(Object.keys(config).length, Object.keys(environment).length);
  });

  test('the image is of a user who is not root, whose folder the manager may write to, and has no shell around it', () => {
    const [, uid] = /^USER (\d+):\d+$/m.exec(dockerfile)!;
    assert.notEqual(Number(uid), 0);
    const [, folder] = /^RUN install -d -o node -g node (\S+)$/m.exec(dockerfile)!;
    assert.equal(dirname(ofImage.PRONGHORN_RUNTIME_DIR!), folder);
    const [, words] = /^ENTRYPOINT (.*)$/m.exec(dockerfile)!;
    assert.deepEqual(JSON.parse(words!), ['pronghorn', 'run']);
    assert.ok(dockerfile.includes(' PATH=/app/node_modules/.bin:$PATH '));
  });

  test('ports are those of the places', () => {
    const portOf = (place: string) => Number(new URL(place.replace('*', 'localhost')).port);
    const [listen, admin] = [portOf(ofImage.PRONGHORN_LISTEN!), portOf(ofImage.PRONGHORN_ADMIN!)];
    assert.ok(dockerfile.includes(`EXPOSE ${listen} ${admin}\n`));
    assert.ok(kubernetes.includes(`{ name: http, containerPort: ${listen} }`));
    assert.ok(kubernetes.includes(`{ name: admin, containerPort: ${admin} }`));
    assert.ok(kubernetes.includes(`prometheus.io/port: "${admin}"`));
  });

  test('a pod is given more time than its server takes', () => {
    const grace = numberAfter(kubernetes, /terminationGracePeriodSeconds: (\d+)/g);
    const { shutdownDelay = 0, terminationTimeout = 0 } = configFromEnvironment(ofPod);
    assert.ok(shutdownDelay > 0 && grace > shutdownDelay + terminationTimeout);
  });

  test('the autoscaler looks at a metric that there is', () => {
    const [, name] = /metric: \{ name: (\w+) \}/.exec(kubernetes)!;
    assert.ok(METRICS.some((metric) => metric.name === name));
  });

  test('a server with this environment answers the probes, and nothing else without the token', () => {
    const free = (place: string) => place.replace(/:\d+$/, ':0');
    const env = {
      ...environment,
      PRONGHORN_LISTEN: free(environment.PRONGHORN_LISTEN!),
      PRONGHORN_ADMIN: free(environment.PRONGHORN_ADMIN!),
      PRONGHORN_ADMIN_TOKEN: 'secret',
      PRONGHORN_SHUTDOWN_DELAY: '0',
      PRONGHORN_RUNTIME_DIR: join(temporaryFolder(), 'pronghorn'),
    };
    return withServer(
      () => new ServerProcess({ command: [commandLine, 'run', fixture('http-app.mjs')], env }),
      async (server) => {
        const { addresses } = await server.logged('the page', ({ event }) => event === 'admin.listening');
        const url = (addresses as string[])[0]!.replace('0.0.0.0', '127.0.0.1');
        const probes = [...kubernetes.matchAll(/httpGet: \{ path: (\S+), port: admin \}/g)].map(
          ([, path]) => path!,
        );
        assert.equal(probes.length, 3);
        for (const path of probes) assert.equal((await fetch(url + path)).status, 200, path);
        assert.equal((await fetch(`${url}/metrics`)).status, 401);
      },
    );
  });
});
