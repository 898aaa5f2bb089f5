import { firstItem, JsonFault, nextItem, skipColon, skipString, skipValue } from './scanner.ts';

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const BACKSLASH = 0x5c;

/** Keys to look for, each with its place in the list. */
export class KeySet {
  /** The keys. */
  readonly keys: readonly string[];
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

  /** Place of the key whose valid string token is `source[start, end)`, quotes included; -1 when it is none of these. */
  find(source: Buffer, start: number, end: number): number {
    const same = this.#byLength[end - start - 2];
    if (same !== undefined) {
      for (let i = 0; i < same.length; i++) {
        const { bytes, place } = same[i]!;
        let p = 0;
        while (p < bytes.length && bytes[p] === source[start + 1 + p]) p += 1;
        if (p === bytes.length) return place;
      }
    }
    for (let p = start + 1; p < end; p++) {
      if (source[p] === BACKSLASH) return this.keys.indexOf(JSON.parse(source.toString('utf8', start, end)));
    }
    return -1;
  }
}

/** Where the values of a {@link KeySet}'s keys are: `[2 * place]` the start, `[2 * place + 1]` the end; 0, 0: absent. */
export type Places = Int32Array;

/** Room for the places of `keys`. */
export function placesFor(keys: KeySet): Places {
  return new Int32Array(keys.keys.length * 2);
}

/**
 * Scans the object that starts at `at`, checks it whole, and notes where the values of `keys` are; of equal keys the
 * last one counts. Returns the index behind the object. Throws {@link JsonFault}.
 */
export function scanMembers(bytes: Buffer, at: number, keys: KeySet, places: Places): number {
  if (bytes[at] !== OPENING_BRACE) throw new JsonFault('an object is missing', at);
  places.fill(0);
  let p = firstItem(bytes, at + 1, CLOSING_BRACE);
  while (p >= 0) {
    const keyEnd = skipString(bytes, p);
    const place = keys.find(bytes, p, keyEnd);
    const start = skipColon(bytes, keyEnd);
    const end = skipValue(bytes, start);
    if (place >= 0) {
      places[2 * place] = start;
      places[2 * place + 1] = end;
    }
    p = nextItem(bytes, end, CLOSING_BRACE);
  }
  return -1 - p;
}
