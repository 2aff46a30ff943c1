// What hosts and workers are equipped with, and its owner: listening sockets, scoreboard, certificates, the file of the
// accept mutex. A change is prepared whole before anything of it is in use. Runs in the manager.
import { checkAccess } from '../admin/access.js';
import { binding } from '../binding/load.js';
import type { Identity } from '../channel/announcement.js';
import type { Handover, TlsState } from '../channel/messages.js';
import type { ResolvedConfig } from '../config/options.js';
import type { Equipment } from '../hosts/spawner.js';
import type { Activation } from '../listener/activation.js';
import { type Address, parseAddress, parseAddresses, tlsPlaces } from '../listener/address.js';
import { describePlaces } from '../listener/handover.js';
import { Listeners, openListeners, type Place } from '../listener/listeners.js';
import { LockFile } from '../listener/lock-file.js';
import { type Log, record } from '../log.js';
import { Scoreboard } from '../scoreboard/scoreboard.js';
import { TicketKeyRing } from '../tls/ticket-keys.js';
import { Bells } from './bells.js';
import { warnOfDescriptorLimit } from './descriptor-limit.js';
import type { Predecessor } from './predecessor.js';
import { TlsKeeper } from './tls-keeper.js';

/** Workers that there can ever be at a time, those that are being replaced or drain included. */
const SLOTS_MAX = 2 * 4096 + 2;

/** Twice the pool: every worker can be replaced while its predecessor still drains. */
function slotsFor({ maxServers }: ResolvedConfig): number {
  return 2 * maxServers + 2;
}

/** A pool that grows a little need not replace its workers by ones that know of more slots. */
function isRoomFor({ maxServers, maxExtraServers }: ResolvedConfig, slots: number): boolean {
  return maxServers + maxExtraServers < slots;
}

/** Sockets of slots beyond the pool's would have nobody who accepts what waits there. */
function largestGroup(places: readonly Place[]): number {
  const groups = places.flatMap(({ bound }) => bound.filter(({ shared }) => !shared));
  return Math.max(0, ...groups.map(({ fds }) => fds.length));
}

/** Tells the admin server's socket from one that workers accept from, in a handover. */
const ADMIN_KEY = 'admin ';

export interface StoreOptions {
  readonly activation: Activation;
  /** Who the workers are; undefined: as this process. */
  readonly identity: Identity | undefined;
  /** Of the manager before this one. */
  readonly predecessor: Predecessor | undefined;
  readonly log: Log;
}

/** What it is opened for. */
export interface Wanted {
  readonly config: ResolvedConfig;
  /** Somebody has said where to listen; else what the process was started with comes before the default. */
  readonly isListenAsked: boolean;
}

/** Everything that depends on the configuration. */
interface Stock {
  readonly config: ResolvedConfig;
  /** Sockets that the process was started with and that nobody has asked for by name. */
  readonly given: readonly Address[];
  readonly slots: number;
  readonly listeners: Listeners;
  readonly tls: TlsKeeper;
  readonly lockFile: LockFile | undefined;
}

/** Opened, and not in use yet. */
export interface Change {
  readonly equipment: Equipment;
  readonly listeners: Listeners;
  readonly slots: number;
  /** From now on this is what there is. @returns what closes that which is not part of it any more */
  commit(): () => void;
  /** Closes what was opened for it. */
  abandon(): void;
}

export class EquipmentStore {
  /** Certificates or ticket keys are others now. */
  onTlsChange: (state: TlsState) => void = () => {};
  readonly #options: StoreOptions;
  readonly #scoreboard: Scoreboard;
  readonly #bells = new Bells();
  /** The socket of the admin server, if there is one. */
  readonly #admin: Listeners;
  #stock: Stock;
  /** Of the manager before this one: open until that has gone, in use here or not. */
  #inherited: Listeners;

  private constructor(options: StoreOptions, scoreboard: Scoreboard, stock: Stock, admin: Listeners) {
    this.#options = options;
    this.#inherited = new Listeners(options.predecessor?.places ?? []);
    this.#scoreboard = scoreboard;
    this.#stock = stock;
    this.#admin = admin;
    this.#watchTls();
  }

  /** @throws ERR_PRONGHORN_LISTEN_*, ERR_PRONGHORN_TLS_*, ERR_PRONGHORN_SYSTEM_CALL; nothing stays open then */
  static async open(wanted: Wanted, options: StoreOptions): Promise<EquipmentStore> {
    const { activation, predecessor } = options;
    const held: Held = {
      open: predecessor?.places ?? [],
      slots: Math.max(slotsFor(wanted.config), largestGroup(predecessor?.places ?? [])),
      given: predecessor?.given ?? activation.addresses,
      ring: new TicketKeyRing(predecessor?.handover.ticketKeys),
    };
    const admin = await openAdmin(wanted.config, options, held);
    const stock = await openStock(wanted, options, held).catch((error) => {
      admin.closeAllBut(new Listeners(held.open));
      throw error;
    });
    const unused = activation.closeRest();
    if (unused > 0) record(options.log, 'sockets.unused', { unused });
    warnOfDescriptorLimit(wanted.config, stock.listeners.fds.length, options.log);
    // Sparse memory: what no slot uses costs nothing.
    return new EquipmentStore(options, Scoreboard.create(SLOTS_MAX), stock, admin);
  }

  get listeners(): Listeners {
    return this.#stock.listeners;
  }

