/** EC-13: a state is written as what it does not have in common with the one before. */
import { describe, expect, test } from 'vitest';
import { Chunker } from '../../../src/evaluator/chunks.ts';
import { resume } from '../../../src/evaluator/kernel.ts';
import { snapshot } from '../../../src/evaluator/snapshot.ts';
import type { State } from '../../../src/evaluator/state.ts';
import { type Program, startProgram } from '../../../src/host/compile.ts';
import { bytesToHex } from '../../../src/value/hex.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { ChunkStore } from '../../support/chunk-store.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled } from '../../support/journey.ts';

const environment = testEnvironment();
const SETTER = '(loop [i 0] (let [[k v] (call :next i)] (context/set k v) (recur (inc i))))';
const setter = compiled(environment, SETTER);

/** Text of that length that no other number gives. */
function text(length: number, seed: number): string {
  let words = '';
  for (let at = seed * 7919 + 1; words.length < length; at = (at * 1_103_515_245 + 12_345) % 2 ** 31) words += at.toString(36);
  return words.slice(0, length);
}

function answered(state: State, value: Value): State {
  return resume(state, [{ id: state.pending[0]!.id, ok: true, value }]).state;
}

function withContext(data: Iterable<readonly [string, Value]>): State {
  const context = MapValue.from([...data].map(([name, value]) => [keyword(name), value] as const));
  return startProgram(setter, { context, limits: { contextBytes: 1e9 } }).state;
}

function set(state: State, name: string, value: Value): State {
  return answered(state, Vector.of(keyword(name), value));
}

/** The same state back, in a process that knows nothing. */
function expectBack(store: ChunkStore, root: string, state: State, program: Program = setter): State {
  const back = store.load(root, program.table);
  expect(bytesToHex(snapshot(back))).toBe(bytesToHex(snapshot(state)));
  return back;
}

describe('a context of about 1 MB, of which one small key changes', () => {
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `key-${i}`);

  test('10,000 keys of 100 bytes: every checkpoint adds less than 2 kB', () => {
    let state = withContext(names(10_000).map((name, i) => [name, text(90, i)] as const));
    const store = new ChunkStore();
    expect(store.save(state).bytes).toBeGreaterThan(1e6);
    let root = '';
    for (let i = 0; i < 150; i++) {
      state = set(state, `key-${(i * 7919) % 10_000}`, text(90, i + 20_000));
      const saved = store.save(state);
      expect(saved.bytes).toBeLessThan(2_000);
      root = saved.root;
    }
    expectBack(store, root, state);
  });

  test('1,000 keys of 1 kB', () => {
    let state = withContext(names(1_000).map((name, i) => [name, i % 10 === 3 ? i : text(1_100, i)] as const));
    const store = new ChunkStore();
    expect(store.save(state).bytes).toBeGreaterThan(9.5e5);
    let root = '';
    for (let i = 0; i < 100; i++) {
      state = set(state, `key-${i * 10 + 3}`, -i);
      const saved = store.save(state);
      expect(saved.bytes).toBeLessThan(2_000);
      root = saved.root;
    }
    expectBack(store, root, state);
  });

  test('20 keys of 50 kB, and a new one', () => {
    let state = withContext(names(20).map((name, i) => [name, text(50_000, i)] as const));
    const store = new ChunkStore();
    expect(store.save(state).bytes).toBeGreaterThan(1e6);
    state = set(state, 'small', 1);
    const saved = store.save(state);
    expect(saved.bytes).toBeLessThan(2_000);
    expectBack(store, saved.root, state);
  });

  test('and of 10 MB: less than 0.1 %', () => {
    let state = withContext(names(2_000).map((name, i) => [name, text(5_000, i)] as const));
    const store = new ChunkStore();
    const first = store.save(state).bytes;
    expect(first).toBeGreaterThan(1e7);
    state = set(state, 'key-7', 'changed');
    expect(store.save(state).bytes).toBeLessThan(first / 1_000);
  });

  test('who has read a state writes only what has changed since', () => {
    let state = withContext(names(10_000).map((name, i) => [name, text(90, i)] as const));
    const store = new ChunkStore();
    const back = store.load(store.save(state).root, setter.table);
    expect(store.save(back)).toMatchObject({ count: 0, bytes: 0 });
    state = set(back, 'key-5000', text(90, 77_777));
    const saved = store.save(state);
    expect(saved.bytes).toBeLessThan(2_000);
    expectBack(store, saved.root, state);
  });
});

