// Compiles the addon from the clone's native/ folder, incrementally. The headers that came with the running
// Node are preferred over a download, so that a machine without a way out can build too.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const prefix = dirname(dirname(process.execPath));
const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
const target = process.argv.includes('--debug') ? '--debug' : '--release';

function nodeGyp(...words) {
  // npm puts its own node-gyp on the PATH of the scripts that it runs.
  const run = spawnSync('node-gyp', [...words, ...headers, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.env.CI ? 'inherit' : 'ignore', 'inherit'],
  });
  if (run.error) {
    console.error(
      `pronghorn: cannot run node-gyp (${run.error.code}); start this script through npm: npm run build`,
    );
    process.exit(1);
  }
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** The list of sources is read when the build is configured: it must be the one of now. */
function isConfigured() {
  const rules = join(root, 'build/pronghorn.target.mk');
  if (!existsSync(join(root, 'build/Makefile')) || !existsSync(rules)) return false;
  const listed = new Set(readFileSync(rules, 'utf8').match(/native\/[\w/]+(?=\.o)/g));
  const sources = readdirSync(join(root, 'native'), { recursive: true })
    .filter((name) => name.endsWith('.cc'))
    .map((name) => `native/${name.slice(0, -'.cc'.length)}`);
  return sources.length === listed.size && sources.every((source) => listed.has(source));
}

if (!isConfigured()) nodeGyp('configure', target);
nodeGyp('build', target, `--jobs=${availableParallelism()}`);
