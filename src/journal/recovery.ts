import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { damaged } from './damage.ts';
import { repairKey, trimKey } from './keys.ts';
import type { SegmentFiles } from './segment-files.ts';
import { readTrim } from './trim-record.ts';
import type { Segment, TrimRecord } from './types.ts';

/** What a start finds in the store. */
export interface Found {
  readonly genesis: Segment;
  readonly head: Segment;
  readonly trim: TrimRecord | undefined;
}

/**
 * Reads what a source's journal needs to go on: genesis, head, and the segments of the overlap, chain checked;
 * `visit` gets each of those, head last. Undefined when there is no journal yet. Throws `journal.damaged`,
 * `journal.newer_format`, and `journal.repairing` when a repair was not finished.
 */
export async function recover(
  store: Store,
  files: SegmentFiles,
  visit: (segment: Segment) => void,
): Promise<Found | undefined> {
  const { source } = files;
  if ((await store.get(repairKey(source))) !== undefined) throw repairing(source);
  const numbers = await files.numbers();
  const trim = (await readTrim(store, source))?.record;
  if (numbers.length === 0 && trim === undefined) return undefined;
  const genesis = await mustRead(files, 0);
  const { chainId } = genesis.header.genesis!;
  if (trim !== undefined && trim.chainId !== chainId) {
    throw damaged(trimKey(source), `it is of chain ${trim.chainId}, and the journal's chain is ${chainId}`);
  }
  const headNumber = checkNumbers(files, numbers, trim);
  const head = headNumber === 0 ? genesis : await mustRead(files, headNumber);
  checkUndated(files, numbers, head);
  await checkOverlap(files, genesis, head, trim, visit);
  return { genesis, head, trim };
}

/** The hash that segment `n` must name as `prev` by what stands before the chain; undefined when a segment does. */
export function anchorHash(n: number, genesis: Segment, trim: TrimRecord | undefined): string | undefined {
  if (trim !== undefined && n === trim.begins) return trim.prev;
  return n === 1 ? genesis.hash : undefined;
}

/** Throws `journal.damaged` unless `segment` names `hash`, that of the segment before it. */
export function checkLink(files: SegmentFiles, segment: Segment, hash: string): void {
  const { n, prev } = segment.header;
  if (prev === hash) return;
  throw damaged(files.key(n), `it does not follow segment ${n - 1}: one of the two was changed`);
}

/** The highest number, if there is no hole below it. */
function checkNumbers(files: SegmentFiles, numbers: readonly number[], trim: TrimRecord | undefined): number {
  const begins = trim?.begins ?? 1;
  const chained = numbers.filter((n) => n >= begins);
  chained.forEach((n, i) => {
    if (n !== begins + i) throw damaged(files.key(begins + i), 'it is missing');
  });
  if (chained.length === 0 && begins > 1) throw damaged(files.key(begins), 'it is missing');
  return chained.at(-1) ?? 0;
}

function checkUndated(files: SegmentFiles, numbers: readonly number[], head: Segment): void {
  const there = new Set(numbers);
  for (const n of head.header.undated) {
    if (!there.has(n)) throw damaged(files.key(n), 'it is missing');
  }
}

async function checkOverlap(
  files: SegmentFiles,
  genesis: Segment,
  head: Segment,
  trim: TrimRecord | undefined,
  visit: (segment: Segment) => void,
): Promise<void> {
  const last = head.header.n;
  const lowest = last === 0 ? 0 : Math.max(head.header.resume, trim?.begins ?? 1);
  let before: Segment | undefined;
  for (let n = lowest; n <= last; n++) {
    const segment = n === last ? head : await mustRead(files, n);
    const prev = anchorHash(n, genesis, trim) ?? before?.hash;
    if (n > 0 && prev !== undefined) checkLink(files, segment, prev);
    visit(segment);
    before = segment;
  }
}

async function mustRead(files: SegmentFiles, n: number): Promise<Segment> {
  const segment = await files.read(n);
  if (segment === undefined) throw damaged(files.key(n), 'it is missing');
  return segment;
}

function repairing(source: string): ConnectorError {
  return new ConnectorError(
    `A repair of ${source} was interrupted. Run \`repair\` again: it goes on where it stopped.`,
    {
      code: 'journal.repairing',
      exitCode: ExitCode.damaged,
    },
  );
}
