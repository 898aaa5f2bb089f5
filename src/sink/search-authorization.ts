import type { SearchAuth } from '../config/types.ts';

/** The header field that signs requests in, from secrets that may be renewed. */
export class SearchAuthorization {
  readonly #auth: SearchAuth;

  constructor(auth: SearchAuth) {
    this.#auth = auth;
  }

  /** `Authorization` (RFC 7617 for a password), or nothing when requests are signed or not at all signed in. */
  headers(): Readonly<Record<string, string>> {
    const auth = this.#auth;
    if (auth.kind === 'api_key') return { authorization: `ApiKey ${auth.apiKey.reveal()}` };
    if (auth.kind !== 'basic') return {};
    const pair = Buffer.from(`${auth.username}:${auth.password.reveal()}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }

  /** Reads the secret's file again. True when the secret has changed. */
  renew(): boolean {
    if (this.#auth.kind === 'api_key') return this.#auth.apiKey.refresh();
    return this.#auth.kind === 'basic' && this.#auth.password.refresh();
  }
}
