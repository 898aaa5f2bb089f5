import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.ts';

/** The contract of {@link Store}: every store runs it. `open` gives an empty one. */
export function describeStore(name: string, open: () => Promise<Store> | Store): void {
  describe(`${name} as a store`, () => {
    it('gives back the bytes that were put', async () => {
      const store = await open();
      const body = Buffer.from([0, 255, 10, 13, 128]);
      expect(await store.putIfAbsent('a/b.json', body)).toBe(true);
      expect((await store.get('a/b.json'))?.body.equals(body)).toBe(true);
    });

    it('has nothing at a key that was never written, and nothing at a folder', async () => {
      const store = await open();
      await store.putIfAbsent('a/b/c', Buffer.from('1'));
      expect(await store.get('x')).toBeUndefined();
      expect(await store.get('a/b')).toBeUndefined();
      expect(await store.get('a/b/c/d')).toBeUndefined();
    });

    it('keeps what is there when something else is put', async () => {
      const store = await open();
      await store.putIfAbsent('a', Buffer.from('first'));
      expect(await store.putIfAbsent('a', Buffer.from('second'))).toBe(false);
      expect((await store.get('a'))?.body.toString()).toBe('first');
    });

    it('lets one of many concurrent puts of a key win', async () => {
      const store = await open();
      const puts = Array.from({ length: 8 }, (_, i) => store.putIfAbsent('a/b', Buffer.from(String(i))));
      const won = await Promise.all(puts);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await store.get('a/b'))?.body.toString()).toBe(String(won.indexOf(true)));
    });

    it('replaces an object only at the version expected', async () => {
      const store = await open();
      const first = await store.replace('a', Buffer.from('1'), undefined);
      expect((await store.get('a'))?.version).toBe(first);
      const second = await store.replace('a', Buffer.from('2'), first);
      await expect(store.replace('a', Buffer.from('3'), first)).rejects.toMatchObject({
        code: 'store.conflict',
        retryable: false,
      });
      await expect(store.replace('a', Buffer.from('3'), undefined)).rejects.toMatchObject({
        code: 'store.conflict',
      });
      expect(await store.get('a')).toMatchObject({ version: second });
      expect((await store.get('a'))?.body.toString()).toBe('2');
    });

    it('does not replace an object that is gone', async () => {
      const store = await open();
      const version = await store.replace('a', Buffer.from('1'), undefined);
      await store.delete('a');
      await expect(store.replace('a', Buffer.from('2'), version)).rejects.toMatchObject({
        code: 'store.conflict',
      });
      expect(await store.get('a')).toBeUndefined();
    });

    it('lets one of many concurrent replacements of a version win', async () => {
      const store = await open();
      const version = await store.replace('a', Buffer.from('0'), undefined);
      const tries = Array.from({ length: 6 }, (_, i) => store.replace('a', Buffer.from(`try ${i}`), version));
      const settled = await Promise.allSettled(tries);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('lists keys by prefix in ascending order', async () => {
      const store = await open();
      for (const key of ['s/10', 's/2', 's/1', 't/1', 's-2/1', 'sx'])
        await store.putIfAbsent(key, Buffer.from(key));
      expect(await store.list('s/')).toEqual(['s/1', 's/10', 's/2']);
      expect(await store.list('s/1')).toEqual(['s/1', 's/10']);
      expect(await store.list('')).toEqual(['s-2/1', 's/1', 's/10', 's/2', 'sx', 't/1']);
      expect(await store.list('none/')).toEqual([]);
    });

    it('deletes an object, and does not mind when there is none', async () => {
      const store = await open();
      await store.putIfAbsent('a/b', Buffer.from('1'));
      await store.delete('a/b');
      await store.delete('a/b');
      await store.delete('never/there');
      expect(await store.get('a/b')).toBeUndefined();
      expect(await store.putIfAbsent('a/b', Buffer.from('2'))).toBe(true);
    });

    it('adds up the bytes under a prefix', async () => {
      const store = await open();
      await store.putIfAbsent('a/b', Buffer.alloc(10));
      await store.putIfAbsent('a/c', Buffer.alloc(5));
      await store.putIfAbsent('d', Buffer.alloc(100));
      expect(await store.size('a/')).toBe(15);
      expect(await store.size('')).toBe(115);
      expect(await store.size('none/')).toBe(0);
    });

    it.each([
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/./b',
      'A',
      'a b',
      'a\\b',
      '~staging/x',
      `a/${'x'.repeat(201)}`,
    ])('refuses the key %j', async (key) => {
      const store = await open();
      await expect(store.putIfAbsent(key, Buffer.from('1'))).rejects.toMatchObject({ code: 'store.key' });
      await expect(store.get(key)).rejects.toMatchObject({ code: 'store.key' });
    });
  });
}
