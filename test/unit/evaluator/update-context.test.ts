/** A host changes the root of the contexts while a run waits (EC-4): what inherits sees it, what is isolated does not. */
import { describe, expect, test } from 'vitest';
import { resume, updateContext } from '../../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../../src/evaluator/snapshot.ts';
import type { State } from '../../../src/evaluator/state.ts';
import { startProgram } from '../../../src/host/compile.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import { keyword } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled } from '../../support/journey.ts';

const environment = testEnvironment();
const TWO = MapValue.of(keyword('k'), 2);

function ended(text: string, before: (state: State) => State): string {
  const program = compiled(environment, text);
  const { state } = startProgram(program);
  const changed = before(state);
  const saved = restore(snapshot(changed), program.table);
  if (!saved.ok) throw new Error(saved.error.message);
  expect(snapshot(saved.value)).toEqual(snapshot(changed));
  const { outcome } = resume(saved.value, saved.value.pending.map(({ id }) => ({ id, ok: true, value: null })));
  return outcome.kind === 'complete' ? (printValue(outcome.value) ?? '…') : outcome.kind;
}

describe('a key that the host changes while a step waits', () => {
  test.each([
    ['(do (context/set :k 1) (step "a" (call :x) (get :k)))', '2'],
    ['(do (context/set :k 1) (step "a" :isolation :isolated (call :x) (get :k)))', '1'],
    ['(do (context/set :k 1) (step "a" :isolation :sandboxed (call :x) (context/get :k :none)))', ':none'],
    ['(do (context/set :k 1) (step "a" :isolation :isolated (step "b" (call :x) (get :k))))', '1'],
    ['(do (context/set :k 1) (step "a" (context/set :k 5) (call :x) (get :k)))', '5'],
    ['(do (context/set :k 1) [(step "a" :isolation :isolated (call :x) (get :k)) (get :k)])', '[1 2]'],
    ['(do (context/set :k 1) (step-parallel (do (call :x) (get :k)) (step "b" :isolation :isolated (call :y) (get :k))))', '[2 1]'],
    ['(do (context/set :k 1) (step-parallel :isolation :isolated (do (call :x) (get :k)) 0))', '[1 0]'],
  ])('%s gives %s', (text, expected) => {
    expect(ended(text, (state) => updateContext(state, TWO))).toBe(expected);
  });

  test('nothing else changes', () => {
    expect(ended('(do (context/set :k 1) (context/set :j 7) (step "a" (call :x) [(get :k) (get :j)]))', (state) => updateContext(state, TWO))).toBe('[2 7]');
  });
});
