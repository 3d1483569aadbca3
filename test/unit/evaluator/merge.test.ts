/** What merging does, from the tables of `docs/steps.md` and of the requirements. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Meter, meterOf } from '../../../src/evaluator/limits.ts';
import { CONFLICT_PATH_MAX } from '../../../src/evaluator/merge-deep.ts';
import { needsBase, policyProblem, policyValue, readPolicy } from '../../../src/evaluator/merge-policy.ts';
import { conflictMessage, type Merged, mergeInto, type MergeSource, nextQuestions } from '../../../src/evaluator/merge.ts';
import { Raised } from '../../../src/evaluator/raise.ts';
import { List } from '../../../src/value/list.ts';
import { type Entry, MapValue } from '../../../src/value/map.ts';
import { isSame } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import { type ErrorValue, keyword, makeFloat, PrimitiveFunction, symbol, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue } from '../../support/arbitraries.ts';

const k = keyword;
const vec = Vector.of;

/** `{:a 1}` from `{ a: 1 }`. */
function map(entries: Readonly<Record<string, Value>>): MapValue {
  return MapValue.from(Object.entries(entries).map(([key, value]) => [k(key), value] as const));
}

function meter(fuel = Number.POSITIVE_INFINITY): Meter {
  return meterOf({ ...DEFAULT_LIMITS, fuel }, fuel, fuel);
}

const NOTHING = MapValue.empty();

interface Given {
  readonly policy: Value;
  readonly target: MapValue;
  readonly sources: readonly MapValue[];
  readonly base?: MapValue;
  readonly join?: boolean;
}

function run({ policy, target, sources, base = target, join = sources.length > 1 }: Given): Merged {
  const list = sources.map((data, i): MergeSource => ({ data, branch: join ? i : null, base: (key) => base.get(key) }));
  return mergeInto(readPolicy(policy), list, { target: (key) => target.get(key), meter: meter() });
}

function after(target: MapValue, merged: Merged): MapValue {
  return merged.writes.reduce<MapValue>((data, [key, value]) => data.set(key, value), target);
}

function shown(value: Value | undefined): string {
  return value === undefined ? 'absent' : printValue(value)!;
}

/** The four lists as text: `added :a; kept; …`. */
function lists({ record }: Merged): string {
  const { added, kept, overwritten, merged } = record;
  return Object.entries({ added, kept, overwritten, merged }).filter(([, keys]) => keys.length > 0).map(([name, keys]) => [name, ...keys.map(shown)].join(' ')).join('; ');
}

/** A value raised, or null. */
function raisedBy(action: () => unknown): ErrorValue | null {
  try {
    action();
    return null;
  } catch (thrown) {
    if (thrown instanceof Raised) return thrown.value as ErrorValue;
    throw thrown;
  }
}

