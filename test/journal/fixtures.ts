import { readEntry } from '../../src/event/answer.ts';
import { MILLISECOND, SECOND, type Span } from '../../src/event/span.ts';
import { gzipCodec } from '../../src/journal/codec.ts';
import { type JournalOptions, openJournal } from '../../src/journal/journal.ts';
import { segmentKey } from '../../src/journal/keys.ts';
import type { StoredJournal } from '../../src/journal/stored-journal.ts';
import type { JournalEntry, SegmentDraft } from '../../src/journal/types.ts';
import type { Random } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { prng } from '../support/prng.ts';

/** Source id in these tests. */
export const SOURCE = 'audit';
/** Event time 0 of these tests, nanoseconds. */
export const T0 = BigInt(Date.UTC(2026, 0, 1)) * MILLISECOND;

/** Seeded randomness. */
export function seededRandom(seed = 1): Random {
  const float = prng(seed);
  const digit = () => Math.floor(float() * 16).toString(16);
  return { float, hex: (bytes) => Array.from({ length: bytes * 2 }, digit).join('') };
}

/** An entry of second `second` after {@link T0}; without a time when it is undefined. */
export function entry(second: number | undefined, tag = ''): JournalEntry {
  const timestamp =
    second === undefined ? undefined : new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  const text = JSON.stringify({
    timestamp,
    operation: 1,
    description: `${tag}${second}`,
    req_id: `${tag}${second}`,
  });
  const { baseId: id, ...entry } = readEntry(Buffer.from(text));
  return { id, ...entry };
}

/** The stretch of event time from one second to another after {@link T0}. */
export function span(from: number, to: number): Span {
  return { from: T0 + BigInt(from) * SECOND, to: T0 + BigInt(to) * SECOND };
}

/** A draft of a live segment that covers [0, `to`) seconds; `entries` lie in [`from`, `to`). */
export function draft(
  from: number,
  to: number,
  entries = [entry(from)],
  more: Partial<SegmentDraft> = {},
): SegmentDraft {
  const proven = span(from, to);
  return {
    kind: 'live',
    entries,
    answers: [{ asked: ['a', 'b'], proven, count: entries.length, requestId: 'r' }],
    coverage: [span(0, to)],
    gaps: [],
    resume: 0,
    largestPage: 1,
    ...more,
  };
}

/** Options of a journal in `store`. */
export function options(store: Store, more: Partial<JournalOptions> = {}): JournalOptions {
  return {
    store,
    source: SOURCE,
    clock: new FakeClock(),
    random: seededRandom(),
    fingerprint: 'f'.repeat(64),
    resolveStart: () => T0,
    log: silentLog,
    ...more,
  };
}

/** A journal with `count` segments behind genesis, 10 seconds and 3 entries each. */
export async function filled(
  store: Store,
  count: number,
  more: Partial<JournalOptions> = {},
): Promise<StoredJournal> {
  const journal = await openJournal(options(store, more));
  for (let i = 0; i < count; i++) {
    const at = i * 10;
    await journal.append(
      draft(at, at + 10, [entry(at), entry(at + 3), entry(at + 7)], { resume: Math.max(0, i - 2) }),
    );
  }
  return journal;
}

/** Key of segment `n`. */
export const keyOf = (n: number): string => segmentKey(SOURCE, n);

/** Puts other bytes in the place of an object. */
export async function overwrite(store: Store, key: string, body: Uint8Array): Promise<void> {
  await store.replace(key, body, (await store.get(key))?.version);
}

/** Changes the uncompressed text of segment `n`, so that it decompresses as before. */
export async function rewrite(store: Store, n: number, change: (text: string) => string): Promise<void> {
  const object = await store.get(keyOf(n));
  const text = (await gzipCodec.decompress(object!.body, 1 << 24)).toString('latin1');
  await overwrite(store, keyOf(n), await gzipCodec.compress(Buffer.from(change(text), 'latin1')));
}
