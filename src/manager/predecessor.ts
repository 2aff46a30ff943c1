// An upgrade as the new manager sees it: the one before it hands over its sockets, and goes when this one has proved
// itself. Runs in the manager.
import { Channel } from '../channel/channel.js';
import {
  type Advanced,
  HANDOVER_OLDEST,
  HANDOVER_VERSION,
  type Handover,
  type NewToOld,
  type OldToNew,
  type Proven,
} from '../channel/messages.js';
import { receiveBlocking, sendBlocking } from '../channel/wire.js';
import { ControlSocket } from '../control/control-socket.js';
import { PronghornError } from '../errors.js';
import type { FdAddress } from '../listener/address.js';
import { placesOf } from '../listener/handover.js';
import type { Place } from '../listener/listeners.js';
import { PidFile } from './pid-file.js';

/** Descriptor of the channel to the manager before this one. */
export const HANDOVER_VARIABLE = 'PRONGHORN_HANDOVER';

export class Predecessor {
  readonly handover: Handover;
  readonly places: readonly Place[];
  /** Its own; the lock on it comes with the descriptor. */
  readonly pidFile: PidFile | undefined;
  /** Not to be served before this manager is the only one. */
  readonly control: ControlSocket | undefined;
  readonly #channel: Channel<OldToNew, NewToOld>;
  #onTakeOver: () => void = () => {};
  #isOver = false;

  private constructor(handover: Handover, fds: readonly number[], channelFd: number) {
    const { pidFile, control } = handover;
    this.handover = handover;
    this.pidFile = pidFile === undefined ? undefined : PidFile.takeOver(pidFile, fds[0]!);
    this.control = control && ControlSocket.takeOver(control, fds.at(-1)!);
    this.places = placesOf(handover, pidFile === undefined ? fds : fds.slice(1));
    this.#channel = new Channel<OldToNew, NewToOld>(channelFd, {
      onMessage: ({ type }) => {
        if (type === 'takeOver') this.#takeOver();
      },
      // It died in the middle of it. What it has left is this one's.
      onClose: () => this.#takeOver(),
    });
    this.#channel.unref();
  }

  /** Sockets that the server was started with, by which nobody has asked. */
  get given(): FdAddress[] {
    return this.handover.given.map((fd) => ({ kind: 'fd', fd }));
  }

  /** This manager is the only one. */
  get isGone(): boolean {
    return this.#isOver;
  }

  /**
   * What the environment announces, which is removed from it.
   * @throws ERR_PRONGHORN_UPGRADE when the one before speaks another language
   */
  static fromEnvironment(environment: NodeJS.ProcessEnv): Predecessor | undefined {
    const { [HANDOVER_VARIABLE]: text } = environment;
    delete environment[HANDOVER_VARIABLE];
    if (text === undefined || !/^\d+$/.test(text)) return undefined;
    const channelFd = Number(text);
    const first = receiveBlocking<OldToNew>(channelFd);
    if (first?.message.type !== 'handover') {
      throw new PronghornError('ERR_PRONGHORN_UPGRADE', { reason: 'nothing was handed over' });
    }
    const { message: handover, fds } = first;
    if (handover.version < HANDOVER_OLDEST || handover.readableBy > HANDOVER_VERSION) {
      const reason = `the running manager hands over by version ${handover.version}, which this one, of version ${HANDOVER_VERSION}, does not understand: stop the server and start it anew`;
      sendBlocking<NewToOld>(channelFd, { type: 'refused', reason });
      throw new PronghornError('ERR_PRONGHORN_UPGRADE', { reason });
    }
    while (fds.length < handover.fdCount) {
      const more = receiveBlocking<OldToNew>(channelFd);
      if (!more || more.fds.length === 0) {
        throw new PronghornError('ERR_PRONGHORN_UPGRADE', { reason: 'the running manager is gone' });
      }
      fds.push(...more.fds);
    }
    return new Predecessor(handover, fds, channelFd);
  }

  /** Says that the workers are good. @param onTakeOver called once, when this manager is the only one */
  proven(has: Omit<Proven, 'type'>, onTakeOver: () => void): void {
    this.#onTakeOver = onTakeOver;
    if (this.#isOver) onTakeOver();
    else this.#channel.send({ type: 'proven', ...has });
  }

  /** Says how far it is. */
  advanced(progress: Omit<Advanced, 'type'>): void {
    if (!this.#isOver) this.#channel.send({ type: 'advanced', ...progress });
  }

  /** Says why this manager gives up. */
  refuse(reason: string): void {
    if (!this.#isOver) this.#channel.send({ type: 'refused', reason });
  }

  #takeOver(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#channel.close();
    this.#onTakeOver();
  }
}
