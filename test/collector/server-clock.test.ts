import { describe, expect, it } from 'vitest';
import { ServerClock } from '../../src/collector/server-clock.ts';
import { SteppingClock } from '../support/stepping-clock.ts';

const START_MS = Date.UTC(2026, 0, 1);

describe('ServerClock', () => {
  it('fault 23: a local clock that jumps to 2099 does not make what was just written old', () => {
    const clock = new SteppingClock(START_MS);
    const server = new ServerClock(clock);
    expect(server.trustedMs()).toBeUndefined();
    server.observe(START_MS);
    clock.advance(60_000);
    expect(server.trustedMs()).toBe(START_MS + 60_000);
    clock.jump(Date.UTC(2099, 0, 1) - START_MS);
    expect(server.trustedMs()).toBe(START_MS + 65_000);
    server.observe(START_MS + 61_000);
    expect(server.nowMs()).toBe(START_MS + 61_000);
  });

  it('fault 22: a local clock that is behind counts as it is', () => {
    const clock = new SteppingClock(START_MS);
    const server = new ServerClock(clock);
    server.observe(START_MS + 3_600_000);
    expect(server.nowMs()).toBe(START_MS);
    expect(server.trustedMs()).toBe(START_MS);
  });

  it('trusts the local clock of the first answer when the server tells no time', () => {
    const clock = new SteppingClock(START_MS);
    const server = new ServerClock(clock);
    server.observe(undefined);
    clock.advance(60_000);
    clock.jump(3_600_000);
    server.observe(undefined);
    expect(server.trustedMs()).toBe(START_MS + 65_000);
  });
});
