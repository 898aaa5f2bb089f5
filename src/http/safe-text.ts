import { createRedactor } from '../runtime/redact.ts';

/** Longest piece of foreign text in a message, characters. */
const MAX_LENGTH = 80;

/** Makes foreign text fit for a message: without the secrets, printable ASCII only, at most 80 characters. */
export function createSafeText(secrets: () => readonly string[]): (text: string) => string {
  const redact = createRedactor(secrets);
  return (text) =>
    redact(text)
      .replaceAll(/[^\x20-\x7e]/g, ' ')
      .slice(0, MAX_LENGTH)
      .trim();
}
