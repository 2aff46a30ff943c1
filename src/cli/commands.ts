// The commands, and what people call them elsewhere. Pure.
import { nearestName } from '../config/nearest.js';

export const COMMANDS = {
  run: 'serve in the foreground; `pronghorn app.mjs` is the same',
  start: 'serve in the background; while it runs, deploy what is there now',
  stop: 'finish the requests under way, then stop',
  reload: 'load code and configuration file anew, worker by worker',
  upgrade: 'a new manager too: for another Node.js or another Pronghorn',
  scale: 'another number of workers: 4, 2..8, +1, -1',
  status: 'a live view of the workers; text when piped',
  check: 'load configuration and application, serve nothing',
  completion: 'print what bash, zsh or fish reads to complete command lines',
} as const;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

export function isCommand(word: string | undefined): word is CommandName {
  return word !== undefined && Object.hasOwn(COMMANDS, word);
}

/** Words that people bring along for commands of ours. */
export const FOREIGN_COMMANDS: Readonly<Record<string, CommandName | '--version'>> = {
  restart: 'reload',
  deploy: 'start',
  serve: 'run',
  dev: 'run',
  kill: 'stop',
  quit: 'stop',
  delete: 'stop',
  list: 'status',
  ls: 'status',
  ps: 'status',
  info: 'status',
  test: 'check',
  validate: 'check',
  version: '--version',
};

/** What somebody probably meant whose word is no command. @param rest what stands behind it */
export function commandHint(word: string, rest: readonly string[] = []): string | undefined {
  if (/^logs?$/.test(word)) return 'the log is a file, which `pronghorn start` names, and `tail -f` follows';
  const meant = FOREIGN_COMMANDS[word] ?? nearestName(word, [...COMMAND_NAMES, 'help']);
  return meant && `did you mean \`${['pronghorn', meant, ...rest].join(' ')}\`?`;
}

const TLS_PLACE = "--listen 'https://*:8443?cert=cert.pem&key=key.pem'";

/** Options of Hypnotoad, pm2, node and others, by what does the same here. */
const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  '-f': 'pronghorn run',
  '--foreground': 'pronghorn run',
  '-s': 'pronghorn stop',
  '--stop': 'pronghorn stop',
  '-t': 'pronghorn check',
  '--test': 'pronghorn check',
  '--force': '--now',
  '-9': '--now',
  '-d': 'pronghorn start',
  '--daemon': 'pronghorn start',
  '--daemonize': 'pronghorn start',
  '-p': '--listen http://*:8080',
  '--port': '--listen http://*:8080',
  '-b': '--listen http://127.0.0.1:8080',
  '--bind': '--listen http://127.0.0.1:8080',
  '--host': '--listen http://127.0.0.1:8080',
  '--proxy-protocol': '--listen http://*:8080?proxyProtocol=1',
  '-l': '--listen',
  '-w': '--workers',
  '-i': '--workers',
  '--instances': '--workers',
  '-c': '--config',
  '-v': '--version',
  '--cwd': '--chdir',
  '--max-memory-restart': '--max-memory',
  '--verbose': '--log-level debug',
  '--log': '--log-file',
  '-o': '--log-file',
  '-e': '--log-file',
  '--watch': 'pronghorn reload',
  ...Object.fromEntries(['--tls', '--https', '--cert', '--key'].map((name) => [name, TLS_PLACE])),
};

const ONE_SERVER = 'a server is named by its application or its --pid-file';

/** Of options that nothing here does, some for one command only: how it is done all the same. */
const REMARKS: Readonly<Record<string, string>> = {
  '--name': ONE_SERVER,
  '--all': ONE_SERVER,
  'status --watch': 'the view in a terminal is a live one',
  '--env': 'the environment is that of the command, as in `NODE_ENV=production pronghorn app.mjs`',
  '--env-file':
    'Node.js reads it, as in `node --env-file=.env node_modules/pronghorn/dist/cli/main.js app.mjs`',
};

export interface OptionHint {
  readonly nearest?: string | undefined;
  readonly remark?: string;
}

/**
 * What somebody probably meant whose option is none of the command.
 * @param value what stands behind it
 * @returns undefined: it is no word from elsewhere
 */
export function foreignOptionHint(command: CommandName, name: string, value = ''): OptionHint | undefined {
  const remark = REMARKS[`${command} ${name}`] ?? REMARKS[name];
  if (remark !== undefined) return { remark };
  const nearest = FOREIGN_OPTIONS[name];
  if (nearest === `pronghorn ${command}`) return { remark: `\`${nearest}\` does that by itself` };
  return nearest === undefined
    ? undefined
    : { nearest: nearest.replace('8080', /^\d+$/.test(value) ? value : '8080') };
}

/** @param word as it was typed @returns undefined: Node.js does not know it either, or only without a program */
export function nodeOptionHint(name: string, word: string): OptionHint | undefined {
  if (!process.allowedNodeEnvironmentFlags.has(name)) return undefined;
  return {
    remark: `Node.js takes it from the environment, as in \`NODE_OPTIONS=${word} pronghorn app.mjs\``,
  };
}
