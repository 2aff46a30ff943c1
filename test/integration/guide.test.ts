// Every example of docs/GUIDE.md is an application that starts and answers.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/paths.js';
import { startApp, withServer } from '../support/server.js';

const guide = readFileSync(join(root, 'docs/GUIDE.md'), 'utf8');
const examples = [...guide.matchAll(/^## ([^\n]+)$|^```js\n(.+?)^```$/gms)];

// Inside the package, so that it finds itself by name.
const folder = join(root, 'out/guide');
mkdirSync(folder, { recursive: true });

let title = '';
for (const [, heading, code] of examples) {
  if (heading !== undefined) title = heading;
  if (code === undefined) continue;
  const app = join(folder, `${title.toLowerCase().replaceAll(/\W+/g, '-')}.mjs`);
  test(`the example of “${title}” answers`, async () => {
    writeFileSync(app, code);
    await withServer(
      () => startApp(app, { args: ['--workers', '1'] }),
      async (server) => assert.equal((await server.get('/')).status, 200),
    );
  });
}

test('the guide has examples', () => assert.ok(examples.length > 10));
