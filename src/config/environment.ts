import type { Fault } from './faults.ts';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Replaces `${VAR}` in every text of a document; `$${` stands for `${`. What is put in is not looked at again. A
 * variable that is not set is a fault, and its place stays as it is.
 */
export function substitute(
  value: unknown,
  env: Environment,
  faults: Fault[],
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === 'string') return substituteText(value, env, faults, path);
  if (Array.isArray(value)) return value.map((each, i) => substitute(each, env, faults, [...path, i]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, substitute(each, env, faults, [...path, key])]),
  );
}

function substituteText(
  text: string,
  env: Environment,
  faults: Fault[],
  path: readonly PropertyKey[],
): string {
  return text.replace(/\$\$\{|\$\{([^}]*)\}/g, (whole, name: string | undefined) => {
    if (name === undefined) return '${';
    const value = env[name];
    if (value !== undefined) return value;
    faults.push({ path, message: `names the environment variable ${name}, which is not set` });
    return whole;
  });
}
