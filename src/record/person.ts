import { type Count, isObject, type JsonObject, readText } from './parse.ts';
import type { PiiMode } from './record.ts';

/** A `User` of an entry, as far as the privacy mode shows it. */
export interface Person {
  /** `id`: the handle, in every mode. */
  readonly id: string | undefined;
  /** `first_name` and `last_name`, from mode `names` on. */
  readonly fullName: string | undefined;
  /** `primary_email`, mode `full`. */
  readonly email: string | undefined;
  /** `company_name`, mode `full`. */
  readonly companyName: string | undefined;
  /** `job_title`, mode `full`. */
  readonly jobTitle: string | undefined;
  /** `job_role`, mode `full`. */
  readonly jobRole: string | undefined;
}

function readFullName(user: JsonObject, count: Count): string | undefined {
  const first = readText(user.first_name, 'user.first_name', count);
  const last = readText(user.last_name, 'user.last_name', count);
  if (first === undefined || last === undefined) return first ?? last;
  return `${first} ${last}`;
}

function readEmail(user: JsonObject, count: Count): string | undefined {
  const own = readText(user.primary_email, 'user.primary_email', count);
  if (own !== undefined || !isObject(user.user_detail)) return own;
  return readText(user.user_detail.primary_email, 'user.primary_email', count);
}

/** Reads a `User` message. The privacy mode is applied here and nowhere else: what it hides never leaves. */
export function readPerson(user: JsonObject, pii: PiiMode, count: Count): Person {
  const full = pii === 'full';
  return {
    id: readText(user.id, 'user.id', count),
    fullName: pii === 'minimal' ? undefined : readFullName(user, count),
    email: full ? readEmail(user, count) : undefined,
    companyName: full ? readText(user.company_name, 'user.company_name', count) : undefined,
    jobTitle: full ? readText(user.job_title, 'user.job_title', count) : undefined,
    jobRole: full ? readText(user.job_role, 'user.job_role', count) : undefined,
  };
}
