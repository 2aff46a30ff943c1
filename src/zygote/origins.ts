// Where in the application's code the things were opened that are open now: Node tells of each new one, and the stack at
// that moment has the place. Runs in hosts while the application loads; looks at no stack of what says nothing.
import { createHook } from 'node:async_hooks';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN_FILES = fileURLToPath(new URL('../', import.meta.url));
/** What comes and goes by the thousand. */
const PASSING = 'PROMISE';
/** Standard input, output and error are nobody's. */
const STANDARD_FDS_MAX = 2;
const FRAMES_MOST = 30;
const PLACES_MOST = 3;
/** `file:///app/db.mjs:3:9` or `/app/db.cjs:3:9` at the end of a frame, in parentheses or not. */
const PLACE = /(?:\(|^at (?:async )?)((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/;

interface Resource {
  hasRef?(): boolean;
  readonly fd?: number;
}

interface Opened {
  readonly type: string;
  readonly place: string;
  readonly resource: WeakRef<Resource>;
}

/** `TCPSERVERWRAP` and `TCPServerWrap` are one; what is a `TCPSocketWrap` in lists is a `TCPWRAP` here. */
function plain(kind: string): string {
  return kind.toLowerCase().replace(/^(tcp)socket/, '$1');
}

function placeOf(frame: string): string | undefined {
  const found = PLACE.exec(frame.trim())?.[1];
  if (found === undefined) return undefined;
  const [, path, position] = /^(.*?)(:\d+:\d+)$/.exec(found)!;
  const file = path!.startsWith('file:') ? fileURLToPath(path!) : path!;
  if (file.startsWith(OWN_FILES)) return undefined;
  const shown = relative(process.cwd(), file);
  return `${shown.startsWith(`..${sep}`) ? file : shown}${position}`;
}

/** The innermost frame of the application; of a library that it uses, if there is no other. */
function placeInStack(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES_MOST;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = before;
  const places = stack.split('\n').flatMap((frame) => placeOf(frame) ?? []);
  return places.find((place) => !place.includes(`node_modules${sep}`)) ?? places[0];
}

export class Origins {
  readonly #opened = new Map<number, Opened>();
  /** Of everything that there ever was: what was opened later because of it is of the same place. */
  readonly #places = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, type, trigger, resource) => {
      if (type === PASSING) return;
      const place = placeInStack() ?? this.#places.get(trigger);
      if (place === undefined) return;
      this.#places.set(id, place);
      this.#opened.set(id, { type, place, resource: new WeakRef(resource) });
    },
    destroy: (id) => this.#opened.delete(id),
  });

  watch(): void {
    this.#hook.enable();
  }

  /** What was learnt is forgotten. */
  stop(): void {
    this.#hook.disable();
    this.#opened.clear();
    this.#places.clear();
  }

  /**
   * Of what is still open.
   * @param kind as process.getActiveResourcesInfo() has it @param areAll also of what does not keep the process alive
   */
  placesOf(kind: string, areAll = false): string[] {
    const wanted = plain(kind);
    const open = [...this.#opened.values()].filter(({ type, resource: reference }) => {
      const resource = reference.deref();
      const { fd = -1 } = resource ?? {};
      if (plain(type) !== wanted || (fd >= 0 && fd <= STANDARD_FDS_MAX)) return false;
      return areAll || resource?.hasRef?.() !== false;
    });
    const places = [...new Set(open.map(({ place }) => place))];
    return places.length > PLACES_MOST ? [...places.slice(0, PLACES_MOST), '…'] : places;
  }
}