describe('small states', () => {
  const SMALL = `
    (defn total [lines] (reduce (fn [sum line] (+ sum (* (:price line) (:count line)))) 0 lines))
    (let [order (call :shop/order "A-1001")
          amount (total (:lines order))
          customer (call :shop/customer (:customer order))]
      (if (> amount (:credit customer)) (call :mail/send (:email customer) amount) (call :shop/ship order)))`;
  const line = (item: string, price: number): Value => MapValue.of(keyword('item'), item, keyword('price'), price, keyword('count'), 40);

  test('are one chunk of less than 1 kB', () => {
    const program = compiled(environment, SMALL);
    const first = startProgram(program).state;
    const second = answered(first, MapValue.of(keyword('customer'), 'C-17', keyword('lines'), Vector.of(line('bolts', 3), line('nuts', 2))));
    for (const state of [first, second]) {
      const store = new ChunkStore();
      const saved = store.save(state);
      expect(saved.count).toBe(1);
      expect(saved.bytes).toBeLessThan(1_000);
      expectBack(store, saved.root, state, program);
    }
  });

  test('of up to 2 kB are one chunk, larger ones are more', () => {
    const counts = [1_200, 1_500, 3_000].map((length) => new ChunkStore().save(withContext([['k', text(length, 1)]])).count);
    expect(counts.slice(0, 2)).toEqual([1, 1]);
    expect(counts[2]).toBeGreaterThan(1);
  });

  test('the same state is the same chunk, and is handed out once', () => {
    const state = startProgram(compiled(environment, SMALL)).state;
    const chunker = new Chunker();
    const [first, second] = [chunker.checkpoint(state), chunker.checkpoint(state)];
    expect(first.chunks.map(({ hash }) => hash)).toEqual([first.root]);
    expect(second).toEqual({ root: first.root, chunks: [] });
    expect(new Chunker().checkpoint(state)).toEqual(first);
  });
});

