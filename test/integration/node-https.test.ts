// pronghorn/https: createServer() of node:https with one import changed. The same options and the same listener under
// both: clients get the same, and req.socket tells the same of them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createNodeServer, Server as NodeServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { type ConnectionOptions, createSecureContext, type TLSSocket } from 'node:tls';
import https, { createServer, get, Server } from 'pronghorn/https';
import { Authority, type Pair } from '../support/certificates.js';
import { connectTls, getSession } from '../support/tls-client.js';

const authority = new Authority();
const texts = ({ cert, key }: Pair) => ({ cert: readFileSync(cert), key: readFileSync(key, 'utf8') });
const own = texts(authority.issue('own', ['localhost']));
const named = texts(authority.issue('named', ['named.example']));
const rsa = texts(authority.issue('rsa', ['localhost'], 'rsa'));
const client = texts(authority.issue('client', ['client']));
const stranger = texts(new Authority('nobody knows').issue('stranger', ['stranger']));
const secret = texts(authority.encrypt(authority.issue('secret', ['localhost']), 'open sesame'));

/** Of a certificate, what tells it from others: its serial number, and its names. */
function told(certificate: object): unknown {
  const { subject, issuer, serialNumber, fingerprint256, subjectaltname, raw } = certificate as Record<
    string,
    unknown
  >;
  return {
    subject: { ...(subject as object) },
    issuer: { ...(issuer as object) },
    serialNumber,
    fingerprint256,
    subjectaltname,
    bytes: (raw as Buffer | undefined)?.length,
  };
}

const listener: RequestListener = (req, res) => {
  const socket = req.socket as TLSSocket;
  const { encrypted, authorized, authorizationError, alpnProtocol, servername } = socket;
  res.setHeader('Content-Type', 'application/json');
  const answer = {
    encrypted,
    authorized,
    authorizationError,
    alpnProtocol,
    servername,
    protocol: socket.getProtocol(),
    cipher: socket.getCipher(),
    isReused: socket.isSessionReused(),
    own: told(socket.getCertificate() as object),
    ownX509: socket.getX509Certificate()?.fingerprint512,
    peer: told(socket.getPeerCertificate()),
    peerX509: socket.getPeerX509Certificate()?.subject,
    ephemeral: socket.getEphemeralKeyInfo(),
    address: socket.remoteAddress,
  };
  res.end(JSON.stringify(answer));
};

type Create = typeof createServer;
interface Listening {
  readonly server: NodeServer;
  readonly port: number;
}

const open: NodeServer[] = [];
after(() => {
  for (const server of open) server.close().closeAllConnections();
});

