// The part of contract.ts that is about channels: messages between processes. Types only, used in every process; the native
// side is native/binding/channel_object.cc.

import type { Errno } from './errno.js';

/** One end of a SOCK_SEQPACKET pair on the event loop: messages arrive whole and in order, with descriptors. */
export interface NativeChannel {
  /** 0, or a negative errno; -EAGAIN: the other side does not read, call again after onWritable. */
  send(text: string, fds: number[]): Errno | 0;
  /** Ask for one onWritable call. */
  wantWritable(): void;
  close(): void;
  ref(): void;
  unref(): void;
}

export interface ChannelBinding {
  /** Two connected descriptors, close-on-exec. */
  channelPair(): [number, number] | Errno;
  /**
   * Blocks until a message comes; undefined when the other side is gone. The descriptors are the caller's, and closed
   * at the end of its thread at the latest.
   */
  receive(fd: number): { text: string; fds: number[] } | undefined | Errno;
  /** Blocking send. */
  send(fd: number, text: string, fds: number[]): Errno | 0;
  /** onMessage(undefined, []) means that the other side is gone; it is the last call. Owns fd. */
  Channel: new (
    fd: number,
    onMessage: (text: string | undefined, fds: number[]) => void,
    onWritable: () => void,
  ) => NativeChannel;
}
