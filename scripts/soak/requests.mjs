// The soak of requests: very many small ones, some with bodies, sixteen at a time on connections that end after a thousand.
// Neither descriptors nor memory of the worker may grow.
import { once } from 'node:events';
import { connect } from 'node:net';
import { flatProblems } from './flat.mjs';
import { descriptorCount, privateMegabytes, SoakServer, soaked, until } from './server.mjs';

const APP = 'examples/hello.mjs';
const CLIENTS = 8;
const DEPTH = 16;
const PER_CONNECTION = 1008;
const LOOKS = 50;
const SHOWN = 10;
const LIMITS = { fds: 4, megabytes: 12 };

const BODY = 'x'.repeat(1000);
const POST = `POST /?q=1 HTTP/1.1\r\nHost: soak\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const GET = 'GET / HTTP/1.1\r\nHost: soak\r\nUser-Agent: soak\r\nAccept: */*\r\n\r\n';
const BATCH = Buffer.from(GET.repeat(DEPTH - 2) + POST + GET);

/** A batch after the other on one connection. @param onAnswers is told how many have come */
async function converse(port, onAnswers) {
  const socket = connect({ port, host: '127.0.0.1' });
  let rest = '';
  let owed = 0;
  let left = PER_CONNECTION;
  const ask = () => {
    if (left === 0) return socket.end();
    left -= DEPTH;
    owed = DEPTH;
    return socket.write(BATCH);
  };
  socket.setEncoding('latin1').on('data', (text) => {
    const parts = (rest + text).split('HTTP/1.1 200 OK\r\n');
    owed -= parts.length - 1;
    rest = parts.at(-1).slice(-'HTTP/1.1 200 OK\r\n'.length + 1);
    onAnswers(parts.length - 1);
    if (owed === 0) ask();
  });
  await once(socket, 'connect');
  ask();
  await once(socket, 'close');
  if (left > 0 || owed > 0) throw new Error(`a connection ended with ${left + owed} answers missing`);
}

/** @returns whether it is as it should be */
export async function soakRequests(node, count) {
  const words = ['--workers', '1', '--start-method', 'fork', '--log-level', 'debug'];
  const server = new SoakServer(node, APP, words);
  return soaked(server, async () => {
    const port = Number(new URL(await server.listening()).port);
    const worker = await until('a worker', () => server.workers[0]);
    const looks = [];
    let answered = 0;
    const onAnswers = (more) => {
      answered += more;
      if (answered < ((looks.length + 1) * count) / LOOKS) return;
      looks.push({ fds: descriptorCount(worker), megabytes: privateMegabytes(worker) });
      if (looks.length % (LOOKS / SHOWN) === 0)
        console.log(`${answered} requests: ${JSON.stringify(looks.at(-1))}`);
    };
    const client = async () => {
      while (answered < count) await converse(port, onAnswers);
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    await server.stop();
    const problems = flatProblems(looks, LIMITS);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return `${answered} requests: descriptors and memory of the worker are flat, nothing is left`;
  });
}
