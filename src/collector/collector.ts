import type { SourceConfig } from '../config/types.ts';
import { earlier, type Nanos, type Span } from '../event/span.ts';
import { intersectSpans, type SpanSet, subtractSpans, unionSpans } from '../event/span-set.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import type { Journal, SegmentLease } from '../journal/types.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { AuditLogApi, Priority, Search } from '../source/api.ts';
import { AnswerRoom } from './answer-room.ts';
import { AnswerSize } from './answer-size.ts';
import { Asker } from './asker.ts';
import { Committer, type WriteSegment } from './committer.ts';
import type { Partition } from './dense.ts';
import type { Anchor } from './judge.ts';
import { KnownEntries } from './known.ts';
import { findWayOn } from './lost-anchor.ts';
import { LowerBounds } from './lower-bounds.ts';
import { PageSize } from './page-size.ts';
import { partitionOf } from './partition.ts';
import { newTally, type Tally } from './piece.ts';
import { type LivePlan, planBackfill, planLive, settledEnd } from './plan.ts';
import { type Hole, readSpans } from './pool.ts';
import { RereadBudget } from './reread-budget.ts';
import { ServerClock } from './server-clock.ts';
import { type WalkDeps, type WalkEnd, Walker } from './walker.ts';

/** An uncovered span that could not be read is tried again after this, milliseconds. */
const HOLE_PAUSE_MS = 3_600_000;

/** A heartbeat is written when nothing else was for this long, milliseconds. */
const HEARTBEAT_MS = 3_600_000;

/** Walks in a row that lose their anchor before another way on is looked for. */
const LOST_WALKS = 2;

/** What a collector works with. */
export interface CollectorDeps {
  readonly source: SourceConfig;
  readonly api: AuditLogApi;
  readonly journal: Journal;
  /** Where the source begins: the genesis start, or an earlier `start` of today's config. */
  readonly start: Nanos;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Holds the local clock against the server's. Default: one of its own. */
  readonly serverClock?: ServerClock;
  /** Runs a write to the journal until it succeeds. */
  readonly retry: (write: WriteSegment) => Promise<SegmentLease | undefined>;
}

/** Told of progress: a span that was proven, with its entries. */
export type OnProven = (span: Span, entries: number) => void;

/** What one piece of work came to. */
export interface WorkReport extends Tally {
  /** Requests answered. */
  readonly requests: number;
  /** Spans that stay uncovered. */
  readonly holes: readonly Hole[];
}

/** Reads one source into its journal. One poll at a time; backfill and reconcile may run beside it. */
export class Collector {
  readonly #deps: CollectorDeps;
  readonly #pages: PageSize;
  readonly #answerSize: AnswerSize;
  readonly #answerRoom = new AnswerRoom();
  readonly #known: KnownEntries;
  readonly #committer: Committer;
  readonly #partition: Partition;
  readonly #budget: RereadBudget;
  readonly #serverClock: ServerClock;
  readonly #lowerBounds = new LowerBounds();
  #rereadTo: Nanos | undefined;
  #lostWalks = 0;
  #heartbeatMs: number;
  #holes: { readonly hole: Hole; readonly untilMs: number }[] = [];

