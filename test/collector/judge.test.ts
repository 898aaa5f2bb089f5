import { describe, expect, it } from 'vitest';
import { type Anchor, judge, type Reading } from '../../src/collector/judge.ts';
import type { Entry } from '../../src/event/entry.ts';

const entry = (at: number, baseId = `e${at}`): Entry => ({
  at: BigInt(at),
  baseId,
  bytes: Buffer.from('{}'),
  size: 2,
  utf8: true,
});
const read = (over: Partial<Reading> & { entries: Entry[] }): ReturnType<typeof judge> =>
  judge({
    span: { from: 100n, to: 200n },
    anchor: undefined,
    full: false,
    confirmEnd: false,
    pendingEnd: undefined,
    ...over,
  });
const anchor = (at: number, ...ids: string[]): Anchor => ({
  at: BigInt(at),
  ids: new Map(ids.map((id) => [id, ids.filter((each) => each === id).length])),
});
const ids = (verdict: ReturnType<typeof judge>): string[] =>
  verdict.kind === 'proven' ? verdict.kept.map((each) => each.baseId) : [];

describe('judge', () => {
  it('takes a full ascending answer as proof of everything before its last instant', () => {
    const verdict = read({ entries: [entry(110), entry(150, 'a'), entry(150, 'b')], full: true });
    expect(verdict).toMatchObject({ kind: 'proven', upTo: 150n, pendingEnd: undefined });
    expect(ids(verdict)).toEqual(['e110']);
    expect(verdict.kind === 'proven' && verdict.anchor).toEqual(anchor(150, 'a', 'b'));
  });

  it('takes a short answer as proof of the rest, where the overlap reads its end again', () => {
    const verdict = read({ entries: [entry(99), entry(110), entry(199), entry(201)] });
    expect(verdict).toMatchObject({ kind: 'proven', upTo: 200n });
    expect(ids(verdict)).toEqual(['e110', 'e199']);
  });

  it('drops what lies outside the span', () => {
    expect(ids(read({ entries: [entry(50), entry(100), entry(200)] }))).toEqual(['e100']);
  });

  it('takes an answer that goes beyond the span as proof of all of it, full or short', () => {
    for (const full of [true, false]) {
      const verdict = read({ entries: [entry(110), entry(205)], full, confirmEnd: true });
      expect(verdict).toMatchObject({ kind: 'proven', upTo: 200n, pendingEnd: undefined });
    }
  });

  it('proves nothing when an entry known before is not in the answer', () => {
    expect(read({ anchor: anchor(90, 'x'), entries: [entry(110)] }).kind).toBe('unanchored');
    expect(read({ anchor: anchor(90, 'x'), entries: [entry(90, 'x'), entry(110)] }).kind).toBe('proven');
    expect(read({ anchor: anchor(90, 'x'), entries: [] }).kind).toBe('unanchored');
  });

  it('counts twins of the anchor', () => {
    const twins = anchor(90, 'x', 'x');
    expect(read({ anchor: twins, entries: [entry(90, 'x')] }).kind).toBe('unanchored');
    expect(read({ anchor: twins, entries: [entry(90, 'x'), entry(90, 'x')] }).kind).toBe('proven');
  });

  it('is stuck on a full answer that does not get beyond the start, before it asks for the anchor', () => {
    const entries = [entry(100, 'a'), entry(100, 'b')];
    expect(read({ entries, full: true, anchor: anchor(100, 'z') }).kind).toBe('stuck');
    expect(read({ entries: [entry(80)], full: true }).kind).toBe('stuck');
    expect(read({ entries: [], full: true }).kind).toBe('stuck');
  });

  it('fault 34: takes a full answer in another order as no proof, and a short one as proof of its span', () => {
    const entries = [entry(150), entry(110)];
    expect(read({ entries, full: true }).kind).toBe('disordered');
    const verdict = read({ entries });
    expect(verdict).toMatchObject({ kind: 'proven', upTo: 200n });
    expect(ids(verdict)).toEqual(['e110', 'e150']);
  });

  it('fault 37: believes the end of a long span only when a second answer ends the same', () => {
    const first = read({ entries: [entry(110), entry(150)], confirmEnd: true });
    expect(first).toMatchObject({ kind: 'proven', upTo: 150n });
    if (first.kind !== 'proven') throw new Error('not proven');
    const rest = { span: { from: first.upTo, to: 200n }, anchor: first.anchor, confirmEnd: true };
    const same = read({ ...rest, pendingEnd: first.pendingEnd, entries: [entry(150)] });
    expect(same).toMatchObject({ kind: 'proven', upTo: 200n });
    expect(ids(same)).toEqual(['e150']);
    const more = read({ ...rest, pendingEnd: first.pendingEnd, entries: [entry(150), entry(170)] });
    expect(more).toMatchObject({ kind: 'proven', upTo: 170n });
    expect(more.kind === 'proven' && more.pendingEnd?.at).toBe(170n);
  });

  it('believes an empty span only after two empty answers', () => {
    const first = read({ entries: [], confirmEnd: true });
    expect(first).toMatchObject({ kind: 'proven', upTo: 100n });
    const second = read({
      entries: [],
      confirmEnd: true,
      pendingEnd: first.kind === 'proven' ? first.pendingEnd : undefined,
    });
    expect(second).toMatchObject({ kind: 'proven', upTo: 200n });
  });

  it('keeps the anchor it had when the answer shows nothing behind it', () => {
    const known = anchor(90, 'x');
    const verdict = read({ anchor: known, entries: [entry(90, 'x')] });
    expect(verdict.kind === 'proven' && verdict.anchor).toEqual(known);
  });
});