describe('policies', () => {
  test.each([
    ['keep-existing', ['keep-existing', 'keep_existing', 'parent-wins', 'parent_wins']],
    ['overwrite', ['overwrite', 'child-wins', 'child_wins']],
    ['merge', ['merge']],
    ['merge3', ['merge3']],
  ])('%s has its aliases, as keywords and as strings', (name, aliases) => {
    for (const alias of aliases) {
      expect(readPolicy(k(alias))).toEqual({ kind: name });
      expect(readPolicy(alias)).toEqual({ kind: name });
      expect(policyProblem(k(alias))).toBeNull();
    }
  });

  test('a policy for each key is brought into its normal form; keep-existing is the default', () => {
    const written = MapValue.of(k('keys'), MapValue.of('a', k('child_wins'), symbol('b'), 'merge', k('c'), k('merge3')));
    expect(shown(policyValue(readPolicy(written)))).toBe('{:default :keep-existing :keys {:a :overwrite :b :merge :c :merge3}}');
  });

  test('the parts of it may be strings, as in JSON', () => {
    const written = MapValue.of('keys', MapValue.of('a', 'overwrite'), 'default', 'merge');
    expect(shown(policyValue(readPolicy(written)))).toBe('{:default :merge :keys {:a :overwrite}}');
  });

  test('the normal form is read as itself', () => {
    const policy = readPolicy(MapValue.of(k('keys'), map({ a: 'overwrite' }), k('default'), 'parent-wins'));
    expect(readPolicy(policyValue(policy))).toEqual(policy);
  });

  test('a function is custom, alone and for a key', () => {
    const fn = new PrimitiveFunction('+');
    expect(readPolicy(fn)).toEqual({ kind: 'custom', fn });
    expect(policyProblem(map({ keys: map({ a: fn }) }))).toBeNull();
  });

  test('the keys may be left out where all follow the default', () => {
    expect(policyProblem(map({ default: k('merge') }))).toBeNull();
  });

  test.each<[Value, string]>([
    [k('theirs'), ':theirs is no merge policy: expected :keep-existing (or :parent-wins), :overwrite (or :child-wins), :merge, :merge3, {:keys {…} :default …} or a function'],
    ['constructor', '"constructor" is no merge policy'],
    [null, 'nil is no merge policy'],
    [1, '1 is no merge policy'],
    [vec(k('merge')), '[:merge] is no merge policy'],
    [NOTHING, 'A merge policy for single keys needs :keys'],
    [map({ keys: 1 }), 'The :keys of a merge policy must be a map from key to policy'],
    [map({ keys: NOTHING, defualt: k('merge') }), ':defualt is no part of a merge policy: expected :keys and :default'],
    [map({ keys: NOTHING, default: k('mine') }), ':mine is no merge policy for the other keys'],
    [map({ keys: map({ a: k('mine') }) }), ':mine is no merge policy for the key :a'],
    [map({ keys: map({ a: map({ keys: NOTHING }) }) }), '{:keys {}} is no merge policy for the key :a'],
    [map({ keys: MapValue.of(1, k('merge')) }), '1 is no key of a context'],
    [map({ keys: MapValue.of('a', k('merge'), k('a'), k('merge')) }), 'The merge policy names the key :a twice'],
    [MapValue.of('keys', NOTHING, k('keys'), NOTHING), 'The merge policy has :keys twice'],
  ])('%o is an error of kind argument that says what is allowed', (policy, message) => {
    const error = raisedBy(() => readPolicy(policy));
    expect(error?.type.name).toBe('error/argument');
    expect(error?.message).toContain(message);
    expect(policyProblem(policy)).toBe(error?.message);
  });

  test('what the target had at the entry is only asked for by merge3 and functions', () => {
    const fn = new PrimitiveFunction('+');
    const needs = [k('merge'), k('overwrite'), k('merge3'), fn, map({ keys: map({ a: 'merge' }) }), map({ keys: map({ a: 'merge3' }) }), map({ keys: NOTHING, default: fn })];
    expect(needs.map((policy) => needsBase(readPolicy(policy)))).toEqual([false, false, true, true, false, true, true]);
  });
});

describe('the table of merge policies', () => {
  const rows: readonly [string, Value | undefined, Value | undefined, Value, Value, Value][] = [
    ['two texts', 'parent', 'child', 'parent', 'child', 'child'],
    ['a key that only the source has', undefined, 1, 1, 1, 1],
    ['nil over a value', 1, null, 1, null, null],
    ['a value over nil', null, 2, null, 2, 2],
    ['two maps', map({ x: 1, y: 2 }), map({ x: 9 }), map({ x: 1, y: 2 }), map({ x: 9 }), map({ x: 9, y: 2 })],
    ['two vectors', vec(1, 2), vec(1, 2, 3), vec(1, 2), vec(1, 2, 3), vec(1, 2, 1, 2, 3)],
    ['two lists', List.of(1), List.of(2), List.of(1), List.of(2), List.of(2)],
    ['vectors of maps', vec(map({ a: 1 })), vec(map({ b: 2 })), vec(map({ a: 1 })), vec(map({ b: 2 })), vec(map({ a: 1 }), map({ b: 2 }))],
    ['a map and a number', map({ a: 1 }), 5, map({ a: 1 }), 5, 5],
  ];
  const policies = ['keep-existing', 'overwrite', 'merge'] as const;

  test.each(rows)('%s', (_name, target, source, ...expected) => {
    const before = target === undefined ? NOTHING : map({ k: target });
    const results = policies.map((policy) => after(before, run({ policy, target: before, sources: [map({ k: source! })] })).get(k('k')));
    expect(results.map(shown)).toEqual(expected.map(shown));
  });

  test('two branches, in the order of the text', () => {
    const target = map({ a: NOTHING, list: vec(1) });
    const sources = [map({ a: map({ x: 10 }), list: vec(2) }), map({ a: map({ y: 20 }), list: vec(3) })];
    const results = policies.map((policy) => shown(after(target, run({ policy, target, sources }))));
    expect(results).toEqual(['{:a {} :list [1]}', '{:a {:y 20} :list [3]}', '{:a {:x 10 :y 20} :list [1 2 3]}']);
  });

  test('maps are merged at every depth, vectors inside of them are joined', () => {
    const target = map({ k: map({ in: map({ v: vec(1), only: 1, at: k('old') }) }) });
    const source = map({ k: map({ in: map({ v: vec(2), more: 2, at: k('new') }) }) });
    expect(shown(after(target, run({ policy: 'merge', target, sources: [source] })))).toBe('{:k {:in {:at :new :more 2 :only 1 :v [1 2]}}}');
  });

  test('joining a vector with itself doubles it', () => {
    const target = map({ k: vec(1) });
    expect(shown(after(target, run({ policy: 'merge', target, sources: [target] })))).toBe('{:k [1 1]}');
  });
});

