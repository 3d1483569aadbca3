import { describe, expect, it } from 'vitest';
import { fuelLeft } from '../../../../src/evaluator/limits.ts';
import { List } from '../../../../src/value/list.ts';
import { MapValue } from '../../../../src/value/map.ts';
import type { Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { call, meterOf, raised } from './collection-harness.ts';

/** A vector nested `depth` deep. */
function nested(depth: number): Value {
  let value: Value = Vector.empty();
  for (let i = 0; i < depth; i++) value = Vector.of(value);
  return value;
}

/** A value of `depth` vectors that prints as 2^depth elements. */
function doubled(depth: number): Value {
  let value: Value = 1;
  for (let i = 0; i < depth; i++) value = Vector.of(value, value);
  return value;
}

const DEEP = 500_000;
const numbers = (size: number): Vector => Vector.adopt(Array.from({ length: size }, (_, i) => i));

describe('limits', () => {
  const overflow = '! overflow Limit exceeded: collection-size (limit: 10)';
  const cases: readonly (readonly [string, readonly Value[]])[] = [
    ['range', [11]],
    ['numbers', [1, 11]],
    ['repeat', [11, null]],
    ['repeat', [10n ** 30n, null]],
    ['cycle-n', [11, Vector.of(1)]],
    ['concat', [numbers(6), numbers(6)]],
    ['interleave', [numbers(6), numbers(6)]],
    ['interpose', [0, numbers(6)]],
    ['flatten', [Vector.of(numbers(6), numbers(6))]],
    ['%elements', ['hello world']],
    ['conj', [numbers(10), 1]],
    ['cons', [1, numbers(10)]],
    ['assoc', [numbers(10), 10, 1]],
    ['into', [numbers(6), numbers(6)]],
    ['into', [List.of(1, 2, 3, 4, 5, 6), numbers(6)]],
    ['list', [...numbers(11)]],
  ];
  it.each(cases)('%s makes no collection beyond the limit', (name, args) => {
    expect(raised(() => call(name, args, meterOf({ collectionSize: 10 })))).toBe(overflow);
  });

  it('limits maps and sets by what is in them, not by what is put in', () => {
    const meter = meterOf({ collectionSize: 10 });
    const ten = call('into', [MapValue.empty(), Vector.adopt([...numbers(10)].map((n) => Vector.of(n, n)))], meter);
    expect(call('count', [call('assoc', [ten, 3, 0], meter)])).toBe(10);
    expect(raised(() => call('assoc', [ten, 10, 0], meter))).toBe(overflow);
    expect(raised(() => call('merge', [ten, MapValue.of(10, 0)], meter))).toBe(overflow);
    expect(raised(() => call('conj', [ten, Vector.of(10, 0)], meter))).toBe(overflow);
  });

  it.each([
    ['reverse', [numbers(1000)]],
    ['take', [1000, numbers(1000)]],
    ['%sort', [numbers(1000)]],
    ['contains?', [numbers(1000), -1]],
    ['frequencies', [numbers(1000)]],
    ['merge', [MapValue.of(1, 1), call('zipmap', [numbers(1000), numbers(1000)])]],
    ['last', [List.adopt([...numbers(1000)])]],
  ] as const)('%s pays fuel for a walk', (name, args) => {
    expect(raised(() => call(name, args, meterOf({ fuel: 900 })))).toBe('! budget Resource budget exhausted: fuel (limit: 900)');
  });

  it('counts the cells of what it makes', () => {
    expect(raised(() => call('range', [100], meterOf({ allocation: 99 })))).toBe('! budget Resource budget exhausted: allocation (limit: 99)');
    const meter = meterOf();
    call('range', [100], meter);
    expect(meter.limits.allocation - meter.allocation).toBe(100);
  });

  it('costs the same for a list however it was made', () => {
    const view = List.adopt([...numbers(500)]);
    let cells = List.empty();
    for (let i = 499; i >= 0; i--) cells = cells.cons(i);
    for (const [name, ...more] of [['last'], ['vec'], ['count'], ['get', 250], ['%sort']] as const) {
      const used = [view, cells].map((list) => {
        const meter = meterOf();
        call(name, [list, ...more], meter);
        return meter.limits.fuel - fuelLeft(meter);
      });
      expect(used[0], name).toBe(used[1]);
    }
  });
});

describe('deep and shared data', () => {
  const deep = nested(DEEP);

  it('walks half a million levels without the native stack', () => {
    expect(call('flatten', [deep])).toBe(Vector.empty());
    expect(call('count', [call('distinct', [Vector.of(deep, nested(DEEP), 1)])])).toBe(2);
    expect(call('get', [MapValue.of(deep, 5), nested(DEEP)])).toBe(5);
    expect(call('contains?', [Vector.of(1, deep), nested(DEEP)])).toBe(true);
    expect(call('count', [call('%sort', [Vector.of(deep, 1, nested(DEEP - 1))])])).toBe(3);
  });

  it('pays for a key what the key weighs, so that comparing is never free', () => {
    const fuelFor = (key: Value): number => {
      const meter = meterOf();
      call('get', [MapValue.of(key, 1), key], meter);
      return meter.limits.fuel - fuelLeft(meter);
    };
    expect(fuelFor(1)).toBe(0);
    expect(fuelFor(numbers(1000))).toBe(1001);
    expect(fuelFor(doubled(10))).toBeGreaterThan(2 ** 10);
  });

  it.each([
    ['flatten', [doubled(60)]],
    ['distinct', [Vector.of(doubled(60), doubled(60))]],
    ['%sort', [Vector.of(doubled(60), doubled(60))]],
    ['contains?', [Vector.of(doubled(60)), doubled(60)]],
    ['get', [MapValue.of(doubled(60), 1), doubled(60)]],
    ['hash-set', [doubled(60)]],
  ] as const)('%s stops at a limit for a value that nobody could print', (name, args) => {
    expect(raised(() => call(name, args, meterOf({ fuel: 1_000_000 })))).toBe('! budget Resource budget exhausted: fuel (limit: 1000000)');
  });
});
