import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memory.ts';
import { describeStore } from './contract.ts';

describeStore('memory', () => new MemoryStore());

describe('memory store hooks', () => {
  it('does nothing when the hook before throws', async () => {
    const store = new MemoryStore({
      before: (operation) => {
        if (operation === 'putIfAbsent') throw new Error('refused');
      },
    });
    await expect(store.putIfAbsent('a', Buffer.from('1'))).rejects.toThrow('refused');
    expect(await store.get('a')).toBeUndefined();
  });

  it('loses the answer, not the object, when the hook after throws', async () => {
    const store = new MemoryStore({
      after: (operation) => {
        if (operation === 'putIfAbsent') throw new Error('lost');
      },
    });
    await expect(store.putIfAbsent('a', Buffer.from('1'))).rejects.toThrow('lost');
    expect((await store.get('a'))?.body.toString()).toBe('1');
  });
});
