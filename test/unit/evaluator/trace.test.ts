/** Which calls a stack shows: those of the program and of the library's public functions. */
import { describe, expect, test } from 'vitest';
import { compile, startProgram } from '../../../src/host/compile.ts';
import { MapValue } from '../../../src/value/map.ts';
import { keyword } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { testEnvironment } from '../../support/environment.ts';

const environment = testEnvironment();

/** The names on the stack of the error that a program ends with, innermost first. */
function stackOf(text: string): readonly unknown[] {
  const { program } = compile(environment, { file: 'plan', text });
  const { outcome } = startProgram(program!);
  if (outcome.kind !== 'failed' || !(outcome.error.stack instanceof Vector)) throw new Error(`no failure with a stack: ${outcome.kind}`);
  return outcome.error.stack.toArray().map((entry) => (entry instanceof MapValue ? (entry.get(keyword('function')) ?? null) : null));
}

const FAIL = '(defn fail [x] (/ x 0))';

describe('a stack', () => {
  test.each<[string, string, readonly string[]]>([
    ['names the functions of the program and the public ones of the library', `${FAIL} (str (map (fn [x] (inc (fail x))) [1]))`, ['fail', 'main/fn', 'map', '<main>']],
    ['leaves out what carries a step out', `${FAIL} (step "a" :retries {:retry-on []} :compensate 1 (inc (fail 1)))`, ['fail', 'main/fn', '<main>']],
    ['shows functions of the program, however they are called', '(defn %own [x] (/ x 0)) (inc (%own 1))', ['%own', '<main>']],
  ])('%s', (_, text, expected) => {
    expect(stackOf(text)).toEqual(expected);
  });
});
