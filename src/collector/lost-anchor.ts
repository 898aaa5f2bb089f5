import type { Nanos } from '../event/span.ts';
import type { SpanSet } from '../event/span-set.ts';
import type { Asker } from './asker.ts';
import type { Anchor } from './judge.ts';
import type { KnownEntries } from './known.ts';

/** Where everything that the API may show begins: 1970. */
const EPOCH: Nanos = 0n;

/**
 * How to go on when the API keeps not showing what it showed before.
 * - `wait`: it shows nothing, or in an order that does not tell the oldest: that proves nothing;
 * - `gap`: the oldest entry it shows is younger than what is lost: its retention has passed over it;
 * - `older`: it shows older entries, which can be held on to instead: the lost ones were removed;
 * - `none`: older entries are shown, but none that is known.
 */
export type WayOn =
  | { readonly kind: 'wait' }
  | { readonly kind: 'gap'; readonly oldest: Nanos }
  | { readonly kind: 'older'; readonly anchor: Anchor }
  | { readonly kind: 'none' };

/** Asks for the oldest entry that the API shows, and tells how to go on without `lost`. */
export async function findWayOn(
  lost: Anchor,
  asker: Asker,
  known: KnownEntries,
  coverage: SpanSet,
  signal: AbortSignal,
): Promise<WayOn> {
  const reply = await asker.ask({ from: EPOCH, to: lost.at + (1n << 62n) }, signal);
  const times = reply.entries.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const oldest = times.reduce<Nanos | undefined>(
    (least, at) => (least === undefined || at < least ? at : least),
    undefined,
  );
  if (oldest === undefined || (reply.full && oldest !== times[0])) return { kind: 'wait' };
  if (oldest > lost.at) return { kind: 'gap', oldest };
  const anchor = await known.anchorBefore(lost.at, coverage);
  return anchor === undefined ? { kind: 'none' } : { kind: 'older', anchor };
}
