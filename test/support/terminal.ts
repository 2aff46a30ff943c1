// Types commands in a real terminal, a pty that util-linux' `script` makes, and reads the screen. What runs there sees a
// terminal on all three descriptors, as it does where people work.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { commandLine } from './paths.js';
import { waitFor, within } from './wait.js';

/** Undefined: there is one. */
export const noTerminal: string | undefined =
  spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0
    ? undefined
    : 'needs `script` of util-linux';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal is spoken to with
const SEQUENCES = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** Words for the shell. */
function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

export interface TypeOptions {
  cwd: string;
  env?: Record<string, string>;
  /** In place of our command. */
  program?: readonly string[];
}

export class Terminal {
  readonly exited: Promise<number>;
  /** All that was ever written, as it came. */
  raw = '';
  readonly #child: ChildProcess;

  constructor(
    words: readonly string[],
    { cwd, env = {}, program = [process.execPath, commandLine] }: TypeOptions,
  ) {
    const command = quoted([...program, ...words]);
    const own = Object.entries(process.env).filter(
      ([name]) =>
        name === 'PRONGHORN_PREBUILD' || !/^(NODE_TEST_CONTEXT|PRONGHORN_|NO_COLOR|FORCE_COLOR)/.test(name),
    );
    // The width is the terminal's own, not that of whoever runs the tests.
    this.#child = spawn('script', ['-qefc', `stty cols 120 rows 30; exec ${command}`, '/dev/null'], {
      cwd,
      env: { ...Object.fromEntries(own), TERM: 'xterm', LANG: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.raw += text;
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => resolve(code ?? -1));
    });
  }

  /** What was written, without what moves the cursor and colours. */
  get text(): string {
    return this.raw.replace(SEQUENCES, '').replaceAll('\r\n', '\n');
  }

  /** What is left to read of each line when nothing changes any more. */
  get lines(): string[] {
    const lines = this.text.split('\n').map((line) => line.slice(line.lastIndexOf('\r') + 1).trimEnd());
    return lines.filter((line) => line !== '');
  }

  async shows(what: RegExp): Promise<void> {
    await waitFor(`the screen to show ${what}`, () => what.test(this.text)).catch((error: Error) => {
      throw new Error(`${error.message}\n--- screen\n${this.text}`);
    });
  }

  press(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async exits(): Promise<number> {
    return within('the command to end', this.exited).catch((error: Error) => {
      this.kill();
      throw new Error(`${error.message}\n--- screen\n${this.text}`);
    });
  }
}

export interface Screen {
  readonly code: number;
  readonly text: string;
  readonly lines: readonly string[];
}

/** A command, until it ends. */
export async function type(words: readonly string[], options: TypeOptions): Promise<Screen> {
  const terminal = new Terminal(words, options);
  const code = await terminal.exits();
  return { code, text: terminal.text, lines: terminal.lines };
}