async function listening(create: Create, options: ServerOptions): Promise<Listening> {
  const server = create(options, listener).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const both = async (options: ServerOptions) => ({
  node: await listening(createNodeServer as Create, options),
  own: await listening(createServer, options),
});

async function ask(port: number, options: ConnectionOptions): Promise<unknown> {
  try {
    const { raw } = await connectTls(port, options);
    try {
      return JSON.parse((await raw.get('/', { Connection: 'close' })).text);
    } finally {
      raw.destroy();
    }
  } catch {
    return 'refused';
  }
}

async function same(servers: { node: Listening; own: Listening }, options: ConnectionOptions) {
  const [byNode, byOwn] = await Promise.all([
    ask(servers.node.port, options),
    ask(servers.own.port, options),
  ]);
  assert.deepEqual(byOwn, byNode);
  return byOwn as Record<string, unknown>;
}

/** What both servers choose anyhow, so that ciphers can be compared. */
const MODERN = { ciphers: 'TLS_AES_128_GCM_SHA256', maxVersion: 'TLSv1.3' } as const;
const OLDER = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const;

describe('req.socket tells the same as under node:https', () => {
  test('of clients without a certificate, by version and server name', async () => {
    const servers = await both({ ...own });
    for (const { server } of Object.values(servers)) server.addContext('named.example', named);
    const modern = await same(servers, { ...MODERN, ALPNProtocols: ['http/1.1'] });
    assert.deepEqual([modern.encrypted, modern.protocol, modern.authorized], [true, 'TLSv1.3', false]);
    const older = await same(servers, { ...OLDER, servername: 'named.example' });
    assert.equal(older.protocol, 'TLSv1.2');
    assert.match(JSON.stringify(older.own), /named\.example/);
    assert.equal(await same(servers, { ALPNProtocols: ['other'] }), 'refused');
  });

  test('of clients that are asked for a certificate', async () => {
    const asking = { ...own, ca: authority.text, requestCert: true };
    const lenient = await both({ ...asking, rejectUnauthorized: false });
    assert.equal((await same(lenient, { ...MODERN, ...client })).authorized, true);
    const unknown = await same(lenient, { ...MODERN, ...stranger });
    assert.deepEqual([unknown.authorized, typeof unknown.authorizationError], [false, 'string']);
    assert.equal((await same(lenient, MODERN)).authorizationError, 'UNABLE_TO_GET_ISSUER_CERT');
    const strict = await both(asking);
    assert.equal((await same(strict, { ...MODERN, ...client })).authorized, true);
    assert.equal(await same(strict, { ...MODERN, ...stranger }), 'refused');
    assert.equal(await same(strict, MODERN), 'refused');
  });
});

describe('a server of pronghorn/https', () => {
  test('is an https.Server, and the module has what node:https has', async () => {
    const { server } = await listening(createServer, own);
    assert.ok(server instanceof NodeServer && server instanceof Server && server instanceof https.Server);
    assert.deepEqual([typeof get, https.createServer], ['function', createServer]);
  });

  test('takes an encrypted key, a certificate that comes later, and other options while it serves', async () => {
    const { server, port } = await listening(createServer, { ...secret, passphrase: 'open sesame' });
    assert.equal(((await ask(port, {})) as { encrypted: boolean }).encrypted, true);
    server.setSecureContext({ ...named });
    assert.match(JSON.stringify(await ask(port, {})), /named\.example/);
    const later = createServer(listener);
    const failed = once(later, 'error') as Promise<[NodeJS.ErrnoException]>;
    later.listen(0, '127.0.0.1');
    assert.equal((await failed)[0].code, 'ERR_PRONGHORN_LISTEN_FAILED');
    later.addContext('localhost', own);
    open.push(later.listen(0, '127.0.0.1'));
    await once(later, 'listening');
    const answer = await ask((later.address() as AddressInfo).port, { servername: 'localhost' });
    assert.match(JSON.stringify(answer), /"servername":"localhost"/);
  });

  test('resumes sessions, also of another server with the same ticket keys', async () => {
    const [first, second] = [await listening(createServer, own), await listening(createServer, own)];
    second.server.setTicketKeys(first.server.getTicketKeys());
    const session = await getSession(first.port, {});
    const resumed = async ({ port }: Listening) => (await ask(port, { session })) as { isReused: boolean };
    assert.equal((await resumed(first)).isReused, true);
    assert.equal((await resumed(second)).isReused, true);
    first.server.setTicketKeys(Buffer.alloc(48, 1));
    assert.equal((await resumed(first)).isReused, false);
  });

  test('emits secureConnection', async () => {
    const { server, port } = await listening(createServer, own);
    const connected = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    await ask(port, MODERN);
    assert.equal((await connected)[0].encrypted, true);
  });

  const refusals: Record<string, ServerOptions> = {
    'a callback for server names': { ...own, SNICallback: () => {} },
    'an old version': { ...own, minVersion: 'TLSv1' },
    'no TLS 1.3': { ...own, maxVersion: 'TLSv1.2' },
    'other protocols': { ...own, ALPNProtocols: ['h2'] },
    'two certificates for one name': { cert: [own.cert, rsa.cert], key: [own.key, rsa.key] },
  };
  for (const [what, options] of Object.entries(refusals)) {
    test(`refuses ${what} with ERR_PRONGHORN_TLS_OPTION`, () => {
      assert.throws(() => createServer(options), { code: 'ERR_PRONGHORN_TLS_OPTION' });
    });
  }

  test('refuses a context whose key cannot be had, and a key that does not fit', () => {
    const server = createServer(own);
    const context = createSecureContext(named);
    assert.throws(() => server.addContext('a', context), { code: 'ERR_PRONGHORN_TLS_OPTION' });
    assert.throws(() => createServer({ cert: own.cert, key: named.key }), /mismatch/);
  });
});
