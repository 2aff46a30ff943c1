// Who takes part in the case `deploy`, and how each is started, deployed and stopped: every one has two workers and does
// what its manual calls a deployment without downtime. start() resolves when it listens, deploy() when the last process of
// the old code is gone.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { OUT } from '../build.mjs';
import { processTree } from '../launch.mjs';
import { MissingPeer, versionOf } from '../machine.mjs';

const APP = fileURLToPath(new URL('app.mjs', import.meta.url));
const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PM2 = '7.0.4';
const DEADLINE_MS = 60_000;

async function until(what, isSo) {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await pause(20);
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

const isAlive = (pid) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(statusOf(pid));

function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 'State: Z';
  }
}

async function finish(child, signal) {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Runs a command to its end without blocking: load goes on meanwhile. */
async function run(file, args, env = process.env) {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
  const [code] = await once(child, 'exit');
  const text = (await output).flat().join('');
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} failed:\n${text}`);
  return text;
}

function pronghorn(command) {
  return {
    name: `pronghorn ${command}`,
    version: () => `pronghorn, Node.js ${process.version}`,
    async start(port, folder) {
      const place = ['--runtime-dir', join(folder, 'run')];
      const args = [CLI, 'start', APP, '--listen', `http://127.0.0.1:${port}`, '--workers', '2', ...place];
      await run(process.execPath, args);
      return {
        async deploy() {
          const old = processTree(Number(readFileSync(join(folder, 'run', 'pronghorn.pid'), 'latin1')));
          await run(process.execPath, [CLI, command, APP, ...place]);
          const gone = command === 'upgrade' ? old : old.slice(1);
          await until('the old processes to end', () => !gone.some(isAlive));
        },
        stop: () => run(process.execPath, [CLI, 'stop', APP, ...place]),
      };
    },
  };
}

const NGINX = '/usr/sbin/nginx';
const nginx = {
  name: 'nginx reload',
  version() {
    const found = versionOf(NGINX, ['-v'], /nginx\/(\S+)/);
    if (!found) throw new MissingPeer('nginx is not installed (Debian: apt-get install nginx-light)');
    return `nginx ${found.version}`;
  },
  async start(port, folder) {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${kind};`,
    );
    const server = `server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 $pid; } }`;
    const configuration = join(folder, 'nginx.conf');
    writeFileSync(
      configuration,
      `daemon off; worker_processes 2; pid nginx.pid; error_log stderr error; events { }
       http { access_log off; keepalive_requests 1000000000; ${paths.join(' ')} ${server} }`,
    );
    const child = spawn(NGINX, ['-p', folder, '-c', configuration, '-e', 'stderr'], { stdio: 'ignore' });
    await until('nginx to listen', () => accepts(port));
    return {
      async deploy() {
        const old = processTree(child.pid).slice(1);
        child.kill('SIGHUP');
        await until('the old workers to end', () => !old.some(isAlive));
      },
      stop: () => finish(child, 'SIGTERM'),
    };
  },
};

const cluster = {
  name: 'node:cluster, one after the other',
  version: () => `node:cluster, Node.js ${process.version}`,
  async start(port) {
    const program = fileURLToPath(new URL('cluster.mjs', import.meta.url));
    const child = fork(program, { env: { ...process.env, PORT: String(port) } });
    await once(child, 'message');
    return {
      async deploy() {
        child.send('deploy');
        await once(child, 'message');
      },
      stop: () => finish(child, 'SIGTERM'),
    };
  },
};

/** pm2 into out/bench/pm2, with npm: it is no dependency of the project. @throws MissingPeer */
function installPm2() {
  const folder = join(OUT, 'pm2');
  const program = join(folder, 'node_modules', 'pm2', 'bin', 'pm2');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
  const { status, stderr } = spawnSync('npm', ['install', ...flags, `pm2@${PM2}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new MissingPeer(`npm could not install pm2:\n${stderr}`);
  return program;
}

const pm2 = {
  name: 'pm2 reload',
  version() {
    installPm2();
    return `pm2 ${PM2}, Node.js ${process.version}`;
  },
  async start(port, folder) {
    const program = installPm2();
    const env = { ...process.env, PM2_HOME: join(folder, 'pm2') };
    const app = { name: 'app', script: APP, exec_mode: 'cluster', instances: 2, env: { PORT: String(port) } };
    const waits = { wait_ready: true, listen_timeout: 10_000, kill_timeout: 3000 };
    const configuration = join(folder, 'ecosystem.config.json');
    writeFileSync(configuration, JSON.stringify({ apps: [{ ...app, ...waits }] }));
    await run(process.execPath, [program, 'start', configuration], env);
    await until('pm2 to listen', () => accepts(port));
    return {
      deploy: () => run(process.execPath, [program, 'reload', 'app'], env),
      stop: () => run(process.execPath, [program, 'kill'], env),
    };
  },
};

export const SERVERS = [pronghorn('reload'), pronghorn('upgrade'), nginx, cluster, pm2];
