import { describe, expect, it } from 'vitest';
import { Flights } from '../../src/shipper/flights.ts';

describe('Flights', () => {
  it('lets as many begin as there is room for, and waits for the oldest, not for any', async () => {
    const flights = new Flights(2);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    flights.add(first.promise, 1);
    await flights.room();
    flights.add(second.promise, 1);
    let room = false;
    const waiting = flights.room().then(() => {
      room = true;
    });
    second.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(room).toBe(false);
    first.resolve();
    await waiting;
    expect(flights.count).toBe(1);
  });

  it('lets fewer begin when they are large, and one however large it is', async () => {
    const flights = new Flights(8);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await flights.room();
    flights.add(first.promise, 5_000_000);
    await flights.room();
    flights.add(second.promise, 5_000_000);
    let room = false;
    const waiting = flights.room().then(() => {
      room = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(room).toBe(false);
    first.resolve();
    await waiting;
    expect(flights.count).toBe(1);
    second.resolve();
    await flights.landed();
    flights.add(Promise.resolve(), 100_000_000);
    await flights.room();
  });

  it('throws what the oldest threw, and landing waits for all before it throws', async () => {
    const flights = new Flights(1);
    flights.add(Promise.reject(new Error('first')), 1);
    await expect(flights.room()).rejects.toThrow('first');
    expect(flights.count).toBe(0);
    let ended = false;
    flights.add(Promise.reject(new Error('second')), 1);
    flights.add(
      new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        ended = true;
      }),
      1,
    );
    await expect(flights.landed()).rejects.toThrow('second');
    expect(ended).toBe(true);
    await flights.landed();
  });
});