describe('the visible value of the target counts, inherited or not', () => {
  const inherited = map({ v: map({ a: 1 }) });
  const given = { target: inherited, sources: [map({ v: map({ b: 2 }) })] };

  test('merge combines with the inherited value', () => {
    expect(run({ ...given, policy: 'merge' }).writes.map(([, value]) => shown(value))).toEqual(['{:a 1 :b 2}']);
  });

  test('keep-existing keeps the inherited value and writes nothing', () => {
    expect(run({ ...given, policy: 'keep-existing' }).writes).toEqual([]);
  });

  test('a stored nil is there', () => {
    expect(run({ policy: 'keep-existing', target: map({ v: null }), sources: [map({ v: 1 })] }).writes).toEqual([]);
  });
});

describe('merge3', () => {
  const at = (base: Value | undefined, target: Value | undefined, source: Value): { shown: string; conflicts: number; lists: string } => {
    const one = (value: Value | undefined): MapValue => (value === undefined ? NOTHING : map({ k: value }));
    const merged = run({ policy: 'merge3', base: one(base), target: one(target), sources: [one(source)] });
    return { shown: shown(after(one(target), merged).get(k('k'))), conflicts: merged.record.conflicts.length, lists: lists(merged) };
  };

  test.each<[string, Value | undefined, Value | undefined, Value, string, number, string]>([
    ['nobody has changed', 1, 1, 1, '1', 0, 'kept :k'],
    ['only the source has', 1, 1, 2, '2', 0, 'overwritten :k'],
    ['only the target has', 1, 2, 1, '2', 0, 'kept :k'],
    ['both in the same way', 1, 2, 2, '2', 0, 'kept :k'],
    ['both have: a conflict that the source wins', 1, 2, 3, '3', 1, 'overwritten :k'],
    ['the key is new on the source', undefined, undefined, 3, '3', 0, 'added :k'],
    ['the key is new on both', undefined, 2, 3, '3', 1, 'overwritten :k'],
    ['nil is a value', null, 2, null, '2', 0, 'kept :k'],
    ['vectors are not joined', vec(1), vec(1, 2), vec(1, 3), '[1 3]', 1, 'overwritten :k'],
    ['maps, both changed', map({ a: 1, b: 1 }), map({ a: 2, b: 1 }), map({ a: 1, b: 2 }), '{:a 2 :b 2}', 0, 'merged :k'],
    ['maps, only the source changed', map({ a: 1, b: 1 }), map({ a: 1, b: 1 }), map({ b: 2 }), '{:b 2}', 0, 'overwritten :k'],
    ['maps, only the target changed', map({ a: 1, b: 1 }), map({ b: 2, c: 3 }), map({ a: 1, b: 1 }), '{:b 2 :c 3}', 0, 'kept :k'],
    ['maps where there was none', undefined, map({ a: 1 }), map({ b: 2 }), '{:a 1 :b 2}', 0, 'merged :k'],
    ['the source has removed what the target has changed', map({ a: 1, z: 0 }), map({ a: 2, z: 0 }), map({ z: 0 }), '{:z 0}', 1, 'merged :k'],
    ['the target has removed what the source has changed', map({ a: 1 }), NOTHING, map({ a: 2 }), '{:a 2}', 1, 'merged :k'],
    ['both have removed it', map({ a: 1, z: 0 }), map({ z: 1 }), map({ z: 0 }), '{:z 1}', 0, 'kept :k'],
    ['the target has added what nobody else knows', map({ a: 1 }), map({ a: 1, n: 1 }), map({ a: 2 }), '{:a 2 :n 1}', 0, 'merged :k'],
    ['a map became a number', map({ a: 1 }), map({ a: 2 }), 5, '5', 1, 'overwritten :k'],
  ])('%s', (_name, base, target, source, value, conflicts, fates) => {
    expect(at(base, target, source)).toEqual({ shown: value, conflicts, lists: fates });
  });

  test('where one side has changed nothing, the other side is the result', () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), (base, other) => {
        const [before, changed] = [map({ k: base }), map({ k: other })];
        const fromSource = run({ policy: 'merge3', base: before, target: before, sources: [changed] });
        const fromTarget = run({ policy: 'merge3', base: before, target: changed, sources: [before] });
        expect(isSame(after(before, fromSource).get(k('k'))!, other)).toBe(true);
        expect(fromTarget.writes).toEqual([]);
        expect([...fromSource.record.conflicts, ...fromTarget.record.conflicts]).toEqual([]);
      }),
    );
  });
});

