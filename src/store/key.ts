import { ConnectorError } from '../runtime/errors.ts';

const PART = /^(?!\.{1,2}$)[a-z0-9=_.-]{1,200}$/;

/** Whether `part` may stand between two `/` of a key: at most 200 of `[a-z0-9=_.-]`, neither `.` nor `..`. */
export function isKeyPart(part: string): boolean {
  return PART.test(part);
}

/** Throws `store.key` unless `key` is one that every store can hold: a defect of the caller, not of the store. */
export function checkKey(key: string): void {
  if (key.split('/').every(isKeyPart)) return;
  throw new ConnectorError(`Not a store key: ${JSON.stringify(key.slice(0, 200))}.`, { code: 'store.key' });
}
