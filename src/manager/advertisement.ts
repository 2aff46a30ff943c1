// The option `advertise`: announces the server in the local network by Bonjour (multicast DNS), through the package
// bonjour-service, which is loaded only for that. Runs in the manager; what goes wrong in the network is told, and is no
// reason to end.
import { isIPv4 } from 'node:net';
import type { Bonjour, Service } from 'bonjour-service';
import { PronghornError, reasonOf } from '../errors.js';
import type { Address, TcpAddress } from '../listener/address.js';
import { type Log, record } from '../log.js';

const PACKAGE = 'bonjour-service';
/** For the farewell to leave. */
const FAREWELL_MS = 500;
/** A DNS label, with room for a port. */
const NAME_BYTES_MAX = 60;

type Module = typeof import('bonjour-service');

async function load(): Promise<Module['Bonjour']> {
  try {
    const module = (await import(PACKAGE)) as Module & { default: Module };
    return module.Bonjour ?? module.default.Bonjour;
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const reason = isMissing ? `install the package ${PACKAGE}` : reasonOf(cause);
    throw new PronghornError('ERR_PRONGHORN_ADVERTISE', { reason, cause });
  }
}

export class Advertisement {
  readonly #name: string;
  readonly #log: Log;
  readonly #make: Module['Bonjour'];
  /** One for each interface that is listened on; undefined: all. */
  readonly #announcers = new Map<string | undefined, Bonjour>();
  #farewell: Promise<unknown> = Promise.resolve();

  private constructor(name: string, make: Module['Bonjour'], log: Log) {
    this.#name = name;
    this.#make = make;
    this.#log = log;
  }

  /**
   * @param name empty: it is not wanted, and there is none
   * @throws ERR_PRONGHORN_ADVERTISE when the package is not there
   */
  static async prepare(name: string, log: Log): Promise<Advertisement | undefined> {
    if (name === '') return undefined;
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
      throw new PronghornError('ERR_PRONGHORN_ADVERTISE', {
        reason: `the name is longer than ${NAME_BYTES_MAX} bytes`,
      });
    }
    return new Advertisement(name, await load(), log);
  }

  /**
   * Each place that a client in the network could reach.
   * @param isTakenOver another manager has announced it up to now: that its name is in use is no reason for another one
   */
  announce(addresses: readonly Address[], isTakenOver: boolean): void {
    const places = addresses.filter((address): address is TcpAddress => address.kind === 'tcp');
    const names = places.map(({ port }, at) => (at === 0 ? this.#name : `${this.#name} (${port})`));
    try {
      for (const [at, place] of places.entries()) this.#publish(place, names[at]!, isTakenOver);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (places.length === 0) this.#failed('there is no TCP address that could be announced');
    else record(this.#log, 'advertise.announced', { names });
  }

  /** The network is told that the server is gone, once. */
  async withdraw(): Promise<void> {
    const announcers = [...this.#announcers.values()];
    this.#announcers.clear();
    if (announcers.length > 0)
      this.#farewell = Promise.all(announcers.map((announcer) => farewell(announcer)));
    await this.#farewell;
  }

  /** Another manager goes on with it, and the network hears nothing. */
  leave(): void {
    for (const announcer of this.#announcers.values()) announcer.destroy();
    this.#announcers.clear();
  }

  #publish({ host, port, tls }: TcpAddress, name: string, isTakenOver: boolean): void {
    const at = isIPv4(host) && host !== '0.0.0.0' ? host : undefined;
    let announcer = this.#announcers.get(at);
    if (!announcer) {
      // What multicast-dns takes besides what the package's types name. Bound to one address it would hear no multicast.
      const options: object = at === undefined ? {} : { interface: at, bind: '0.0.0.0' };
      announcer = new this.#make(options, (error: unknown) => this.#failed(error));
      this.#announcers.set(at, announcer);
    }
    const service: Service = announcer.publish({
      name,
      type: tls ? 'https' : 'http',
      port,
      probe: !isTakenOver,
    });
    service.on('error', (error) => this.#failed(error));
  }

  #failed(error: unknown): void {
    record(this.#log, 'advertise.failed', { reason: reasonOf(error) });
  }
}

function farewell(announcer: Bonjour): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      announcer.destroy();
      resolve();
    };
    const timer = setTimeout(end, FAREWELL_MS);
    announcer.unpublishAll(end);
  });
}
