// Writes the pages that are made from tables in the code: docs/CONFIGURATION.md and docs/ERRORS.md. With --check it
// writes nothing and fails if a page differs from what it would write. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { environmentName, flagName } from '../dist/config/names.js';
import { OPTIONS } from '../dist/config/options.js';
import { ERROR_TABLE, EXIT } from '../dist/errors.js';

/** The name of the same idea elsewhere, for people who come from there. */
const ELSEWHERE = {
  listen: {
    hypnotoad: 'listen',
    uniEvent: 'server.locations',
    nginx: 'listen',
    cluster: 'server.listen()',
    pm2: '–',
  },
  minServers: { uniEvent: 'min_servers', pm2: '–' },
  maxServers: { uniEvent: 'max_servers' },
  workers: { hypnotoad: 'workers', nginx: 'worker_processes', cluster: 'one fork() each', pm2: 'instances' },
  minLoad: { uniEvent: 'min_load' },
  maxLoad: { uniEvent: 'max_load' },
  loadAveragePeriod: { uniEvent: 'load_average_period' },
  minWorkerTtl: { uniEvent: 'min_worker_ttl' },
  checkInterval: { hypnotoad: 'heartbeat_interval', uniEvent: 'check_interval' },
  terminationTimeout: {
    hypnotoad: 'graceful_timeout',
    uniEvent: 'termination_timeout',
    nginx: 'worker_shutdown_timeout',
    pm2: 'kill_timeout',
  },
  bindModel: { uniEvent: 'bind_model', nginx: 'listen … reuseport', cluster: 'schedulingPolicy' },
  acceptMutex: { hypnotoad: 'always', nginx: 'accept_mutex' },
  lockFile: { hypnotoad: 'lock_file', nginx: 'lock_file' },
  workerModel: { uniEvent: 'worker_model' },
  startMethod: { cluster: 'spawn only', pm2: 'exec_mode' },
  clients: { hypnotoad: 'clients', nginx: 'worker_connections' },
  backlog: {
    hypnotoad: 'backlog',
    uniEvent: 'backlog',
    nginx: 'listen … backlog',
    cluster: 'listen({ backlog })',
  },
  keepAliveTimeout: {
    hypnotoad: 'keep_alive_timeout',
    uniEvent: 'idle_timeout',
    nginx: 'keepalive_timeout',
    cluster: 'server.keepAliveTimeout',
  },
  keepAliveRequests: {
    hypnotoad: 'requests',
    uniEvent: 'max_keepalive_requests',
    nginx: 'keepalive_requests',
    cluster: 'server.maxRequestsPerSocket',
  },
  headerTimeout: { nginx: 'client_header_timeout', cluster: 'server.headersTimeout' },
  bodyTimeout: {
    hypnotoad: 'inactivity_timeout',
    nginx: 'client_body_timeout',
    cluster: 'server.requestTimeout',
  },
  sendTimeout: { nginx: 'send_timeout' },
  maxHeaderSize: {
    uniEvent: 'max_headers_size',
    nginx: 'large_client_header_buffers',
    cluster: '--max-http-header-size',
  },
  maxHeaders: { cluster: 'server.maxHeadersCount' },
  maxBodySize: { uniEvent: 'max_body_size', nginx: 'client_max_body_size' },
  compression: { nginx: 'gzip, gzip_min_length, gzip_comp_level' },
  proxy: { hypnotoad: 'proxy' },
  trustedProxies: { hypnotoad: 'trusted_proxies', nginx: 'set_real_ip_from' },
  proxyHeaders: { nginx: 'real_ip_header' },
};

const EXIT_MEANINGS = {
  stopped: 'the server was asked to stop, and has stopped',
  boot: 'the application failed to load, or no worker could start',
  usage: 'a mistake on the command line, in an option or in the environment; nothing was started',
  listen: 'an address could not be bound',
  forkUnsafe: '`startMethod: fork`, and workers cannot be forked from this application',
  internal: 'a failure that should not happen; please report it',
};

const GENERATED = '<!-- Written by scripts/generate-docs.mjs; change the table in the code instead. -->';

function defaultOf(option) {
  if (option.defaultDoc) return option.defaultDoc;
  return option.unit === 's' ? `${option.default} s` : `\`${option.default}\``;
}

function configuration() {
  const rows = Object.entries(OPTIONS).map(
    ([name, option]) =>
      `| \`${name}\` | ${defaultOf(option)} | ${option.expected} | ${option.doc.replaceAll('|', '\\|')} |`,
  );
  const spellings = Object.keys(OPTIONS).map(
    (name) => `| \`${name}\` | \`${flagName(name)}\` | \`${environmentName(name)}\` |`,
  );
  const names = Object.keys(OPTIONS).map((name) => {
    const { hypnotoad = '–', uniEvent = '–', nginx = '–', cluster = '–', pm2 = '–' } = ELSEWHERE[name] ?? {};
    return `| \`${name}\` | ${hypnotoad} | ${uniEvent} | ${nginx} | ${cluster} | ${pm2} |`;
  });
  return `# Configuration

${GENERATED}

The same names everywhere: in \`createServer({ minServers: 2 })\`, in the environment (\`PRONGHORN_MIN_SERVERS=2\`) and on
the command line (\`--min-servers 2\`), in rising order of precedence. Times are seconds and may be fractional. Every
value is checked; an unknown name is an error that names the nearest one.

| option | default | expected | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

When workers should be threads, and what that means: [THREADS.md](THREADS.md).

What a place to listen can be, and which options it can have of its own, is in [LISTENING.md](LISTENING.md).

\`keepAliveTimeout\` is 75 s because a server that closes idle connections before the load balancer in front of it does
makes the balancer send requests into closing connections, which its clients see as 502. nginx's own default is 75 s, an
AWS application load balancer waits 60 s; node:http closes after 5 s.

Certificates, client certificates, sessions: [TLS.md](TLS.md).

## Spellings

| option | command line | environment |
| --- | --- | --- |
${spellings.join('\n')}

## Names elsewhere

| option | Hypnotoad | UniEvent::HTTP::Manager | nginx | node:http, node:cluster | pm2 |
| --- | --- | --- | --- | --- | --- |
${names.join('\n')}
`;
}

/** A message with the names of its parts in their places. */
function template(message) {
  const part = (name) =>
    new Proxy(() => part(name), {
      get: (_, key) => (key === Symbol.toPrimitive ? () => `‹${name}›` : part(name)),
    });
  return message(new Proxy({}, { get: (_, name) => part(name) }));
}

function errors() {
  const rows = Object.entries(ERROR_TABLE).map(
    ([code, { exitCode, message }]) =>
      `| \`${code}\` | ${exitCode} | ${template(message).replaceAll('|', '\\|')} |`,
  );
  const exits = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_MEANINGS[name]} |`);
  return `# Errors

${GENERATED}

Every error of Pronghorn is a \`PronghornError\` with a stable \`code\`; match on that, never on the message. What a system
call or the application said is its \`cause\`. The exit code is that of a process which ends because of the error.

| code | exit code | message |
| --- | --- | --- |
${rows.join('\n')}

## Exit codes

| exit code | meaning |
| --- | --- |
${exits.join('\n')}
`;
}

const pages = { 'docs/CONFIGURATION.md': configuration(), 'docs/ERRORS.md': errors() };
for (const [path, text] of Object.entries(pages)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is not what the code says; npm run docs writes it anew`);
    process.exitCode = 1;
  }
}
