import type { Answer, Entry } from '../event/entry.ts';
import { ceilSecond, type Nanos, SECOND, type Span } from '../event/span.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import type { AnswerEvidence } from '../journal/types.ts';
import { hasCode } from '../runtime/errors.ts';
import type { AuditLogApi, Priority, Search } from '../source/api.ts';
import { type AnswerSize, LEAST_PER_PAGE, MAX_ANSWER_BYTES } from './answer-size.ts';
import type { PageSize } from './page-size.ts';

/** One question: everything of `[from, to]`, narrowed by what a dense second needs. */
export interface Question {
  /** Lower bound; what the server makes of it (inclusive or not, seconds or not) is tolerated by who asks. */
  readonly from: Nanos;
  /** Upper bound, sent as the next whole second. */
  readonly to: Nanos;
  /** From 1. Default 1. */
  readonly page?: number;
  /**
   * Entries a page. Default {@link Asker.perPage}. Has to be given for pages behind the first: their numbers mean
   * something for one page size only.
   */
  readonly perPage?: number;
  readonly success?: boolean;
  readonly operation?: number;
}

/** An answer with what page sizes tell of it. */
export interface Reply extends Answer {
  /** Whether more may follow behind it. */
  readonly full: boolean;
  /** Bounds as sent. */
  readonly asked: readonly [string, string];
  /** Entries a page as asked for. */
  readonly perPage: number;
}

/** The lowest and highest instants that RFC 3339 can name; bounds are held inside. */
const MIN_BOUND = -62135596800n * SECOND;
const MAX_BOUND = 253402300799n * SECOND;

/**
 * Asks the API for one walker: widest page that the answers allow, and the question whether a page was the last
 * one answered from the sizes seen so far.
 */
export class Asker {
  readonly #api: AuditLogApi;
  readonly #pages: PageSize;
  readonly #priority: Priority;
  readonly #size: AnswerSize;

  constructor(api: AuditLogApi, pages: PageSize, priority: Priority, size: AnswerSize) {
    this.#api = api;
    this.#pages = pages;
    this.#priority = priority;
    this.#size = size;
  }

  /** Entries a page that are asked for now: fewer where entries are large. */
  get perPage(): number {
    return this.#size.perPage;
  }

  /** The most that a {@link Question.perPage} should be. */
  get perDensePage(): number {
    return this.#size.perDensePage;
  }

  /** What the next answer probably holds, bytes. */
  get expectedBytes(): number {
    return this.#size.expectedBytes;
  }

  /**
   * Throws what {@link AuditLogApi.search} throws. A first page that is too large is asked for in halves down to 1;
   * {@link Reply.perPage} says how it ended.
   */
  async ask(question: Question, signal: AbortSignal): Promise<Reply> {
    const { page = 1 } = question;
    let perPage = Math.max(1, question.perPage ?? this.perPage);
    for (;;) {
      try {
        return await this.#askOnce(question, perPage, signal);
      } catch (error) {
        if (!hasCode(error, 'source.too_large') || perPage === 1 || page > 1) throw error;
        this.#size.tooLarge(perPage);
        perPage = Math.ceil(perPage / 2);
        // Another walker may have learnt more.
        if (question.perPage === undefined) perPage = Math.min(perPage, Math.max(this.perPage, 1));
      }
    }
  }

  async #askOnce(question: Question, perPage: number, signal: AbortSignal): Promise<Reply> {
    const search = toSearch(question, perPage);
    // Where not less can be asked for, the client's own bound is all there is.
    const isBounded = question.perPage === undefined && perPage > LEAST_PER_PAGE;
    const bounded = isBounded ? { ...search, maxBytes: MAX_ANSWER_BYTES } : search;
    const answer = await this.#api.search(bounded, this.#priority, signal);
    const count = answer.entries.length;
    this.#size.observe(count, bytesOf(answer.entries));
    let size = this.#pages.judge(count, perPage);
    if (size === 'unknown') {
      size = (await this.#hasNext(answer, search, signal)) ? 'full' : 'short';
    }
    this.#pages.observe(count);
    return { ...answer, full: size === 'full', asked: [search.from, search.to], perPage };
  }

  /** Whether the page behind `answer` shows more. A page that is refused may: that proves nothing wrongly. */
  async #hasNext(answer: Answer, search: Search, signal: AbortSignal): Promise<boolean> {
    try {
      const next = await this.#api.search({ ...search, page: search.page + 1 }, this.#priority, signal);
      this.#pages.observe(next.entries.length);
      return addsTo(answer.entries, next.entries);
    } catch (error) {
      if (hasCode(error, 'source.page_refused')) return true;
      throw error;
    }
  }
}

/** Evidence of `reply` for the segment header. */
export function evidenceOf(reply: Reply, proven: Span | undefined): AnswerEvidence {
  return { asked: reply.asked, proven, count: reply.entries.length, requestId: reply.requestId };
}

function toSearch(question: Question, perPage: number): Search {
  const search: { -readonly [K in keyof Search]: Search[K] } = {
    from: formatTimestamp(clamp(question.from)),
    to: formatTimestamp(clamp(ceilSecond(question.to))),
    page: question.page ?? 1,
    perPage,
  };
  if (question.success !== undefined) search.success = question.success;
  if (question.operation !== undefined) search.operation = question.operation;
  return search;
}

function clamp(at: Nanos): Nanos {
  if (at < MIN_BOUND) return MIN_BOUND;
  return at > MAX_BOUND ? MAX_BOUND : at;
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.size;
  return bytes;
}

/** A server that ignores `page` repeats itself: only other entries show that there is a second page. */
function addsTo(first: readonly Entry[], second: readonly Entry[]): boolean {
  const seen = new Set(first.map((entry) => entry.baseId));
  return second.some((entry) => !seen.has(entry.baseId));
}
