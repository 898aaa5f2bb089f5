import type { z } from 'zod';
import { KEY_SEPARATOR } from './strict.ts';

/** One thing that is wrong with a config. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  /** What is wrong, to be read behind the path. Never repeats a value. */
  readonly message: string;
}

/** `sources[0].settle`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/** The faults that zod found, one for each key. */
export function faultsOf(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split(KEY_SEPARATOR);
      return issue.keys.map((key, i) => ({ path: [...path, key], message: messages[i]! }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return faultsOfUnion(issue, path);
    return [{ path, message: issue.message }];
  });
}

/** A mapping is told what is wrong inside of it; anything else, what it may be. */
function faultsOfUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly PropertyKey[]): Fault[] {
  const inside = issue.errors.find((errors) =>
    errors.some((each) => each.path.length > 0 || each.code === 'unrecognized_keys'),
  );
  if (inside !== undefined) return faultsOf(inside, path);
  const message =
    issue.message === 'Invalid input' ? 'must be a mapping (key: value), or false' : issue.message;
  return [{ path, message }];
}
