// The soak of deployments: the same small application is loaded anew again and again, and neither descriptors nor memory of the
// manager and its zygotes may grow.
import { flatProblems } from './flat.mjs';
import { descriptorCount, privateMegabytes, SoakServer, soaked, until } from './server.mjs';

const APP = 'examples/hello.mjs';
const DEADLINE_MS = 60_000;
/** Heaps breathe; a leak of 20 KB at each of a thousand reloads shows. */
const LIMITS = { fds: 4, zygoteFds: 4, megabytes: 12, zygoteMegabytes: 12 };
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
  return soaked(server, async () => {
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
    const problems = flatProblems(looks, LIMITS);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return `${count} generations: descriptors and memory of manager and zygote are flat, nothing is left`;
  });
}
