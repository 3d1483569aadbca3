/** EC-15: large values of contexts stay in a store until somebody looks at them. */
import { describe, expect, test } from 'vitest';
import { Chunker } from '../../../src/evaluator/chunks.ts';
import { storedForCall, storedValues } from '../../../src/evaluator/fetching.ts';
import { cancel, exposedContext, remaining, resume } from '../../../src/evaluator/kernel.ts';
import { snapshot } from '../../../src/evaluator/snapshot.ts';
import type { Advance, Answer, Event, State } from '../../../src/evaluator/state.ts';
import { type Program, startProgram } from '../../../src/host/compile.ts';
import { loopKernel } from '../../../src/host/kernel.ts';
import { bytesToHex } from '../../../src/value/hex.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printBrief } from '../../../src/value/print.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled, endText } from '../../support/journey.ts';

const environment = testEnvironment();
const MEGABYTES_5 = 'five megabytes '.repeat(350_000).slice(0, 5_000_000);

/** A host that keeps chunks, and counts what it is asked to fetch. */
class Store {
  readonly chunks = new Map<string, Uint8Array>();
  readonly fetched: string[] = [];
  readonly program: Program;
  private chunker = new Chunker();

  constructor(program: Program) {
    this.program = program;
  }

  readonly read = (hash: string): Uint8Array | null => this.chunks.get(hash) ?? null;

  save(state: State): { readonly root: string; readonly bytes: number } {
    const { root, chunks } = this.chunker.checkpoint(state);
    for (const { hash, bytes } of chunks) this.chunks.set(hash, bytes);
    return { root, bytes: chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) };
  }

  /** In a process that knows nothing. */
  load(root: string, lazyMinBytes = 1_024): State {
    this.chunker = new Chunker();
    const restored = this.chunker.restore(root, this.read, this.program.table, { lazy: true, lazyMinBytes });
    if (!restored.ok) throw new Error(restored.error.message);
    return restored.value;
  }

  /** Does it again and again with what is asked for. */
  settle(state: State, go: (state: State) => Advance): Advance {
    for (let at = state; ; ) {
      const advance = go(at);
      if (advance.outcome.kind !== 'requires-values') return advance;
      expect(advance.state).toBe(at);
      expect(advance.events).toEqual([]);
      this.fetched.push(...advance.outcome.values.map(({ hash }) => hash));
      const provided = this.chunker.provide(at, advance.outcome.values, this.read);
      if (!provided.ok) throw new Error(provided.error.message);
      at = provided.value;
    }
  }
}

function answered(state: State, value: Value): readonly Answer[] {
  return [{ id: state.pending[0]!.id, ok: true, value }];
}

