// The folder from which the image is built: the files of examples/docker as they are, an application, and a lock file that
// names the packed package, as one from a registry. What `npm ci` in the image needs is in a cache of npm beside it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { outputOf } from './commands.mjs';

const APPLICATION = `import { execFile } from 'node:child_process';
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/slow') await new Promise((resolve) => setTimeout(resolve, 1000));
    if (pathname !== '/orphan') return new Response(\`\${process.getuid()} \${process.version}\`);
    const { promise, resolve } = Promise.withResolvers();
    execFile('sh', ['-c', 'sleep 0.2 >/dev/null 2>&1 & echo $!'], (_error, pid) => resolve(pid.trim()));
    return new Response(await promise);
  },
};
`;

function pack(root, folder) {
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(outputOf('npm', words, { cwd: root }));
  return join(folder, filename);
}

async function npm(words, cwd) {
  const child = spawn('npm', words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`npm ${words.join(' ')}: exit code ${code}`);
}

/** @returns the folder, and the cache for npm in the image */
export async function makeApplication(root, below) {
  const [folder, cache] = [join(below, 'application'), join(below, 'npm-cache')];
  mkdirSync(cache);
  cpSync(join(root, 'examples/docker'), folder, { recursive: true });
  const packed = readFileSync(pack(root, below));
  const server = createServer((_request, response) => response.end(packed)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/pronghorn.tgz`;
  const manifest = { private: true, type: 'module', dependencies: { pronghorn: url } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'app.mjs'), APPLICATION);
  // What an image must not have, and what .dockerignore keeps from it.
  writeFileSync(join(folder, '.env'), 'PASSWORD=secret\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  await npm(['install', ...quiet, '--no-omit-lockfile-registry-resolved', '--cache', cache], folder);
  server.close();
  // A folder that would not do in the image: it is another machine's.
  rmSync(join(folder, 'node_modules/pronghorn'), { recursive: true });
  return { folder, cache };
}
