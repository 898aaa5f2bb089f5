import { closest } from 'fastest-levenshtein';
import { validate as isCron } from 'node-cron';
import { z } from 'zod';
import { OPERATION_CODES } from '../event/catalogue.ts';
import { parseTimestamp } from '../event/timestamp.ts';
import { parseDuration } from './duration.ts';
import { parseSize } from './size.ts';
import type { StartConfig } from './types.ts';

/*
 * The scalars of the config file. Messages never repeat a value: with `${VAR}` it may be a secret that was put at a
 * wrong place.
 */

const DAY_MS = 86_400_000;

/** What a transform says where a value is wrong; the value that follows is never used. */
function refuse(context: z.core.$RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** A duration, in milliseconds. */
export function duration(least: string, most: string) {
  return z
    .string({ error: 'must be a duration in quotes or with its unit, such as 30s, 15m, 1h or 45d' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === undefined) return refuse(context, 'is no duration: use 250ms, 30s, 15m, 1h or 45d');
      if (ms >= parseDuration(least)! && ms <= parseDuration(most)!) return ms;
      return refuse(context, `must be from ${least} to ${most}`);
    });
}

/** A size, in bytes. */
export function size(least: string) {
  return z
    .string({ error: 'must be a size with its unit, such as 5MiB or 10GiB' })
    .transform((text, context) => {
      const bytes = parseSize(text);
      if (bytes === undefined) return refuse(context, 'is no size: use 5MiB, 10GiB or 500MB');
      return bytes >= parseSize(least)! ? bytes : refuse(context, `must be at least ${least}`);
    });
}

/** An id of a source or sink. */
export function id(reserved: readonly string[] = []) {
  return z
    .string({ error: 'must be an id: small letters, digits and hyphens' })
    .regex(/^[a-z0-9-]{1,40}$/, { error: 'must be 1 to 40 of a-z, 0-9 and -' })
    .refine((text) => !reserved.includes(text), {
      error: `must not be one of ${reserved.join(', ')}: the journal needs them`,
    });
}

/** A text that is not empty, on one line. */
export function text(what: string) {
  return z.string({ error: `must be ${what}, as text` }).refine((value) => /^[^\p{Cc}]+$/u.test(value), {
    error: `must be ${what}: not empty, without control characters`,
  });
}

/** A token, key or password, as an HTTP header can carry it (RFC 9110, section 5.5). */
export const secretText = z
  .string({ error: 'must be the secret, as text' })
  .refine((value) => /^[\x21-\x7e]{1,4096}$/.test(value), {
    error: 'must be one line of visible ASCII: the secret only, without quotes or spaces',
  });

/** A list. */
export const list = <T extends z.ZodType>(of: T) => z.array(of, { error: 'must be a list' });

/** A cron expression. */
export const cron = z
  .string({ error: 'must be a cron expression in quotes, such as "* * * * *"' })
  .refine((value) => isCron(value), {
    error: 'is no cron expression: five fields (or six, seconds first), such as "* * * * *"',
  });

/** A number within bounds. */
export function number(least: number, most: number) {
  const error = `must be a number from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

/** A whole number within bounds. */
export function whole(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** Where a source begins. */
export const start = z
  .string({ error: 'must be a time, such as 2026-01-31T00:00:00Z, -90d, or now' })
  .transform((value, context): StartConfig => {
    if (value === 'now') return { kind: 'now' };
    if (value.startsWith('-')) {
      const ms = parseDuration(value.slice(1));
      return ms !== undefined && ms > 0 && ms <= 36_500 * DAY_MS
        ? { kind: 'ago', ms }
        : refuse(context, 'is no time before now: use -90d or -12h');
    }
    const at = parseTimestamp(value);
    return at === undefined
      ? refuse(context, 'is no time: use 2026-01-31T00:00:00Z, -90d, or now')
      : { kind: 'at', ms: Number(at / 1_000_000n) };
  });

/** Where the API is: https, or http on loopback. */
export const baseUrl = url('https://api.clarifai.com');

/** Where a sink is: https, or http on loopback. */
export const sinkUrl = url('https://siem.example:8443');

function url(example: string) {
  return z
    .string({ error: 'must be a URL' })
    .transform((value, context) => checkedUrl(value, example, context));
}

/** `value` without slashes at its end. */
function checkedUrl(value: string, example: string, context: z.core.$RefinementCtx): string {
  if (!URL.canParse(value)) return refuse(context, `is no URL: use ${example}`);
  const url = new URL(value);
  if (url.username !== '' || url.password !== '')
    return refuse(context, 'must hold no credentials: they have keys of their own');
  if (/[?#]/.test(url.href)) return refuse(context, 'must have no query and no fragment');
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    return refuse(context, 'must be https: http is for loopback only');
  }
  return url.href.replace(/\/+$/, '');
}

/** An operation by name or number. */
export const operation = z
  .union([z.string(), whole(0, 2_147_483_647)], { error: 'must be the name or the number of an operation' })
  .superRefine((value, context) => {
    if (typeof value === 'number' || OPERATION_CODES.has(value)) return;
    const nearest = closest(value, [...OPERATION_CODES.keys()]);
    context.addIssue({
      code: 'custom',
      message: `names no known operation (the nearest is ${nearest}); a newer one can be given by its number`,
    });
  });