describe('a policy for each key', () => {
  test('each key follows its own, the rest the default', () => {
    const policy = map({ keys: map({ a: k('overwrite'), b: k('merge') }) });
    const target = map({ a: 1, b: vec(1), c: 1 });
    const merged = run({ policy, target, sources: [map({ a: 2, b: vec(2), c: 2, d: 2 })] });
    expect(shown(after(target, merged))).toBe('{:a 2 :b [1 2] :c 1 :d 2}');
    expect(lists(merged)).toBe('added :d; kept :c; overwritten :a; merged :b');
  });
});

describe('functions', () => {
  const fn = new PrimitiveFunction('f');
  const options = (target: MapValue) => ({ target: (key: Value) => target.get(key), meter: meter() });
  const source = (data: MapValue, resolved?: MapValue): MergeSource => ({ data, branch: 0, base: () => 0, ...(resolved === undefined ? {} : { resolved }) });

  test('they are asked for the keys that both have, even for equal values', () => {
    const questions = nextQuestions(readPolicy(fn), [source(map({ a: 1, b: 1, new: 1 }))], options(map({ a: 1, b: 5 })));
    expect(questions).toEqual([
      { source: 0, fn, args: [k('a'), 0, 1, 1] },
      { source: 0, fn, args: [k('b'), 0, 5, 1] },
    ]);
  });

  test('a later source meets what the earlier one has written', () => {
    const sources = [source(map({ a: 1, n: 1 }), map({ a: 10 })), source(map({ a: 2, n: 2 }))];
    const questions = nextQuestions(readPolicy(fn), sources, options(map({ a: 0 })));
    expect(questions.map(({ source: index, args }) => [index, ...args])).toEqual([[1, k('a'), 0, 10, 2], [1, k('n'), 0, 1, 2]]);
  });

  test('only the keys with a function ask, and with none nothing is asked', () => {
    const policy = readPolicy(map({ keys: map({ a: fn }), default: k('overwrite') }));
    const data = map({ a: 1, b: 1 });
    expect(nextQuestions(policy, [source(data)], options(data)).map(({ args }) => args[0])).toEqual([k('a')]);
    expect(nextQuestions(readPolicy('merge'), [source(data)], options(data))).toEqual([]);
    expect(nextQuestions(readPolicy(fn), [source(data, data)], options(data))).toEqual([]);
  });

  test('what was absent at the entry is nil for them', () => {
    const one: MergeSource = { data: map({ a: 1 }), branch: null, base: () => undefined };
    expect(nextQuestions(readPolicy(fn), [one], options(map({ a: 2 })))[0]?.args).toEqual([k('a'), null, 2, 1]);
  });

  test('a new value is merged; one of the two is kept or overwritten, and the other lost', () => {
    const target = map({ a: 1, b: 1, c: 1, d: 1 });
    const merged = mergeInto(readPolicy(fn), [source(map({ a: 2, b: 2, c: 2, d: 1, e: 2 }), map({ a: 3, b: 1, c: 2, d: 1 }))], options(target));
    expect(lists(merged)).toBe('added :e; kept :b :d; overwritten :c; merged :a');
    expect(merged.record.conflicts.map(({ key, winner, reason }) => [key, winner, reason])).toEqual([
      [k('b'), 'target', "function: it chose the target's value"],
      [k('c'), 'source', "function: it chose the source's value"],
    ]);
  });

  test('nil is an answer', () => {
    const merged = mergeInto(readPolicy(fn), [source(map({ a: 2 }), map({ a: null }))], options(map({ a: 1 })));
    expect(merged.writes).toEqual([[k('a'), null]]);
  });
});

