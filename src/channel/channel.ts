// One end of a channel on the event loop: whole JSON messages in order, with descriptors. Used by the manager for its
// children and by workers. Never blocks: what the other side does not take yet waits here.
import { constants } from 'node:os';
import type { NativeChannel } from '../binding/contract.js';
import { binding } from '../binding/load.js';
import { errnoError } from '../binding/status.js';
import type { Message } from './messages.js';
import { decode, isPeerGone } from './wire.js';

export interface ChannelEvents<In> {
  /** The descriptors are the receiver's, to close. */
  readonly onMessage: (message: In, fds: number[]) => void;
  /** The other side is gone; the last call, and not made after close(). */
  readonly onClose: () => void;
}

interface Outgoing {
  readonly text: string;
  readonly fds: number[];
}

export class Channel<In extends Message, Out extends Message> {
  readonly #native: NativeChannel;
  readonly #events: ChannelEvents<In>;
  /** Not yet taken by the kernel. Its descriptors must stay open that long, see send(). */
  readonly #outgoing: Outgoing[] = [];
  #closed = false;

  /** @param fd this side's end, which the channel owns from now on */
  constructor(fd: number, events: ChannelEvents<In>) {
    this.#events = events;
    this.#native = new binding.Channel(
      fd,
      (text, fds) => this.#receive(text, fds),
      () => this.#flush(),
    );
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Descriptors are duplicated by the kernel when the message leaves, which is at once unless the other side is slow:
   * a caller that closes a descriptor afterwards checks `isDrained` first. Sending on a closed channel does nothing.
   */
  send(message: Out, fds: readonly number[] = []): void {
    if (this.#closed) return;
    this.#outgoing.push({ text: JSON.stringify(message), fds: [...fds] });
    if (this.#outgoing.length === 1) this.#flush();
  }

  /** Nothing waits to be taken by the kernel. */
  get isDrained(): boolean {
    return this.#outgoing.length === 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outgoing.length = 0;
    this.#native.close();
  }

  /** An open channel keeps its process alive, unless unref() was called. */
  ref(): void {
    this.#native.ref();
  }

  unref(): void {
    this.#native.unref();
  }

  #receive(text: string | undefined, fds: number[]): void {
    if (this.#closed) {
      for (const fd of fds) binding.closeFd(fd);
      return;
    }
    if (text === undefined) {
      this.close();
      this.#events.onClose();
      return;
    }
    this.#events.onMessage(decode<In>(text), fds);
  }

  #flush(): void {
    while (this.#outgoing.length > 0 && !this.#closed) {
      const { text, fds } = this.#outgoing[0]!;
      const errno = this.#native.send(text, fds);
      if (errno === -constants.errno.EAGAIN) {
        this.#native.wantWritable();
        return;
      }
      if (isPeerGone(errno)) {
        // What the other side has sent before it went is still to be read; the end comes through #receive.
        this.#outgoing.length = 0;
        return;
      }
      if (errno < 0) throw errnoError('sendmsg', errno);
      this.#outgoing.shift();
    }
  }
}
