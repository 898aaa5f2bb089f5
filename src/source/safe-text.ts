import type { Secret } from '../config/secret.ts';
import { createRedactor } from '../runtime/redact.ts';

/** Longest piece of foreign text in a message, characters. */
const MAX_LENGTH = 80;

/** Makes foreign text fit for a message: without `secret`, printable ASCII only, at most 80 characters. */
export function createSafeText(secret: Secret): (text: string) => string {
  const redact = createRedactor(() => [secret.reveal()]);
  return (text) =>
    redact(text)
      .replaceAll(/[^\x20-\x7e]/g, ' ')
      .slice(0, MAX_LENGTH)
      .trim();
}
