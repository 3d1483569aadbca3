/** Chunks come from anywhere (H5): a state whose chunks were damaged, lost or exchanged is refused with a reason, or it is a state that runs. */
import { describe, expect, test } from 'vitest';
import { Chunker } from '../../src/evaluator/chunks.ts';
import { resume } from '../../src/evaluator/kernel.ts';
import { snapshot } from '../../src/evaluator/snapshot.ts';
import type { State } from '../../src/evaluator/state.ts';
import { startProgram } from '../../src/host/compile.ts';
import { bytesToHex } from '../../src/value/hex.ts';
import { chunkChildren, chunkHash } from '../../src/value/chunk-format.ts';
import { List } from '../../src/value/list.ts';
import { MapValue } from '../../src/value/map.ts';
import { SetValue } from '../../src/value/set.ts';
import { type Keyword, keyword, makeFloat, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { ChunkStore } from '../support/chunk-store.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled } from '../support/journey.ts';
import { randomNumbers } from '../support/programs.ts';

const environment = testEnvironment();
const FIRST_SEED = Number(process.env['STATES_SEED'] ?? 1);
const TRIES = Number(process.env['STATES_TRIES'] ?? 1_200);

const program = compiled(environment, `
  (do
    (def numbers (vec (range 400)))
    (defn deep [n f] (if (= n 0) (step-parallel (call :x (f 1)) (do (context/set :inner 2) (call :y))) (+ 1 (deep (dec n) f))))
    (context/set :large (apply str (map (fn [i] (str "word " i " ")) (range 300))))
    (let [table (reduce (fn [m i] (assoc m (keyword (str "k" i)) [i (str "value " i)])) {} (range 250))
          few (set (range 45))]
      (step "outer" (context/set :table table)
        (let [found (deep 20 (fn [x] (count few)))]
          [(call :z found table)]))))`);
const state: State = startProgram(program).state;
const original = new ChunkStore();
const { root } = original.save(state);
const names = [...original.reachable(root)];

/** It is no state, or one that can be written again and goes on to an outcome. */
function check(read: (hash: string) => Uint8Array | null, from: string = root): boolean {
  const restored = new Chunker().restore(from, read, program.table);
  if (!restored.ok) {
    expect(restored.error.message).toMatch(/^(the (chunk|chunks|code)|a value) /);
    expect(restored.error.message).not.toMatch(/undefined|TypeError|RangeError|is not a function/);
    return false;
  }
  checkLazy(read, from);
  const store = new ChunkStore();
  const again = store.load(store.save(restored.value).root, program.table);
  expect(bytesToHex(snapshot(again))).toBe(bytesToHex(snapshot(restored.value)));
  if (restored.value.status === 'done' || restored.value.main.fuel > 1e12) return true;
  const { outcome } = resume(restored.value, restored.value.pending.slice(0, 1).map(({ id }) => ({ id, ok: true, value: 1 })), { quantum: 1000 });
  expect(['complete', 'failed', 'requires-host', 'preempted']).toContain(outcome.kind);
  return true;
}

/** Whatever was taken is also taken when large values are left in the store, and then asks for what it looks at. */
function checkLazy(read: (hash: string) => Uint8Array | null, from: string): void {
  const chunker = new Chunker();
  const restored = chunker.restore(from, read, program.table, { lazy: true, lazyMinBytes: 1_024 });
  if (!restored.ok) throw new Error(restored.error.message);
  if (restored.value.status === 'done' || restored.value.main.fuel > 1e12) return;
  let at = restored.value;
  for (let turn = 0; turn < 10; turn++) {
    const { outcome } = resume(at, at.pending.slice(0, 1).map(({ id }) => ({ id, ok: true, value: 1 })), { quantum: 1000 });
    if (outcome.kind !== 'requires-values') return;
    const provided = chunker.provide(at, outcome.values, read);
    if (!provided.ok) return expect(provided.error.message).toMatch(/^(the chunk|a value) /);
    at = provided.value;
  }
  throw new Error('the same values are asked for again and again');
}

/** The store with one chunk changed and everything above it made to fit: what somebody would write who means it. */
function rewritten(hash: string, bytes: Uint8Array): { readonly root: string; readonly read: (hash: string) => Uint8Array | null } {
  const chunks = new Map(original.chunks);
  const moved = new Map<string, string>([[hash, chunkHash(bytes)]]);
  chunks.set(chunkHash(bytes), bytes);
  // Children come first in the order of insertion, so what is above follows.
  for (const [name, old] of original.chunks) {
    const children = chunkChildren(old)!;
    if (name === hash || !children.some((child) => moved.has(child))) continue;
    let hex = bytesToHex(old);
    for (const child of children) hex = hex.replace(child, moved.get(child) ?? child);
    const changed = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
    moved.set(name, chunkHash(changed));
    chunks.set(chunkHash(changed), changed);
  }
  return { root: moved.get(root) ?? root, read: (name) => chunks.get(name) ?? null };
}

test('the state itself is one, of many chunks', () => {
  expect(state.pending.map((call) => call.capability)).toEqual(['x', 'y']);
  expect(names.length).toBeGreaterThan(30);
  expect(check(original.read)).toBe(true);
});

describe('chunks that do not fit their names are refused', () => {
  test('with any byte of any chunk changed', () => {
    const random = randomNumbers(FIRST_SEED);
    for (const name of names) {
      const at = Math.floor(random() * original.chunks.get(name)!.length);
      const changed = original.chunks.get(name)!.slice();
      changed[at]! ^= 1 << Math.floor(random() * 8);
      expect(check((hash) => (hash === name ? changed : original.read(hash)))).toBe(false);
    }
  });

  test('with any chunk lost, which is named', () => {
    for (const name of names) {
      const restored = new Chunker().restore(root, (hash) => (hash === name ? null : original.read(hash)), program.table);
      expect(restored).toMatchObject({ ok: false, error: { message: `the chunk ${name} is missing`, missing: name } });
    }
  });

  test('with two chunks exchanged', () => {
    for (let i = 1; i < names.length; i++) {
      const [a, b] = [names[i - 1]!, names[i]!];
      expect(check((hash) => original.read(hash === a ? b : hash === b ? a : hash))).toBe(false);
    }
  });
});

describe('chunks with names that fit', () => {
  test('any byte of any chunk changed', () => {
    const random = randomNumbers(FIRST_SEED + 1);
    let taken = 0;
    for (let i = 0; i < TRIES; i++) {
      const name = names[Math.floor(random() * names.length)]!;
      const changed = original.chunks.get(name)!.slice();
      for (let times = Math.floor(random() * 3); times >= 0; times--) changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
      const made = rewritten(name, changed);
      if (check(made.read, made.root)) taken += 1;
    }
    expect(taken).toBeGreaterThan(0); // a letter in a string may be any other
  });

  test('any chunk cut, or with something after it', () => {
    const random = randomNumbers(FIRST_SEED + 2);
    for (const name of names) {
      const bytes = original.chunks.get(name)!;
      const cut = rewritten(name, bytes.slice(0, Math.floor(random() * bytes.length)));
      expect(check(cut.read, cut.root)).toBe(false);
      const longer = rewritten(name, new Uint8Array([...bytes, 0xe0]));
      expect(check(longer.read, longer.root)).toBe(false);
    }
  });

  test('any chunk in the place of any other', () => {
    const random = randomNumbers(FIRST_SEED + 3);
    for (let i = 0; i < TRIES / 4; i++) {
      const name = names[Math.floor(random() * names.length)]!;
      const other = original.chunks.get(names[Math.floor(random() * names.length)]!)!;
      const made = rewritten(name, other);
      check(made.read, made.root);
    }
  });

  test('random bytes', () => {
    const random = randomNumbers(FIRST_SEED + 4);
    for (let i = 0; i < TRIES; i++) {
      const body = Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256));
      const bytes = Uint8Array.from(random() < 0.3 ? body : [0xd7, 0x52, 0x43, 1, 0, 0, ...body]);
      expect(check(() => bytes, chunkHash(bytes))).toBe(false);
    }
  });
});

