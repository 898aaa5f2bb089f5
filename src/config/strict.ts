import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

/** Parts the messages of several unknown keys of one object: see {@link strict}. */
export const KEY_SEPARATOR = '\n';

/** An object without unknown keys. Each unknown key gets a message of its own, with the key that was probably meant. */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return 'must be a mapping (key: value)';
      return (issue.keys as string[]).map((key) => unknownKey(key, known)).join(KEY_SEPARATOR);
    },
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = closest(key, [...known]);
  const isNear = distance(key, nearest) <= Math.max(1, key.length / 3);
  return isNear
    ? `is no known key: did you mean ${nearest}?`
    : `is no known key: known are ${known.join(', ')}`;
}
