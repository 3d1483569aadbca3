/** The tree of contexts, from the tables of `docs/steps.md` and of the requirements. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Isolation } from '../../../src/evaluator/context.ts';
import { childId, placeOf } from '../../../src/evaluator/context-id.ts';
import {
  ancestors, beginIsolated, checkpoint, type ContextTree, contextTree, createParallelContext, currentId, depth, endIsolated, type Entered, enterStep, type EnterOptions, exitStep,
  get, restoreCheckpoint, set, siblings, switchTo, type TreeErrorCode, type TreeResult,
} from '../../../src/evaluator/context-tree.ts';
import { deserialize, serialize } from '../../../src/evaluator/context-tree-bytes.ts';
import { decodeValue, encodeValue } from '../../../src/value/bytes.ts';
import { bytesToHex, hexToBytes } from '../../../src/value/hex.ts';
import { List } from '../../../src/value/list.ts';
import { type Entry, MapValue } from '../../../src/value/map.ts';
import { isSame } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import { Closure, keyword, makeFloat, PrimitiveFunction, symbol, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue, testCode } from '../../support/arbitraries.ts';
import { done, goldenContexts } from '../../support/golden-contexts.ts';

const k = keyword;

function map(entries: Readonly<Record<string, Value>>): MapValue {
  return MapValue.from(Object.entries(entries).map(([key, value]) => [k(key), value] as const));
}

function root(entries: Readonly<Record<string, Value>> = {}): ContextTree {
  return done(contextTree(map(entries)));
}

function enter(tree: ContextTree, name = 'child', options: EnterOptions = {}): ContextTree {
  return done(enterStep(tree, name, options)).tree;
}

function put(tree: ContextTree, key: string, value: Value): ContextTree {
  return done(set(tree, k(key), value));
}

function leave(tree: ContextTree): ContextTree {
  return done(exitStep(tree)).tree;
}

function read(tree: ContextTree, key = 'k'): Value | undefined {
  return get(tree, k(key));
}

function codeOf(result: TreeResult<unknown>): TreeErrorCode | 'ok' {
  return result.ok ? 'ok' : result.error.code;
}

describe('the table of isolation', () => {
  test('an inherit child reads its parent', () => {
    expect(read(enter(root({ k: 'p' })))).toBe('p');
  });

  test('what an inherit child has set is seen inside, and gone when it ends', () => {
    const inside = put(enter(root({ k: 'p' })), 'k', 'c');
    expect([read(inside), read(leave(inside))]).toEqual(['c', 'p']);
  });

  test('an isolated child reads its parent and changes nothing there', () => {
    const fresh = enter(root({ k: 'p' }), 'child', { isolation: 'isolated' });
    const changed = put(fresh, 'k', 'c');
    expect([read(fresh), read(changed), read(leave(changed))]).toEqual(['p', 'c', 'p']);
  });

  test('a sandboxed child reads nothing of its parent', () => {
    expect(read(enter(root({ k: 'p' }), 'child', { isolation: 'sandboxed' }))).toBeUndefined();
  });

  test('what a sandboxed child has set is gone when it ends', () => {
    expect(read(leave(put(enter(root(), 'box', { isolation: 'sandboxed' }), 'j', 2)), 'j')).toBeUndefined();
  });

  test.each<Isolation>(['inherit', 'isolated'])('an %s child of a sandbox sees the sandbox and not past it', (isolation) => {
    const box = put(enter(root({ k: 'p' }), 'box', { isolation: 'sandboxed' }), 'b', 1);
    const inside = enter(box, 'inside', { isolation });
    expect([read(inside, 'b'), read(inside, 'k')]).toEqual([1, undefined]);
  });

  test('a stored nil covers the value of the parent', () => {
    expect(read(put(enter(root({ k: 'p' })), 'k', null))).toBeNull();
  });

  test.each<Isolation>(['isolated', 'inherit', 'sandboxed'])('two %s workers: neither sees what the other sets, nor does the root', (isolation) => {
    const first = done(createParallelContext(root(), 'work', { isolation }));
    const second = done(createParallelContext(first.tree, 'work', { isolation }));
    const set1 = put(done(switchTo(second.tree, first.id)), 'k', 1);
    expect([read(set1), read(done(switchTo(set1, second.id))), read(done(switchTo(set1, 'root')))]).toEqual([1, undefined, undefined]);
  });

  test('a parallel child of a sandboxed step does not see the root', () => {
    const worker = done(createParallelContext(enter(root({ k: 'p' }), 'box', { isolation: 'sandboxed' }), 'work'));
    expect(read(done(switchTo(worker.tree, worker.id)))).toBeUndefined();
  });

  test('depths of root, child and grandchild are 1, 2 and 3', () => {
    const child = enter(root());
    expect([root(), child, enter(child)].map(depth)).toEqual([1, 2, 3]);
  });

  test.each<[Isolation, Value | undefined]>([['isolated', 1], ['inherit', 2], ['sandboxed', undefined]])(
    'what changes around an %s child after it was entered',
    (isolation, seen) => {
      const child = done(createParallelContext(root({ k: 1 }), 'branch', { isolation }));
      const changed = put(child.tree, 'k', 2);
      expect(read(done(switchTo(changed, child.id)))).toBe(seen);
    },
  );

  test('an isolated context inside an isolated one sees both snapshots', () => {
    const outer = put(enter(root({ k: 1 }), 'outer', { isolation: 'isolated' }), 'o', 1);
    const inner = enter(outer, 'inner', { isolation: 'isolated' });
    const rootChanged = put(done(switchTo(inner, 'root')), 'k', 2);
    const outerChanged = put(done(switchTo(rootChanged, 'root/outer')), 'o', 2);
    const at = done(switchTo(outerChanged, 'root/outer/inner'));
    expect([read(at, 'k'), read(at, 'o')]).toEqual([1, 1]);
  });

  test('an inherit child of an isolated context reads it live, and what is around as it was', () => {
    const inner = enter(enter(root({ k: 1 }), 'outer', { isolation: 'isolated' }), 'inner');
    const changed = put(put(done(switchTo(inner, 'root')), 'k', 2), 'later', 1);
    const outer = put(done(switchTo(changed, 'root/outer')), 'o', 1);
    const at = done(switchTo(outer, 'root/outer/inner'));
    expect(['k', 'later', 'o'].map((key) => read(at, key))).toEqual([1, undefined, 1]);
  });
});

describe('keys', () => {
  test('strings and symbols of the same name mean the same key', () => {
    const tree = done(set(done(set(root({ a: 0 }), 'a', 1)), symbol('b'), 2));
    expect([get(tree, k('a')), get(tree, symbol('a')), get(tree, 'b')]).toEqual([1, 1, 2]);
  });

  test('nothing else is a key', () => {
    expect(codeOf(set(root(), 1, 1))).toBe('key');
    expect(codeOf(contextTree(MapValue.of(null, 1)))).toBe('key');
    expect(codeOf(contextTree(MapValue.of('a', 1, k('a'), 2)))).toBe('key');
    expect(get(root(), 1)).toBeUndefined();
  });
});

describe('ids', () => {
  test('are paths of names and occurrences, the same for the same moves', () => {
    const first = leave(enter(root(), 'trip'));
    const again = enter(first, 'trip');
    const inside = enter(again, 'hotel');
    expect([again, inside].map(currentId)).toEqual(['root/trip#1', 'root/trip#1/hotel']);
    expect(ancestors(inside)).toEqual(['root/trip#1', 'root']);
  });

  test('names that look like paths are told apart from paths', () => {
    expect(currentId(enter(root(), 'a/b#1%'))).toBe('root/a%2Fb%231%25');
  });

  test('an id tells its place, and no two places have one id', () => {
    const name = fc.oneof(fc.constantFrom('a', 'a/b', 'a#1', '%2F', '', '#', '%'), fc.string());
    fc.assert(
      fc.property(name, fc.nat(), fc.constantFrom('root', 'root/x#3'), (given, occurrence, parent) => {
        expect(placeOf(childId({ parent, name: given, occurrence }))).toEqual({ parent, name: given, occurrence });
      }),
    );
  });

  test.each(['root', 'root/a#0', 'root/a#01', 'root/a#', 'root/a#1#2', 'root/%', 'root/%2f', ''])('%s is no place', (id) => {
    expect(placeOf(id)).toBeNull();
  });

  test('siblings are the living contexts with the same parent', () => {
    const one = done(createParallelContext(root(), 'work'));
    const two = done(createParallelContext(one.tree, 'work'));
    const at = done(switchTo(two.tree, one.id));
    expect([siblings(at), siblings(root())]).toEqual([['root/work#1'], []]);
    expect(siblings(done(switchTo(leave(at), two.id)))).toEqual([]);
  });
});

describe('moves that are not allowed are values, and change nothing', () => {
  const child = enter(root());
  const parallel = done(createParallelContext(child, 'work'));
  const block = done(beginIsolated(root())).tree;

  test.each<[string, TreeErrorCode, TreeResult<unknown>]>([
    ['exit of the root', 'exit-of-root', exitStep(root())],
    ['exit with a living child', 'live-children', exitStep(parallel.tree)],
    ['switching to a context that was left', 'finished-context', switchTo(leave(child), 'root/child')],
    ['switching to one inside a context that was left', 'finished-context', switchTo(leave(leave(enter(child))), 'root/child/child')],
    ['switching to one that never was', 'unknown-context', switchTo(root(), 'root/child')],
    ['switching to what is no id', 'unknown-context', switchTo(root(), 'nowhere')],
    ['ending an isolated context with an open step inside', 'open-step', endIsolated(enter(block))],
    ['ending an isolated context with a living worker inside', 'live-children', endIsolated(done(createParallelContext(block, 'work')).tree)],
    ['ending an isolated context that was not begun', 'not-isolated', endIsolated(enter(root(), 'step', { isolation: 'isolated' }))],
    ['leaving an isolated context like a step', 'isolated-block', exitStep(block)],
    ['a policy that there is not', 'policy', exitStep(child, { merge: k('mine') })],
    ['a policy that needs a machine', 'policy', exitStep(child, { merge: new PrimitiveFunction('+') })],
    ['such a policy for one key', 'policy', exitStep(child, { merge: map({ keys: map({ a: new PrimitiveFunction('+') }) }) })],
    ['three ways without the first', 'no-base', exitStep(child, { merge: k('merge3') })],
  ])('%s', (_name, code, result) => {
    expect(codeOf(result)).toBe(code);
    expect(result.ok ? '' : result.error.message).toMatch(/^[A-Za-z:].*[^.]$/);
  });

  test('isolated contexts are entered and left in pairs', () => {
    const inside = done(endIsolated(leave(enter(put(block, 'k', 1)))));
    expect([currentId(inside.tree), read(inside.tree), inside.context.data.get(k('k'))]).toEqual(['root', undefined, 1]);
  });
});

describe('leaving', () => {
  test('gives the context that was left', () => {
    const { context, record } = done(exitStep(put(enter(root(), 'trip', { isolation: 'isolated' }), 'k', 1)));
    expect([context.id, context.name, context.isolation, context.depth, printValue(context.data), record]).toEqual(['root/trip', 'trip', 'isolated', 2, '{:k 1}', null]);
  });

  test('merges into what is visible in the parent, inherited or not', () => {
    const step = enter(root({ v: map({ a: 1 }) }), 'step');
    const branch = put(enter(step, 'branch'), 'v', map({ b: 2 }));
    const merged = done(exitStep(branch, { merge: k('merge') }));
    expect(printValue(read(merged.tree, 'v')!)).toBe('{:a 1 :b 2}');
    expect(merged.record).toMatchObject({ into: 'root/step', merged: [k('v')] });
    expect(printValue(read(leave(merged.tree), 'v')!)).toBe('{:a 1}');
  });

  test('keep-existing of an inherited value writes nothing', () => {
    const branch = put(enter(enter(root({ v: 1 }), 'step'), 'branch'), 'v', 2);
    const merged = done(exitStep(branch, { merge: k('keep-existing') })).tree;
    expect(read(put(done(switchTo(merged, 'root')), 'v', 3), 'v')).toBe(3);
    expect(read(done(switchTo(put(done(switchTo(merged, 'root')), 'v', 3), 'root/step')), 'v')).toBe(3);
  });

  test.each<EnterOptions>([{ isolation: 'isolated' }, { keepBase: true }])('merge3 knows what there was at the entry: %o', (options) => {
    const worker = done(createParallelContext(root({ a: 1, b: 1, c: 1 }), 'work', options));
    const around = put(put(worker.tree, 'a', 2), 'c', 2);
    const inside = put(put(done(switchTo(around, worker.id)), 'b', 3), 'c', 3);
    const merged = done(exitStep(put(inside, 'a', 1), { merge: k('merge3') }));
    expect(['a', 'b', 'c'].map((key) => read(merged.tree, key))).toEqual([2, 3, 3]);
    expect(merged.record?.conflicts.map(({ key }) => key)).toEqual([k('c')]);
  });

  test('a function of the host decides what both have', () => {
    const inside = put(put(enter(root({ n: 1 }), 'child', { keepBase: true }), 'n', 5), 'm', 7);
    const merged = done(exitStep(inside, { merge: ({ args: [, base, target, source] }) => Vector.of(base, target, source) }));
    expect([printValue(read(merged.tree, 'n')!), read(merged.tree, 'm')]).toEqual(['[1 1 5]', 7]);
  });

  test('a conflict can fail it', () => {
    const inside = put(enter(root({ k: 1 })), 'k', 2);
    const failed = exitStep(inside, { merge: k('overwrite'), onConflict: 'fail' });
    expect(failed).toMatchObject({ ok: false, error: { code: 'conflict', message: expect.stringContaining('Merging into root met a conflict, at :k') } });
    expect(codeOf(exitStep(put(inside, 'k', 1), { merge: k('overwrite'), onConflict: 'fail' }))).toBe('ok');
  });
});

describe('limits', () => {
  test('65 nested steps with at most 64 contexts', () => {
    let tree = done(contextTree(MapValue.empty(), { maxDepth: 64 }));
    for (let i = 2; i <= 64; i++) tree = enter(tree, 's');
    expect([depth(tree), codeOf(enterStep(tree, 's')), codeOf(createParallelContext(tree, 's')), codeOf(beginIsolated(tree))]).toEqual([64, 'limit-depth', 'limit-depth', 'limit-depth']);
  });

  // The document of `:k` and a text of n < 32 bytes: a head of 5, 1 for the tag and 1 for the name, 1 + n for the text.
  test('data is measured by its canonical bytes, all living contexts together, before it is written', () => {
    const tree = done(contextTree(MapValue.empty(), { maxContextBytes: 30 }));
    const full = put(tree, 'k', 'x'.repeat(22));
    expect(full.sizeBytes).toBe(30);
    expect(codeOf(set(tree, k('k'), 'x'.repeat(23)))).toBe('limit-bytes');
    expect(codeOf(set(full, k('j'), 1))).toBe('limit-bytes');
    expect(codeOf(set(full, k('k'), 'short'))).toBe('ok');
    expect(codeOf(set(enter(full), k('j'), 1))).toBe('limit-bytes');
  });

  test('a context that was left counts no more', () => {
    const tree = done(contextTree(MapValue.empty(), { maxContextBytes: 30 }));
    expect(leave(put(enter(tree), 'k', 'x'.repeat(22))).sizeBytes).toBe(0);
  });

  test('a merge that would be too much leaves the tree as it was', () => {
    const tree = put(enter(done(contextTree(map({ v: Vector.of(1, 2, 3) }), { maxContextBytes: 26 }))), 'v', Vector.of(1, 2, 3, 4));
    expect(codeOf(exitStep(tree, { merge: k('overwrite') }))).toBe('ok');
    const wide = put(tree, 'v', Vector.of(1, 2, 3, 4));
    const joined = exitStep({ ...wide, limits: { ...wide.limits, maxContextBytes: 14 } }, { merge: k('merge') });
    expect([codeOf(joined), currentId(wide)]).toEqual(['limit-bytes', 'root/child']);
  });

  test('data that is too large from the start', () => {
    expect(codeOf(contextTree(map({ k: 'x'.repeat(23) }), { maxContextBytes: 30 }))).toBe('limit-bytes');
  });

  test('names that make an id too long', () => {
    expect(codeOf(enterStep(root(), 'x'.repeat(70_000)))).toBe('limit-id');
  });
});

describe('checkpoints', () => {
  test('what was set after it is gone after restoring', () => {
    const kept = done(checkpoint(root(), 'a'));
    const changed = put(enter(put(kept, 'k', 1)), 'k', 2);
    const back = done(restoreCheckpoint(changed, 'a'));
    expect([currentId(back), read(back), depth(back)]).toEqual(['root', undefined, 1]);
    expect(read(changed)).toBe(2);
  });

  test('the same moves after restoring give the same ids', () => {
    const kept = done(checkpoint(root(), 'a'));
    expect(currentId(enter(done(restoreCheckpoint(leave(enter(kept)), 'a'))))).toBe('root/child');
  });

  test('labels are given once, and later ones outlive restoring', () => {
    const two = done(checkpoint(put(done(checkpoint(root(), 'a')), 'k', 1), 'b'));
    expect(codeOf(checkpoint(two, 'a'))).toBe('checkpoint-exists');
    expect(read(done(restoreCheckpoint(done(restoreCheckpoint(two, 'a')), 'b')))).toBe(1);
    expect(codeOf(restoreCheckpoint(two, 'c'))).toBe('unknown-checkpoint');
  });
});

// --- any moves -----------------------------------------------------------------------------------------------------

type Move = (tree: ContextTree) => TreeResult<ContextTree>;

const treeOf = <T extends { readonly tree: ContextTree }>(result: TreeResult<T>): TreeResult<ContextTree> => (result.ok ? { ok: true, value: result.value.tree } : result);

function arbitraryMove(): fc.Arbitrary<Move> {
  const name = fc.constantFrom('a', 'b', 'a/b', '#');
  const isolation = fc.constantFrom<Isolation>('inherit', 'isolated', 'sandboxed');
  const options = fc.record({ isolation, keepBase: fc.boolean() });
  const merge = fc.constantFrom<Value>(k('merge'), k('overwrite'), k('keep-existing'), k('merge3'));
  return fc.oneof(
    fc.tuple(name, options).map(([given, how]): Move => (tree) => treeOf(enterStep(tree, given, how))),
    fc.tuple(name, options).map(([given, how]): Move => (tree) => treeOf(createParallelContext(tree, given, how))),
    fc.tuple(fc.constantFrom('k', 'j'), arbitraryValue()).map(([key, value]): Move => (tree) => set(tree, k(key), value)),
    fc.nat().map((n): Move => (tree) => switchTo(tree, tree.contexts.keys()[n % tree.contexts.size] as string)),
    merge.map((policy): Move => (tree) => treeOf(exitStep(tree, { merge: policy }))),
    fc.constant<Move>((tree) => treeOf(exitStep(tree))),
    fc.constant<Move>((tree) => treeOf(beginIsolated(tree))),
    fc.constant<Move>((tree) => treeOf(endIsolated(tree))),
    fc.constantFrom('x', 'y').map((label): Move => (tree) => checkpoint(tree, label)),
    fc.constantFrom('x', 'y').map((label): Move => (tree) => restoreCheckpoint(tree, label)),
  );
}

/** A tree after some moves; those that are not allowed are left out. */
function arbitraryTree(start: ContextTree = root({ k: 0 })): fc.Arbitrary<ContextTree> {
  return fc.array(arbitraryMove(), { maxLength: 25 }).map((moves) =>
    moves.reduce((tree, move) => {
      const moved = move(tree);
      return moved.ok ? moved.value : tree;
    }, start),
  );
}

