import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/runtime/pino-log.ts';

describe('repeated warnings', () => {
  function capture(): { log: ReturnType<typeof createLog>; told: () => object[]; at: (ms: number) => void } {
    const lines: string[] = [];
    let nowMs = 0;
    const log = createLog({
      level: 'info',
      secrets: () => [],
      write: (line) => lines.push(line),
      nowMs: () => nowMs,
    });
    return {
      log,
      told: () => lines.splice(0).map((line) => JSON.parse(line)),
      at: (ms) => {
        nowMs = ms;
      },
    };
  }

  it('are written five times a minute, and then once with their number', () => {
    const { log, told, at } = capture();
    for (let i = 0; i < 250; i++) log.warn({ sink: 'a', line: i }, 'refused');
    expect(told()).toHaveLength(5);
    at(59_999);
    log.info({}, 'poll');
    expect(told()).toHaveLength(1);
    at(60_000);
    log.info({}, 'poll');
    expect(told()).toMatchObject([
      { level: 'warn', msg: 'refused', sink: 'a', line: 249, repeated: 245 },
      { msg: 'poll' },
    ]);
    log.warn({ sink: 'a', line: 1 }, 'refused');
    expect(told()).toEqual([expect.not.objectContaining({ repeated: expect.anything() })]);
  });

  it('hold back no other level, message, source or sink, and no info', () => {
    const { log, told } = capture();
    for (let i = 0; i < 20; i++) log.error({ sink: 'a' }, 'refused');
    told();
    log.warn({ sink: 'a' }, 'refused');
    log.error({ sink: 'b' }, 'refused');
    log.error({ sink: 'a' }, 'something else');
    log.child({ source: 'acme' }).error({ sink: 'a' }, 'refused');
    for (let i = 0; i < 20; i++) log.info({}, 'poll');
    expect(told()).toHaveLength(24);
    log.child({ sink: 'a' }).error({}, 'refused');
    expect(told()).toHaveLength(0);
    log.error({ sink: 'a', code: 'other' }, 'refused');
    expect(told()).toHaveLength(1);
  });

  it('are told when the clock was set back', () => {
    const { log, told, at } = capture();
    at(1_000_000);
    for (let i = 0; i < 7; i++) log.error({}, 'x');
    at(0);
    log.info({}, 'poll');
    expect(told().at(-2)).toMatchObject({ msg: 'x', repeated: 2 });
  });

  it('tell of each kind when there are very many', () => {
    const { log, told } = capture();
    for (let i = 0; i < 7; i++) log.error({}, 'first');
    for (let i = 0; i < 1_001; i++) log.error({}, `kind ${i}`);
    expect(told().filter((line) => 'repeated' in line)).toMatchObject([{ msg: 'first', repeated: 2 }]);
  });
});
