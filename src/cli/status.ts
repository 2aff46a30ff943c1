// `pronghorn status`: a live view in a terminal, text in a pipe, JSON for scripts. Asks the manager, which reads shared
// memory, so it works while workers hang. Runs in the command.
import { EXIT } from '../errors.js';
import type { StatusReport } from '../manager/controls.js';
import type { OwnOptions } from './command-line.js';
import { type Found, findAt } from './running-server.js';
import { statusLines } from './status-view.js';
import { isColourful, painter, print } from './terminal.js';

const REFRESH_MS = 1000;

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
const QUIT_KEYS = new Set(['q', 'Q', '\u0003', '\u001b']);

const { env, stdout, stdin } = process;

function isUnicode(): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}

function lines(report: StatusReport, isOnScreen: boolean): string[] {
  return statusLines(report, {
    paint: painter(isColourful(stdout, env)),
    // A pipe has no end of the line.
    width: isOnScreen ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    height: isOnScreen ? stdout.rows || 24 : Number.POSITIVE_INFINITY,
    isUnicode: isUnicode(),
  });
}

/** @returns the exit code */
export async function showStatus(found: Found | undefined, own: OwnOptions): Promise<number> {
  if (!found) {
    print(own.json ? JSON.stringify({ state: 'stopped' }) : 'Pronghorn server not running.');
    return EXIT.notRunning;
  }
  const { status, pid } = found;
  if (own.json) {
    print(JSON.stringify(status ?? { pid, state: 'running' }));
  } else if (!status) {
    print(`Pronghorn server ${pid} runs, and has no control socket to tell more.`);
  } else if (own.once || !stdout.isTTY) {
    print(lines(status, stdout.isTTY).join('\n'));
  } else {
    return watch(found, status);
  }
  return EXIT.stopped;
}

class Screen {
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
    stdout.write(ENTER);
  }

  draw(shown: readonly string[]): void {
    if (!this.#isOpen) return;
    const text = shown.map((line) => `${line}${ERASE_LINE_END}`).join('\n');
    stdout.write(`${HOME}${text}\n${ERASE_BELOW}`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    stdout.write(LEAVE);
  }
}

/** Until a key or a signal ends it, or the server does. */
async function watch({ place }: Found, first: StatusReport): Promise<number> {
  const screen = new Screen();
  let report = first;
  let wake = (): void => {};
  let isOver = false;
  const quit = () => {
    isOver = true;
    wake();
  };
  const draw = () => screen.draw([...lines(report, true), '', 'q quits']);
  const onKey = (key: Buffer) => {
    if (QUIT_KEYS.has(key.toString('latin1'))) quit();
  };
  screen.open();
  process.once('exit', () => screen.close());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, quit);
  stdout.on('resize', draw);
  if (stdin.isTTY) stdin.setRawMode(true).on('data', onKey);
  try {
    while (!isOver) {
      draw();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, REFRESH_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const found = isOver ? undefined : await findAt(place);
      if (!isOver && !found?.status) return gone(screen);
      report = found?.status ?? report;
    }
    return EXIT.stopped;
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false).pause();
    screen.close();
  }
}

function gone(screen: Screen): number {
  screen.close();
  print('The server has stopped.');
  return EXIT.stopped;
}
