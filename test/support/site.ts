// An application in a folder of its own, and the server in the background that `pronghorn start` makes of it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './paths.js';
import { RawClient } from './raw-client.js';
import { type LogLine, targetOf } from './server.js';
import { type } from './terminal.js';

/** A handler that answers with this word. */
export function answering(word: string, first = ''): string {
  return `${first}\nexport default (request) => request.respond({ body: '${word}' });\n`;
}

export class Site {
  readonly folder = temporaryFolder();
  readonly app = join(this.folder, 'app.mjs');
  readonly runtimeDir = join(this.folder, 'run');
  readonly log = join(this.folder, 'server.log');
  readonly place: string[];

  constructor(word: string) {
    this.write(word);
    this.place = ['--runtime-dir', this.runtimeDir];
  }

  write(word: string, first = ''): void {
    writeFileSync(this.app, answering(word, first));
  }

  get pidFile(): string {
    return join(this.runtimeDir, 'pronghorn.pid');
  }

  get pid(): number {
    return Number(readFileSync(this.pidFile, 'latin1'));
  }

  get isRunning(): boolean {
    return existsSync(this.pidFile);
  }

  get socket(): string {
    return join(this.runtimeDir, 'control.sock');
  }

  /** Of the log, as a program reads it. */
  get lines(): LogLine[] {
    const texts = readFileSync(this.log, 'utf8').split('\n');
    return texts.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text) as LogLine);
  }

  type(command: string, ...words: string[]) {
    return type([command, ...words, ...this.place], { cwd: this.folder });
  }

  start(...words: string[]) {
    const listen = words.includes('--listen') ? [] : ['--listen', 'http://127.0.0.1:0'];
    return this.type(
      'start',
      'app.mjs',
      '--log-file',
      this.log,
      '--check-interval',
      '0.1',
      ...listen,
      ...words,
    );
  }

  async addresses(): Promise<string[]> {
    const { text } = await this.type('status', '--json');
    return (JSON.parse(text) as { addresses: string[] }).addresses;
  }

  /** The last net: nothing outlives the test. */
  async end(): Promise<void> {
    if (this.isRunning) await this.type('stop', '--now');
  }
}

export async function getText(url: string, path = '/'): Promise<string> {
  const client = await RawClient.connect(targetOf(url));
  try {
    return (await client.get(path)).text;
  } finally {
    client.destroy();
  }
}
