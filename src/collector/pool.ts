import { earlier, floorSecond, type Nanos, SECOND, type Span } from '../event/span.ts';
import type { Anchor } from './judge.ts';
import type { Tally } from './piece.ts';
import { type WalkDeps, Walker, type WalkTask } from './walker.ts';

/** A span that could not be proven, and why: it stays uncovered. */
export interface Hole {
  readonly span: Span;
  /** `unanchored`: what was known is not shown any more. `unreadable`: a second is too dense for the API's pages. */
  readonly reason: 'unanchored' | 'unreadable';
}

/** What a pool reads. */
export interface PoolTask {
  /** Spans to prove, ascending. */
  readonly spans: readonly Span[];
  /** How many walkers run at once. */
  readonly walkers: number;
  /** What is known before a span. */
  readonly anchorBefore: (at: Nanos) => Promise<Anchor | undefined>;
  readonly tally: Tally;
  /** Entries of a full answer, to tell what is worth sharing. */
  readonly pageSize: () => number;
}

/** Answers that must be left in a walk before another walker takes half of it: sharing costs half an answer. */
const WORTH_SHARING = 2;

/** A walk shorter than this is not shared before its density is known. */
const MIN_UNKNOWN: Nanos = 3600n * SECOND;

/**
 * Reads spans with several walkers at once, newest first. One that has nothing to do takes half of the largest rest,
 * so that requests stay in flight until the end. Rejects when a walk does.
 */
export async function readSpans(task: PoolTask, deps: WalkDeps, signal: AbortSignal): Promise<Hole[]> {
  const pool = new Pool(task, deps);
  return pool.run(signal);
}

class Pool {
  readonly #task: PoolTask;
  readonly #deps: WalkDeps;
  readonly #open: { span: Span; laneEnd: Nanos; first: boolean }[] = [];
  readonly #active = new Set<Walker>();
  readonly #holes: Hole[] = [];
  readonly #ends = new Map<Walker, Nanos>();
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(task: PoolTask, deps: WalkDeps) {
    this.#task = task;
    this.#deps = {
      ...deps,
      onProven: (span, entries) => {
        deps.onProven?.(span, entries);
        this.#wake();
      },
    };
    for (const lane of task.spans) {
      splitLane(lane, task.walkers).forEach((span, i) => {
        this.#open.push({ span, laneEnd: lane.to, first: i === 0 });
      });
    }
  }

  async run(signal: AbortSignal): Promise<Hole[]> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const workers = Array.from({ length: this.#task.walkers }, () => this.#work(both));
    const results = await Promise.allSettled(
      workers.map((worker) =>
        worker.catch((error: unknown) => {
          stop.abort(error);
          this.#wake();
          throw error;
        }),
      ),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return this.#holes;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const next = this.#open.pop() ?? this.#share();
      if (next !== undefined) await this.#walk(next.span, next.laneEnd, next.first, signal);
      else if (this.#active.size === 0) return;
      else await this.#changed.promise;
    }
  }

  async #walk(span: Span, laneEnd: Nanos, first: boolean, signal: AbortSignal): Promise<void> {
    const { tally } = this.#task;
    const task: WalkTask = {
      span,
      laneEnd,
      anchor: first ? await this.#task.anchorBefore(span.from) : undefined,
      confirmEnd: true,
      kind: 'backfill',
      tally,
    };
    const walker = new Walker(task, this.#deps);
    this.#active.add(walker);
    this.#ends.set(walker, laneEnd);
    try {
      const end = await walker.walk(signal);
      if (end.kind === 'unanchored') this.#holes.push({ span: end.rest, reason: 'unanchored' });
      if (end.kind === 'unreadable') this.#skip(end.second, walker, laneEnd);
    } finally {
      this.#active.delete(walker);
      this.#ends.delete(walker);
      this.#wake();
    }
  }

  /** Leaves a second as a hole and goes on behind it. */
  #skip(second: Nanos, walker: Walker, laneEnd: Nanos): void {
    const rest = walker.rest!;
    const behind = second + SECOND;
    this.#holes.push({
      span: { from: rest.from, to: earlier(behind, rest.to) },
      reason: 'unreadable',
    });
    if (behind < rest.to) this.#open.push({ span: { from: behind, to: rest.to }, laneEnd, first: false });
  }

  /** Half of the largest rest, when there is one worth sharing and the rate limit would let more requests through. */
  #share(): { span: Span; laneEnd: Nanos; first: boolean } | undefined {
    if (this.#deps.waiting() > 0) return undefined;
    let largest: Walker | undefined;
    let most = 0;
    for (const walker of this.#active) {
      const weight = this.#weight(walker);
      if (weight > most) {
        most = weight;
        largest = walker;
      }
    }
    const span = largest?.giveAway();
    return span === undefined ? undefined : { span, laneEnd: this.#ends.get(largest!)!, first: false };
  }

  /** How much another walker could take over; 0 when sharing is not worth it. */
  #weight(walker: Walker): number {
    const { rest, expectedEntries } = walker;
    if (rest === undefined) return 0;
    if (expectedEntries === undefined) return 0;
    return expectedEntries > WORTH_SHARING * Math.max(this.#task.pageSize(), 1) ? expectedEntries : 0;
  }
}

/** Cuts a lane into equal parts for `walkers`, none shorter than an hour, at whole seconds. */
function splitLane(lane: Span, walkers: number): Span[] {
  const hours = (lane.to - lane.from) / MIN_UNKNOWN;
  const parts = BigInt(Math.max(1, Math.min(walkers, Number(hours > 1000n ? 1000n : hours))));
  const result: Span[] = [];
  let from = lane.from;
  for (let i = 1n; i <= parts; i++) {
    const to = i === parts ? lane.to : floorSecond(lane.from + ((lane.to - lane.from) * i) / parts);
    if (to > from) result.push({ from, to });
    from = to;
  }
  return result;
}
