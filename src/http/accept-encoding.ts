// Which coding a client likes best: Accept-Encoding (RFC 9110 section 12.5.3) against what the server has. Pure, runs
// in workers.
import type { Coding } from '../config/compression.js';

export interface Choice {
  /** Undefined: as it is. */
  readonly coding: Coding | undefined;
  /** The client would rather have nothing than the body as it is. */
  readonly refusesIdentity: boolean;
}

const AS_IT_IS: Choice = { coding: undefined, refusesIdentity: false };

const ENTRY =
  /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*)?$/i;

/** Entries that make no sense are no wish. */
function wishes(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const entry of header.split(',')) {
    const match = ENTRY.exec(entry);
    if (match === null) continue;
    const name = match[1]!.toLowerCase().replace(/^x-(?=gzip$)/, '');
    if (!weights.has(name)) weights.set(name, match[2] === undefined ? 1 : Number(match[2]));
  }
  return weights;
}

/**
 * @param header undefined: the client did not say, and is not surprised
 * @param offered codings that the server has, the one that it likes best first
 */
export function choose(header: string | undefined, offered: readonly Coding[]): Choice {
  if (header === undefined || header === '') return AS_IT_IS;
  const weights = wishes(header);
  const others = weights.get('*');
  // Not mentioned, the body as it is is acceptable, and liked less than anything that is.
  const identity = weights.get('identity') ?? (others === 0 ? 0 : undefined);
  let coding: Coding | undefined;
  let best = 0;
  for (const one of offered) {
    const weight = weights.get(one) ?? others ?? 0;
    if (weight <= best) continue;
    coding = one;
    best = weight;
  }
  if (identity !== undefined && identity > best) coding = undefined;
  return { coding, refusesIdentity: identity === 0 };
}

const KEPT_MOST = 64;
const KEPT_LENGTH_MOST = 256;

/** Clients of a kind send the same header; the answers are kept, with a bound. */
export class Chooser {
  private readonly offered: readonly Coding[];
  private readonly choices = new Map<string, Choice>();

  constructor(offered: readonly Coding[]) {
    this.offered = offered;
  }

  choose(header: string | undefined): Choice {
    if (header === undefined) return AS_IT_IS;
    const known = this.choices.get(header);
    if (known !== undefined) return known;
    const choice = choose(header, this.offered);
    if (header.length > KEPT_LENGTH_MOST) return choice;
    if (this.choices.size === KEPT_MOST) this.choices.clear();
    this.choices.set(header, choice);
    return choice;
  }
}
