import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/host/compile.ts';
import { testEnvironment } from '../../support/environment.ts';

const environment = testEnvironment();

function findings(text: string): readonly string[] {
  const { diagnostics } = compile(environment, { file: 'plan', text }, { lint: true });
  return diagnostics.map((one) => `${one.code} ${text.slice(one.span?.start, one.span?.end)}`);
}

describe('lints', () => {
  test.each([
    ['two steps of one name in a row', '(step "a" 1) (step "a" 2)', ['W0603 (step "a" 2)']],
    ['two steps of one name inside a step', '(step "x" (do (step "a" 1) (step "a" 2)))', ['W0603 (step "a" 2)']],
    ['two steps of one name inside a function', '(defn f [] (step "a" 1) (step "a" 2)) (f)', ['W0603 (step "a" 2)']],
    ['a step after a decision that may have run one of its name', '(if *x* (step "a" 1) 2) (step "a" 3)', ['W0603 (step "a" 3)']],
    ['steps of one name in different arms', '(if *x* (step "a" 1) (step "a" 2))', []],
    ['steps of one name in different scopes', '(step "x" (step "a" 1)) (step "y" (step "a" 2))', []],
    ['code after a throw', '(do (throw 1) (inc 2))', ['W0604 (inc 2)']],
    ['a throw at the end', '(do (inc 2) (throw 1))', []],
  ])('%s', (_, text, expected) => {
    const { diagnostics } = compile(environment, { file: 'plan', text }, { lint: true, variables: ['*x*'] });
    expect(diagnostics.map((one) => `${one.code} ${text.slice(one.span?.start, one.span?.end)}`)).toEqual(expected);
  });

  test('are not looked for unless asked', () => {
    expect(compile(environment, { file: 'plan', text: '(step "a" 1) (step "a" 2)' }).diagnostics).toEqual([]);
    expect(findings('(step "a" 1) (step "b" 2)')).toEqual([]);
  });
});
