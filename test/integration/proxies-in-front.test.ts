// HAProxy and nginx, by the examples' configurations, in front of two servers on two addresses, under load: one is upgraded,
// the other stopped and started again. Every request is counted where clients see it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ledger, Load } from '../support/ledger.js';
import { temporaryFolder } from '../support/paths.js';
import { Backend, configured, missing, ProxyProcess } from '../support/proxied.js';
import { RawClient } from '../support/raw-client.js';
import { waitFor } from '../support/wait.js';

interface Setting {
  readonly one: Backend;
  readonly two: Backend;
  readonly start: () => ProxyProcess;
}

async function addressSeen(port: number): Promise<string> {
  const client = await RawClient.connect({ host: '127.0.0.1', port, localAddress: '127.0.0.9' });
  try {
    return (await client.get('/address')).text;
  } finally {
    client.destroy();
  }
}

/** From here on, as many answers more as it takes to believe that this word is among them, or is not. */
async function answersMore(ledger: Ledger, word: string): Promise<void> {
  const before = ledger.bodies.get(word) ?? 0;
  await waitFor(`answers of ${word}`, () => (ledger.bodies.get(word) ?? 0) >= before + 20);
}

/** @returns the ledger of the clients, in which nothing has failed */
async function underLoad({ one, two, start }: Setting): Promise<Ledger> {
  await Promise.all([one.start(), two.start()]);
  const proxy = start();
  try {
    await waitFor('the proxy to answer', async () => (await addressSeen(proxy.port)) === '127.0.0.9').catch(
      (error) => {
        throw new Error(`${error.message}\n${proxy.text}`);
      },
    );
    const load = new Load({ host: '127.0.0.1', port: proxy.port }, 2, 1);
    const { ledger } = load;
    await answersMore(ledger, 'one');
    await answersMore(ledger, 'two');
    one.write('three');
    await one.upgrade();
    await answersMore(ledger, 'three');
    await two.stop();
    await answersMore(ledger, 'three');
    two.write('four');
    await two.start();
    await answersMore(ledger, 'four');
    await load.end();
    await proxy.end();
    await Promise.all([one.stop(), two.stop()]);
    assert.deepEqual(ledger.failures, [], proxy.text);
    return ledger;
  } finally {
    proxy.kill();
    one.kill();
    two.kill();
  }
}

test('HAProxy: health checks, PROXY protocol, an upgrade, a stop and a start, no request lost', {
  skip: missing('haproxy'),
}, async () => {
  const args = ['--shutdown-delay', '1'];
  const one = new Backend('127.0.0.1', 'one', '?proxyProtocol=1', args);
  const two = new Backend('127.0.0.2', 'two', '?proxyProtocol=1', args);
  const start = () =>
    new ProxyProcess(() => {
      const path = configured('haproxy.cfg', {
        'maxconn 20000': 'maxconn 1000',
        'bind :80': 'bind fd@3',
        '10.0.0.1:8080\n': `127.0.0.1:${one.port} port ${one.adminPort}\n`,
        '10.0.0.2:8080\n': `127.0.0.2:${two.port} port ${two.adminPort}\n`,
        'inter 1s fastinter 500ms': 'inter 200ms fastinter 100ms',
      });
      return { words: ['haproxy', '-db', '-f', path] };
    });
  const { bodies, answered } = await underLoad({ one, two, start });
  assert.ok(answered > 100);
  assert.deepEqual([...bodies.keys()].sort(), ['four', 'one', 'three', 'two']);
});

test('nginx: an upgrade, a stop and a start, no request lost', { skip: missing('nginx') }, async () => {
  const args = ['--trusted-proxies', '127.0.0.1'];
  const one = new Backend('127.0.0.1', 'one', '', args);
  const two = new Backend('127.0.0.2', 'two', '', args);
  const start = () =>
    new ProxyProcess((port) => {
      const folder = temporaryFolder();
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const temporary = paths.map((name) => `${name}_temp_path ${join(folder, name)};`).join(' ');
      const path = configured('nginx.conf', {
        'listen 80;': `listen 127.0.0.1:${port};`,
        '10.0.0.1:8080': `127.0.0.1:${one.port}`,
        '10.0.0.2:8080': `127.0.0.2:${two.port}`,
        'worker_processes auto;': `worker_processes 1; daemon off; pid ${join(folder, 'pid')};`,
        'http {': `http { access_log off; ${temporary}`,
      });
      // How nginx passes its sockets on to another nginx.
      return { words: ['nginx', '-c', path, '-p', folder], env: { NGINX: '3;' } };
    });
  const { bodies, answered } = await underLoad({ one, two, start });
  assert.ok(answered > 100);
  assert.deepEqual([...bodies.keys()].sort(), ['four', 'one', 'three', 'two']);
});
