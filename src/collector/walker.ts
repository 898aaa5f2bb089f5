import {
  earlier,
  floorSecond,
  fromMs,
  later,
  MICROSECOND,
  type Nanos,
  SECOND,
  type Span,
} from '../event/span.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { AnswerRoom } from './answer-room.ts';
import { type Asker, evidenceOf, type Reply } from './asker.ts';
import { type Partition, readDense } from './dense.ts';
import { type Anchor, copiesAt, type EndMark, judge, type Verdict } from './judge.ts';
import type { LowerBounds } from './lower-bounds.ts';
import type { Piece, SubmitPiece, Tally } from './piece.ts';

/** Requests that step back for a lost anchor before the walker gives up; each waits and reaches back twice as far. */
const ANCHOR_TRIES = 5;

/** What a walker is to read. */
export interface WalkTask {
  /** What to prove. Another walker may take the end of it: see {@link Walker.giveAway}. */
  readonly span: Span;
  /** End of the lane that the span is cut from: requests ask up to there, so that inner ends need no short answer. */
  readonly laneEnd: Nanos;
  /** Entries known before the span, over which coverage reaches without a hole. */
  readonly anchor: Anchor | undefined;
  /** Whether the end of the span has to be confirmed by a second answer. */
  readonly confirmEnd: boolean;
  readonly kind: Piece['kind'];
  readonly tally: Tally;
}

/** What walkers share. */
export interface WalkDeps {
  readonly asker: Asker;
  /** Shared by all walkers of the source. */
  readonly room: AnswerRoom;
  readonly submit: SubmitPiece;
  readonly clock: Clock;
  readonly log: Log;
  readonly settleMs: number;
  readonly partition: Partition;
  /** Learnt by all walkers together. */
  readonly lowerBounds: LowerBounds;
  /** Searches that wait for the rate limit. */
  readonly waiting: () => number;
  /** Told of each span that was proven, for progress. */
  readonly onProven?: (span: Span, entries: number) => void;
}

/**
 * How a walk ended. `proven`: to the end of the span. `unanchored`: the API no longer shows what was known;
 * `unreadable`: a second that cannot be read completely. Both leave `rest` uncovered.
 */
export type WalkEnd =
  | { readonly kind: 'proven' }
  | { readonly kind: 'unanchored'; readonly anchor: Anchor; readonly rest: Span }
  | { readonly kind: 'unreadable'; readonly second: Nanos };

/** Reads one span from its start to its end, and hands on what each answer proves. */
export class Walker {
  readonly #deps: WalkDeps;
  readonly #task: WalkTask;
  #from: Nanos;
  #to: Nanos;
  #anchor: Anchor | undefined;
  #pendingEnd: EndMark | undefined;
  /** Upper bound while a disordered stretch is halved. */
  #limit: Nanos | undefined;
  #stepsBack: number;
  #tight = false;
  #density: number | undefined;

  constructor(task: WalkTask, deps: WalkDeps) {
    this.#deps = deps;
    this.#task = task;
    this.#from = task.span.from;
    this.#to = task.span.to;
    this.#anchor = task.anchor;
    this.#stepsBack = deps.lowerBounds.firstStep;
  }

  /** What is left to read; undefined when nothing is. */
  get rest(): Span | undefined {
    return this.#from < this.#to ? { from: this.#from, to: this.#to } : undefined;
  }

  /** Entries that are probably left, by the density of the last answer; undefined before the first. */
  get expectedEntries(): number | undefined {
    return this.#density === undefined ? undefined : this.#density * Number(this.#to - this.#from);
  }

