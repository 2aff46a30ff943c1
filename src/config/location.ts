// Where to listen, as an object: its keys, and which of them stand beside each other. Pure; the values are checked where
// the object becomes an address, and what a file or a descriptor really is only when it is opened.
import type { TlsOptions } from './tls.js';

/** Where to listen, as an object. Exactly one of `port` (with or without `host`), `path` and `fd`. */
export interface Location {
  /** IP address or host name; `*` (the default) is every IPv6 and IPv4 address. */
  readonly host?: string;
  /** 0 to 65,535; 0 lets the kernel choose. */
  readonly port?: number;
  /** Path of a unix socket, at most 107 bytes. */
  readonly path?: string;
  /** A socket that the process was started with: its descriptor, or the name that systemd gave it. */
  readonly fd?: number | string;
  /** Connections that may wait in the socket, 1 to 65,535; default is the option of the same name. */
  readonly backlog?: number;
  /** Certificate and key, with which it speaks https only. */
  readonly tls?: TlsOptions;
  /** Default false. True: every connection begins with a PROXY protocol header, version 1 or 2, that names the real client. */
  readonly proxyProtocol?: boolean;
  /** Seconds, 0 to 255, default 0, which is off: a TCP connection is accepted when its first bytes are there, or after this time. */
  readonly deferAccept?: number;
  /** Length of the queue for TCP Fast Open (RFC 7413), 0 to 65,535; default 0, which is off. */
  readonly fastOpen?: number;
  /** Permissions of a unix socket's file: 0o660 or '660'. Default: what the umask leaves. */
  readonly mode?: number | string;
  /** Owner of a unix socket's file, by name or number. */
  readonly user?: string | number;
  /** Group of a unix socket's file, by name or number. */
  readonly group?: string | number;
}

type Place = 'port' | 'path' | 'fd';

interface Key {
  /** The first is what a text becomes. */
  readonly types: readonly ('string' | 'number' | 'boolean' | 'object')[];
  /** The places that it says something about; all if left out. */
  readonly of?: Place;
}

export const LOCATION_KEYS: Record<keyof Location, Key> = {
  host: { types: ['string'], of: 'port' },
  port: { types: ['number'], of: 'port' },
  path: { types: ['string'], of: 'path' },
  fd: { types: ['number', 'string'], of: 'fd' },
  backlog: { types: ['number'] },
  tls: { types: ['object'] },
  proxyProtocol: { types: ['boolean'] },
  deferAccept: { types: ['number'], of: 'port' },
  fastOpen: { types: ['number'], of: 'port' },
  mode: { types: ['string', 'number'], of: 'path' },
  user: { types: ['string', 'number'], of: 'path' },
  group: { types: ['string', 'number'], of: 'path' },
};

/** What an editor is told of a place to listen. */
export const LOCATION_SCHEMA: Readonly<Record<string, unknown>> = {
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(LOCATION_KEYS).map(([name, { types }]) => [name, { type: types }]),
      ),
      additionalProperties: false,
    },
  ],
};

const PLACES: readonly Place[] = ['port', 'path', 'fd'];

/** The keys that a location of this place may have, besides the place itself. */
export function optionsOf(place: Place): (keyof Location)[] {
  const names = Object.keys(LOCATION_KEYS) as (keyof Location)[];
  return names.filter((name) => {
    const { of } = LOCATION_KEYS[name];
    return (
      name !== 'host' && !(PLACES as readonly string[]).includes(name) && (of === undefined || of === place)
    );
  });
}

export function isLocation(value: unknown): value is string | Location {
  if (typeof value === 'string') return value !== '';
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const places = PLACES.filter((name) => entries.some(([key]) => key === name));
  if (places.length !== 1) return false;
  return entries.every(([name, part]) => {
    if (!Object.hasOwn(LOCATION_KEYS, name)) return false;
    const { types, of = places[0] } = LOCATION_KEYS[name as keyof Location];
    return of === places[0] && part !== null && (types as readonly string[]).includes(typeof part);
  });
}
