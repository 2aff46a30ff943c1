// What the access log costs: requests a second and CPU time of a worker for each, with the log off and in both of its forms,
// in turn. `node bench/access-log.mjs [--rounds 5] [--seconds 2]`; 64 connections that are kept. Prints a line for each form.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms, PROGRAMS } from './build.mjs';
import { withOwnServer } from './own-server.mjs';
import { median } from './statistics.mjs';

const FORMS = ['off', 'combined', 'json'];

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
});

async function load({ port, workers: [worker] }) {
  const place = ['127.0.0.1', String(port), '64', '1', values.seconds, '/', 'GET'];
  const blast = spawn(PROGRAMS.blast, ['--warm', '1', '--cpu-of', String(worker), ...place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { requests, serverCpuNs } = JSON.parse(Buffer.concat(await blast.stdout.toArray()).toString());
  return { rate: requests / Number(values.seconds), cpuUs: serverCpuNs / 1000 / requests };
}

async function measure(form) {
  const folder = mkdtempSync(join(tmpdir(), 'pronghorn-access-log-'));
  const file = join(folder, 'access.log');
  const words = form === 'off' ? [] : ['--access-log', file, '--access-log-format', form];
  try {
    return await withOwnServer('examples/hello.mjs', words, load);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

buildPrograms();
const results = Object.fromEntries(FORMS.map((form) => [form, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const form of FORMS) results[form].push(await measure(form));
}
const middle = (form, pick) => median(results[form].map(pick));
const share = (form, pick) => (100 * middle(form, pick)) / middle('off', pick);
for (const form of FORMS) {
  const rate = ({ rate }) => rate;
  const cpu = ({ cpuUs }) => cpuUs;
  console.log(
    `${form.padEnd(8)} ${middle(form, rate).toFixed(0)} requests a second (${share(form, rate).toFixed(1)} %), ` +
      `${middle(form, cpu).toFixed(2)} µs each (${share(form, cpu).toFixed(1)} %)`,
  );
}
