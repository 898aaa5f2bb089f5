import type { ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import type { AnswerFault, Faults } from './faults.ts';
import { mix } from './mix.ts';
import { type Reply, refusal } from './stand-in-answers.ts';

/** What a fault is made with. */
export interface Misdeed {
  readonly faults: Faults;
  readonly seed: number;
  /** Number of the request. */
  readonly read: number;
  /** `status.req_id` of the answer. */
  readonly reqId: string;
  /** The stand-in's clock, milliseconds. */
  readonly nowMs: number;
  /** Makes the answer that should have been given. */
  readonly right: () => Reply;
}

/** Retryable status codes: throttling and internal trouble, as numbers and names. */
const RETRYABLE: readonly (number | string)[] = [
  11005,
  'CONN_THROTTLED',
  98004,
  'INTERNAL_SERVER_ISSUE',
  98021,
  99009,
  'INTERNAL_UNCATEGORIZED',
];
const SERVER_ERRORS = [500, 502, 503, 504] as const;
const SALT_CODE = 131;
const ABSURD_SECONDS = 1_000_000_000;
const DEFAULT_DRIP_MS = 1_000;
const DEFAULT_BOMB_BYTES = 200_000_000;
const BOMB_CHUNK = Buffer.alloc(1_000_000, ' ');
const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>';

/** Gives the bad answer that `fault` names. */
export function misbehave(fault: AnswerFault, response: ServerResponse, misdeed: Misdeed): void {
  MISDEEDS[fault](response, misdeed);
}

const MISDEEDS: Readonly<Record<AnswerFault, (response: ServerResponse, misdeed: Misdeed) => void>> = {
  throttled(response, misdeed) {
    const retryAfter = retryAfterOf(misdeed);
    if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
    sendJson(response, 429, refusal('throttled', misdeed.reqId).body);
  },
  error_in_200(response, { seed, read, reqId }) {
    const code = RETRYABLE[mix(seed, read, SALT_CODE) % RETRYABLE.length];
    sendJson(
      response,
      200,
      Buffer.from(JSON.stringify({ status: { code, description: 'Failure', req_id: reqId } })),
    );
  },
  server_error(response, { seed, read }) {
    response.writeHead(SERVER_ERRORS[mix(seed, read, SALT_CODE) % SERVER_ERRORS.length]!, {
      'content-type': 'text/html',
    });
    response.end('<html><body>upstream trouble</body></html>');
  },
  truncated(response, { right }) {
    const { body } = right();
    sendJson(response, 200, body.subarray(0, Math.floor(body.length / 2)));
  },
  premature_close(response, { right }) {
    const { body } = right();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
  },
  reset(response) {
    response.socket?.resetAndDestroy();
  },
  drip(response, { faults, right }) {
    const { body } = right();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(sent, ++sent));
      if (sent < body.length) return;
      clearInterval(timer);
      response.end();
    }, faults.dripMs ?? DEFAULT_DRIP_MS);
    response.on('close', () => clearInterval(timer));
  },
  login_page(response) {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(LOGIN_PAGE);
  },
  redirect(response) {
    response.writeHead(302, { location: '/login' }).end();
  },
  wrong_content_type(response, { right }) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(right().body);
  },
  gzip_bomb(response, { faults }) {
    sendBomb(response, faults.bombBytes ?? DEFAULT_BOMB_BYTES);
  },
  missing_entries(response, { reqId }) {
    const status = { code: 10000, description: 'Ok', req_id: reqId };
    sendJson(response, 200, Buffer.from(JSON.stringify({ status })));
  },
};

function sendJson(response: ServerResponse, http: number, body: Buffer): void {
  response.writeHead(http, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function retryAfterOf({ faults, nowMs }: Misdeed): string | undefined {
  switch (faults.retryAfter) {
    case 'seconds':
      return '1';
    case 'date':
      return new Date(nowMs + (faults.skewMs ?? 0) + 1_000).toUTCString();
    case 'absurd':
      return String(ABSURD_SECONDS);
    default:
      return undefined;
  }
}

/** Spaces, made while they are sent: this side never holds them. */
function sendBomb(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  const gzip = createGzip();
  gzip.pipe(response);
  response.on('close', () => gzip.destroy());
  let left = bytes;
  const fill = () => {
    while (left > 0 && !gzip.destroyed) {
      const size = Math.min(left, BOMB_CHUNK.length);
      left -= size;
      if (!gzip.write(BOMB_CHUNK.subarray(0, size))) {
        gzip.once('drain', fill);
        return;
      }
    }
    if (!gzip.destroyed) gzip.end();
  };
  fill();
}
