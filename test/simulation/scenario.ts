import type { Engine } from './engine.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What a seed's world is like: which faults are on, and how strong. Shares are chances of one call or entry. */
export interface Scenario {
  /** How long faults last, milliseconds; then everything works. */
  readonly faultsMs: number;
  /** How long it goes on without, milliseconds. */
  readonly quietMs: number;
  /** Minutes between polls. */
  readonly pollMinutes: number;
  /** Whether reading again runs every night. */
  readonly nightly: boolean;
  readonly pageSize: number;
  readonly retentionMs: number;
  /** How far back history goes, milliseconds. */
  readonly historyMs: number;
  readonly entries: EntryFaults;
  readonly server: ServerFaults;
  readonly answers: AnswerFaults;
  readonly store: CallFaults;
  readonly sinks: SinkFaults;
  readonly process: ProcessFaults;
}

/** The log. */
export interface EntryFaults {
  readonly count: number;
  /** Entries that share an instant with another. */
  readonly ties: number;
  /** Entries that are equal to another in everything. */
  readonly twins: number;
  /** Seconds that hold more entries than one answer. */
  readonly dense: number;
  /** Entries that become visible inside the overlap. */
  readonly late: number;
  /** Entries that become visible hours later: nightly reading finds them. */
  readonly veryLate: number;
  readonly undated: number;
  readonly future: number;
}

/** How the server answers, always. */
export interface ServerFaults {
  readonly secondBounds: boolean;
  readonly fromExclusive: boolean;
  readonly toExclusive: boolean;
  readonly pageCap: number | undefined;
  readonly pageFixed: number | undefined;
  readonly descending: boolean;
  readonly shuffleTies: boolean;
  readonly repeatLastPage: boolean;
  /** Deepest `page * per_page` that is served. */
  readonly deepest: number | undefined;
  /** Profile fields change every hour. */
  readonly profiles: boolean;
  /** Entries older than this are not shown any more, milliseconds. */
  readonly shownMs: number | undefined;
}

/** What goes wrong with single answers. */
export interface AnswerFaults {
  readonly slow: number;
  readonly hang: number;
  readonly reset: number;
  readonly lost: number;
  readonly status: number;
  readonly throttle: number;
  readonly errorInSuccess: number;
  readonly truncated: number;
  readonly page: number;
  /** Lies: the tail is missing, nothing is there, the newest minutes are missing. */
  readonly cut: number;
  readonly empty: number;
  readonly lag: number;
  /** The PAT is refused for a while, so often in the whole. */
  readonly refusals: number;
  /** Nothing answers for a while, so often in the whole. */
  readonly outages: number;
}

/** What goes wrong with calls of a store. */
export interface CallFaults {
  readonly fails: number;
  readonly answerLost: number;
  readonly slow: number;
  /** It is full for a while, so often in the whole. */
  readonly full: number;
}

/** What goes wrong with sinks. */
export interface SinkFaults extends CallFaults {
  /** Records that are to be sent again. */
  readonly again: number;
  /** One event id in so many is refused for good; 0: none. */
  readonly poison: number;
  readonly outages: number;
}

/** What happens to processes. */
export interface ProcessFaults {
  readonly kills: number;
  readonly pauses: number;
  readonly jumps: number;
  readonly skewMs: number;
  /** Two processes on one store. */
  readonly two: boolean;
  /** The config changes at restarts: page size, overlap. */
  readonly changes: boolean;
}

/** Draws the scenario of a seed. */
export function drawScenario(engine: Engine): Scenario {
  const on = (share: number): boolean => engine.chance(share);
  const share = (likely: number, most: number): number => (on(likely) ? engine.random() * most : 0);
  const long = on(0.08);
  const pageSize = engine.pick([10, 15, 25, 100]);
  const descending = on(0.08);
  const pages = on(0.15) ? engine.pick([8, 12]) : undefined;
  const retentionMs = long && on(0.6) ? engine.between(3, 12) * HOUR : 45 * 24 * HOUR;
  const dense = !descending && on(0.2) ? engine.between(1, 2) : 0;
  return {
    faultsMs: long ? engine.between(26, 30) * HOUR : engine.between(20, 50) * MINUTE,
    quietMs: long ? 26 * HOUR : 25 * MINUTE,
    pollMinutes: long ? engine.pick([20, 30]) : engine.pick([1, 1, 2, 5]),
    nightly: long,
    pageSize,
    retentionMs,
    historyMs: long ? 4 * HOUR : engine.between(0, 5) * HOUR,
    entries: {
      count: engine.between(10, long ? 150 : 120),
      ties: share(0.5, 0.5),
      twins: share(0.4, 0.3),
      dense,
      late: share(0.5, 0.3),
      veryLate: long ? share(0.7, 0.2) : 0,
      undated: on(0.15) ? engine.between(1, 2) : 0,
      future: on(0.15) ? engine.between(1, 3) : 0,
    },
    server: {
      secondBounds: on(0.25),
      fromExclusive: on(0.25),
      toExclusive: on(0.25),
      pageCap: pages,
      pageFixed: pages === undefined && on(0.07) ? engine.pick([12, 20]) : undefined,
      descending,
      shuffleTies: on(0.4),
      repeatLastPage: on(0.1),
      deepest: dense > 0 && on(0.2) ? pageSize * 6 : undefined,
      profiles: on(0.5),
      shownMs: undefined,
    },
    answers: {
      slow: share(0.4, 0.2),
      hang: share(0.2, 0.03),
      reset: share(0.4, 0.1),
      lost: share(0.4, 0.1),
      status: share(0.4, 0.15),
      throttle: share(0.4, 0.15),
      errorInSuccess: share(0.3, 0.1),
      truncated: share(0.3, 0.1),
      page: share(0.2, 0.05),
      cut: share(0.15, 0.1),
      empty: share(0.15, 0.1),
      lag: share(0.15, 0.15),
      refusals: on(0.15) ? 1 : 0,
      outages: on(0.25) ? engine.between(1, 2) : 0,
    },
    store: {
      fails: share(0.5, 0.1),
      answerLost: share(0.5, 0.1),
      slow: share(0.4, 0.1),
      full: on(0.1) ? 1 : 0,
    },
    sinks: {
      fails: share(0.5, 0.15),
      answerLost: share(0.5, 0.15),
      slow: share(0.4, 0.1),
      full: on(0.1) ? 1 : 0,
      again: share(0.4, 0.2),
      poison: on(0.3) ? engine.pick([5, 17]) : 0,
      outages: on(long ? 0.8 : 0.25) ? 1 : 0,
    },
    process: {
      kills: on(0.6) ? engine.between(1, 6) : 0,
      pauses: on(0.25) ? engine.between(1, 2) : 0,
      jumps: on(long ? 0.6 : 0.2) ? engine.between(1, 2) : 0,
      skewMs: on(0.3) ? engine.between(-90_000, 90_000) : 0,
      two: on(0.2),
      changes: on(0.3),
    },
  };
}
