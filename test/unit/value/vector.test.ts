import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { List } from '../../../src/value/list.ts';
import type { Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';

type Step =
  | { readonly kind: 'push'; readonly from: number; readonly count: number }
  | { readonly kind: 'set'; readonly from: number; readonly at: number }
  | { readonly kind: 'slice'; readonly from: number; readonly start: number; readonly end: number };

const index = fc.nat({ max: 1_000_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), from: index, count: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ kind: fc.constant('set' as const), from: index, at: index }),
  fc.record({ kind: fc.constant('slice' as const), from: index, start: index, end: index }),
);

interface Version {
  readonly vector: Vector;
  readonly model: readonly number[];
}

/** A new version made from an old one: the vector and what it must hold. */
function apply({ vector, model }: Version, action: Step, mark: number): Version {
  switch (action.kind) {
    case 'push': {
      const added = Array.from({ length: action.count }, (_, i) => mark + i);
      return { vector: added.reduce<Vector>((grown, item) => grown.push(item), vector), model: [...model, ...added] };
    }
    case 'set': {
      if (model.length === 0) return { vector, model };
      const at = action.at % model.length;
      return { vector: vector.set(at, mark), model: model.map((item, i) => (i === at ? mark : item)) };
    }
    case 'slice': {
      const [start, end] = [action.start % (model.length + 1), action.end % (model.length + 1)];
      return { vector: vector.slice(start, end), model: model.slice(start, end) };
    }
  }
}

function expectHolds({ vector, model }: Version): void {
  expect(vector.size).toBe(model.length);
  expect(vector.toArray()).toEqual(model);
  expect([...vector]).toEqual(model);
  expect([vector.get(-1), vector.get(model.length), vector.get(0.5)]).toEqual([undefined, undefined, undefined]);
  model.forEach((item, i) => expect(vector.get(i)).toBe(item));
}

describe('a vector against a model', () => {
  test('every version of a branching history keeps its own elements', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const versions: Version[] = [{ vector: Vector.empty(), model: [] }];
        steps.forEach((action, i) => versions.push(apply(versions[action.from % versions.length]!, action, i * 1000)));
        versions.forEach(expectHolds);
      }),
      { numRuns: 300 },
    );
  });

  test('two futures of one vector do not see one another', () => {
    for (const size of [0, 1, 31, 32, 63, 64, 65, 127, 128, 1000, 1024]) {
      const base = Array.from({ length: size }, (_, i) => i).reduce<Vector>((vector, item) => vector.push(item), Vector.empty());
      const futures = ['a', 'b', 'c', 'd'].map((mark) => base.push(mark).push(`${mark}!`));
      expect(base.size).toBe(size);
      expect(futures.map((future) => [future.get(size), future.get(size + 1), future.size])).toEqual(
        ['a', 'b', 'c', 'd'].map((mark) => [mark, `${mark}!`, size + 2]),
      );
    }
  });

  test('the empty vector is one and never changes', () => {
    expect(Vector.of()).toBe(Vector.empty());
    expect(Vector.of(1).slice(1, 1)).toBe(Vector.empty());
    Vector.empty().push(1).push(2);
    expect(Vector.empty().size).toBe(0);
  });
});

describe('what a vector keeps alive', () => {
  const held = (vector: Vector): number => (vector as unknown as { flat: Value[] | null }).flat?.length ?? 0;

  test('a queue that takes in at the end and gives out at the front does not grow', () => {
    let queue = Vector.of(...Array.from({ length: 100 }, (_, i) => i));
    for (let i = 0; i < 100_000; i++) queue = queue.push(i).slice(1, 101);
    expect(queue.toArray()).toEqual(Array.from({ length: 100 }, (_, i) => 99_900 + i));
    expect(held(queue)).toBeLessThan(1000);
  });

  test('a small vector does not hold what was appended to it', () => {
    const seed = Vector.of(1);
    let grown = seed;
    for (let i = 0; i < 10_000; i++) grown = grown.push(i);
    expect(grown.size).toBe(10_001);
    expect(held(seed)).toBeLessThanOrEqual(64);
  });

  test('a small slice does not hold the large vector', () => {
    const large = Vector.adopt(Array.from({ length: 100_000 }, (_, i) => i));
    expect(held(large.slice(500, 510))).toBe(10);
  });
});

describe('a list', () => {
  test('is a chain in front of a view, and looks like its elements', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.array(fc.nat()), (front, back) => {
        const list = front.reduceRight<List>((rest, item) => rest.cons(item), List.view(Vector.adopt([0, ...back]), 1));
        const model = [...front, ...back];
        expect(list.size).toBe(model.length);
        expect(list.toArray()).toEqual(model);
        expect([...list]).toEqual(model);
        expect(list.toVector().toArray()).toEqual(model);
        model.forEach((item, i) => expect(list.get(i)).toBe(item));
        expect([list.get(-1), list.get(model.length)]).toEqual([undefined, undefined]);
      }),
    );
  });

  test('taken apart with first and rest gives its elements and then the empty list', () => {
    let list = List.view(Vector.of(2, 3), 0).cons(1);
    const seen: Value[] = [];
    for (; list.size > 0; list = list.rest()) seen.push(list.first()!);
    expect(seen).toEqual([1, 2, 3]);
    expect(list).toBe(List.empty());
    expect([list.first(), list.rest()]).toEqual([undefined, List.empty()]);
  });
});
