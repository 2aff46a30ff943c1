// How certificates and ticket keys travel: in parts, because with many server names they are longer than one message can
// be. Pure on the receiving side, so that hosts and workers can use it in their own ways of waiting.
import type { TlsPart, TlsState } from './messages.js';

/** Characters of one part. A socket takes some 200 KiB in one piece. */
const PART_LENGTH = 48 * 1024;

/** The messages that carry `state`, in order. */
export function tlsParts(state: TlsState): TlsPart[] {
  const text = JSON.stringify(state);
  const parts: TlsPart[] = [];
  for (let from = 0; from < text.length; from += PART_LENGTH) {
    const isLast = from + PART_LENGTH >= text.length;
    parts.push({ type: 'tls', text: text.slice(from, from + PART_LENGTH), isLast });
  }
  return parts;
}

/** Puts the parts together again. */
export class TlsAssembly {
  #text = '';

  /** @returns the state, when this was its last part */
  add({ text, isLast }: TlsPart): TlsState | undefined {
    this.#text += text;
    if (!isLast) return undefined;
    const state = JSON.parse(this.#text) as TlsState;
    this.#text = '';
    return state;
  }
}