  constructor(deps: CollectorDeps) {
    const { source, journal, log, metrics, retry } = deps;
    this.#deps = deps;
    this.#pages = new PageSize(journal.head.largestPage);
    this.#answerSize = new AnswerSize(source.pageSize);
    this.#known = new KnownEntries(journal);
    this.#committer = new Committer({
      journal,
      known: this.#known,
      pages: this.#pages,
      overlapMs: source.overlapMs,
      log,
      metrics,
      retry,
    });
    this.#partition = partitionOf(source.filter);
    this.#budget = new RereadBudget(source.requestsPerSecond);
    this.#serverClock = deps.serverClock ?? new ServerClock(deps.clock);
    this.#heartbeatMs = Date.parse(journal.head.written);
  }

  /** All spans that are read, in memory or on record. */
  get coverage(): SpanSet {
    return this.#committer.coverage;
  }

  /** What backfill has to read now; spans that could not be read lately are left out. */
  get backlog(): SpanSet {
    const { journal, start, clock, source } = this.#deps;
    const now = clock.monotonicMs();
    this.#holes = this.#holes.filter(({ untilMs }) => untilMs > now);
    const skipped = unionSpans(
      journal.head.gaps,
      this.#holes.map(({ hole }) => hole.span),
    );
    const settled = settledEnd(this.#serverClock.nowMs(), source.settleMs);
    return planBackfill({ start, settled, coverage: this.coverage, gaps: skipped });
  }

  /** Wall clock that may decide what is old enough to be removed, milliseconds; undefined before the first answer. */
  get trustedNowMs(): number | undefined {
    return this.#serverClock.trustedMs();
  }

  /** Spans that could not be read when last tried. */
  get holes(): readonly Hole[] {
    return this.#holes.map(({ hole }) => hole);
  }

  /** Reads what is new, and the overlap behind it. */
  async poll(signal: AbortSignal, onProven?: OnProven): Promise<WorkReport> {
    const { journal, source, start, clock } = this.#deps;
    const plan = planLive({
      nowMs: this.#serverClock.nowMs(),
      settleMs: source.settleMs,
      overlapMs: source.overlapMs,
      start,
      coverage: this.coverage,
      gaps: journal.head.gaps,
      rereadTo: this.#rereadTo,
      mayReread: this.#budget.allows(clock.monotonicMs()),
    });
    if (plan === undefined) return { ...newTally(), requests: 0, holes: [] };
    const work = this.#startWork('live', onProven);
    const anchor = await this.#known.anchorBefore(plan.span.from, this.coverage);
    const end = await this.#walkLive(plan, anchor, work.deps, work.tally, signal);
    await this.#committer.flush();
    if (plan.span.from < plan.newFrom && end.kind === 'proven') {
      this.#rereadTo = plan.newFrom;
      this.#budget.spent(work.requests() - 1, clock.monotonicMs());
    }
    await this.#heartbeat();
    return { ...work.tally, requests: work.requests(), holes: this.#holesOf(end) };
  }

  /** Reads everything that is uncovered in the past; with `spans`, what is uncovered of those. */
  async backfill(signal: AbortSignal, onProven?: OnProven, spans?: SpanSet): Promise<WorkReport> {
    const settled = {
      from: -(1n << 80n),
      to: settledEnd(this.#serverClock.nowMs(), this.#deps.source.settleMs),
    };
    const asked = spans === undefined ? this.backlog : intersectSpans(settled, spans);
    const todo = asked.flatMap((span) => subtractSpans(span, this.coverage));
    return this.#read(todo, walkersFor(this.#deps.source.requestsPerSecond), signal, onProven);
  }

  /** Reads the covered part of `spans` again and adds what is missing. */
  async reconcile(spans: SpanSet, signal: AbortSignal, onProven?: OnProven): Promise<WorkReport> {
    const trimmed = this.#deps.journal.trimmed?.spans ?? [];
    const todo = spans
      .flatMap((span) => intersectSpans(span, this.coverage))
      .flatMap((span) => subtractSpans(span, trimmed));
    return this.#read(todo, walkersFor(this.#deps.source.requestsPerSecond / 2), signal, onProven);
  }

  /** Entries that the API shows with a time in the future: read when they are due. */
  async futureEntries(signal: AbortSignal): Promise<number> {
    const work = this.#startWork('background');
    const from = settledEnd(this.#serverClock.nowMs(), 0);
    const reply = await work.deps.asker.ask({ from, to: 1n << 80n }, signal);
    return reply.entries.filter(({ at }) => at !== undefined && at > from + FUTURE_TOLERANCE).length;
  }

  /** Puts on record what was proven empty since the last segment, if it is worth a segment. For the end of a run. */
  async close(): Promise<void> {
    await this.#committer.flush();
    await this.#heartbeat();
  }

  async #read(
    spans: SpanSet,
    walkers: number,
    signal: AbortSignal,
    onProven: OnProven | undefined,
  ): Promise<WorkReport> {
    const work = this.#startWork('background', onProven);
    const holes = await readSpans(
      {
        spans,
        walkers,
        anchorBefore: (at) => this.#known.anchorBefore(at, this.coverage),
        tally: work.tally,
        pageSize: () => Math.min(this.#pages.largest, this.#answerSize.perPage),
      },
      work.deps,
      signal,
    );
    await this.#committer.record('backfill');
    this.#remember(holes);
    return { ...work.tally, requests: work.requests(), holes };
  }

  #startWork(
    priority: Priority,
    onProven?: OnProven,
  ): { deps: WalkDeps; tally: Tally; requests: () => number } {
    const { api, source, clock, log } = this.#deps;
    let requests = 0;
    const counting: AuditLogApi = {
      get waiting() {
        return api.waiting;
      },
      search: async (search: Search, who: Priority, signal: AbortSignal) => {
        requests++;
        const answer = await api.search(search, who, signal);
        this.#serverClock.observe(answer.serverMs);
        return answer;
      },
    };
    const deps: WalkDeps = {
      asker: new Asker(counting, this.#pages, priority, this.#answerSize),
      // A poll never waits for the room of history.
      room: priority === 'live' ? new AnswerRoom() : this.#answerRoom,
      submit: (piece) => this.#committer.submit(piece),
      clock,
      log,
      settleMs: source.settleMs,
      partition: this.#partition,
      lowerBounds: this.#lowerBounds,
      waiting: () => api.waiting,
      ...(onProven === undefined ? {} : { onProven }),
    };
    return { deps, tally: newTally(), requests: () => requests };
  }

  async #walkLive(
    plan: LivePlan,
    anchor: Anchor | undefined,
    deps: WalkDeps,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<WalkEnd> {
    const { span, confirmEnd } = plan;
    const task = { span, laneEnd: span.to, anchor, confirmEnd, kind: 'live', tally } as const;
    let end = await new Walker(task, deps).walk(signal);
    if (end.kind !== 'unanchored') {
      this.#lostWalks = 0;
      return end;
    }
    if (++this.#lostWalks < LOST_WALKS) return end;
    end = await this.#goOnWithout(end.anchor, plan, deps, tally, signal);
    if (end.kind === 'proven') this.#lostWalks = 0;
    return end;
  }

  /** The anchor is gone for good, it seems: go on from what the API still shows, and say so. */
  async #goOnWithout(
    lost: Anchor,
    plan: LivePlan,
    deps: WalkDeps,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<WalkEnd> {
    const { log, metrics, source } = this.#deps;
    await this.#committer.flush();
    const way = await findWayOn(lost, deps.asker, this.#known, this.coverage, signal);
    metrics.count('clarifai_siem_lost_anchors_total', { source: source.id, way: way.kind });
    const since = formatTimestamp(lost.at);
    if (way.kind === 'wait') {
      log.error(
        { since },
        `the API no longer shows the entries it showed at ${since}, nor any older ones: waiting for it`,
      );
      return { kind: 'unanchored', anchor: lost, rest: plan.span };
    }
    if (way.kind === 'gap' && way.oldest > plan.newFrom) {
      const to = earlier(way.oldest, plan.span.to);
      log.error(
        { from: formatTimestamp(plan.newFrom), to: formatTimestamp(to) },
        'possible gap: the API no longer shows entries this old (its retention is shorter than the outage)',
      );
      await this.#committer.recordGap({ from: plan.newFrom, to });
      if (to === plan.span.to) return { kind: 'proven' };
      const span = { from: to, to: plan.span.to };
      return this.#walkOn({ ...plan, span, newFrom: to, confirmEnd: true }, undefined, deps, tally, signal);
    }
    log.error(
      { since },
      `the API no longer shows the entries it showed at ${since}: reading on from what it shows`,
    );
    const anchor = way.kind === 'older' ? way.anchor : undefined;
    return this.#walkOn({ ...plan, confirmEnd: true }, anchor, deps, tally, signal);
  }

  #walkOn(
    plan: LivePlan,
    anchor: Anchor | undefined,
    deps: WalkDeps,
    tally: Tally,
    signal: AbortSignal,
  ): Promise<WalkEnd> {
    const { span, confirmEnd } = plan;
    return new Walker({ span, laneEnd: span.to, anchor, confirmEnd, kind: 'live', tally }, deps).walk(signal);
  }

  #holesOf(end: WalkEnd): Hole[] {
    if (end.kind === 'proven') return [];
    if (end.kind === 'unanchored') return [{ span: end.rest, reason: 'unanchored' }];
    const hole: Hole = { span: { from: end.second, to: end.second + 1_000_000_000n }, reason: 'unreadable' };
    this.#remember([hole]);
    return [hole];
  }

  #remember(holes: readonly Hole[]): void {
    const { clock, log, metrics, source } = this.#deps;
    const untilMs = clock.monotonicMs() + HOLE_PAUSE_MS;
    for (const hole of holes) {
      this.#holes.push({ hole, untilMs });
      metrics.count('clarifai_siem_holes_total', { source: source.id, reason: hole.reason });
      log.error(
        { from: formatTimestamp(hole.span.from), to: formatTimestamp(hole.span.to), reason: hole.reason },
        'a span could not be read completely and stays uncovered: it is tried again in an hour',
      );
    }
  }

  async #heartbeat(): Promise<void> {
    const { clock, journal } = this.#deps;
    this.#heartbeatMs = Math.max(this.#heartbeatMs, Date.parse(journal.head.written));
    if (clock.nowMs() - this.#heartbeatMs < HEARTBEAT_MS) return;
    if (await this.#committer.record('heartbeat', 1n)) this.#heartbeatMs = clock.nowMs();
  }
}

/** Entries up to a minute ahead of our clock are skew, not the future. */
const FUTURE_TOLERANCE: Nanos = 60_000_000_000n;

/** Enough walkers to keep the rate up at about 500 ms a request; each may hold an answer that waits. */
function walkersFor(requestsPerSecond: number): number {
  return Math.min(8, Math.max(1, Math.ceil(requestsPerSecond * 0.5)));
}
