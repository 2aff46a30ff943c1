// A container of an image, run by crun as a cluster would run it: a user who is not root, no capability, the system calls that
// container engines allow, a read-only root file system with one tmpfs, a network of its own, a quota.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.mjs';

const HYBRID = '/sys/fs/cgroup/unified';
const DEADLINE_MS = 30_000;
const [ARCHITECTURE, FILTERED] = {
  x64: ['amd64', 'SCMP_ARCH_X86_64'],
  arm64: ['arm64', 'SCMP_ARCH_AARCH64'],
}[process.arch];
/** Of the package golang-github-containers-common, on which buildah depends. */
export const SECCOMP = '/usr/share/containers/seccomp.json';

/** crun knows control groups of one version only, so that what a machine has of the other is hidden from it. */
const AROUND = existsSync(HYBRID)
  ? ['unshare', '--mount', 'sh', '-c', `umount ${HYBRID} && exec "$@"`, 'sh']
  : [];

/** The engines' profile as crun takes it, for a process without capabilities. */
function seccomp() {
  const { defaultAction, defaultErrnoRet, archMap, syscalls } = JSON.parse(readFileSync(SECCOMP, 'utf8'));
  const applies = ({ includes = {}, excludes = {} }) =>
    !includes.caps?.length &&
    (!includes.arches || includes.arches.includes(ARCHITECTURE)) &&
    !excludes.arches?.includes(ARCHITECTURE);
  return {
    defaultAction,
    defaultErrnoRet,
    architectures: archMap
      .filter(({ architecture }) => architecture === FILTERED)
      .flatMap(({ architecture, subArchitectures }) => [architecture, ...subArchitectures]),
    syscalls: syscalls.filter(applies).map(({ names, action, args, errnoRet }) => ({
      ...{ names, action },
      ...(args?.length && { args }),
      ...(errnoRet !== undefined && { errnoRet }),
    })),
  };
}

/** The ids of `1000:1000`, which a cluster can tell from root's without a look into the image. */
function idsOf(user) {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(user) ?? [];
  if (uid === undefined) throw new Error(`the user of the image is no pair of numbers: '${user}'`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** Makes config.json what the image says, and what a cluster adds. */
function write(bundle, root, { User, Env, Entrypoint, Cmd, WorkingDir }, { env, words, cpus, tmpfs }) {
  const path = join(bundle, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.root = { path: root, readonly: true };
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  Object.assign(config.process, {
    terminal: false,
    user: idsOf(User),
    args: [...Entrypoint, ...(words ?? Cmd)],
    env: [...Env, 'HOME=/home/node', ...Object.entries(env).map((pair) => pair.join('='))],
    cwd: WorkingDir,
    capabilities: none,
    noNewPrivileges: true,
  });
  const options = ['nosuid', 'nodev', 'noexec', 'mode=1777', 'size=1m'];
  config.mounts.push({ destination: tmpfs, type: 'tmpfs', source: 'tmpfs', options });
  const period = 100_000;
  config.linux.resources.cpu = { quota: cpus * period, period };
  config.linux.seccomp = seccomp();
  writeFileSync(path, JSON.stringify(config));
  return config.process;
}

export class Container {
  #id;
  #process;
  #state;
  #child;
  #pid;
  output = '';
  #exited;

  /**
   * @param folder where its files are, which must not be there yet
   * @param image what the image says of itself, and where its root file system is
   */
  constructor(folder, { root, config }, options) {
    mkdirSync(join(folder, 'state'), { recursive: true });
    run('crun', ['spec'], { cwd: folder });
    this.#process = write(folder, root, config, options);
    this.#state = join(folder, 'state');
    this.#id = `pronghorn-trial-${process.pid}-${Date.now()}`;
    this.#child = this.#crun('run', '--bundle', folder, this.#id);
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
      });
    this.#exited = once(this.#child, 'close').then(([code]) => code);
  }

  #crun(...words) {
    const [program, ...rest] = [
      ...AROUND,
      ...['crun', '--root', this.#state, '--cgroup-manager', 'cgroupfs'],
      ...words,
    ];
    return spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Its exit code, or an error: it goes on. */
  exitCode() {
    return this.#within('its end', this.#exited);
  }

  /** What a program says, and how it ends. */
  async #heard(what, child) {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    const [code] = await this.#within(`the end of ${what}`, once(child, 'close'));
    return { code, output: output.trim() };
  }

  async #within(what, promise) {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${what} has not come; it said:\n${this.output}`)),
        DEADLINE_MS,
      );
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  /** Until its log has a line of this event. */
  logged(event) {
    const seen = async () => {
      let isOver = false;
      void this.#exited.then(() => {
        isOver = true;
      });
      while (!this.output.includes(`"event":"${event}"`)) {
        if (isOver) throw new Error(`it ended before ${event}; it said:\n${this.output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    return this.#within(event, seen());
  }

  /** As `docker exec` does: its user, folder and environment. */
  exec(...words) {
    const { env, cwd, user } = this.#process;
    const options = [
      ...env.flatMap((pair) => ['--env', pair]),
      '--cwd',
      cwd,
      '--user',
      `${user.uid}:${user.gid}`,
    ];
    return this.#heard(words[0], this.#crun('exec', ...options, this.#id, ...words));
  }

  /** From its network, which nothing else reaches, but not as one of its processes: those end with process 1. */
  async get(url, headers = {}) {
    const script = `const answer = await fetch(process.argv[1], { headers: JSON.parse(process.argv[2]) });
      console.log(JSON.stringify({ status: answer.status, text: await answer.text() }));`;
    this.#pid ??= JSON.parse((await this.#heard(url, this.#crun('state', this.#id))).output).pid;
    const client = [process.execPath, '--input-type=module', '-e', script, url, JSON.stringify(headers)];
    const inside = ['--target', this.#pid, '--net', ...client];
    const child = spawn('nsenter', inside, { stdio: ['ignore', 'pipe', 'pipe'] });
    const { code, output } = await this.#heard(url, child);
    if (code !== 0) throw new Error(`${url}: ${output}`);
    return JSON.parse(output);
  }

  async signal(name) {
    const [code] = await once(this.#crun('kill', this.#id, name), 'close');
    if (code !== 0) throw new Error(`crun kill ${name}: exit code ${code}`);
  }

  /** Whatever is left of it. */
  async remove() {
    await once(this.#crun('delete', '--force', this.#id), 'close');
  }
}
