const REDACTED = '[redacted]';

/** Shorter values are no secrets, and replacing them would tear words and numbers apart. */
const SHORTEST_SECRET = 4;

/**
 * Makes a function that replaces every secret in a text with `[redacted]`: as it is, JSON-escaped (also twice),
 * URL-encoded, as in a form, and in Base64 and Base64url at any alignment (so inside `user:password` too). A secret that was
 * replaced by a newer one stays redacted. Values shorter than 4 characters are left alone.
 *
 * @param secrets the secrets as they are now; called for every text
 */
export function createRedactor(secrets: () => readonly string[]): (text: string) => string {
  const known = new Map<string, readonly string[]>();
  return (text) => {
    for (const secret of secrets()) {
      if (secret.length >= SHORTEST_SECRET && !known.has(secret)) known.set(secret, formsOf(secret));
    }
    let redacted = text;
    for (const forms of known.values()) {
      for (const form of forms) if (redacted.includes(form)) redacted = redacted.replaceAll(form, REDACTED);
    }
    return redacted;
  };
}

/** What a secret looks like when it is written out, longest first. */
function formsOf(secret: string): readonly string[] {
  const escaped = escapeJson(secret);
  const urlEncoded = encodeURIComponent(secret.toWellFormed());
  const formEncoded = new URLSearchParams([['', secret]]).toString().slice(1);
  const forms = [secret, escaped, escapeJson(escaped), urlEncoded, formEncoded];
  for (const offset of [0, 1, 2]) forms.push(...base64Forms(secret, offset));
  return [...new Set(forms)]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The digits of Base64 that depend on the secret alone when `offset` bytes (modulo 3) stand before it. */
function base64Forms(secret: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  const digits = bytes.toString('base64').slice(first, last);
  return [digits, digits.replaceAll('+', '-').replaceAll('/', '_')];
}
