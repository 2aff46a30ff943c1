// Ways to listen that servers of pronghorn/http have in common with node's: each runs under both.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { binding } from '#dist/binding/load.js';
import { hello, LAST, type Said, same } from '../support/node-pair.js';
import { temporaryFolder } from '../support/paths.js';
import { DEADLINE_MS, within } from '../support/wait.js';

describe('listen()', () => {
  const listening = async (server: Server, said: Said) => {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    const where =
      typeof address === 'string' ? { path: address } : { host: '127.0.0.1', port: address!.port };
    const socket = connect(where);
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more;
    });
    socket.write(LAST);
    await within('an answer', once(socket, 'close'));
    said.push(text.slice(-5));
  };
  const path = () => join(temporaryFolder(), 'socket');
  const forms: Record<string, (server: Server) => unknown> = {
    'a port, an address and a backlog': (server) => server.listen(0, '127.0.0.1', 5),
    'a port alone': (server) => server.listen(0),
    options: (server) => server.listen({ port: 0, host: '127.0.0.1', backlog: 5, exclusive: true }),
    'a path': (server) => server.listen(path()),
  };
  for (const [form, call] of Object.entries(forms)) {
    same(form, ['hello'], async (server, said) => {
      server.on('request', hello);
      call(server);
      await listening(server, said);
    });
  }

  same('a path that all may use', ['hello', '666'], async (server, said) => {
    server.on('request', hello);
    const where = path();
    server.listen({ path: where, readableAll: true, writableAll: true });
    await listening(server, said);
    // To connect is to write; whether it may be executed means nothing, and versions of node differ.
    said.push((statSync(where).mode & 0o666).toString(8));
  });

  type Handle = { fd: number };
  const given: Record<string, (server: Server, handle: Handle) => unknown> = {
    'a handle': (server, handle) => server.listen(handle),
    'something that has a handle': (server, handle) => server.listen({ _handle: handle }),
  };
  for (const [form, call] of Object.entries(given)) {
    same(form, ['hello'], async (server, said) => {
      const other = createNetServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { _handle: handle } = other as unknown as { _handle: Handle };
      // Its socket is not its own any more.
      other.unref();
      server.on('request', hello);
      call(server, handle);
      await listening(server, said);
    });
  }

  for (const module of ['node:http', 'pronghorn/http']) {
    test(`unref() lets a process end that has nothing else to do: ${module}`, async () => {
      // A connection is something to do.
      const program = `
        import { get } from 'node:http';
        import { createServer } from '${module}';
        const server = createServer((req, res) => setTimeout(() => res.end('late'), 50).unref());
        server.unref().listen(0, '127.0.0.1', () => {
          const { port } = server.address();
          get({ port, host: '127.0.0.1', agent: false }, (res) => res.pipe(process.stdout, { end: false }))
            .on('close', () => server.close(() => console.log(' closed')));
        });`;
      const args = ['--input-type=module', '--eval', program];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: DEADLINE_MS });
      assert.equal(stdout, 'late closed\n');
    });
  }

  same('a descriptor', ['hello'], async (server, said) => {
    const options = { host: '127.0.0.1', port: 0, backlog: 5, deferAccept: 0, fastOpen: 0 };
    server.on('request', hello);
    server.listen({ fd: binding.listenTcp({ ...options, reusePort: false, ipv6Only: false }) });
    await listening(server, said);
  });

  same('a signal closes it', ['closed'], async (server, said) => {
    const controller = new AbortController();
    server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    await within('its end', once(server, 'close'));
    said.push('closed');
  });

  same('once more after close()', ['hello', 'hello'], async (server, said) => {
    server.on('request', hello);
    server.listen(0, '127.0.0.1');
    await listening(server, said);
    await new Promise((resolve) => server.close(resolve));
    server.listen(0, '127.0.0.1');
    await listening(server, said);
  });
});
