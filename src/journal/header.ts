import { z } from 'zod';
import type { Span } from '../event/span.ts';
import { SEGMENT_FORMAT, type SegmentHeader } from './types.ts';

const KINDS = ['genesis', 'live', 'backfill', 'late', 'undated', 'heartbeat', 'gap'] as const;

const count = z.int().min(0);
const instant = z
  .string()
  .regex(/^-?\d{1,40}$/)
  .transform(BigInt);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const chainId = z.string().regex(/^[a-z0-9-]{1,64}$/);
const span = z
  .tuple([instant, instant])
  .refine(([from, to]) => from < to, 'a span is empty')
  .transform(([from, to]): Span => ({ from, to }));
const spans = z.array(span).refine(isSpanSet, 'spans overlap or are out of order');

const answer = z
  .strictObject({
    asked: z.tuple([z.string(), z.string()]),
    proven: span.nullable(),
    count,
    req_id: z.string().nullable(),
  })
  .transform((raw) => ({
    asked: raw.asked,
    proven: raw.proven ?? undefined,
    count: raw.count,
    requestId: raw.req_id ?? undefined,
  }));

const genesis = z
  .strictObject({
    chain_id: chainId,
    start: instant,
    fingerprint: z.string(),
    replaces: z.strictObject({ chain_id: chainId, n: count, hash: sha256 }).optional(),
  })
  .transform(({ chain_id, start, fingerprint, replaces }) => ({
    chainId: chain_id,
    start,
    fingerprint,
    replaces: replaces && { chainId: replaces.chain_id, n: replaces.n, hash: replaces.hash },
  }));

const header = z
  .strictObject({
    v: z.literal(SEGMENT_FORMAT),
    source: z.string(),
    n: count,
    written: z.iso.datetime({ precision: 3 }),
    prev: sha256,
    kind: z.enum(KINDS),
    answers: z.array(answer),
    coverage: spans,
    gaps: spans,
    count,
    first: instant.nullable(),
    last: instant.nullable(),
    resume: count,
    undated: z.array(count),
    largest_page: count,
    genesis: genesis.optional(),
  })
  .refine((raw) => (raw.n === 0) === (raw.genesis !== undefined), 'genesis belongs into segment 0')
  .transform(
    ({ first, last, largest_page, ...same }): SegmentHeader => ({
      ...same,
      first: first ?? undefined,
      last: last ?? undefined,
      largestPage: largest_page,
    }),
  );

/** What {@link parseHeader} makes of a line. */
export type ParsedHeader =
  | { readonly header: SegmentHeader }
  | { readonly newer: number }
  | { readonly wrong: string };

/** The header as one line of JSON, without line end. */
export function formatHeader(of: SegmentHeader): string {
  return JSON.stringify({
    v: of.v,
    source: of.source,
    n: of.n,
    written: of.written,
    prev: of.prev,
    kind: of.kind,
    answers: of.answers.map((each) => ({
      asked: each.asked,
      proven: each.proven === undefined ? null : formatSpan(each.proven),
      count: each.count,
      req_id: each.requestId ?? null,
    })),
    coverage: of.coverage.map(formatSpan),
    gaps: of.gaps.map(formatSpan),
    count: of.count,
    first: of.first?.toString() ?? null,
    last: of.last?.toString() ?? null,
    resume: of.resume,
    undated: of.undated,
    largest_page: of.largestPage,
    genesis: of.genesis && {
      chain_id: of.genesis.chainId,
      start: of.genesis.start.toString(),
      fingerprint: of.genesis.fingerprint,
      replaces: of.genesis.replaces && {
        chain_id: of.genesis.replaces.chainId,
        n: of.genesis.replaces.n,
        hash: of.genesis.replaces.hash,
      },
    },
  });
}

/** Reads a header line: the header, the version of a newer format, or what is wrong with it. Throws nothing. */
export function parseHeader(line: Buffer): ParsedHeader {
  let raw: unknown;
  try {
    raw = JSON.parse(line.toString('utf8'));
  } catch {
    return { wrong: 'its header is not JSON' };
  }
  const newer = newerVersion(raw, SEGMENT_FORMAT);
  if (newer !== undefined) return { newer };
  const parsed = header.safeParse(raw);
  if (parsed.success) return { header: parsed.data };
  const issue = parsed.error.issues[0];
  return { wrong: `its header is wrong at ${issue?.path.join('.') || 'the top'}: ${issue?.message}` };
}

/** `v` of a JSON object when it is a whole number above `known`. */
export function newerVersion(raw: unknown, known: number): number | undefined {
  if (typeof raw !== 'object' || raw === null || !('v' in raw)) return undefined;
  return Number.isSafeInteger(raw.v) && (raw.v as number) > known ? (raw.v as number) : undefined;
}

/** A span as it stands in JSON: `["<from>", "<to>"]`, nanoseconds. */
export function formatSpan({ from, to }: Span): [string, string] {
  return [from.toString(), to.toString()];
}

/** zod schema of an ascending list of spans in JSON. */
export const spansSchema = spans;

function isSpanSet(set: readonly Span[]): boolean {
  return set.every((each, i) => i === 0 || set[i - 1]!.to <= each.from);
}
