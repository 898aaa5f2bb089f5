import { totalLength } from '../event/span-set.ts';
import { formatSeconds } from '../runtime/quantity.ts';
import type { LiveStatus } from './live-status.ts';
import type { SinkStatus, SourceStatus } from './status.ts';

/** A store or disk that is fuller than this is told before it is full. */
const NEARLY_FULL = 0.85;

/** Kinds of problems: stable, for machines, and the anchors of docs/operations.md. */
export const PROBLEM_CODES = [
  'stopping',
  'nothing-read',
  'stale',
  'refused',
  'journal-full',
  'journal-nearly-full',
  'store-not-writable',
  'uncovered-hole',
  'possible-gap',
  'sink-stopped',
  'sink-retrying',
  'sink-fenced',
  'dead-letters',
] as const;

/** One of {@link PROBLEM_CODES}. */
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Something that a person should know. Says nothing of the config, of users or of entries but ids of sources and sinks. */
export interface Problem {
  readonly code: ProblemCode;
  /**
   * `not-ready`: `/readyz` is off. `error`: somebody is needed. `warning`: it may mend itself, or is a fact to know.
   */
  readonly severity: 'not-ready' | 'error' | 'warning';
  readonly source?: string;
  readonly sink?: string;
  /** One sentence for a person, without the ids. */
  readonly text: string;
}

/** Everything that is not as it should be, worst first. Pure. */
export function problemsOf(status: LiveStatus): Problem[] {
  const all = [
    ...(status.stopping ? [problem('stopping', 'not-ready', 'the process is stopping')] : []),
    ...storeProblems(status),
    ...status.sources.flatMap(sourceProblems),
  ];
  const order = { 'not-ready': 0, error: 1, warning: 2 };
  return all.sort((a, b) => order[a.severity] - order[b.severity]);
}

/** Why the connector is not ready; empty when it is. */
export function notReady(status: LiveStatus): Problem[] {
  return problemsOf(status).filter(({ severity }) => severity === 'not-ready');
}

function problem(
  code: ProblemCode,
  severity: Problem['severity'],
  text: string,
  where: { source?: string; sink?: string } = {},
): Problem {
  return { code, severity, text, ...where };
}

function storeProblems({ store }: LiveStatus): Problem[] {
  if (!store.writable) {
    return [
      problem(
        'store-not-writable',
        'not-ready',
        'the store cannot be written: its disk is full, read-only or failing',
      ),
    ];
  }
  const { bytes = 0, limitBytes, space } = store;
  if (bytes > limitBytes * NEARLY_FULL) {
    const percent = Math.floor((bytes / limitBytes) * 100);
    return [
      problem('journal-nearly-full', 'warning', `the store has reached ${percent} % of journal.max_bytes`),
    ];
  }
  if (space !== undefined && space.freeBytes < space.sizeBytes * (1 - NEARLY_FULL)) {
    const percent = Math.floor((space.freeBytes / space.sizeBytes) * 100);
    return [problem('journal-nearly-full', 'warning', `the disk of the store has ${percent} % left`)];
  }
  return [];
}

const REFUSALS: Readonly<Record<string, string>> = {
  'source.refused.pat': 'Clarifai refuses the PAT: it is wrong, expired or revoked',
  'source.refused.scope': 'Clarifai refuses: the PAT lacks the scope AuditLogs_Get, or its owner the right',
  'source.refused.user': 'Clarifai refuses: it knows no such user or organisation, or the PAT may not see it',
};

function sourceProblems(status: SourceStatus): Problem[] {
  const { source, journal, live, sinks } = status;
  if (journal === undefined || live === undefined) return [];
  const found: Problem[] = [];
  const tell = (code: ProblemCode, severity: Problem['severity'], text: string): void => {
    found.push(problem(code, severity, text, { source }));
  };
  if (live.refused !== undefined)
    tell('refused', 'not-ready', REFUSALS[live.refused] ?? 'Clarifai refuses us');
  if (live.full) {
    tell(
      'journal-full',
      'not-ready',
      'journal.max_bytes is reached and a sink still needs the journal: polling waits',
    );
  }
  if (journal.coverage.length === 0) tell('nothing-read', 'not-ready', 'nothing is read yet');
  else if (journal.lagMs > live.staleAfterMs) {
    tell('stale', 'not-ready', `${formatSeconds(journal.lagMs / 1000)} behind`);
  }
  if (live.holes.length > 0) {
    tell(
      'uncovered-hole',
      'error',
      `${lengthOf(live.holes)} of event time could not be read; tried again every hour`,
    );
  }
  if (journal.gaps.length > 0) {
    tell(
      'possible-gap',
      'warning',
      `${lengthOf(journal.gaps)} are a possible gap: Clarifai no longer showed them`,
    );
  }
  return [...found, ...sinks.flatMap((sink) => sinkProblems(source, sink))];
}

function sinkProblems(source: string, { sink, live, deadLetters }: SinkStatus): Problem[] {
  const found: Problem[] = [];
  const tell = (code: ProblemCode, severity: Problem['severity'], text: string): void => {
    found.push(problem(code, severity, text, { source, sink }));
  };
  const why = live?.lastErrorCode === undefined ? '' : ` (${live.lastErrorCode})`;
  if (live?.state === 'stopped')
    tell('sink-stopped', 'error', `shipping has stopped${why}: tried again every minute`);
  if (live?.state === 'fenced') tell('sink-fenced', 'error', 'shipping has ended: another process ships');
  if (live?.state === 'retrying')
    tell('sink-retrying', 'warning', `the last try failed${why}: it is tried again`);
  if (deadLetters > 0) tell('dead-letters', 'error', `${deadLetters} records were refused for good`);
  return found;
}

function lengthOf(spans: readonly { from: bigint; to: bigint }[]): string {
  return formatSeconds(Number(totalLength(spans) / 1_000_000n) / 1000);
}
