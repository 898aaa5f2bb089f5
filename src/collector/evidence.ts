import { earlier, later } from '../event/span.ts';
import type { AnswerEvidence } from '../journal/types.ts';

/** Answers kept for the next segment while nothing is written. */
const MAX_KEPT = 64;

/**
 * Answers that proved spans without entries, until a segment puts them on record. An idle hour would gather
 * hundreds: beyond a bound, two neighbours that prove touching spans become one, with their counts added.
 */
export class Evidence {
  #kept: AnswerEvidence[] = [];

  add(answers: readonly AnswerEvidence[]): void {
    for (const answer of answers) this.#add(answer);
  }

  /** Everything gathered, once. */
  take(): readonly AnswerEvidence[] {
    const taken = this.#kept;
    this.#kept = [];
    return taken;
  }

  #add(answer: AnswerEvidence): void {
    const last = this.#kept.at(-1);
    if (this.#kept.length >= MAX_KEPT && last !== undefined) {
      this.#kept[this.#kept.length - 1] = merge(last, answer);
    } else {
      this.#kept.push(answer);
    }
  }
}

/** Touching or overlapping proofs become one; otherwise the newer answer stands for itself. */
function merge(a: AnswerEvidence, b: AnswerEvidence): AnswerEvidence {
  const touch =
    a.proven !== undefined &&
    b.proven !== undefined &&
    a.proven.from <= b.proven.to &&
    b.proven.from <= a.proven.to;
  if (!touch) return b;
  const from = earlier(a.proven!.from, b.proven!.from);
  const to = later(a.proven!.to, b.proven!.to);
  return {
    asked: [a.asked[0], b.asked[1]],
    proven: { from, to },
    count: a.count + b.count,
    requestId: b.requestId,
  };
}