describe('a value of 5 MB', () => {
  const program = compiled(environment, '(do (call :first) (let [a (call :second) v (context/get :v)] (call :third) [a (count v) (= v (context/get :v))]))');
  const begun = (): { readonly store: Store; readonly state: State; readonly root: string } => {
    const { state } = startProgram(program, { context: MapValue.of(keyword('v'), MEGABYTES_5, keyword('small'), 1) });
    const store = new Store(program);
    return { store, state, root: store.save(state).root };
  };

  test('is not in the root of the state, which is less than 1 kB', () => {
    const { store, root } = begun();
    expect(store.chunks.get(root)!.length).toBeLessThan(1_000);
    expect(store.chunks.size).toBe(2);
  });

  test('is fetched once, when it is read, and is what it was', () => {
    const { store, root } = begun();
    let state = store.load(root);
    expect(storedValues(state).map(({ bytes }) => bytes)).toEqual([5_000_010]);
    state = store.settle(state, (at) => resume(at, answered(at, null))).state;
    expect(store.fetched).toEqual([]);
    state = store.settle(state, (at) => resume(at, answered(at, 'a'))).state;
    expect(store.fetched.length).toBe(1);
    const { outcome } = store.settle(state, (at) => resume(at, answered(at, null)));
    expect(store.fetched.length).toBe(1);
    expect(outcome.kind === 'complete' && printBrief(outcome.value, 100)).toBe('["a" 5000000 true]');
  });

  test('is not written again, whether it has been fetched or not', () => {
    const { store, root } = begun();
    let state = store.load(root);
    expect(store.save(state).bytes).toBeLessThan(1_000);
    state = store.settle(state, (at) => resume(at, answered(at, null))).state;
    expect(store.save(state).bytes).toBeLessThan(1_000);
    state = store.settle(state, (at) => resume(at, answered(at, null))).state;
    const saved = store.save(state);
    expect(store.fetched.length).toBe(1);
    expect(saved.bytes).toBeLessThan(1_000 + 34); // the value is in a register now, too
    const again = store.load(saved.root);
    expect(again.pending.map((call) => call.capability)).toEqual(['third']);
  });

  test('is fetched for a capability that is shown it, and for a snapshot', () => {
    const { store, root, state } = begun();
    const back = store.load(root);
    expect(() => exposedContext(back, '1')).toThrow(/lies in the store/);
    expect(() => snapshot(back)).toThrow(/lies in the store/);
    expect(storedForCall(back, '1')).toEqual(storedValues(back));
    const shown = loopKernel((at, values) => new Chunker().provide(at, values, store.read)).exposed(back, '1');
    expect(shown.get(keyword('v'))).toBe(MEGABYTES_5);
    const provided = new Chunker().provide(back, storedValues(back), store.read);
    expect(provided.ok && bytesToHex(snapshot(provided.value))).toBe(bytesToHex(snapshot(state)));
    expect(provided.ok && storedValues(provided.value)).toEqual([]);
  });

  test('that is lost, or is another one, is said to be', () => {
    const { store, root } = begun();
    const back = store.load(root);
    const [value] = storedValues(back);
    expect(new Chunker().provide(back, [value!], () => null)).toMatchObject({ ok: false, error: { message: `the chunk ${value!.hash} is missing`, missing: value!.hash } });
    expect(new Chunker().provide(back, [value!], () => store.read(root))).toMatchObject({ ok: false, error: { message: `the chunk ${value!.hash} holds something else than its name says` } });
    expect(new Chunker().provide(back, [{ ...value!, hash: value!.hash, bytes: 7 } as never], store.read)).toMatchObject({ ok: false, error: { message: 'a value has another size than is told' } });
    expect(new Chunker().provide(back, [{ ...value!, hash: root, bytes: 7 } as never], store.read).ok).toBe(false);
    const lost = loopKernel((at, values) => new Chunker().provide(at, values, () => null));
    const waiting = lost.resume(back, answered(back, null)).state;
    const { outcome } = lost.resume(waiting, answered(waiting, null));
    expect(outcome.kind === 'failed' && outcome.error.message).toBe(`A value of a context cannot be fetched: the chunk ${value!.hash} is missing`);
  });
});

/** Large enough to be left in the store. */
const LARGE = '(apply str (map (fn [i] (str "word " i " ")) (range 300)))';

