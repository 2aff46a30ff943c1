// A service manager, as far as a server can tell: a datagram socket that hears what is said to it. Node has no such sockets;
// Python, which the addon's build needs as well, has.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { waitFor } from './wait.js';

const LISTENER = `
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
path = sys.argv[1]
server.bind('\\0' + path[1:] if path.startswith('@') else path)
print(json.dumps({'text': '', 'pid': 0}), flush=True)
while True:
    text, control, _, _ = server.recvmsg(65536, 4096)
    pid = int.from_bytes(control[0][2][:4], sys.byteorder)
    print(json.dumps({'text': text.decode(), 'pid': pid}), flush=True)
`;

export interface Word {
  /** `NAME=value`, one a line. */
  readonly text: string;
  /** Of the process that has said it, by the kernel's word. */
  readonly pid: number;
}

/** Why tests that need it are left out. */
export const withoutPython: string | false =
  spawnSync('python3', ['-c', '']).status === 0 ? false : 'python3 is not here';

export class ServiceManager {
  readonly place: string;
  readonly #child: ChildProcess;
  #lines: string[] = [];

  /** @param place a path, or `@name` */
  constructor(place: string) {
    this.place = place;
    this.#child = spawn('python3', ['-c', LISTENER, place], { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = '';
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.#lines.push(...lines);
    });
  }

  get words(): Word[] {
    return this.#lines.slice(1).map((line) => JSON.parse(line) as Word);
  }

  /** What was said, less the regular words: in order, the first line of each. */
  get story(): string[] {
    return this.words
      .map(({ text }) => text.split('\n')[0]!)
      .filter((text) => !/^(STATUS|WATCHDOG)=/.test(text));
  }

  async listens(): Promise<this> {
    await waitFor('the service manager to listen', () => this.#lines.length > 0);
    return this;
  }

  async heard(what: RegExp, from = 0): Promise<Word> {
    return waitFor(`${what}`, () => this.words.slice(from).find(({ text }) => what.test(text)));
  }

  end(): void {
    this.#child.kill();
  }
}
