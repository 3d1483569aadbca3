import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Trie } from '../../../src/value/trie.ts';
import type { Value } from '../../../src/value/value.ts';

const items = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function walked(trie: Trie): Value[] {
  const seen: Value[] = [];
  const cursor = trie.cursor();
  for (let value = cursor.next(); value !== undefined; value = cursor.next()) seen.push(value);
  return seen;
}

describe('a trie', () => {
  test.each([0, 1, 31, 32, 33, 1023, 1024, 1025, 32_768, 32_769, 40_000])('of %i elements holds what it was made from', (count) => {
    const trie = Trie.from(items(count));
    expect(trie.size).toBe(count);
    expect(trie.toArray()).toEqual(items(count));
    expect(walked(trie)).toEqual(items(count));
  });

  test('grows by pushing through every depth', () => {
    let trie = Trie.from([]);
    for (let i = 0; i < 33_000; i++) trie = trie.push(i);
    expect(trie.toArray()).toEqual(items(33_000));
  });

  test('behaves like an array under any changes, and old versions stay as they were', () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), value: fc.integer() }),
      fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.integer() }),
      fc.record({ kind: fc.constant('slice' as const), from: fc.nat(), to: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.nat({ max: 1200 }), fc.array(change, { maxLength: 60 }), (count, changes) => {
        const versions: { readonly trie: Trie; readonly model: number[] }[] = [{ trie: Trie.from(items(count)), model: items(count) }];
        for (const one of changes) {
          const { trie, model } = versions[versions.length - 1]!;
          const size = model.length;
          if (one.kind === 'push') versions.push({ trie: trie.push(one.value), model: [...model, one.value] });
          else if (one.kind === 'set' && size > 0) {
            const at = one.at % size;
            versions.push({ trie: trie.set(at, one.value), model: model.map((value, index) => (index === at ? one.value : value)) });
          } else if (one.kind === 'slice') {
            const from = one.from % (size + 1);
            const to = from + (one.to % (size - from + 1));
            versions.push({ trie: trie.slice(from, to), model: model.slice(from, to) });
          }
        }
        for (const { trie, model } of versions) {
          expect(trie.toArray()).toEqual(model);
          expect(walked(trie)).toEqual(model);
          model.forEach((value, index) => expect(trie.get(index)).toBe(value));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('cut down little by little it lets go of what it no longer shows', () => {
    const held = (trie: Trie): number => (trie as unknown as { held: number }).held;
    let stack = Trie.from(items(100_000));
    while (stack.size > 10) stack = stack.slice(0, stack.size - 1);
    expect(stack.toArray()).toEqual(items(10));
    expect(held(stack)).toBeLessThanOrEqual(90);
    let queue = Trie.from(items(1000));
    for (let i = 1000; i < 50_000; i++) queue = queue.push(i).slice(1, 1001);
    expect(queue.get(0)).toBe(49_000);
    expect(held(queue)).toBeLessThanOrEqual(9001);
  });
});
