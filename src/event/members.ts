import {
  firstItem,
  JsonFault,
  nextItem,
  plainRunEnd,
  skipColon,
  skipRestOfString,
  skipValue,
} from './scanner.ts';

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const QUOTE = 0x22;

/** Keys to look for, each with its place in the list. */
export class KeySet {
  /** The keys. */
  readonly keys: readonly string[];
  /** Index of the value of the key read last. */
  valueStart = 0;
  readonly #byLength: readonly (readonly { readonly bytes: Uint8Array; readonly place: number }[])[];

  /** @param keys ASCII */
  constructor(keys: readonly string[]) {
    this.keys = keys;
    const longest = Math.max(...keys.map((key) => key.length));
    const all = keys.map((key, place) => ({ bytes: new Uint8Array(Buffer.from(key)), place }));
    this.#byLength = Array.from({ length: longest + 1 }, (_, length) =>
      all.filter(({ bytes }) => bytes.length === length),
    );
  }

  /** Place of the key `source[start, end)`, without quotes and escapes; -1 when it is none of these. */
  #find(source: Buffer, start: number, end: number): number {
    const same = this.#byLength[end - start];
    if (same === undefined) return -1;
    for (let i = 0; i < same.length; i++) {
      const { bytes, place } = same[i]!;
      let p = 0;
      while (p < bytes.length && bytes[p] === source[start + p]) p += 1;
      if (p === bytes.length) return place;
    }
    return -1;
  }

  /**
   * Reads the key that starts at `at`, checked. Sets {@link valueStart} to where its value starts. Returns its
   * place; -1 when it is none of these. Throws {@link JsonFault}.
   */
  read(source: Buffer, at: number): number {
    const stop = plainRunEnd(source, at);
    if (source[stop] === QUOTE) {
      this.valueStart = skipColon(source, stop + 1);
      return this.#find(source, at + 1, stop);
    }
    const end = skipRestOfString(source, stop);
    this.valueStart = skipColon(source, end);
    return this.keys.indexOf(JSON.parse(source.toString('utf8', at, end)));
  }
}

/** Where the values of a {@link KeySet}'s keys are: `[2 * place]` the start, `[2 * place + 1]` the end; 0, 0: absent. */
export type Places = Int32Array;

/** Room for the places of `keys`. */
export function placesFor(keys: KeySet): Places {
  return new Int32Array(keys.keys.length * 2);
}

/** All absent. A call of `fill` takes longer for so few. */
export function forget(places: Places): void {
  for (let i = 0; i < places.length; i++) places[i] = 0;
}

/**
 * Scans the object that starts at `at`, checks it whole, and notes where the values of `keys` are; of equal keys the
 * last one counts. Returns the index behind the object. Throws {@link JsonFault}.
 */
export function scanMembers(bytes: Buffer, at: number, keys: KeySet, places: Places): number {
  if (bytes[at] !== OPENING_BRACE) throw new JsonFault('an object is missing', at);
  forget(places);
  let p = firstItem(bytes, at + 1, CLOSING_BRACE);
  while (p >= 0) {
    const place = keys.read(bytes, p);
    const start = keys.valueStart;
    const end = skipValue(bytes, start);
    if (place >= 0) {
      places[2 * place] = start;
      places[2 * place + 1] = end;
    }
    p = nextItem(bytes, end, CLOSING_BRACE);
  }
  return -1 - p;
}
