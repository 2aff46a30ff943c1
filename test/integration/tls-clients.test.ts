// Client certificates: asked for, judged, shown to the application, and no way around them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Authority, type Pair } from '../support/certificates.js';
import { describeServer } from '../support/shared-server.js';
import { getSession, getTls, startTlsApp } from '../support/tls-client.js';

const authority = new Authority();
const stranger = new Authority('somebody else');
const own = authority.issue('own', ['localhost']);
const friend = authority.issue('friend', ['friend']);
const foe = stranger.issue('foe', ['foe']);

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

function as(pair: Pair, version: (typeof VERSIONS)[number]): ConnectionOptions {
  const [cert, key] = [readFileSync(pair.cert, 'utf8'), readFileSync(pair.key, 'utf8')];
  return { cert, key, minVersion: version, maxVersion: version };
}

function start(places: object[]) {
  const listen = places.map((tls) => ({ host: '127.0.0.1', port: 0, tls: { ...own, ...tls } }));
  return startTlsApp({ listen, args: ['--workers', '1'] });
}

describeServer(
  'a location with ca',
  () => start([{ ca: authority.cert }, {}]),
  (serverTest) => {
    for (const version of VERSIONS) {
      const only = { minVersion: version, maxVersion: version };

      serverTest(`${version}: a client with a good certificate is served and known`, async (server) => {
        const known = JSON.parse(await getTls(server.port, '/tls', as(friend, version)));
        assert.equal(known.peerCertificate, 'CN=friend');
        assert.equal(known.isAuthorized, true);
        assert.equal(known.authorizationError, undefined);
      });

      serverTest(`${version}: a client without a certificate is turned away`, async (server) => {
        await assert.rejects(
          getTls(server.port, '/', only),
          /certificate required|handshake failure|closed/i,
        );
      });

      serverTest(
        `${version}: a client with another authority's certificate is turned away`,
        async (server) => {
          await assert.rejects(getTls(server.port, '/', as(foe, version)), /unknown ca|alert|closed/i);
        },
      );

      serverTest(`${version}: a resumed session keeps its certificate`, async (server) => {
        const session = await getSession(server.port, as(friend, version));
        const known = JSON.parse(await getTls(server.port, '/tls', { ...as(friend, version), session }));
        assert.equal(known.isResumed, true);
        assert.equal(known.peerCertificate, 'CN=friend');
        assert.equal(known.isAuthorized, true);
      });

      serverTest(
        `${version}: a session of a place without this demand opens nothing here`,
        async (server) => {
          const [strict, open] = server.addresses.map((address) => Number(new URL(address).port));
          const session = await getSession(open!, only);
          await assert.rejects(getTls(strict!, '/', { ...only, session }));
        },
      );
    }
  },
);

describeServer(
  'a location with ca and rejectUnauthorized: false',
  () => start([{ ca: authority.text, rejectUnauthorized: false }]),
  (serverTest) => {
    for (const version of VERSIONS) {
      const only = { minVersion: version, maxVersion: version };

      serverTest(`${version}: every client is served, and told apart`, async (server) => {
        const none = JSON.parse(await getTls(server.port, '/tls', only));
        assert.equal(none.peerCertificate, undefined);
        assert.equal(none.isAuthorized, false);
        const good = JSON.parse(await getTls(server.port, '/tls', as(friend, version)));
        assert.equal(good.isAuthorized, true);
        const bad = JSON.parse(await getTls(server.port, '/tls', as(foe, version)));
        assert.equal(bad.peerCertificate, 'CN=foe');
        assert.equal(bad.isAuthorized, false);
        assert.match(bad.authorizationError, /unable to (get|verify)/);
      });

      serverTest(`${version}: a resumed session is no better than its certificate`, async (server) => {
        const session = await getSession(server.port, as(foe, version));
        const known = JSON.parse(await getTls(server.port, '/tls', { ...as(foe, version), session }));
        assert.equal(known.isResumed, true);
        assert.equal(known.isAuthorized, false);
      });
    }
  },
);
