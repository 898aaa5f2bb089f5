import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROWS = 78;
const FOLDER = import.meta.dirname;

/** Numbers that a text names, as in `fault 3`, `faults 18, 19, 20` or `faults 50 to 58`. */
function named(text: string): number[] {
  const numbers: number[] = [];
  for (const [, list] of text.matchAll(/faults? (\d+(?:(?:, | and | to )\d+)*)/gi)) {
    for (const part of list!.split(/, | and /)) {
      const [from, to = from] = part.split(' to ').map(Number) as [number, number?];
      for (let n = from; n <= to; n++) numbers.push(n);
    }
  }
  return numbers;
}

describe('faults to survive', () => {
  it('each has a test named after its number, or a line in docs/delivery.md', () => {
    const tests = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.startsWith('faults-list'))
      .flatMap((name) => named(readFileSync(join(FOLDER, name), 'utf8')));
    const page = readFileSync(join(FOLDER, '..', 'docs', 'delivery.md'), 'utf8');
    const explained = named(page.slice(page.indexOf('## Faults without a test')));
    const all = new Set([...tests, ...explained]);
    const missing = Array.from({ length: ROWS }, (_, i) => i + 1).filter((n) => !all.has(n));
    expect(missing).toEqual([]);
  });
});
