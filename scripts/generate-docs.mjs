// Writes what is made from the code: docs/API.md from its types; docs/CONFIGURATION.md, docs/ERRORS.md, the events in
// docs/LOGS.md and the schema of configuration files from its tables.
// With --check it writes nothing and fails if a file differs from what it would write. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { LAUNCH_DOCS } from '../dist/config/file-config.js';
import { OPTION_GROUPS } from '../dist/config/groups.js';
import { environmentName, flagName } from '../dist/config/names.js';
import { OPTIONS } from '../dist/config/options.js';
import { ERROR_TABLE, EXIT } from '../dist/errors.js';
import { EVENTS } from '../dist/log/events.js';
import { FIELDS } from '../dist/log/fields.js';
import { apiPage } from './api-page.mjs';
import { ELSEWHERE } from './names-elsewhere.mjs';

const EXIT_MEANINGS = {
  stopped: 'the server was asked to stop, and has stopped',
  boot: 'the application failed to load, or no worker could start',
  usage: 'a mistake on the command line, in an option or in the environment; nothing was started',
  listen: 'an address could not be bound',
  notRunning: 'the command is about a server that does not run',
  timeout:
    '`--timeout` has passed, and the server goes on with what it was told; or the manager does not answer',
  forkUnsafe: '`startMethod: fork`, and workers cannot be forked from this application',
  internal: 'a failure that should not happen; please report it',
};

const GENERATED = '<!-- Written by scripts/generate-docs.mjs; change the code instead. -->';

function defaultOf(option) {
  if (option.defaultDoc) return option.defaultDoc;
  return option.unit === 's' ? `${option.default} s` : `\`${option.default}\``;
}

function row(name) {
  const option = OPTIONS[name];
  return `| \`${name}\` | ${defaultOf(option)} | ${option.expected} | ${option.doc.replaceAll('|', '\\|')} |`;
}

function group([heading, names]) {
  return `### ${heading}

| option | default | expected | meaning |
| --- | --- | --- | --- |
${names.map(row).join('\n')}`;
}

function checkNames() {
  const options = Object.keys(OPTIONS).sort().join();
  if (Object.keys(ELSEWHERE).sort().join() !== options)
    throw new Error('names-elsewhere.mjs has not every option');
  const grouped = Object.values(OPTION_GROUPS).flat();
  if (grouped.sort().join() !== options) throw new Error('groups.ts has not every option, once');
}

function configuration() {
  checkNames();
  const launch = Object.entries(LAUNCH_DOCS).map(([name, doc]) => `| \`${name}\` | ${doc} |`);
  const spellings = Object.keys(OPTIONS).map(
    (name) => `| \`${name}\` | \`${flagName(name)}\` | \`${environmentName(name)}\` |`,
  );
  const names = Object.keys(OPTIONS).map((name) => {
    const { hypnotoad = '–', uniEvent = '–', nginx = '–', cluster = '–', pm2 = '–' } = ELSEWHERE[name];
    return `| \`${name}\` | ${hypnotoad} | ${uniEvent} | ${nginx} | ${cluster} | ${pm2} |`;
  });
  return `# Configuration

${GENERATED}

The same names everywhere: in \`createServer({ minServers: 2 })\`, in the configuration file (\`minServers: 2\`), in the
environment (\`PRONGHORN_MIN_SERVERS=2\`) and on the command line (\`--min-servers 2\`), in rising order of precedence. Times
are seconds and may be fractional. Every value is checked; an unknown name is an error that names the nearest one.

## Configuration file

The command \`pronghorn\` looks for \`pronghorn.config.ts\`, \`.mjs\`, \`.js\` or \`.json\` in the working directory, after
\`--chdir\`; \`--config\` names another file, \`--no-config\` none. Two of them are an error.

\`\`\`js
// pronghorn.config.mjs
import { defineConfig } from 'pronghorn';

export default defineConfig({
  app: './server.mjs',
  listen: 'https://*:443?cert=/etc/ssl/site.pem&key=/etc/ssl/site.key',
  minServers: 2,
  maxServers: 8,
});
\`\`\`

Its default export is an object, or the promise of one. It runs in a process of its own, so what it exports must be plain
values; \`reload\` and \`upgrade\` read it anew. TypeScript is read by Node.js 22.18 and later. In a JSON file,
\`"$schema": "./node_modules/pronghorn/schema/config.json"\` lets an editor check it. A program that calls \`run()\` itself
has no such file. Besides the options it may have:

| key | meaning |
| --- | --- |
${launch.join('\n')}

Other paths are relative to the working directory, as everywhere.

## Options

${Object.entries(OPTION_GROUPS).map(group).join('\n\n')}

When workers should be threads, and what that means: [THREADS.md](THREADS.md).

What a place to listen can be, and which options it can have of its own, is in [LISTENING.md](LISTENING.md).

\`keepAliveTimeout\` is 75 s because a server that closes idle connections before the load balancer in front of it does
makes the balancer send requests into closing connections, which its clients see as 502. nginx's own default is 75 s, an
AWS application load balancer waits 60 s; node:http closes after 5 s.

Certificates, client certificates, sessions: [TLS.md](TLS.md). \`user\` and \`group\`: [CLI.md](CLI.md#another-user).

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

/** The tables, in their place in a page that is written by hand. */
function logs() {
  const text = (words, fields) =>
    typeof words === 'string'
      ? words
      : words(
          Object.fromEntries(
            fields.map((name) => [name, FIELDS[name].kind === 'texts' ? [`‹${name}›`] : `‹${name}›`]),
          ),
        );
  const events = Object.entries(EVENTS).map(
    ([name, { levels, fields, words, doc }]) =>
      `| \`${name}\` | ${levels.join(', ')} | ${fields.map((field) => `\`${field}\``).join(', ')} | ${text(words, fields)} | ${doc} |`,
  );
  const fields = Object.entries(FIELDS).map(([name, { doc }]) => `| \`${name}\` | ${doc} |`);
  const tables = `| event | level | fields | words | meaning |
| --- | --- | --- | --- | --- |
${events.join('\n')}

| field | meaning |
| --- | --- |
${fields.join('\n')}`;
  const [begin, end] = ['<!-- Written by scripts/generate-docs.mjs: begin -->', '<!-- end -->'];
  const page = readFileSync('docs/LOGS.md', 'utf8');
  const [before, rest] = page.split(begin);
  return `${before}${begin}\n\n${tables}\n\n${end}${rest.split(end)[1]}`;
}

function schema() {
  const described = (doc, rest) => ({ description: doc, ...rest });
  const options = Object.entries(OPTIONS).map(([name, option]) => [
    name,
    described(`${option.doc} (default: ${defaultOf(option).replaceAll('`', '')})`, option.schema),
  ]);
  const launch = Object.entries(LAUNCH_DOCS).map(([name, doc]) => [
    name,
    described(doc, { type: 'string', minLength: 1 }),
  ]);
  const properties = { $schema: { type: 'string' }, ...Object.fromEntries([...launch, ...options]) };
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'pronghorn.config.json' };
  return `${JSON.stringify({ ...head, type: 'object', properties, additionalProperties: false }, null, 2)}\n`;
}

const pages = {
  'docs/API.md': await apiPage(GENERATED),
  'docs/CONFIGURATION.md': configuration(),
  'docs/ERRORS.md': errors(),
  'docs/LOGS.md': logs(),
  'schema/config.json': schema(),
};
for (const [path, text] of Object.entries(pages)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is not what the code says; npm run docs writes it anew`);
    process.exitCode = 1;
  }
}
