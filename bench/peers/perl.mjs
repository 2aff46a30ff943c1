// How the benchmark starts the preforking servers of Perl, one worker each: Hypnotoad, with an application of Mojolicious,
// and Starman, with one of PSGI. They are slower by two orders of magnitude, so they take part in few cases.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingPeer } from '../machine.mjs';

const CASES = ['hello', 'close', 'post', 'large'];
const KEEP = 1_000_000_000;

function moduleVersion(name, debian) {
  const { status, stdout } = spawnSync('perl', [`-M${name}`, '-e', `print $${name}::VERSION`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new MissingPeer(`${name} is not installed (Debian: apt-get install ${debian})`);
  return stdout;
}

const takesPart = ({ name }) => CASES.includes(name);
const program = (name) => fileURLToPath(new URL(`../servers/${name}`, import.meta.url));

/** Hypnotoad reads its settings from the application's configuration, and goes to the background unless told not to. */
export const hypnotoad = {
  name: 'hypnotoad',
  version() {
    return `hypnotoad of Mojolicious ${moduleVersion('Mojolicious', 'libmojolicious-perl')}`;
  },
  takesPart,
  command({ handler }, port, directory) {
    const settings = join(directory, 'hypnotoad.json');
    writeFileSync(
      settings,
      JSON.stringify({
        listen: [`http://127.0.0.1:${port}`],
        workers: 1,
        spare: 0,
        accepts: 0,
        requests: KEEP,
        inactivity_timeout: 600,
        clients: 1000,
        pid_file: join(directory, 'hypnotoad.pid'),
      }),
    );
    return {
      file: 'hypnotoad',
      args: ['--foreground', program('hypnotoad.pl')],
      env: {
        BENCH_SETTINGS: settings,
        BENCH_HANDLER: handler,
        MOJO_MODE: 'production',
        MOJO_LOG_LEVEL: 'fatal',
      },
    };
  },
};

/** A worker of it serves one connection at a time: nothing for cases that keep many open. */
export const starman = {
  name: 'starman',
  version() {
    return `starman ${moduleVersion('Starman', 'starman')}`;
  },
  takesPart: ({ load, name }) => CASES.includes(name) && load.close,
  command: ({ handler }, port) => ({
    file: 'starman',
    args: [
      ...[
        '--listen',
        `127.0.0.1:${port}`,
        '--workers',
        '1',
        '--max-requests',
        `${KEEP}`,
        '--env',
        'deployment',
      ],
      ...['--keepalive-timeout', '600', program('starman.psgi')],
    ],
    env: { BENCH_HANDLER: handler },
  }),
};
