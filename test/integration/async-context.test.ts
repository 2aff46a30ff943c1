// What a handler puts into its async context stays there, also for the requests of the same batch.
import assert from 'node:assert/strict';
import { fixture } from '../support/paths.js';
import { requestHead } from '../support/raw-client.js';
import { startApp } from '../support/server.js';
import { describeServer } from '../support/shared-server.js';

const COUNT = 16;

describeServer(
  'async context',
  () => startApp(fixture('context-app.mjs'), { args: ['--workers', '1'] }),
  (serverTest) => {
    serverTest('enterWith() in one handler does not show up in another', async (server) => {
      const client = await server.connect();
      const urls = Array.from({ length: COUNT }, (_, index) => `/${index}`);
      client.send(urls.map((url) => requestHead('GET', url)).join(''));
      for (const url of urls) assert.equal((await client.read()).text, `nothing ${url}`);
      client.destroy();
    });
  },
);
