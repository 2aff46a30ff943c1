// Sessions that go on in another worker, in a later worker, and after the ticket keys have been replaced.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { Authority } from '../support/certificates.js';
import {
  kindArguments,
  type ServerProcess,
  startMethods,
  type WorkerKind,
  withServer,
  workerKindNames,
} from '../support/server.js';
import { connectTls, getTls, startTlsApp } from '../support/tls-client.js';
import { waitFor } from '../support/wait.js';

const authority = new Authority();
const tls = authority.issue('own', ['localhost']);
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

function start(kind: WorkerKind, ...args: string[]): ServerProcess {
  const listen = { host: '127.0.0.1', port: 0, tls };
  return startTlsApp({ listen, args: [...kindArguments(kind), ...args] });
}

interface Visit {
  pid: number;
  isResumed: boolean;
  session: Buffer;
}

async function visit(port: number, options: ConnectionOptions): Promise<Visit> {
  const client = await connectTls(port, options);
  const isResumed = client.socket.isSessionReused();
  const pid = Number((await client.raw.get('/pid')).text);
  client.raw.destroy();
  // With TLS 1.2 a client that resumes gets no new ticket.
  const session = client.session ?? options.session;
  assert.ok(session, 'the server gives sessions');
  return { pid, isResumed, session };
}

function rotations(server: ServerProcess): number {
  return server.log.filter(({ msg }) => msg === 'ticket keys rotated').length;
}

for (const kind of workerKindNames) {
  test(`TLS sessions are resumed by whichever worker gets the connection, ${kind}`, () =>
    withServer(
      () => start(kind, '--workers', '2'),
      async (server) => {
        for (const version of VERSIONS) {
          const only = { minVersion: version, maxVersion: version };
          const { pid, session } = await visit(server.port, only);
          await waitFor(`${version} with another worker`, async () => {
            const next = await visit(server.port, { ...only, session });
            assert.ok(next.isResumed, `${version}: worker ${next.pid} does not know a session of ${pid}`);
            return next.pid !== pid;
          });
        }
      },
    ));
}

for (const startMethod of startMethods) {
  describe(`TLS sessions, start method ${startMethod}`, () => {
    test('are resumed by a worker that was not there when they began', () =>
      withServer(
        () => start(startMethod, '--workers', '1'),
        async (server) => {
          const { pid, session } = await visit(server.port, {});
          process.kill(pid, 'SIGKILL');
          const next = await visit(server.port, { session });
          assert.notEqual(next.pid, pid);
          assert.ok(next.isResumed);
        },
      ));

    test('are resumed after the keys were replaced, and not after they were dropped', () =>
      withServer(
        () => start(startMethod, '--workers', '1', '--tls-ticket-rotation', '2'),
        async (server) => {
          const { pid, session } = await visit(server.port, {});
          const before = rotations(server);
          await waitFor('new ticket keys', () => rotations(server) > before);
          assert.ok((await visit(server.port, { session })).isResumed);
          await waitFor('the old keys to be dropped', () => rotations(server) > before + 2);
          const late = await visit(server.port, { session });
          assert.ok(!late.isResumed, 'a ticket is of no use when its key is gone');
          assert.equal(late.pid, pid);
          // A worker that comes now was made by a host that has lived through all of it.
          process.kill(pid, 'SIGKILL');
          const next = await visit(server.port, { session: late.session });
          assert.notEqual(next.pid, pid);
          assert.ok(next.isResumed);
        },
      ));
  });
}

test('a ticket that makes no sense leads to a full handshake', () =>
  withServer(
    () => start('spawn', '--workers', '1'),
    async (server) => {
      const other = start('spawn', '--workers', '1');
      try {
        await other.listening();
        const { session } = await visit(other.port, {});
        assert.equal((await visit(server.port, { session })).isResumed, false);
        assert.equal(await getTls(server.port, '/', { session }), 'hi');
        await other.stop();
      } finally {
        other.kill();
      }
    },
  ));