describe('what is shared is written once', () => {
  const keep = compiled(environment, '(loop [kept (call :first)] (recur (call :next kept)))');
  const kept = (value: Value): State => answered(startProgram(keep).state, value);

  test('values that would print as 2^60 nodes', () => {
    let value: Value = Vector.of(1, 'two', keyword('three'));
    for (let i = 0; i < 60; i++) value = i % 2 === 0 ? Vector.of(value, value) : MapValue.of('left', value, 'right', value);
    const state = kept(value);
    const store = new ChunkStore();
    const saved = store.save(state);
    expect(saved.bytes).toBeLessThan(20_000);
    expectBack(store, saved.root, state, keep);
  });

  test('200,000 frames are written, and few when few are new', () => {
    const deep = compiled(environment, '(do (defn f [n] (if (= n 0) (do (call :x) (call :y)) (+ 1 (f (dec n))))) (+ 0 (f 200000)))');
    const { state } = startProgram(deep);
    const store = new ChunkStore();
    expect(store.save(state).count).toBeGreaterThan(20_000);
    const next = answered(state, 1);
    const saved = store.save(next);
    expect(saved.bytes).toBeLessThan(2_000);
    const back = store.load(saved.root, deep.table);
    expect(back.main.frame!.depth).toBe(200_002);
    expect(store.save(back).bytes).toBe(0);
    const ended = answered(back, 5);
    expect(ended.main.result).toBe(200_005);
  });

  test.each([
    ['a vector that is appended to', (n: number) => Vector.adopt(Array.from({ length: n }, (_, i) => i)), (value: Value, i: number) => (value as Vector).push(i)],
    ['a vector that is changed in the middle', (n: number) => Vector.adopt(Array.from({ length: n }, (_, i) => i)), (value: Value, i: number) => (value as Vector).set(i * 997, 'x')],
    ['a list that is put in front of', (n: number) => consed(n), (value: Value, i: number) => (value as List).cons(i)],
    ['a vector that is taken from', (n: number) => Vector.adopt(Array.from({ length: n }, (_, i) => i)), (value: Value) => (value as Vector).slice(1, (value as Vector).size)],
    ['a list that is taken from', (n: number) => List.adopt(Array.from({ length: n }, (_, i) => i)), (value: Value) => (value as List).rest()],
  ])('%s', (_, make, change) => {
    let value: Value = make(10_000);
    let state = kept(value);
    const store = new ChunkStore();
    const first = store.save(state).bytes;
    let last = '';
    for (let i = 0; i < 40; i++) {
      value = change(value, i);
      state = answered(state, value);
      const saved = store.save(state);
      // The array of a vector is copied when it is first changed, which costs time and no bytes.
      expect(saved.bytes).toBeLessThan(first / 20);
      last = saved.root;
    }
    expectBack(store, last, state, keep);
  });

  test('a list of cells is one again, and shares them', () => {
    const longer = consed(1_000).cons('x').cons('y');
    const state = kept(Vector.of(longer, longer.rest(), consed(3)));
    const store = new ChunkStore();
    const root = store.save(state).root;
    const back = expectBack(store, root, state, keep);
    expect(store.save(back).bytes).toBe(0);
  });

  test('a long string is one chunk, known again in the next state', () => {
    const long = text(3_000_000, 1);
    let state = kept(Vector.of(long, 0));
    const store = new ChunkStore();
    const first = store.save(state);
    expect(first.bytes).toBeGreaterThan(3_000_000);
    expect([...store.chunks.values()].filter((bytes) => bytes.length > 1_000).length).toBe(1);
    state = answered(state, Vector.of(long, 1));
    expect(store.save(state).bytes).toBeLessThan(1_000);
  });

  test('variables that change are the only ones written again', () => {
    const definitions = Array.from({ length: 400 }, (_, i) => `(def v${i} "${text(40, i)}")`).join(' ');
    const program = compiled(environment, `(do ${definitions} (call :x) (def v200 1) (call :y))`);
    const { state } = startProgram(program);
    const store = new ChunkStore();
    store.save(state);
    const next = answered(state, null);
    const saved = store.save(next);
    expect(saved.bytes).toBeLessThan(2_000);
    expectBack(store, saved.root, next, program);
  });

  test('a branch that goes on leaves the others as they are', () => {
    const program = compiled(environment, `(pmap (fn [i] (let [a (call :first i "${text(100, 1)}")] (call :second a))) (range 300))`);
    const { state } = startProgram(program);
    const store = new ChunkStore();
    const first = store.save(state);
    const next = resume(state, [{ id: state.pending[77]!.id, ok: true, value: 5 }]).state;
    const saved = store.save(next);
    expect(saved.bytes).toBeLessThan(4_000);
    expect(saved.bytes).toBeLessThan(first.bytes / 20);
    const back = expectBack(store, saved.root, next, program);
    expect(store.save(back).bytes).toBe(0);
  });
});

describe('a store', () => {
  test('needs what can be reached from the roots it wants, and no more', () => {
    let state = withContext(Array.from({ length: 500 }, (_, i) => [`key-${i}`, text(90, i)] as const));
    const store = new ChunkStore();
    store.save(state);
    for (let i = 0; i < 20; i++) {
      state = set(state, `key-${i}`, text(90, i + 1_000));
      store.save(state);
    }
    state = set(state, 'key-3', 1);
    const { root } = store.save(state);
    const wanted = store.reachable(root);
    expect(wanted.size).toBeLessThan(store.chunks.size);
    for (const hash of [...store.chunks.keys()]) if (!wanted.has(hash)) store.chunks.delete(hash);
    expectBack(store, root, state);
  });

  test('hears of children before what refers to them, each once', () => {
    const { root, chunks } = new Chunker().checkpoint(withContext(Array.from({ length: 300 }, (_, i) => [`key-${i}`, text(200, i)] as const)));
    const known = new Set<string>();
    for (const { hash, children } of chunks) {
      expect(children.every((child) => known.has(child))).toBe(true);
      expect(known.has(hash)).toBe(false);
      known.add(hash);
    }
    expect(chunks[chunks.length - 1]!.hash).toBe(root);
  });
});

function consed(count: number): List {
  let list = List.empty();
  for (let i = 0; i < count; i++) list = list.cons(i);
  return list;
}
