/**
 * A stateless generator of pseudo-random numbers: the same three numbers give the same result for ever, in any
 * order of asking. Multiply-xorshift rounds of MurmurHash3's finaliser.
 *
 * @param salt tells the draws of one index apart
 * @returns an unsigned 32-bit integer
 */
export function mix(seed: number, index: number, salt: number): number {
  let h =
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35) ^ Math.imul(salt, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15) ^ seed, 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** {@link mix} as a float in [0, 1). */
export function fraction(seed: number, index: number, salt: number): number {
  return mix(seed, index, salt) / 0x1_0000_0000;
}

/** Draws one after another from {@link mix}, for what is built once. */
export interface Dice {
  /** A float in [0, 1). */
  float(): number;
  /** An integer in [0, below). */
  below(below: number): number;
  /** One of `items`, which is not empty. */
  pick<T>(items: readonly T[]): T;
  /** `digits` lower-case hex digits. */
  hex(digits: number): string;
}

/** A {@link Dice} of its own for each pair of seed and stream. */
export function createDice(seed: number, stream: number): Dice {
  let drawn = 0;
  const next = () => mix(seed, drawn++, stream);
  const below = (limit: number) => next() % limit;
  return {
    float: () => next() / 0x1_0000_0000,
    below,
    pick: (items) => items[below(items.length)]!,
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}
