/** What ran last is used again: it must hold no value, and nobody else may have it while it runs. */
import { expect, test } from 'vitest';
import { CodeTable } from '../../../src/evaluator/code.ts';
import { resume } from '../../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../../src/evaluator/snapshot.ts';
import { compile, startProgram } from '../../../src/host/compile.ts';
import type { Advance } from '../../../src/evaluator/state.ts';
import { MapValue } from '../../../src/value/map.ts';
import { type ErrorValue, keyword, type Value } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';

const environment = testEnvironment();

function begin(text: string): Advance {
  const { program } = compile(environment, { file: 'idle.rtfs', text });
  if (program === null) throw new Error('the program has errors');
  return startProgram(program);
}

function answer({ state }: Advance, value: Value, options = {}): Advance {
  return resume(state, [{ id: state.pending[0]!.id, ok: true, value }], options);
}

/** Whether the value can be reached from there, without what all runs share. */
function reaches(from: object, wanted: object, shared: object): boolean {
  const seen = new Set<unknown>([shared]);
  const open: unknown[] = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === wanted) return true;
    if (typeof at !== 'object' || at === null || seen.has(at)) continue;
    seen.add(at);
    open.push(...Object.values(at));
    if (at instanceof Map || at instanceof Set) open.push(...at.values());
  }
  return false;
}

test('a value that a run has got is not held on to by what ran it', () => {
  const mark = MapValue.of(keyword('mark'), 1);
  const text = '(do (def kept (call :a)) (defn f [x n] (if (= n 0) (do (call :b x) x) [x (f x (dec n))])) (let [y [kept]] (context/set :k kept) (f kept 3) ((fn [] (call :c y kept)))))';
  let at = begin(text);
  while (at.outcome.kind === 'requires-host') {
    at = answer(at, mark);
    const { idle } = at.state.table;
    expect(idle).not.toBeNull();
    expect(reaches(idle!, mark, at.state.table)).toBe(false);
  }
  expect(reaches(at.state, mark, at.state.table)).toBe(true);
});

test('nor by what its states are saved and restored with', () => {
  const mark = MapValue.of(keyword('mark'), 'a text of its own');
  const { state } = answer(begin('(let [y (call :a)] (call :b [y]) y)'), mark);
  const { table } = state;
  const bytes = snapshot(state);
  const { contents } = table;
  expect(reaches(contents!, mark, table)).toBe(false);
  expect(contents!.strings.get('a text of its own')).toBeUndefined();
  const restored = restore(bytes, table);
  expect(table.contents).toBe(contents);
  expect(contents!.strings.get('a text of its own')).toBeUndefined();
  expect(restored.ok && Buffer.compare(snapshot(restored.value), bytes)).toBe(0);
});

test('a state that is saved while code is looked for to restore another has what it needs to itself', () => {
  const { state } = answer(begin('(let [f (fn [x] (call :b x))] [(f (call :a))])'), 'a text');
  const bytes = snapshot(state);
  const inside: Uint8Array[] = [];
  const table = new CodeTable(state.table.primitives, () => {
    inside.push(snapshot({ ...state, table }));
    return null;
  });
  const restored = restore(bytes, table);
  expect(restored.ok ? '' : restored.error.message).toMatch(/^the code [0-9a-f]{64} is missing$/);
  expect(inside).toEqual([bytes]);
});

test('two states of one table go on in turns, and each again, with the same results', () => {
  const text = '(let [a (call :a) b (call :b a)] [a b (call :c)])';
  const first = answer(begin(text), 1);
  const second = answer(first, 2);
  const other = answer(first, 20);
  expect(answer(second, 3).outcome).toEqual(answer(second, 3).outcome);
  const values = [answer(second, 3), answer(other, 30), answer(second, 4)].map(({ outcome }) => (outcome.kind === 'complete' ? outcome.value : outcome.kind));
  expect(values.map((value) => JSON.stringify((value as { toArray(): unknown }).toArray()))).toEqual(['[1,2,3]', '[1,20,30]', '[1,2,4]']);
});

test('what is resumed while another state of the table runs has a machine of its own', () => {
  const text = '(do (context/set :k 0) (step "a" :merge-policy :overwrite (context/set :k (call :a))) (context/get :k))';
  const outer = begin(text);
  const inner = begin(text);
  const seen: unknown[] = [];
  class Asking extends Map<string, ErrorValue> {
    override get(): undefined {
      const { outcome } = resume(inner.state, [{ id: inner.state.pending[0]!.id, ok: true, value: 'inner' }]);
      seen.push(outcome.kind === 'complete' ? outcome.value : outcome.kind);
      return undefined;
    }
  }
  const { outcome } = answer(outer, 'outer', { refused: new Asking() });
  expect(seen).toEqual(['inner']);
  expect(outcome.kind === 'complete' ? outcome.value : outcome.kind).toBe('outer');
});
