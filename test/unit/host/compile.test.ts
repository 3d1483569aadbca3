/** Which names of a program are variables, whatever the reader says of the text. */
import { describe, expect, test } from 'vitest';
import { compile, startProgram } from '../../../src/host/compile.ts';
import { printValue } from '../../../src/value/print.ts';
import { testEnvironment } from '../../support/environment.ts';

function valueOf(text: string, modules: Readonly<Record<string, string>> = {}): string {
  const loadModule = (name: string): { file: string; text: string } | null => (modules[name] === undefined ? null : { file: `${name}.rtfs`, text: modules[name] });
  const { program, diagnostics } = compile(testEnvironment(), { file: 'main.rtfs', text }, { loadModule });
  if (program === null) return diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n');
  const { outcome } = startProgram(program);
  return outcome.kind === 'complete' ? printValue(outcome.value) : outcome.kind;
}

describe('a definition that is not at the top makes a variable', () => {
  test.each([
    ['inside of a form', '(defn f [] later) (let [v 5] (def later v)) (f)'],
    ['of a definition that is at the top, too', '(def later 1) (defn f [] later) (if (= later 1) (def later 5)) (f)'],
    ['that a macro gives', '(defmacro defined [name value] `(let [v ~value] (def ~name v))) (defn f [] later) (defined later 5) (f)'],
  ])('%s', (_, text) => {
    expect(valueOf(text)).toBe('5');
  });

  test('in a module', () => {
    const library = '(module library (:exports [f]) (defn f [] later) (let [v 5] (def later v)))';
    expect(valueOf('(import library) (library/f)', { library })).toBe('5');
  });
});
