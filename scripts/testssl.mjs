// Lets testssl.sh (Debian: apt-get install testssl.sh) look at an HTTPS server with the default settings. Nothing worse
// than LOW may come of it. The certificate is made for the run, by an authority that testssl is told of.
//   npm run testssl
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PORT = 8443;
const BAD = ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'];
/** What concerns the authority that was made for the run and is nowhere published, or the application's own headers. */
const NOT_OURS =
  /^(cert_revocation|cert_ocspURL|cert_crlDistributionPoints|cert_notAfter|cert_validityPeriod|security_headers)/;

const folder = mkdtempSync(join(tmpdir(), 'pronghorn-testssl-'));

function openssl(...words) {
  const run = spawnSync('openssl', words, { cwd: folder, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`openssl ${words[0]}: ${run.error?.message ?? run.stderr}`);
}

function makeCertificate() {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=Test authority',
    '-days',
    '90',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl('req', ...key, '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'request.pem');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n');
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '90', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'request.pem', ...by, '-out', 'cert.pem');
}

function startServer() {
  const place = `https://localhost:${PORT}?cert=${join(folder, 'cert.pem')}&key=${join(folder, 'key.pem')}`;
  const words = ['dist/cli/main.js', 'examples/hello.mjs', '--workers', '1', '--listen', place];
  return spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function untilListening() {
  for (let tries = 0; tries < 200; tries++) {
    const isThere = await new Promise((resolve) => {
      const socket = connect(PORT, 'localhost', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await pause(50);
  }
  throw new Error('the server does not listen');
}

function judge(findings) {
  const bad = findings.filter(({ severity, id }) => BAD.includes(severity) && !NOT_OURS.test(id));
  for (const { severity, id, finding } of bad) console.log(`${severity} ${id}: ${finding}`);
  const low = findings.filter(({ severity }) => severity === 'LOW').map(({ id }) => id);
  console.log(`testssl: ${findings.length} findings, LOW: ${low.join(', ') || 'none'}`);
  const hasProtocols = ['TLS1_2', 'TLS1_3'].every((id) => findings.some((item) => item.id === id));
  const isGood = bad.length === 0 && hasProtocols;
  console.log(`testssl: ${isGood ? 'nothing worse than LOW' : 'FAILED'}`);
  return isGood;
}

if (spawnSync('testssl', ['--version']).error) {
  console.error('testssl: testssl is not there; on Debian: apt-get install testssl.sh');
  process.exit(1);
}
makeCertificate();
const server = startServer();
const stopped = new Promise((resolve) => server.once('exit', resolve));
let isGood = false;
try {
  await untilListening();
  const report = join(folder, 'report.json');
  const options = ['--quiet', '--color', '0', '--ip', 'one', '--warnings', 'off'];
  spawnSync(
    'testssl',
    [...options, '--add-ca', join(folder, 'ca.pem'), '--jsonfile', report, `localhost:${PORT}`],
    {
      stdio: ['ignore', process.env.VERBOSE ? 'inherit' : 'ignore', 'inherit'],
      timeout: 600_000,
    },
  );
  isGood = judge(JSON.parse(readFileSync(report, 'utf8')));
} finally {
  server.kill('SIGTERM');
  await stopped;
  rmSync(folder, { recursive: true, force: true });
}
process.exit(isGood ? 0 : 1);
