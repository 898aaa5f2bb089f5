import { hash } from 'node:crypto';
export const EVENT_ID_VERSION = 1;
export function twinId(baseId: string, ordinal: number): string {
  return ordinal === 0 ? baseId : hash('sha256', `clarifai-audit-event/1/twin\n${baseId}\n${ordinal}`);
}
export function baseIdOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex');
}
