import { describe, expect, it } from 'vitest';
import { HEC_CODES } from '../../src/sink/splunk-hec-codes.ts';
import { judgeReply } from '../../src/sink/splunk-hec-reply.ts';

/** Status and fate of each code, as operators of Splunk have listed them. */
const EXPECTED: Readonly<Record<string, readonly [status: number, outcome: string]>> = {
  0: [200, 'accepted'],
  1: [403, 'sink.refused'],
  2: [401, 'sink.refused'],
  3: [401, 'sink.refused'],
  4: [403, 'sink.refused'],
  5: [400, 'sink.unavailable'],
  6: [400, 'event'],
  7: [400, 'sink.refused'],
  8: [500, 'sink.unavailable'],
  9: [503, 'sink.unavailable'],
  10: [400, 'sink.refused'],
  11: [400, 'sink.refused'],
  12: [400, 'event'],
  13: [400, 'event'],
  14: [400, 'sink.refused'],
  15: [400, 'event'],
  16: [400, 'sink.refused'],
  17: [200, 'accepted'],
  18: [503, 'sink.unavailable'],
  19: [503, 'sink.unavailable'],
  20: [503, 'sink.unavailable'],
  21: [400, 'sink.refused'],
  22: [400, 'sink.refused'],
  23: [503, 'sink.unavailable'],
  24: [200, 'accepted'],
  25: [200, 'accepted'],
  26: [429, 'sink.unavailable'],
  27: [429, 'sink.unavailable'],
};

const plain = (text: string) => text;

function outcome(status: number, body: Readonly<Record<string, unknown>> | undefined): string {
  const verdict = judgeReply({ status, body, retryAfter: undefined }, plain);
  return verdict.kind === 'failed' ? verdict.error.code : verdict.kind;
}

describe('splunk-hec-reply', () => {
  it.each(Object.entries(EXPECTED))('code %s has its fate', (code, [status, expected]) => {
    const known = HEC_CODES.get(Number(code))!;
    expect(known.status).toBe(status);
    expect(outcome(status, { code: Number(code), text: known.text })).toBe(expected);
  });

  it('knows no other code', () => {
    expect([...HEC_CODES.keys()].map(String)).toEqual(Object.keys(EXPECTED));
  });

  it('retryable is what passes by itself; the rest needs an operator and is told what to do', () => {
    for (const [code, { status, fate, text, advice }] of HEC_CODES) {
      const verdict = judgeReply({ status, body: { code, text }, retryAfter: undefined }, plain);
      if (verdict.kind !== 'failed') continue;
      expect(verdict.error.retryable, text).toBe(fate === 'again');
      if (fate === 'config') expect(verdict.error.message).toContain(advice);
      expect(verdict.error.message).toContain(text);
    }
  });

  it('413 is too large whatever its body says, and no other reply is', () => {
    expect(outcome(413, undefined)).toBe('too_large');
    expect(outcome(413, { code: 0 })).toBe('too_large');
  });

  it('takes the ackId, and where the fault is', () => {
    const judge = (status: number, body: Readonly<Record<string, unknown>>) =>
      judgeReply({ status, body, retryAfter: undefined }, plain);
    expect(judge(200, { code: 0, ackId: 0 })).toEqual({ kind: 'accepted', ackId: 0 });
    expect(judge(200, { code: 24 })).toEqual({ kind: 'accepted', ackId: undefined });
    expect(judge(400, { code: 6, 'invalid-event-number': 3 })).toMatchObject({ kind: 'event', number: 3 });
    expect(judge(400, { code: 6 })).toMatchObject({ kind: 'event', number: undefined });
  });
});
