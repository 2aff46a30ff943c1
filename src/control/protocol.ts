// What a command and a running manager say to each other over the control socket: lines of JSON, one request on a
// connection, then any number of reports and one outcome. Types, and the reading of lines.
import type { Socket } from 'node:net';

/**
 * Fields and kinds of reports are added freely, and passed over by who does not know them. A change that the other side
 * would misunderstand needs another number.
 */
export const CONTROL_VERSION = 1;

/** A command line and what belongs to it, for a manager that starts it as its successor. */
export interface Command {
  /** As it is looked up: a name by PATH, or a path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Undefined: that of the manager. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Bounds of the pool: new ones, or both moved. */
export type ScaleTo = { readonly minServers: number; readonly maxServers: number } | { readonly by: number };

export type Request =
  | { readonly type: 'status' }
  | { readonly type: 'reload' }
  /** Undefined: the manager's own command line once more. */
  | { readonly type: 'upgrade'; readonly command?: Command }
  | { readonly type: 'scale'; readonly to: ScaleTo }
  | { readonly type: 'stop'; readonly isAtOnce: boolean };

export type RequestType = Request['type'];

/** How far a server is on its way to where it should be. */
export interface Progress {
  readonly pid: number;
  /** Of the application that new workers run. */
  readonly generation: number;
  /** Workers that are as they should be, and ready. */
  readonly ready: number;
  /** Workers that there should be. */
  readonly wanted: number;
  /** Workers that there are, whatever they run. */
  readonly present: number;
}

export type Reply =
  | ({ readonly type: 'progress' } & Progress)
  | { readonly type: 'done'; readonly result?: unknown }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** Nobody has more to say. A status of thousands of workers fits. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024;

export function writeLine(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls `onLine` with what each line says; undefined: it is no JSON object, and nothing more is read. */
export function readLines(
  socket: Socket,
  onLine: (message: Record<string, unknown> | undefined) => void,
): void {
  let text = '';
  let isBroken = false;
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    if (isBroken) return;
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) {
      const message = objectOf(line);
      isBroken ||= message === undefined;
      onLine(message);
      if (isBroken) return;
    }
    if (text.length <= LINE_LENGTH_MAX) return;
    isBroken = true;
    onLine(undefined);
  });
}

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null && !Array.isArray(message)
      ? (message as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
