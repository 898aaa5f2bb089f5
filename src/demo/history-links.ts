import type { OddOptions } from './history-odd.ts';
import { fraction } from './mix.ts';

/** Where an entry stands in the request that logged it. */
export interface RequestPlace {
  /** Index of the request's first entry: what its `req_id` is made from. */
  readonly start: number;
  /** 0 for the first entry of the request, and different for each that is no twin. */
  readonly ordinal: number;
}

/** How the entries of a history hang together. Everything follows from seed and index; nothing is stored. */
export interface HistoryLinks {
  /** Whether the entry is the one before once more, byte for byte. */
  isTwin(index: number): boolean;
  /** The entry whose bytes entry `index` has: itself unless it is a twin. */
  rootOf(index: number): number;
  /** The place of a root in its request. */
  requestOf(root: number): RequestPlace;
}

/** Share of entries that belong to the request of the entry before. */
const JOINED_SHARE = 0.3;
const MOST_PULL_US = 4_000;
const SALT_TWIN = 21;
const SALT_SAME_REQUEST = 22;
const SALT_JOINED = 23;
const SALT_TIE = 24;
const SALT_PULL = 25;

/** @param breaks indices with no link to the entry before */
export function createLinks(
  seed: number,
  count: number,
  breaks: readonly number[],
  odd: OddOptions,
): HistoryLinks {
  const has = (share: number | undefined, index: number, salt: number) =>
    share !== undefined && share > 0 && fraction(seed, index, salt) < share;
  const linked = (index: number) => index > 0 && index < count && !breaks.includes(index);
  const isTwin = (index: number) => has(odd.twins, index, SALT_TWIN) && linked(index);
  const isJoined = (index: number) =>
    (has(JOINED_SHARE, index, SALT_JOINED) || has(odd.sameRequest, index, SALT_SAME_REQUEST)) &&
    linked(index);
  const rootOf = (index: number) => {
    let root = index;
    while (isTwin(root)) root--;
    return root;
  };
  return {
    isTwin,
    rootOf,
    requestOf(root) {
      let start = root;
      let ordinal = 0;
      while (isJoined(start)) {
        start = rootOf(start - 1);
        ordinal++;
      }
      return { start, ordinal };
    },
  };
}

/**
 * Moves entries to the instant of the entry before them (twins, ties, same request) or close to it (entries that
 * one request logs). The times still rise afterwards.
 */
export function pullTimes(
  seed: number,
  instantsUs: Float64Array,
  fixed: readonly (readonly [from: number, to: number])[],
  links: HistoryLinks,
  odd: OddOptions,
): void {
  const breaks = fixed.flat();
  const isFixed = (index: number) => fixed.some(([from, to]) => index >= from && index < to);
  const below = (share: number | undefined, index: number, salt: number) =>
    share !== undefined && fraction(seed, index, salt) < share;
  for (let i = 1; i < instantsUs.length; i++) {
    if (breaks.includes(i)) continue;
    const before = instantsUs[i - 1]!;
    if (links.isTwin(i) || below(odd.ties, i, SALT_TIE) || below(odd.sameRequest, i, SALT_SAME_REQUEST)) {
      instantsUs[i] = before;
    } else if (below(JOINED_SHARE, i, SALT_JOINED) && !isFixed(i)) {
      const later = before + 1 + Math.floor(fraction(seed, i, SALT_PULL) * MOST_PULL_US);
      instantsUs[i] = Math.min(later, instantsUs[i]!);
    }
  }
}
