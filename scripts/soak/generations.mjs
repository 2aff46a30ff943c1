// The soak of deployments: the same small application is loaded anew again and again, and neither descriptors nor memory of the
// manager and its zygotes may grow.
import { descriptorCount, privateMegabytes, SoakServer, until } from './server.mjs';

const APP = 'examples/hello.mjs';
const DEADLINE_MS = 60_000;
/** Heaps breathe; a leak of 20 KB at each of a thousand reloads shows. */
const GROWTH_MAX_MB = 12;
const FDS_SPREAD_MAX = 4;
const SHOWN = 10;

function look(server) {
  const { pid, zygote } = server;
  return {
    fds: descriptorCount(pid),
    megabytes: privateMegabytes(pid),
    zygoteFds: descriptorCount(zygote),
    zygoteMegabytes: privateMegabytes(zygote),
  };
}

const largest = (looks, name) => Math.max(...looks.map((one) => one[name] ?? 0));

/** The second fifth against the last one: at first everything grows. */
function problemsOf(looks) {
  const length = Math.floor(looks.length / 5);
  if (length === 0) return [];
  const [early, late] = [looks.slice(length, 2 * length), looks.slice(-length)];
  const limits = {
    fds: FDS_SPREAD_MAX,
    zygoteFds: FDS_SPREAD_MAX,
    megabytes: GROWTH_MAX_MB,
    zygoteMegabytes: GROWTH_MAX_MB,
  };
  return Object.entries(limits).flatMap(([name, most]) => {
    const [before, after] = [largest(early, name), largest(late, name)];
    return after > before + most ? [`${name} grow from ${before} to ${after}`] : [];
  });
}

/** @returns whether it is as it should be */
export async function soakGenerations(node, count) {
  const server = new SoakServer(node, APP, [
    '--workers',
    '2',
    '--start-method',
    'fork',
    '--log-level',
    'debug',
  ]);
  const looks = [];
  try {
    await server.listening();
    for (let i = 1; i <= count; i++) {
      server.log = server.log.filter(({ msg }) => msg === 'zygote is ready').slice(-1);
      server.child.kill('SIGHUP');
      await until(
        `deployment ${i}`,
        () => server.log.some(({ msg }) => msg === 'every worker runs the new generation'),
        DEADLINE_MS,
      );
      looks.push(look(server));
      if (i % Math.ceil(count / SHOWN) === 0)
        console.log(`${i} generations: ${JSON.stringify(looks.at(-1))}`);
    }
    await server.stop();
    const problems = problemsOf(looks);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(
      `${count} generations: descriptors and memory of manager and zygote are flat, nothing is left`,
    );
    return true;
  } catch (error) {
    console.error(`FAILED: ${error.message}\n--- the server's last lines\n${server.text}\n---`);
    return false;
  } finally {
    server.kill();
  }
}
