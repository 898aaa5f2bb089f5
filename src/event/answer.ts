import { isUtf8 } from 'node:buffer';
import { ConnectorError } from '../runtime/errors.ts';
import { CutEntries } from './cut-entries.ts';
import type { Entry } from './entry.ts';
import { IdentityReader } from './identity.ts';
import { KeySet } from './members.ts';
import { firstItem, JsonFault, nextItem, skipSpace, skipValue } from './scanner.ts';

/** An answer of `PostAuditLogSearches`, cut. */
export interface CutAnswer {
  /** `status.code`: a number or a name; undefined when there is none. The last of equal keys counts, here and below. */
  readonly statusCode: number | string | undefined;
  /** `status.description` and `status.details`, at most 200 characters. Text of the server: not safe to log as it is. */
  readonly statusText: string | undefined;
  /** `status.req_id`; undefined when there is none or it is empty. */
  readonly requestId: string | undefined;
  /** In the order of the answer; undefined when there is no `entries` or it is no array. */
  readonly entries: readonly Entry[] | undefined;
  /** Gives the memory of the entries' ids back at once; that of their bytes is the body's. */
  readonly release?: () => void;
}

const TOP = new KeySet(['status', 'entries']);
const STATUS = 0;
const ENTRIES = 1;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const MAX_STATUS_TEXT = 200;

const reader = new IdentityReader();

/**
 * Cuts an answer in one pass that checks all of it: RFC 8259, a byte order mark in front let through, strings that are
 * not UTF-8 too. Elements of `entries` that are no objects are entries as well.
 *
 * Takes `body` over: the entries are views into it, and CR and LF in it become spaces (they can only stand between
 * tokens). Throws `source.broken` (retryable) when it is not JSON or was cut off.
 */
export function cutAnswer(body: Buffer): CutAnswer {
  const allUtf8 = isUtf8(body);
  try {
    const answer = scanAnswer(body, allUtf8);
    blankLineBreaks(body);
    return answer;
  } catch (error) {
    throw error instanceof JsonFault ? broken(error, body.length) : error;
  }
}

/**
 * One entry on its own, white space around it left out. Takes `bytes` over as {@link cutAnswer} does. Throws
 * `entry.broken` when they are not one JSON value.
 */
export function readEntry(bytes: Buffer): Entry {
  try {
    const start = skipSpace(bytes, 0);
    const end = reader.scan(bytes, start);
    expectEnd(bytes, end);
    const whole = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
    const [at, baseId] = [reader.at(), reader.baseId()];
    blankLineBreaks(bytes);
    return { bytes: whole, size: whole.length, at, baseId, utf8: isUtf8(whole) };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new ConnectorError(
      `the entry is not valid JSON: ${error.message}, at byte ${error.offset} of ${bytes.length}`,
      { code: 'entry.broken', cause: error },
    );
  }
}

function broken(fault: JsonFault, length: number): ConnectorError {
  return new ConnectorError(
    `the API's answer is not valid JSON: ${fault.message}, at byte ${fault.offset} of ${length}; it is asked again`,
    { code: 'source.broken', retryable: true, cause: fault },
  );
}

function expectEnd(bytes: Buffer, at: number): void {
  const end = skipSpace(bytes, at);
  if (end !== bytes.length) throw new JsonFault('something stands behind the value', end);
}

function scanAnswer(body: Buffer, allUtf8: boolean): CutAnswer {
  const start = skipSpace(body, body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0);
  if (body[start] !== OPENING_BRACE) {
    expectEnd(body, skipValue(body, start));
    return { ...readStatus(undefined), entries: undefined };
  }
  let status: Buffer | undefined;
  let entries: CutEntries | undefined;
  let p = firstItem(body, start + 1, CLOSING_BRACE);
  while (p >= 0) {
    const key = TOP.read(body, p);
    const value = TOP.valueStart;
    let end: number;
    if (key === ENTRIES && body[value] === OPENING_BRACKET) {
      entries = new CutEntries(body, allUtf8);
      end = scanEntries(body, value, entries);
    } else {
      end = skipValue(body, value);
      if (key === ENTRIES) entries = undefined;
      if (key === STATUS) status = body.subarray(value, end);
    }
    p = nextItem(body, end, CLOSING_BRACE);
  }
  expectEnd(body, -1 - p);
  if (entries === undefined) return { ...readStatus(status), entries };
  const cut = entries;
  return { ...readStatus(status), entries: cut.all, release: () => cut.release() };
}

/** Appends the elements of the array at `at` to `entries`. Returns the index behind it. */
function scanEntries(body: Buffer, at: number, entries: CutEntries): number {
  let p = firstItem(body, at + 1, CLOSING_BRACKET);
  while (p >= 0) {
    const end = reader.scan(body, p);
    entries.add(p, end, reader.at(), reader.baseId());
    p = nextItem(body, end, CLOSING_BRACKET);
  }
  return -1 - p;
}

/** In valid JSON a line break stands between tokens, never inside one. */
function blankLineBreaks(bytes: Buffer): void {
  for (const lineBreak of [LINE_FEED, CARRIAGE_RETURN]) {
    for (let p = bytes.indexOf(lineBreak); p >= 0 && p < bytes.length; p++) {
      if (bytes[p] === lineBreak) bytes[p] = SPACE;
    }
  }
}

function readStatus(token: Buffer | undefined): Omit<CutAnswer, 'entries' | 'release'> {
  const status: unknown = token === undefined ? undefined : JSON.parse(token.toString('utf8'));
  const fields = typeof status === 'object' && status !== null ? new Map(Object.entries(status)) : new Map();
  const code: unknown = fields.get('code');
  const requestId: unknown = fields.get('req_id');
  const texts = [fields.get('description'), fields.get('details')].filter(
    (text): text is string => typeof text === 'string' && text !== '',
  );
  return {
    statusCode: typeof code === 'number' || typeof code === 'string' ? code : undefined,
    statusText: texts.length === 0 ? undefined : texts.join(': ').slice(0, MAX_STATUS_TEXT),
    requestId: typeof requestId === 'string' && requestId !== '' ? requestId : undefined,
  };
}
