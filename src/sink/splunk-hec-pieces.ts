import type { OutRecord } from './sink.ts';
import { eventBytes, type HecRange } from './splunk-hec-client.ts';

/** Cuts records into requests of at most `maxBytes` before compression. A record that is larger goes alone. */
export function cutRequests(records: readonly OutRecord[], maxBytes: number): HecRange[] {
  const ranges: HecRange[] = [];
  let from = 0;
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const more = eventBytes(record);
    if (index > from && bytes + more > maxBytes) {
      ranges.push({ from, to: index });
      from = index;
      bytes = 0;
    }
    bytes += more;
  }
  ranges.push({ from, to: records.length });
  return ranges;
}

/** Two halves of a range that holds at least two records. */
export function halve({ from, to }: HecRange): HecRange[] {
  return cutAt({ from, to }, [from + Math.ceil((to - from) / 2)]);
}

/**
 * A range of at least two records, cut so that the event at fault stands alone. Whether `number` counts from 0 or from
 * 1 differs, so both that it may mean are cut out; a number that cannot be meant halves the range.
 */
export function isolate(range: HecRange, number: number | undefined): HecRange[] {
  const { from, to } = range;
  if (number === undefined || number < 0 || from + number > to) return halve(range);
  return cutAt(range, [from + number - 1, from + number, from + number + 1]);
}

function cutAt({ from, to }: HecRange, places: readonly number[]): HecRange[] {
  const inner = places.filter((place) => place > from && place < to);
  const edges = [from, ...inner, to];
  return edges.slice(1).map((edge, i) => ({ from: edges[i]!, to: edge }));
}
