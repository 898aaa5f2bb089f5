import { describe, expect, it } from 'vitest';
import { AnswerRoom } from '../../src/collector/answer-room.ts';

const MIB = 1024 * 1024;

describe('AnswerRoom', () => {
  it('has room for many small answers, for few large ones, and for one however large', () => {
    const room = new AnswerRoom();
    for (let i = 0; i < 8; i++) room.take(MIB);
    expect(room.has(MIB)).toBe(true);
    expect(room.has(2 * MIB)).toBe(false);
    const other = new AnswerRoom();
    expect(other.has(100 * MIB)).toBe(true);
    const leave = other.take(100 * MIB);
    expect(other.has(1)).toBe(false);
    leave();
    expect(other.has(100 * MIB)).toBe(true);
  });

  it('wakes who waits when an answer is handed on', async () => {
    const room = new AnswerRoom();
    const leave = room.take(8 * MIB);
    const signal = new AbortController().signal;
    const waiting = [room.changed(signal), room.changed(signal)];
    leave();
    await Promise.all(waiting);
    expect(room.has(8 * MIB)).toBe(true);
  });

  it('rejects with the reason when it is told to stop, before or while it waits', async () => {
    const room = new AnswerRoom();
    const stop = new AbortController();
    const waiting = room.changed(stop.signal);
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await expect(room.changed(stop.signal)).rejects.toThrow('stop');
  });
});
