import { describe, expect, it } from 'vitest';
import { AnswerSize, LEAST_PER_PAGE, MAX_ANSWER_BYTES } from '../../src/collector/answer-size.ts';

describe('AnswerSize', () => {
  it('asks for what is configured while entries are small', () => {
    const size = new AnswerSize(1_000);
    for (let i = 0; i < 5; i++) size.observe(1_000, 1_000_000);
    expect(size.perPage).toBe(1_000);
    expect(size.expectedBytes).toBe(1_000_000);
  });

  it('expects what entries usually take before there was one, and no more than an answer is to hold', () => {
    expect(new AnswerSize(1_000).expectedBytes).toBe(1_200_000);
    expect(new AnswerSize(10_000).expectedBytes).toBe(2 * 1024 * 1024);
  });

  it('asks for fewer at once when an answer is large, and keeps to it while entries stay so', () => {
    const size = new AnswerSize(1_000);
    size.observe(1_000, 8_000_000);
    expect(size.perPage).toBeGreaterThan(200);
    expect(size.perPage).toBeLessThan(300);
    const first = size.perPage;
    for (let i = 0; i < 5; i++) size.observe(size.perPage, size.perPage * 8_000);
    expect(size.perPage).toBe(first);
  });

  it('halves what was too large, never below what proves something', () => {
    const size = new AnswerSize(1_000);
    const asked: number[] = [];
    for (let i = 0; i < 12; i++) {
      asked.push(size.perPage);
      size.tooLarge(size.perPage);
    }
    expect(asked.slice(0, 4)).toEqual([1_000, 500, 250, 125]);
    expect(size.perPage).toBe(LEAST_PER_PAGE);
    size.observe(4, 30_000_000);
    expect(size.perPage).toBe(LEAST_PER_PAGE);
    expect(size.expectedBytes).toBe(30_000_000);
  });

  it('grows back step by step when entries are small again', () => {
    const size = new AnswerSize(1_000);
    for (let i = 0; i < 12; i++) size.tooLarge(size.perPage);
    const asked: number[] = [];
    while (size.perPage < 1_000) {
      asked.push(size.perPage);
      size.observe(size.perPage, size.perPage * 1_000);
    }
    expect(asked).toEqual([4, 8, 16, 32, 64, 128, 256, 512]);
  });

  it('learns nothing from an empty answer, and one large entry among few costs nothing', () => {
    const size = new AnswerSize(1_000);
    size.observe(0, 0);
    size.observe(1, 1_000_000);
    expect(size.perPage).toBe(1_000);
    expect(size.expectedBytes).toBe(MAX_ANSWER_BYTES);
  });
});
