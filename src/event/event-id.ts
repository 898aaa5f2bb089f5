import { hash } from 'node:crypto';
import { ID_TAG, IdentityReader } from './identity.ts';

/** Version of the event id: what {@link IdentityReader} puts into it. A change of it gives stored entries new ids. */
export const EVENT_ID_VERSION = 1;

const reader = new IdentityReader();

/**
 * Event id of an entry without the ordinal of twins: 64 lower-case hex digits. Equal for an entry that is read again
 * in another key order, white space, escaping or number form, with other profile fields, or with its targets in
 * another order. Throws JsonFault when `entry` does not start with a JSON value.
 */
export function baseIdOf(entry: Buffer): string {
  reader.scan(entry, 0);
  return reader.baseId();
}

/**
 * Event id of the copy number `ordinal` (from 0) among entries of one base id. The first copy has the base id itself,
 * so an entry without twins does too.
 */
export function twinId(baseId: string, ordinal: number): string {
  return ordinal === 0 ? baseId : hash('sha256', `${ID_TAG}/twin\n${baseId}\n${ordinal}`);
}
