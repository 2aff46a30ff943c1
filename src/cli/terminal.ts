// What the commands write: results to stdout, one line that changes to a terminal on stderr, colours where a person looks.
// Runs in the commands.

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

export type Paint = (style: Style, text: string) => string;

/** https://no-color.org and https://force-color.org */
export function isColourful(
  stream: { isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv,
): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}

export function painter(isOn: boolean): Paint {
  return (style, text) => (isOn ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const ERASE_LINE = '\r\u001b[K';

/** A line that says how far something is, as long as it lasts. Nothing where nobody would see it change. */
export class ProgressLine {
  readonly #isShown: boolean;
  #text = '';

  constructor(isWanted = true) {
    this.#isShown = isWanted && process.stderr.isTTY === true;
  }

  show(text: string): void {
    if (!this.#isShown || text === this.#text) return;
    this.#text = text;
    // What does not fit would wrap, and stay.
    process.stderr.write(ERASE_LINE + text.slice(0, Math.max(10, (process.stderr.columns || 80) - 1)));
  }

  clear(): void {
    if (this.#text === '') return;
    this.#text = '';
    process.stderr.write(ERASE_LINE);
  }
}
