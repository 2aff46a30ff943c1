// What the application has left open while loading: workers forked from this process would share it. Compared with what
// was open when this module was first imported, which preload.ts sees to be before any code of the application. Runs in
// hosts; opens nothing itself, and loads no addon, since the application's threads import it as well.

import { missingForkFlags } from './node-flags.js';
import { Origins } from './origins.js';

/** Kinds that say nothing about what the application has left open. */
const TRANSIENT = /^(Immediate|CloseReq|TTYWrap)/;

/** What ends by itself, such as reading a file. Of some, like those of crypto and zlib, Node does not tell. */
const REQUEST = /Req|^(Write|Shutdown)Wrap$/;
const UNTOLD_REQUEST = 'ThreadPoolWork';

/** Standard input, output and error: the manager's own, also where they are pipes. */
const STANDARD_FDS_MAX = 2;
const KINDS_BY_HANDLE: Record<string, string> = { Pipe: 'PipeWrap', TCP: 'TCPSocketWrap' };

/** What Node has and its types do not list. */
interface Handle {
  readonly constructor: { readonly name: string };
  readonly fd?: number;
}
interface HandleOwner extends Handle {
  readonly _handle?: Handle | null;
}
interface ProcessInternals {
  /** The objects of which getActiveResourcesInfo() has the kinds. */
  _getActiveHandles?(): readonly HandleOwner[];
}

/** Kinds of the streams on standard output and the like, which exist as soon as the application has written there. */
function standardStreams(): string[] {
  const owners = (process as unknown as ProcessInternals)._getActiveHandles?.() ?? [];
  return owners.flatMap((owner) => {
    const handle = owner._handle ?? owner;
    const kind = KINDS_BY_HANDLE[handle.constructor.name];
    const { fd } = handle;
    const isStandard = fd !== undefined && fd >= 0 && fd <= STANDARD_FDS_MAX;
    return isStandard && kind !== undefined ? [kind] : [];
  });
}

function countByKind(): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (kind: string, count: number) => counts.set(kind, (counts.get(kind) ?? 0) + count);
  for (const kind of process.getActiveResourcesInfo()) {
    if (!TRANSIENT.test(kind)) add(kind, 1);
  }
  for (const kind of standardStreams()) add(kind, -1);
  return counts;
}

/** Only of interest where something may be forked; and only from now on. */
const origins = new Origins();
if (missingForkFlags.length === 0) origins.watch();

/** Nothing is loaded any more: it costs time to look. */
export function stopWatching(): void {
  origins.stop();
}

/** Where threads of the application were started, as far as JavaScript has started them. */
export function placesOfThreads(): string[] {
  return origins.placesOf('Worker', true);
}

/** A request of that time says nothing about now. */
const before = new Map([...countByKind()].filter(([kind]) => !REQUEST.test(kind)));

/**
 * By kind, with numbers where there are several, and with the places in the application where they were opened.
 * @param pendingRequests that libuv knows of
 */
export function openResources(pendingRequests: number): string[] {
  const counts = countByKind();
  const isTold = [...counts.keys()].some((kind) => REQUEST.test(kind));
  if (!isTold && pendingRequests > 0) counts.set(UNTOLD_REQUEST, 1);
  const open = [...counts]
    .map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return open.map(([kind, count]) => {
    const places = origins.placesOf(kind);
    const name = count > 1 ? `${kind} ×${count}` : kind;
    return places.length > 0 ? `${name} at ${places.join(', ')}` : name;
  });
}