describe('conflicts', () => {
  test('two branches set one key: the later one wins, and both are named', () => {
    const merged = run({ policy: 'overwrite', target: NOTHING, sources: [map({ k: 1 }), map({ k: 2 })] });
    expect(merged.writes).toEqual([[k('k'), 2]]);
    expect(merged.record).toEqual({
      policy: k('overwrite'),
      added: [k('k')],
      kept: [],
      overwritten: [],
      merged: [],
      conflicts: [{ key: k('k'), path: [], target: 1, source: 2, winner: 'source', reason: "overwrite: the source's value replaces the target's", branches: [0, 1] }],
    });
  });

  test('the first branch wins with keep-existing', () => {
    const merged = run({ policy: 'keep-existing', target: NOTHING, sources: [map({ k: 1 }), map({ k: 2 })] });
    expect(merged.writes).toEqual([[k('k'), 1]]);
    expect(merged.record.conflicts).toMatchObject([{ target: 1, source: 2, winner: 'target', reason: "keep-existing: the target's value stays", branches: [0, 1] }]);
  });

  test.each<[string, number, readonly (number | null)[][]]>([
    ['overwrite', 4, [[null, 0], [0, 1], [1, 2]]],
    ['keep-existing', 4, [[null, 0], [null, 1], [null, 2]]],
  ])('%s: with a value of the context itself the branch is null', (policy, value, branches) => {
    const merged = run({ policy, target: map({ k: value }), sources: [map({ k: 1 }), map({ k: 2 }), map({ k: 3 })] });
    expect(merged.record.conflicts.map((conflict) => conflict.branches)).toEqual(branches);
  });

  test('outside of joins no branches are named', () => {
    expect(run({ policy: 'overwrite', target: map({ k: 1 }), sources: [map({ k: 2 })] }).record.conflicts[0]?.branches).toEqual([]);
  });

  test.each(['keep-existing', 'overwrite', 'merge', 'merge3'])('%s: the same value twice is none', (policy) => {
    const target = map({ k: map({ n: Number.NaN, l: List.of(1) }) });
    const merged = run({ policy, base: NOTHING, target, sources: [map({ k: map({ n: Number.NaN, l: List.of(1) }) })] });
    expect([merged.writes, merged.record.conflicts, lists(merged)]).toEqual([[], [], 'kept :k']);
  });

  test('an equal value of another kind is another value', () => {
    const merged = run({ policy: 'overwrite', target: map({ k: vec(1), z: makeFloat(0) }), sources: [map({ k: List.of(1), z: makeFloat(-0) })] });
    expect(lists(merged)).toBe('overwritten :k :z');
  });

  test('joined vectors and maps without a common key lose nothing', () => {
    const merged = run({ policy: 'merge', target: map({ v: vec(1), m: map({ a: 1 }) }), sources: [map({ v: vec(2), m: map({ b: 1 }) })] });
    expect(merged.record.conflicts).toEqual([]);
  });

  test('below a key the path leads to what was lost, and to the branches that set it', () => {
    const sources = [map({ k: map({ a: map({ x: 1 }) }) }), map({ k: map({ b: 1 }) }), map({ k: map({ a: map({ x: 2 }), c: 5 }) })];
    const merged = run({ policy: 'merge', target: map({ k: map({ c: 4 }) }), sources });
    expect(merged.record.conflicts.map(({ key, path, target, source, branches }) => [key, path, target, source, branches])).toEqual([
      [k('k'), [k('a'), k('x')], 1, 2, [0, 2]],
      [k('k'), [k('c')], 4, 5, [null, 2]],
    ]);
  });

  test('a removal that met a change is nil in the record, and the reason says so', () => {
    const merged = run({ policy: 'merge3', base: map({ k: map({ a: 1 }) }), target: map({ k: map({ a: 2 }) }), sources: [map({ k: NOTHING })] });
    expect(merged.record.conflicts).toMatchObject([{ path: [k('a')], target: 2, source: null, reason: 'merge3: the target has changed what the source has removed, the removal wins' }]);
  });

  test('they are put into one sentence', () => {
    const merged = run({ policy: 'merge', target: map({ a: 1, k: map({ x: 1 }) }), sources: [map({ a: 2, k: map({ x: 2 }) })] });
    expect(conflictMessage('root/trip', merged.record.conflicts)).toBe(
      "Merging into root/trip met 2 conflicts, the first at :a (merge: only two maps or two vectors are combined, the source's value replaces the target's)",
    );
    expect(conflictMessage('root', merged.record.conflicts.slice(1))).toMatch(/^Merging into root met a conflict, at :k :x \(/);
  });
});

describe('what became of a key is told from before the first source to after the last', () => {
  test.each<[string, readonly number[], string, number]>([
    ['changed and changed back', [2, 1], 'kept :k', 0],
    ['changed twice', [2, 3], 'overwritten :k', 1],
  ])('%s', (_name, values, fates, writes) => {
    const merged = run({ policy: 'overwrite', target: map({ k: 1 }), sources: values.map((value) => map({ k: value })) });
    expect(lists(merged)).toBe(fates);
    expect(merged.writes).toHaveLength(writes);
  });

  test('a vector that got nothing and a map that got what it had are kept', () => {
    const merged = run({ policy: 'merge', target: map({ v: vec(1), m: map({ a: 1, b: 2 }) }), sources: [map({ v: vec(), m: map({ a: 1 }) })] });
    expect([lists(merged), merged.writes]).toEqual(['kept :m :v', []]);
  });
});

describe('laws', () => {
  const data = (): fc.Arbitrary<MapValue> => fc.dictionary(fc.constantFrom('a', 'b', 'c'), arbitraryValue()).map(map);
  const sources = (): fc.Arbitrary<MapValue[]> => fc.array(data(), { maxLength: 3 });
  const anyPolicy = (): fc.Arbitrary<Value> => fc.constantFrom<Value>('keep-existing', 'overwrite', 'merge', 'merge3', map({ keys: map({ a: 'merge', b: 'overwrite' }) }));

  test('keep-existing never changes a visible value', () => {
    fc.assert(
      fc.property(data(), sources(), (target, list) => {
        for (const [key] of run({ policy: 'keep-existing', target, sources: list }).writes) expect(target.has(key)).toBe(false);
      }),
    );
  });

  test('overwrite: of each key the last source that has it is seen', () => {
    fc.assert(
      fc.property(data(), sources(), (target, list) => {
        const expected = MapValue.from([target, ...list].flatMap((one) => [...one]));
        expect(isSame(after(target, run({ policy: 'overwrite', target, sources: list })), expected)).toBe(true);
      }),
    );
  });

  test('merging sources at once is merging them one after the other', () => {
    fc.assert(
      fc.property(anyPolicy(), data(), data(), sources(), (policy, base, target, list) => {
        const once = after(target, run({ policy, base, target, sources: list }));
        const stepwise = list.reduce((seen, source) => after(seen, run({ policy, base, target: seen, sources: [source] })), target);
        expect(isSame(once, stepwise)).toBe(true);
      }),
    );
  });

  test('writes change something, and every key of a source is in one list', () => {
    fc.assert(
      fc.property(anyPolicy(), data(), data(), sources(), (policy, base, target, list) => {
        const { writes, record } = run({ policy, base, target, sources: list });
        for (const [key, value] of writes) expect(target.has(key) && isSame(target.get(key)!, value)).toBe(false);
        const told = [...record.added, ...record.kept, ...record.overwritten, ...record.merged];
        expect(told.map(shown).sort()).toEqual(MapValue.from(list.flatMap((one) => [...one])).keys().map(shown).sort());
        expect(writes.map(([key]) => shown(key)).sort()).toEqual([...record.added, ...record.overwritten, ...record.merged].map(shown).sort());
      }),
    );
  });

  test('every conflict is of two values that are not the same', () => {
    fc.assert(
      fc.property(anyPolicy(), data(), data(), sources(), (policy, base, target, list) => {
        for (const conflict of run({ policy, base, target, sources: list }).record.conflicts) {
          const removal = conflict.reason.includes('remov');
          expect(removal || !isSame(conflict.target, conflict.source)).toBe(true);
        }
      }),
    );
  });
});

describe('limits', () => {
  function deep(levels: number, leaf: Value, around: (inner: Value) => Value = (inner) => MapValue.of(k('d'), inner)): Value {
    let value = leaf;
    for (let i = 0; i < levels; i++) value = around(value);
    return value;
  }

  test.each<[string, number]>([
    ['merge', 1_000_000],
    ['merge3', 100_000],
  ])('%s: %d levels do not overflow the stack; the conflict at the bottom is told with a short path', (policy, levels) => {
    const [base, target, source] = [policy === 'merge' ? NOTHING : map({ k: deep(levels, 1) }), map({ k: deep(levels, 2) }), map({ k: deep(levels, 3) })];
    const merged = run({ policy, base, target, sources: [source] });
    let bottom = after(target, merged).get(k('k'));
    for (let i = 0; i < levels; i++) bottom = (bottom as MapValue).get(k('d'));
    expect(bottom).toBe(3);
    expect(merged.record.conflicts).toHaveLength(1);
    expect(merged.record.conflicts[0]?.path).toHaveLength(CONFLICT_PATH_MAX);
    expect(merged.record.conflicts[0]?.reason).toMatch(/\(deeper inside\)$/);
  });

  test('a conflict at every level costs a short path for each of the first, and one for all that are deeper', () => {
    const around = (x: number) => (inner: Value) => MapValue.of(k('d'), inner, k('x'), x);
    const merged = run({ policy: 'merge', target: map({ k: deep(100_000, 0, around(1)) }), sources: [map({ k: deep(100_000, 0, around(2)) })] });
    expect(merged.record.conflicts).toHaveLength(CONFLICT_PATH_MAX + 1);
  });

  test.each(['keep-existing', 'overwrite', 'merge', 'merge3'])('%s pays for its work, whatever is one object in memory', (policy) => {
    const spent = (target: MapValue, source: MapValue): number => {
      const own = meter(1_000_000);
      mergeInto(readPolicy(policy), [{ data: source, branch: null, base: () => undefined }], { target: (key) => target.get(key), meter: own });
      return own.fuel;
    };
    const big = (): MapValue => map({ k: MapValue.from(Array.from({ length: 1000 }, (_, i): Entry => [i, vec(i)])) });
    const one = big();
    expect(spent(one, one)).toBe(spent(one, big()));
    expect(spent(one, one)).toBeLessThan(1_000_000 - 1000);
  });

  test('too little fuel ends it', () => {
    const big = map({ k: Vector.adopt(Array.from({ length: 1000 }, (_, i) => i)) });
    const error = raisedBy(() => mergeInto(readPolicy('overwrite'), [{ data: big, branch: null, base: () => undefined }], { target: (key) => big.get(key), meter: meter(100) }));
    expect(error?.type.name).toBe('error/budget');
  });

  test('vectors are not joined beyond the limit of collections', () => {
    const half = map({ k: vec(1, 2, 3) });
    const small: Meter = { ...meter(), limits: { ...DEFAULT_LIMITS, collectionSize: 5 } };
    const error = raisedBy(() => mergeInto(readPolicy('merge'), [{ data: half, branch: null, base: () => undefined }], { target: (key) => half.get(key), meter: small }));
    expect(error?.type.name).toBe('error/overflow');
  });
});