  /** Not for workers. */
  get admin(): Listeners {
    return this.#admin;
  }

  /** All that goes on when another manager takes over. */
  get sockets(): Listeners {
    const admin = this.#admin.places.map((place) => ({ ...place, key: ADMIN_KEY + place.key }));
    return new Listeners([...this.#stock.listeners.places, ...admin]);
  }

  get scoreboard(): Scoreboard {
    return this.#scoreboard;
  }

  get slots(): number {
    return this.#stock.slots;
  }

  get equipment(): Equipment {
    return this.#equipmentOf(this.#stock);
  }

  /** @throws ERR_PRONGHORN_LISTEN_*, ERR_PRONGHORN_TLS_*; nothing has changed then */
  async prepare(wanted: Wanted): Promise<Change> {
    const before = this.#stock;
    const { config } = wanted;
    const slots = isRoomFor(config, before.slots) ? before.slots : slotsFor(config);
    const stock = await openStock(wanted, this.#options, {
      open: before.listeners.places,
      given: before.given,
      slots,
      ring: before.tls.ring,
      lockFile: before.config.lockFile === config.lockFile ? before.lockFile : undefined,
    });
    return {
      equipment: this.#equipmentOf(stock),
      listeners: stock.listeners,
      slots,
      commit: () => {
        this.#stock = stock;
        before.tls.stop();
        this.#watchTls();
        return () => this.#closeStock(before, stock);
      },
      abandon: () => this.#closeStock(stock, before),
    };
  }

  /** What another manager needs to go on with it; its sockets are `sockets.fds`. */
  get handover(): Pick<Handover, 'places' | 'given' | 'ticketKeys'> {
    const { given, tls } = this.#stock;
    const fds = given.flatMap((address) => (address.kind === 'fd' ? [address.fd] : []));
    return { places: describePlaces(this.sockets), given: fds, ticketKeys: tls.ring.text };
  }

  /** @param others whose sockets, which may be in use here, are not this manager's to end */
  close(others = new Listeners([])): void {
    this.#stock.tls.stop();
    this.sockets.closeAllBut(others);
    for (const fd of others.fds) binding.closeFd(fd);
    this.#stock.lockFile?.remove();
    this.#scoreboard.close();
    this.#bells.close();
  }

  /** The manager before this one has gone. What it has left is closed, but for what is in use here. */
  takeOver(): void {
    this.#inherited.closeAllBut(this.sockets);
    this.#inherited = new Listeners([]);
  }

  /** Closes what is not in the other one too. */
  #closeStock(stock: Stock, other: Stock): void {
    stock.tls.stop();
    stock.listeners.closeAllBut(new Listeners([...other.listeners.places, ...this.#inherited.places]));
    if (stock.lockFile !== other.lockFile) stock.lockFile?.remove();
  }

  #watchTls(): void {
    this.#stock.tls.onChange = (state) => this.onTlsChange(state);
  }

  #equipmentOf({ config, slots, listeners, tls, lockFile }: Stock): Equipment {
    // Workers get the places to listen as descriptors; in the options there may be keys.
    const shared = { ...config, lockFile: lockFile?.path ?? '', listen: [], adminToken: '' };
    return {
      setup: { config: shared, slots, listeners: listeners.layout },
      fds: [this.#scoreboard.fd, ...this.#bells.of(slots), ...listeners.fds],
      tls: tls.state,
    };
  }
}

interface Held {
  readonly open: readonly Place[];
  readonly given: readonly Address[];
  readonly slots: number;
  readonly ring?: TlsKeeper['ring'];
  readonly lockFile?: LockFile | undefined;
}

/** @throws ERR_PRONGHORN_LISTEN_*, ERR_PRONGHORN_CONFIG_CONFLICT */
async function openAdmin(
  { admin, adminToken, backlog }: ResolvedConfig,
  { activation }: StoreOptions,
  { open }: Held,
): Promise<Listeners> {
  if (admin === '') return new Listeners([]);
  const address = parseAddress(admin);
  checkAccess(address, adminToken);
  const before = open.filter(({ key }) => key.startsWith(ADMIN_KEY));
  const own = before.map((place) => ({ ...place, key: place.key.slice(ADMIN_KEY.length) }));
  return openListeners([address], { bindModel: 'duplicate', slots: 1, backlog, activation, open: own });
}

async function openStock(wanted: Wanted, options: StoreOptions, held: Held): Promise<Stock> {
  const { config, isListenAsked } = wanted;
  const { bindModel, backlog } = config;
  const { open, slots } = held;
  // Without a word from the user, the sockets that the process was started with stand above the default.
  const given = isListenAsked ? [] : held.given;
  const addresses = given.length > 0 ? given : parseAddresses(config.listen);
  const tls = await TlsKeeper.open(tlsPlaces(addresses), config, options.log, held.ring);
  let listeners: Listeners | undefined;
  try {
    const { activation } = options;
    listeners = await openListeners(addresses, { bindModel, backlog, slots, activation, open });
    const isLocked = config.acceptMutex === 'flock';
    const lockFile = isLocked
      ? (held.lockFile ?? LockFile.create(config.lockFile, options.identity))
      : undefined;
    return { config, given, slots, listeners, tls, lockFile };
  } catch (error) {
    tls.stop();
    listeners?.closeAllBut(new Listeners(open));
    throw error;
  }
}
