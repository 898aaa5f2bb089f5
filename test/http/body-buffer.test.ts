import { describe, expect, it } from 'vitest';
import { BodyBuffer } from '../../src/http/body-buffer.ts';
import { releaseMemory } from '../../src/runtime/release-memory.ts';

describe('BodyBuffer', () => {
  it.each([0, 5, 300_000])('holds what was appended when %i bytes were announced', (announced) => {
    const whole = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i & 0xff));
    const body = new BodyBuffer(announced);
    for (let at = 0; at < whole.length; at += 7_777) body.append(whole.subarray(at, at + 7_777));
    expect(body.length).toBe(whole.length);
    expect(body.bytes.equals(whole)).toBe(true);
  });

  it('leaves every view empty once released, and may be released again', () => {
    const body = new BodyBuffer(4);
    body.append(Buffer.from('abcd'));
    const view = body.bytes.subarray(1);
    body.release();
    body.release();
    expect(view.length).toBe(0);
  });
});

describe('releaseMemory', () => {
  it('leaves memory alone that others share', () => {
    const pooled = Buffer.from('abc');
    releaseMemory(pooled);
    expect(pooled.toString()).toBe('abc');
  });
});
