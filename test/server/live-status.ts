import type { LiveStatus } from '../../src/connector/live-status.ts';
import type { JournalStatus, SinkStatus, SourceLive, SourceStatus } from '../../src/connector/status.ts';
import type { Span } from '../../src/event/span.ts';

/** Wall clock of all states made here. */
export const NOW_MS = Date.UTC(2026, 10, 24, 14, 5, 12);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TYPES = [
  'MODEL_VERSION_CREATE',
  'APPLICATION_COLLABORATOR_CREATE',
  'WORKFLOW_CREATE',
  'MODEL_DELETE',
  'ROLE_UPDATE',
];

/** A span of event time, told by how long ago it began and ended, milliseconds. */
export function ago(fromMs: number, toMs: number): Span {
  return { from: BigInt(NOW_MS - fromMs) * 1_000_000n, to: BigInt(NOW_MS - toMs) * 1_000_000n };
}

/** A journal that covers ninety days up to half a minute ago. */
export function journalStatus(changes: Partial<JournalStatus> = {}): JournalStatus {
  const covered = ago(90 * DAY_MS, 34_000);
  return {
    chainId: '0011223344556677',
    head: 12_345,
    headHash: 'b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184',
    written: new Date(NOW_MS - 95_000).toISOString(),
    sameSource: true,
    start: covered.from,
    coverage: [covered],
    uncovered: [],
    gaps: [],
    trimmed: [],
    lagMs: 34_000,
    bytes: 48_123_456,
    ...changes,
  };
}

/** A source that is polled and accepted, with entries in each of the last 24 hours. */
export function sourceLive(changes: Partial<SourceLive> = {}): SourceLive {
  const newest = Math.floor(NOW_MS / HOUR_MS);
  const hours = Array.from({ length: 24 }, (_, i) => ({
    startMs: (newest - 23 + i) * HOUR_MS,
    entries: Math.round(40 + 900 * Math.max(0, Math.sin((i - 4) / 5))),
  }));
  const types = TYPES.map((name, i) => ({ name, entries: Math.round(5_200 / (i + 1) ** 1.4) }));
  return {
    hours,
    types,
    late: [],
    reconciled: [],
    refused: undefined,
    lastPollMs: NOW_MS - 20_000,
    staleAfterMs: 15 * 60_000,
    full: false,
    failing: undefined,
    holes: [],
    ...changes,
  };
}

/** A sink that has everything. */
export function sinkStatus(sink: string, changes: Partial<SinkStatus> = {}): SinkStatus {
  return {
    sink,
    position: { segment: 12_346, line: 0 },
    lagSegments: 0,
    deadLetters: 0,
    live: {
      state: 'running',
      lagMs: 0,
      lastErrorCode: undefined,
      lastErrorAt: undefined,
      lastSuccess: new Date(NOW_MS - 91_000).toISOString(),
      gatherMs: 0,
    },
    ...changes,
  };
}

/** A source with two sinks where all is well. */
export function sourceStatus(changes: Partial<SourceStatus> = {}): SourceStatus {
  return {
    source: 'acme',
    journal: journalStatus(),
    sinks: [sinkStatus('local'), sinkStatus('siem')],
    live: sourceLive(),
    ...changes,
  };
}

/** A process where all is well. */
export function liveStatus(changes: Partial<LiveStatus> = {}): LiveStatus {
  return {
    nowMs: NOW_MS,
    startedMs: NOW_MS - 3 * DAY_MS - 5 * HOUR_MS,
    stopping: false,
    store: {
      bytes: 48_223_456,
      limitBytes: 10 * 1024 ** 3,
      space: { freeBytes: 60e9, sizeBytes: 100e9, writable: true },
      writable: true,
    },
    sources: [sourceStatus()],
    ...changes,
  };
}

/** Everything that can go wrong, in two sources. */
export function troubledStatus(): LiveStatus {
  const lastErrorAt = new Date(NOW_MS - 12_000).toISOString();
  const trouble = {
    lastErrorAt,
    lagMs: 5 * HOUR_MS,
    lastSuccess: new Date(NOW_MS - 5 * HOUR_MS).toISOString(),
    gatherMs: 0,
  };
  const acme = sourceStatus({
    journal: journalStatus({
      coverage: [
        ago(90 * DAY_MS, 40 * DAY_MS),
        ago(25 * DAY_MS, 20 * DAY_MS),
        ago(19.9 * DAY_MS, 7 * HOUR_MS),
        ago(6 * HOUR_MS, 25 * 60_000),
      ],
      uncovered: [ago(40 * DAY_MS, 25 * DAY_MS), ago(7 * HOUR_MS, 6 * HOUR_MS)],
      gaps: [ago(20 * DAY_MS, 19.9 * DAY_MS)],
      trimmed: [ago(90 * DAY_MS, 60 * DAY_MS)],
      lagMs: 25 * 60_000,
    }),
    live: sourceLive({
      refused: 'source.refused.pat',
      holes: [ago(7 * HOUR_MS, 6 * HOUR_MS)],
      reconciled: [
        ago(32 * DAY_MS, 30 * DAY_MS),
        ago(8 * DAY_MS, 7 * DAY_MS),
        ago(23 * HOUR_MS, 11 * HOUR_MS),
      ],
      late: [
        { span: ago(7.6 * DAY_MS, 7.5 * DAY_MS), entries: 3 },
        { span: ago(14 * HOUR_MS, 13.9 * HOUR_MS), entries: 12 },
      ],
    }),
    sinks: [
      sinkStatus('local'),
      sinkStatus('siem', {
        lagSegments: 310,
        live: { state: 'stopped', lastErrorCode: 'sink.refused', ...trouble },
      }),
      sinkStatus('lake', {
        lagSegments: 4,
        deadLetters: 17,
        live: { state: 'retrying', lastErrorCode: 'sink.http.timeout', ...trouble, lagMs: 42_000 },
      }),
    ],
  });
  const quiet = sourceStatus({
    source: 'globex-subsidiary',
    journal: journalStatus({ start: ago(5 * HOUR_MS, 0).from, coverage: [ago(5 * HOUR_MS, 40_000)] }),
    live: sourceLive({ hours: sourceLive().hours.map((hour) => ({ ...hour, entries: 0 })), types: [] }),
    sinks: [],
  });
  return liveStatus({ sources: [acme, quiet] });
}