test('elements that are told to be more than any memory holds are counted, not made', () => {
  const head = (children: readonly Uint8Array[], ...items: readonly number[]): Uint8Array =>
    Uint8Array.from([0xd7, 0x52, 0x43, 1, children.length, 0, ...children.flatMap((child) => (chunkHash(child).match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))), ...items]);
  const chunks: Uint8Array[] = [head([], ...new Array<number>(32).fill(1))];
  for (let i = 0; i < 12; i++) chunks.push(head([chunks[chunks.length - 1]!], ...new Array<number>(32).fill(0xc0)));
  const store = new Map(chunks.map((bytes) => [chunkHash(bytes), bytes]));
  const restored = new Chunker().restore(chunkHash(chunks[12]!), (hash) => store.get(hash) ?? null, program.table);
  expect(restored.ok || restored.error.message).toMatch(/more elements than may be/);
});

// --- edits -----------------------------------------------------------------------------------------------------------

/** Values of many shapes, made from one another. */
class Edits {
  private readonly random: () => number;
  private readonly kept: Value[] = [null, true, 7, -1, 2n ** 60n, makeFloat(-0), makeFloat(2), 0.5, 'text', 'é\ud800', keyword('k'), 10n ** 30n];

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  private count(): number {
    return Math.floor(this.random() ** 3 * 120);
  }