/** What runs do with contexts; each is saved and loaded at every call. `fetches`: how many values are asked for in all. */
const PLANS: readonly (readonly [what: string, text: string, fetches: number])[] = [
  ['a step that reads nothing', `(do (context/set :v ${LARGE}) (call :a) (step "s" (call :b) (context/set :w 1) (call :c)) (call :d))`, 0],
  ['a step that inherits and reads', `(do (context/set :v ${LARGE}) (step "s" (call :a) (count (get :v))))`, 1],
  ['one key of two', `(do (context/set :v ${LARGE}) (context/set :w (str ${LARGE} "w")) (call :a) (count (get :v)))`, 1],
  ['a default is asked for', `(do (context/set :v ${LARGE}) (call :a) (count (context/get :v "none")))`, 1],
  ['an isolated step', `(do (context/set :v ${LARGE}) (step "s" :isolation :isolated (call :a) (context/set :w 2) (call :b)) (call :c) (count (get :v)))`, 1],
  ['a sandboxed step sees nothing', `(do (context/set :v ${LARGE}) (step "s" :isolation :sandboxed (call :a) (str (get :v))))`, 0],
  ['a key that replaces it', `(do (context/set :v ${LARGE}) (call :a) (context/set :v 1) (call :b) (get :v))`, 0],
  ['merged up where nobody has the key', `(do (step "s" :merge-policy :overwrite (context/set :v ${LARGE}) (call :a)) (call :b) (count (get :v)))`, 1],
  ['merged up past other keys', `(do (context/set :v ${LARGE}) (step "s" :merge-policy :keep-existing (context/set :w 1) (call :a)) (call :b))`, 0],
  ['merged onto the same key', `(do (context/set :v ${LARGE}) (call :a) (step "s" :merge-policy :keep-existing (context/set :v 3)) (call :b))`, 1],
  ['merge of maps', `(do (context/set :v {:a ${LARGE} :b 1}) (call :a) (step "s" :merge-policy :merge (context/set :v {:b 2}) (call :b)) (keys (get :v)))`, 1],
  ['merge3 with its base', `(do (context/set :v {:a ${LARGE} :b 1}) (step "s" :merge-policy :merge3 (context/set :v {:a "small" :b 1}) (call :a)) (get :v))`, 1],
  ['a function decides', `(do (context/set :v ${LARGE}) (step "s" :merge-policy (fn [k base target source] [(count base) (count target) source]) (context/set :v 1) (call :a)) (get :v))`, 1],
  ['a retried step', `(do (context/set :v ${LARGE}) (step "s" :retries 1 (context/set :w 1) (call :a) (if (= nil (call :b)) (throw "again") 1)))`, 0],
  ['branches that read', `(do (context/set :v ${LARGE}) (step-parallel (do (call :a) (count (get :v))) (do (call :b) 2)))`, 1],
  ['branches that set it', `(do (step-parallel :merge-policy :overwrite (do (context/set :v ${LARGE}) (call :a)) (do (call :b) 2)) (call :c) (count (get :v)))`, 2],
  ['passes of a loop', `(step-loop [n 0 x [1 2 3]] (context/set :v (str ${LARGE} n)) (call :a x) (inc n))`, 4],
  ['compensation', `(do (context/set :v ${LARGE}) (step "a" :compensate (call :undo %result (count (get :v))) (call :a)) (throw (call :b)))`, 1],
  ['a deep chain of steps', `(do (context/set :v ${LARGE}) (step "a" (step "b" (step "c" (call :a) (context/set :x 1) (call :b) (count (get :v))))))`, 1],
];

interface Seen {
  readonly end: string;
  readonly calls: readonly string[];
  readonly events: readonly Event[];
  readonly left: ReturnType<typeof remaining>;
}

function travelled(program: Program, store: Store | null): Seen {
  const calls: string[] = [];
  const events: Event[] = [];
  let advance: Advance = startProgram(program);
  for (let turn = 0; turn < 100; turn++) {
    events.push(...advance.events);
    const { state } = advance;
    if (state.status === 'done') return { end: endText(advance), calls, events, left: remaining(state) };
    const at = store === null ? state : store.load(store.save(state).root);
    const call = at.pending.find((one) => one.capability !== 'step.deadline' && one.capability !== 'step.sleep') ?? at.pending[0]!;
    calls.push(`${call.id} ${call.capability} ${call.args.map((arg) => printBrief(arg, 50)).join(' ')}`);
    const answers: readonly Answer[] = [{ id: call.id, ok: true, value: null }];
    advance = store === null ? resume(at, answers) : store.settle(at, (from) => resume(from, answers));
  }
  throw new Error('the plan does not end');
}

test.each(PLANS)('a run with values in a store is the same as one without: %s', (_, text, fetches) => {
  const program = compiled(environment, text);
  const store = new Store(program);
  const [straight, lazy] = [travelled(program, null), travelled(program, store)];
  expect(lazy).toEqual(straight);
  expect(store.fetched.length).toBe(fetches);
});

test('a run that is cancelled fetches what its compensations read', () => {
  const program = compiled(environment, `(do (context/set :v ${LARGE}) (step "a" :compensate (call :undo (count (get :v))) 1) (call :b))`);
  const store = new Store(program);
  const state = store.load(store.save(startProgram(program).state).root);
  const { outcome } = store.settle(state, (at) => cancel(at, 'enough'));
  expect(outcome.kind === 'requires-host' && outcome.calls[0]!.capability).toBe('undo');
  expect(store.fetched.length).toBe(1);
});

test('two plans in one store share the value', () => {
  const program = compiled(environment, '(do (call :a) (count (get :v)))');
  const value = Vector.adopt(Array.from({ length: 5_000 }, (_, i) => `element ${i}`));
  const store = new Store(program);
  const context = MapValue.of(keyword('v'), value);
  store.save(startProgram(program, { context }).state);
  const second = store.save(startProgram(program, { context: context.set(keyword('w'), 1) }).state);
  expect(second.bytes).toBeLessThan(1_000);
});