const readOptions = { decode: { resolveCode: testCode } };

function sameTree(a: ContextTree, b: ContextTree): boolean {
  return a.current === b.current && a.sizeBytes === b.sizeBytes && isSame(a.contexts, b.contexts) && isSame(a.checkpoints, b.checkpoints);
}

describe('laws', () => {
  test('reading what was written gives the same tree', () => {
    fc.assert(
      fc.property(arbitraryTree(), (tree) => {
        expect(sameTree(done(deserialize(serialize(tree), readOptions)), tree)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('without a merge nothing gets out of a context, whatever is done inside', () => {
    const marked = enter(root({ k: 0, j: 0 }), 'box', { isolation: 'isolated' });
    const inside = fc.array(arbitraryMove(), { maxLength: 15 });
    fc.assert(
      fc.property(inside, (moves) => {
        let tree = marked;
        for (const move of moves) {
          const moved = move(tree);
          if (moved.ok && currentId(moved.value).startsWith('root/box')) tree = moved.value;
        }
        const atRoot = done(switchTo(tree, 'root'));
        expect([read(atRoot, 'k'), read(atRoot, 'j')]).toEqual([0, 0]);
      }),
    );
  });

  test('an isolated context sees what it saw when it was entered, whatever is done around it', () => {
    fc.assert(
      fc.property(arbitraryTree(), fc.array(fc.tuple(fc.nat(), arbitraryValue()), { maxLength: 8 }), (tree, writes) => {
        const seen = ['k', 'j'].map((key) => read(tree, key));
        const box: Entered = done(createParallelContext(tree, 'box'));
        const around = writes.reduce((at, [n, value]) => {
          const ids = (at.contexts.keys() as string[]).filter((id) => id !== box.id);
          return put(done(switchTo(at, ids[n % ids.length]!)), 'k', value);
        }, box.tree);
        const inside = done(switchTo(around, box.id));
        expect(['k', 'j'].every((key, i) => isSame(read(inside, key) ?? 'absent', seen[i] ?? 'absent'))).toBe(true);
      }),
    );
  });

  test('the size is that of the data that lives', () => {
    fc.assert(
      fc.property(arbitraryTree(), (tree) => {
        expect(done(deserialize(serialize({ ...tree, sizeBytes: -1 }), readOptions)).sizeBytes).toBe(tree.sizeBytes);
      }),
    );
  });

  test('moves leave the tree that they start from as it was', () => {
    fc.assert(
      fc.property(arbitraryTree(), fc.array(arbitraryMove(), { maxLength: 10 }), (tree, moves) => {
        const before = bytesToHex(serialize(tree));
        for (const move of moves) move(tree);
        expect(bytesToHex(serialize(tree))).toBe(before);
      }),
    );
  });
});

test('moves do not copy data: the parent with 10 000 keys keeps its map', () => {
  const data = MapValue.from(Array.from({ length: 10_000 }, (_, i): Entry => [k(`key-${i}`), i]));
  const tree = done(contextTree(data));
  const rows = (at: ContextTree): Vector => at.contexts.get('root') as Vector;
  const child = done(createParallelContext(tree, 'work'));
  const back = leave(done(switchTo(child.tree, child.id)));
  expect(rows(child.tree).get(2)).toBe(rows(tree).get(2));
  expect(rows(back).get(2)).toBe(rows(tree).get(2));
  expect(((child.tree.contexts.get(child.id) as Vector).get(4) as List).first()).toBe(rows(tree).get(2));
});

// --- bytes ---------------------------------------------------------------------------------------------------------

describe('bytes', () => {
  test('the smallest tree, written by hand from the format', () => {
    const expected = ['d7525601', '01', '95', '5d', '727466732f636f6e7465787473', '01', 'f054', '726f6f74', 'a1', 'c0', '95', '74', '73746570', '77', '696e6865726974', 'a0', 'a0', 'e0', 'a0'];
    expect(bytesToHex(serialize(root()))).toBe(expected.join(''));
  });

  test('values with keys of every type, big integers and NaN come back', () => {
    const value = MapValue.of(1, 'a', '1', 'b', k('1'), 'c', null, 'd', 10n ** 30n, Number.NaN, makeFloat(-0), makeFloat(-0));
    expect(isSame(read(done(deserialize(serialize(root({ k: value })))))!, value)).toBe(true);
  });

  test('functions come back where their code is known, and are refused elsewhere', () => {
    const fn = new Closure(testCode('7f'.repeat(32), 1)!, [1]);
    const bytes = serialize(root({ k: fn }));
    expect(isSame(read(done(deserialize(bytes, readOptions)))!, fn)).toBe(true);
    expect(codeOf(deserialize(bytes))).toBe('damaged');
  });

  test('what only the library may name is refused', () => {
    expect(codeOf(deserialize(serialize(root({ k: new PrimitiveFunction('%raw') }))))).toBe('damaged');
  });

  test('the limits of the reader count, for checkpoints too', () => {
    const deep = enter(enter(root({ k: 'x'.repeat(20) })));
    const kept = leave(leave(done(checkpoint(deep, 'deep'))));
    for (const tree of [deep, kept]) expect(codeOf(deserialize(serialize(tree), { limits: { maxDepth: 2 } }))).toBe('damaged');
    expect(codeOf(deserialize(serialize(deep), { limits: { maxContextBytes: 27 } }))).toBe('damaged');
    expect(codeOf(deserialize(serialize(deep), { limits: { maxContextBytes: 28, maxDepth: 3 } }))).toBe('ok');
  });

  const step = (...rest: readonly Value[]): Value => Vector.of(k('step'), k('inherit'), MapValue.empty(), ...rest);
  const plain = step(MapValue.empty(), null);
  const rootOf = (row: Value, more: readonly Entry[] = []): Value => MapValue.from([['root', row], ...more]);
  const document = (...parts: readonly Value[]): Uint8Array => encodeValue(Vector.of(...parts));
  const contexts = (value: Value, current: Value = 'root', checkpoints: Value = MapValue.empty()): Uint8Array => document('rtfs/contexts', 1, current, value, checkpoints);
  const entered = (name: string, times: Value): MapValue => MapValue.of(name, times);

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['another value', encodeValue(1)],
    ['another magic', document('rtfs/state', 1, 'root', rootOf(plain), MapValue.empty())],
    ['a later version', document('rtfs/contexts', 2, 'root', rootOf(plain), MapValue.empty())],
    ['a part too few', document('rtfs/contexts', 1, 'root', rootOf(plain))],
    ['no context', contexts(MapValue.empty())],
    ['a current context that is not there', contexts(rootOf(plain), 'root/a')],
    ['a row that is short', contexts(rootOf(step(MapValue.empty())))],
    ['a row that is long', contexts(rootOf(step(MapValue.empty(), null, 1)))],
    ['data under a string', contexts(rootOf(Vector.of(k('step'), k('inherit'), MapValue.of('a', 1), MapValue.empty(), null)))],
    ['a root that is sandboxed', contexts(rootOf(Vector.of(k('step'), k('sandboxed'), MapValue.empty(), MapValue.empty(), null)))],
    ['a root with a view', contexts(rootOf(step(MapValue.empty(), List.empty())))],
    ['a mode that is unknown', contexts(rootOf(Vector.of(k('stop'), k('inherit'), MapValue.empty(), MapValue.empty(), null)))],
    ['a count of nought', contexts(rootOf(step(entered('a', 0), null)))],
    ['a count with a half', contexts(rootOf(step(entered('a', 1.5), null)))],
    ['a child that was never entered', contexts(rootOf(plain, [['root/a', plain]]))],
    ['a child that was not entered so often', contexts(rootOf(step(entered('a', 1), null), [['root/a#1', plain]]))],
    ['a child without a parent', contexts(rootOf(plain, [['root/a/b', plain]]))],
    ['an id that is none', contexts(rootOf(step(entered('a', 1), null), [['root/a#0', plain]]))],
    ['an isolated child without a view', contexts(rootOf(step(entered('a', 1), null), [['root/a', Vector.of(k('step'), k('isolated'), MapValue.empty(), MapValue.empty(), null)]]))],
    ['a view that is too short', contexts(rootOf(step(entered('a', 1), null), [['root/a', step(MapValue.empty(), List.empty())]]))],
    ['a view of numbers', contexts(rootOf(step(entered('a', 1), null), [['root/a', step(MapValue.empty(), List.of(1))]]))],
    ['a view that is a vector', contexts(rootOf(step(entered('a', 1), null), [['root/a', step(MapValue.empty(), Vector.of(MapValue.empty()))]]))],
    ['a block that inherits', contexts(rootOf(step(entered('a', 1), null), [['root/a', Vector.of(k('block'), k('inherit'), MapValue.empty(), MapValue.empty(), null)]]))],
    ['a checkpoint that is none', contexts(rootOf(plain), 'root', MapValue.of('a', 1))],
    ['a checkpoint without its current context', contexts(rootOf(plain), 'root', MapValue.of('a', Vector.of('root/x', rootOf(plain))))],
    ['a label that is a keyword', contexts(rootOf(plain), 'root', MapValue.of(k('a'), Vector.of('root', rootOf(plain))))],
  ])('%s is refused', (_name, bytes) => {
    expect(codeOf(deserialize(bytes))).toBe('damaged');
  });

  test('the documents above differ from good ones in one thing only', () => {
    const good = contexts(rootOf(step(entered('a', 1), null), [['root/a', step(MapValue.empty(), List.of(MapValue.empty()))]]), 'root/a', MapValue.of('a', Vector.of('root', rootOf(plain))));
    expect(codeOf(deserialize(good))).toBe('ok');
  });
});

/** Any bytes are refused with a reason, or are exactly what writing the tree gives. */
function expectStrict(bytes: Uint8Array): void {
  const read = deserialize(bytes, readOptions);
  if (read.ok) expect(bytesToHex(serialize(read.value))).toBe(bytesToHex(bytes));
  else expect(read.error).toMatchObject({ code: 'damaged', message: expect.stringMatching(/^the (bytes|contexts) /) });
}

describe('bytes that nobody means well with', () => {
  test('trees with a little damage', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('replace', 'insert', 'delete', 'flip')), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(arbitraryTree(), damage, (tree, changes) => {
        const bytes = [...serialize(tree)];
        for (const [n, byte, how] of changes) {
          const at = 5 + (n % (bytes.length - 5));
          bytes.splice(at, how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [how === 'flip' ? bytes[at]! ^ (1 << (byte % 8)) : byte]));
        }
        expectStrict(Uint8Array.from(bytes));
      }),
      { numRuns: 1500 },
    );
  });

  test('trees with other values in their places', () => {
    const names = fc.constantFrom<Value>('root', 'root/a', 'root/a#1', k('step'), k('isolated'), null, 1, MapValue.empty(), List.empty(), List.of(MapValue.empty()));
    fc.assert(
      fc.property(arbitraryTree(), fc.nat(), fc.nat({ max: 6 }), names, (tree, n, column, value) => {
        const parts = (decodeValue(serialize(tree), readOptions.decode) as { value: Vector }).value;
        const rows = parts.get(3) as MapValue;
        const id = rows.keys()[n % rows.size]!;
        const changed = column < 5 ? rows.set(id, (rows.get(id) as Vector).set(column, value)) : column === 5 ? rows.delete(id) : rows.set('root/a', rows.get(id)!);
        expectStrict(encodeValue(parts.set(3, changed)));
      }),
      { numRuns: 1500 },
    );
  });
});

// Never rewritten: a change of format is a new version with a directory of its own, beside which these must still load.
describe('golden bytes of version 1', () => {
  const directory = join(import.meta.dirname, '../../golden/context/v1');
  const trees = Object.entries(goldenContexts());

  test.each(trees)('%s is written as it was, and read again', (name, tree) => {
    const kept = readFileSync(join(directory, `${name}.hex`), 'utf8').replaceAll('\n', '');
    expect(bytesToHex(serialize(tree))).toBe(kept);
    expect(sameTree(done(deserialize(hexToBytes(kept)!)), tree)).toBe(true);
    const shown = printValue((decodeValue(hexToBytes(kept)!) as { value: Value }).value);
    expect(`${shown}\n`).toBe(readFileSync(join(directory, `${name}.txt`), 'utf8'));
  });

  test('every file has its tree', () => {
    expect(readdirSync(directory).sort()).toEqual(trees.flatMap(([name]) => [`${name}.hex`, `${name}.txt`]).sort());
  });
});