  next(): Value {
    const value = this.make();
    this.kept.push(value);
    if (this.kept.length > 60) this.kept.splice(12 + Math.floor(this.random() * 40), 1);
    return value;
  }

  private make(): Value {
    const from = this.pick(this.kept);
    const item = this.pick(this.kept);
    const many = (): Value[] => Array.from({ length: this.count() }, () => (this.random() < 0.3 ? this.pick(this.kept) : Math.floor(this.random() * 1e6)));
    switch (Math.floor(this.random() * 9)) {
      case 0:
        return from instanceof Vector ? (from.size > 0 && this.random() < 0.5 ? from.set(Math.floor(this.random() * from.size), item) : from.push(item)) : Vector.adopt(many());
      case 1:
        return from instanceof List ? (this.random() < 0.3 ? from.rest() : from.cons(item)) : List.adopt(many());
      case 2:
        return from instanceof MapValue ? (this.random() < 0.3 && from.size > 0 ? from.delete(this.pick(from.keys())) : from.set(item, from)) : MapValue.from(many().map((key, i) => [key, i]));
      case 3:
        return from instanceof SetValue ? (this.random() < 0.3 ? from.delete(this.pick([...from, 1])) : from.add(item)) : SetValue.from(many());
      case 4:
        return from instanceof Vector && from.size > 2 ? from.slice(1, from.size - 1) : Vector.of(from, item, from);
      case 5:
        return Array.from({ length: this.count() * 4 }, () => this.pick(['a', 'bc', 'ü', '€', '😀'])).join('');
      case 6:
        return MapValue.from(many().map((_, i) => [keyword(`key-${i}`), item]));
      case 7:
        return from instanceof Vector ? List.view(from, Math.floor(from.size / 2)).cons(item) : Vector.of(item, from);
      default:
        return MapValue.of('a', from, 'b', item);
    }
  }
}

test('any edits with checkpoints in between: every checkpoint gives its state again', () => {
  const keeper = compiled(environment, '(loop [kept []] (let [[k v w] (call :next)] (context/set k v) (recur [w (get k)])))');
  for (let seed = 0; seed < Math.max(4, TRIES / 200); seed++) {
    const edits = new Edits(FIRST_SEED * 1_000 + seed);
    const random = randomNumbers(FIRST_SEED * 2_000 + seed);
    const store = new ChunkStore();
    const saved: { readonly root: string; readonly bytes: string }[] = [];
    let at = startProgram(keeper).state;
    for (let turn = 0; turn < 40; turn++) {
      const key: Keyword = keyword(`k${Math.floor(random() * 12)}`);
      const { state: next, outcome } = resume(at, [{ id: at.pending[0]!.id, ok: true, value: Vector.of(key, edits.next(), edits.next()) }]);
      expect(outcome.kind).toBe('requires-host');
      at = next;
      if (random() < 0.3) continue;
      saved.push({ root: store.save(at).root, bytes: bytesToHex(snapshot(at)) });
      if (random() < 0.2) at = store.load(saved[saved.length - 1]!.root, keeper.table);
    }
    for (const { root: from, bytes } of saved) expect(bytesToHex(snapshot(store.load(from, keeper.table)))).toBe(bytes);
  }
});