  /** Gives the later half of what is left to another walker. Undefined when it is shorter than two seconds. */
  giveAway(): Span | undefined {
    const middle = floorSecond(this.#from + (this.#to - this.#from) / 2n);
    if (middle <= this.#from || middle + SECOND >= this.#to) return undefined;
    const span = { from: middle, to: this.#to };
    this.#to = middle;
    return span;
  }

  /** Reads until the span is proven, or cannot be. Rejects when asking or committing fails, or on abort. */
  async walk(signal: AbortSignal): Promise<WalkEnd> {
    const { room, asker } = this.#deps;
    while (this.#from < this.#to) {
      while (!room.has(asker.expectedBytes)) await room.changed(signal);
      const leave = room.take(asker.expectedBytes);
      try {
        const end = await this.#step(signal);
        if (end !== undefined) return end;
      } finally {
        leave();
      }
    }
    return { kind: 'proven' };
  }

  /** One question, and what its answer proves. */
  async #step(signal: AbortSignal): Promise<WalkEnd | undefined> {
    if (this.#from >= this.#to) return undefined;
    const upper = this.#limit ?? later(this.#task.laneEnd, this.#to);
    const from = this.#lowerBound();
    const reply = await this.#deps.asker.ask({ from, to: upper + SECOND }, signal);
    this.#respectServerClock(reply);
    return this.#from < this.#to ? this.#act(this.#judge(reply), reply, signal) : undefined;
  }

  /** Nothing younger than settle is read by the server's clock either. */
  #respectServerClock(reply: Reply): void {
    if (reply.serverMs === undefined) return;
    const limit = floorSecond(fromMs(reply.serverMs - this.#deps.settleMs));
    if (limit < this.#to) this.#to = limit;
  }

  #lowerBound(): Nanos {
    if (this.#anchor === undefined) {
      return this.#tight ? justBefore(this.#from) : floorSecond(this.#from) - SECOND;
    }
    if (this.#stepsBack === 0) return justBefore(this.#anchor.at);
    return floorSecond(this.#anchor.at) - SECOND * (1n << BigInt(this.#stepsBack - 1));
  }

  #judge(reply: Reply): Verdict {
    const to = this.#limit !== undefined && this.#limit < this.#to ? this.#limit : this.#to;
    return judge({
      span: { from: this.#from, to },
      anchor: this.#anchor,
      entries: reply.entries,
      full: reply.full,
      confirmEnd: this.#task.confirmEnd,
      pendingEnd: this.#pendingEnd,
    });
  }

  async #act(verdict: Verdict, reply: Reply, signal: AbortSignal): Promise<WalkEnd | undefined> {
    switch (verdict.kind) {
      case 'proven':
        await this.#advance(verdict, reply);
        return undefined;
      case 'unanchored':
        return this.#stepBack(signal);
      case 'disordered':
        return this.#halve(signal);
      case 'stuck':
        if (this.#moveAnchor(reply)) return undefined;
        return this.#readDense(signal);
    }
  }

  async #advance(verdict: Verdict & { kind: 'proven' }, reply: Reply): Promise<void> {
    const proven = { from: this.#from, to: verdict.upTo };
    this.#from = verdict.upTo;
    this.#anchor = verdict.anchor;
    this.#pendingEnd = verdict.pendingEnd;
    this.#deps.lowerBounds.foundAfter(this.#stepsBack);
    this.#stepsBack = this.#deps.lowerBounds.firstStep;
    this.#tight = false;
    if (this.#limit !== undefined && this.#from >= this.#limit) this.#limit = undefined;
    const undated = reply.entries.filter((entry) => entry.at === undefined);
    const proves = proven.from < proven.to;
    if (!proves && undated.length === 0) return reply.release?.();
    if (proves) this.#noteDensity(proven, verdict.kept.length);
    const evidence = evidenceOf(reply, proves ? proven : undefined);
    await this.#handOn(proves ? proven : undefined, verdict.kept, undated, [evidence], reply.release);
  }

  #noteDensity(span: Span, entries: number): void {
    this.#density = entries / Number(span.to - span.from);
  }

  async #handOn(
    proven: Span | undefined,
    entries: Piece['entries'],
    undated: Piece['undated'],
    evidence: Piece['evidence'],
    release?: () => void,
  ): Promise<void> {
    const { kind, tally } = this.#task;
    await this.#deps.submit({ kind, proven, entries, undated, evidence, tally, release });
    if (proven !== undefined) this.#deps.onProven?.(proven, entries.length);
  }

  async #stepBack(signal: AbortSignal): Promise<WalkEnd | undefined> {
    this.#stepsBack++;
    this.#pendingEnd = undefined;
    if (this.#stepsBack > ANCHOR_TRIES) {
      return { kind: 'unanchored', anchor: this.#anchor!, rest: { from: this.#from, to: this.#to } };
    }
    if (this.#stepsBack > 1) await this.#deps.clock.sleep(500 * 2 ** this.#stepsBack, signal);
    return undefined;
  }

  /** A full answer in another order proves nothing: a shorter stretch may fit one answer. */
  async #halve(signal: AbortSignal): Promise<WalkEnd | undefined> {
    const end = this.#limit ?? this.#to;
    const middle = floorSecond(this.#from + (end - this.#from) / 2n);
    if (middle <= this.#from) return this.#readDense(signal);
    this.#limit = middle;
    return undefined;
  }

  /**
   * A full answer that ends before the span: what it shows behind the anchor moves the anchor, so that the next
   * request starts later. False when nothing can be moved.
   */
  #moveAnchor(reply: Reply): boolean {
    if (this.#anchor === undefined) {
      if (this.#tight) return false;
      this.#tight = true;
      return true;
    }
    let last: Nanos | undefined;
    for (const { at } of reply.entries) {
      if (at === undefined) continue;
      if (last !== undefined && at < last) return false;
      last = at;
    }
    if (last === undefined || last >= this.#from || last <= this.#anchor.at) return false;
    this.#anchor = { at: last, ids: copiesAt(reply.entries, last) };
    this.#stepsBack = this.#deps.lowerBounds.firstStep;
    return true;
  }

  async #readDense(signal: AbortSignal): Promise<WalkEnd | undefined> {
    const second = floorSecond(this.#from);
    const { asker, partition, log } = this.#deps;
    const upper = later(this.#task.laneEnd, this.#to);
    const task = { second, upper: upper + SECOND, anchor: this.#anchor, partition };
    const reading = await readDense(asker, task, signal);
    if (reading === undefined) return { kind: 'unreadable', second };
    log.debug({ second: second.toString(), entries: reading.entries.length }, 'read a dense second by pages');
    const to = earlier(reading.upTo, this.#to);
    const from = this.#from;
    const kept = reading.entries.filter((entry) => entry.at! >= from && entry.at! < to);
    this.#from = to;
    this.#anchor = reading.anchor;
    this.#pendingEnd = undefined;
    this.#stepsBack = this.#deps.lowerBounds.firstStep;
    this.#tight = true;
    // No page of it proves anything by itself; the last one stands for all: retention goes by proven spans.
    const evidence = reading.evidence.with(-1, { ...reading.evidence.at(-1)!, proven: { from, to } });
    await this.#handOn({ from, to }, kept, reading.undated, evidence);
    return undefined;
  }
}

/** One microsecond before `at`, on a whole microsecond: what the documented API can express. */
function justBefore(at: Nanos): Nanos {
  const rest = at % MICROSECOND;
  return at - (rest < 0n ? rest + MICROSECOND : rest) - MICROSECOND;
}
