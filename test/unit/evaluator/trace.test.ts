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

/** The text where the program ends with an error. */
function placeOf(text: string): string | null {
  const { program } = compile(environment, { file: 'plan', text });
  const { outcome } = startProgram(program!);
  if (outcome.kind !== 'failed') throw new Error(`no failure: ${outcome.kind}`);
  const { span } = outcome.error;
  if (!(span instanceof MapValue)) return null;
  return text.slice(span.get(keyword('start')) as number, span.get(keyword('end')) as number);
}

describe('a place', () => {
  test.each<[string, string, string]>([
    ['is the innermost one in the program', `${FAIL} (inc (fail 1))`, '(/ x 0)'],
    ['is that of the last form too, when a function of the library fails in it', '1 (reduce + [])', '(reduce + [])'],
    ['is that of the last form, whatever function of the program passed the call on', '(defn total [xs] (reduce + xs)) (total [])', '(total [])'],
    ['is that of an operation of steps', '(context/set :a 1) (context/merge! :overwrite)', '(context/merge! :overwrite)'],
  ])('%s', (_, text, expected) => {
    expect(placeOf(text)).toBe(expected);
  });
});
