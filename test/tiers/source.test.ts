/** No text of a program ever gets into the JavaScript that is made from it. */
import { expect, test } from 'vitest';
import { CompiledTier } from '../../src/evaluator/compiled/tier.ts';
import { startProgram } from '../../src/host/compile.ts';
import { compiled as programIn } from '../support/journey.ts';
import { machine } from './tiers.ts';

/** All that generated code is made of: JavaScript's own words, ours, and numbers. */
const WORDS = new Set([
  'use', 'strict', 'var', 'return', 'function', 'if', 'for', 'try', 'catch', 'throw', 'break', 'continue', 'typeof', 'number', 'undefined', 'null', 'true', 'false', 'Math', 'abs', 'trunc', 'floor',
  'A', 'D', 'E', 'F', 'K', 'P', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'b', 'c', 'e', 'f', 'm', 'n', 'p', 't', 'u', 'v', 'w', 'fuel', 'meter', 'code', 'captures', 'value', 'size', 'get', 'rest',
  'callMany', 'add', 'subtract', 'multiply', 'increment', 'decrement', 'less', 'lessOrEqual', 'greater', 'greaterOrEqual', 'same', 'nth', 'keywordGet', 'conj', 'count', 'first', 'float', 'double', 'isFloat', 'isVector', 'isClosure', 'flat', 'at', 'offset', 'pay',
  'closure', 'sibling', 'variable', 'setVariable', 'known', 'data', 'apply', 'raised', 'rethrow', 'pending', 'failed', 'leaveMany', 'notBegun', 'bailOut', 'pauseAtLoop', 'tail', 'turns', 'array', 'grow',
]);
const NUMBERED = /^(?:r|f|i|k|l|o|q|d|e|s|g|x|y|z|a|j|h|w|B|H|X|call|leave|function|p[0-3]_)\d+$/;

const HOSTILE = [
  '`);process.exit(1);//', "');globalThis.hacked=1;('", '${globalThis.hacked=1}', '"];globalThis.hacked=1;["', '\\u0022\\n', '</script>', '*/globalThis.hacked=1/*', '\u2028globalThis.hacked=1\u2028', '__proto__', 'constructor',
];

test('names, texts, keywords and numbers of programs stay outside', () => {
  const sources: string[] = [];
  const makeFunction = (parameters: readonly string[], body: string): ((...args: unknown[]) => unknown) => {
    sources.push(body);
    return new Function(...parameters, body) as (...args: unknown[]) => unknown;
  };
  const environment = { ...machine, newTier: (table: ConstructorParameters<typeof CompiledTier>[0]) => new CompiledTier(table, { makeFunction, threshold: 0 }) };
  for (const text of HOSTILE) {
    const literal = JSON.stringify(text);
    const program = programIn(environment, `
      (defn process.exit [globalThis eval] {(keyword ${literal}) [globalThis eval ${literal} 1.25 -7 123456789012345678901234567890 1e300]})
      (defn constructor* [__proto__] (loop [this 0 prototype ${literal}] (if (< this 5) (recur (inc this) (str prototype ${literal} __proto__)) [this prototype])))
      (defn failing [x] (try (throw {:message ${literal} :x x}) (catch e e)))
      (defn late [x & more] (if (= x ${literal}) (%unknown-to-nobody more) [x (count more)]))
      (defn %unknown-to-nobody [x] x)
      [(process.exit 1 2) (constructor* ${literal}) (failing 3) (late 1 2 3) (late ${literal} 1)]`);
    expect(startProgram(program).outcome.kind).toBe('complete');
  }
  expect(sources.length).toBeGreaterThan(30);
  const foreign = new Set(sources.flatMap((source) => source.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((word) => !WORDS.has(word) && !NUMBERED.test(word)));
  expect([...foreign]).toEqual([]);
  // Between words stands nothing but JavaScript's own signs, and the numbers of registers, addresses and small integers.
  expect(sources.filter((source) => !/^[\x20-\x7e\n]*$/.test(source))).toEqual([]);
  expect(new Set(sources.flatMap((source) => source.match(/"[^"]*"/g) ?? []))).toEqual(new Set(['"use strict"', '"number"']));
  expect(sources.filter((source) => /['`\\]/.test(source))).toEqual([]);
  expect('hacked' in globalThis).toBe(false);
});

test('where no code may be made, everything runs on the machine', () => {
  expect(machine.newTier).toBeUndefined();
  const program = programIn(machine, '(reduce + (range 100))');
  expect(program.table.tier).toBeNull();
  expect(startProgram(program).outcome).toEqual({ kind: 'complete', value: 4950 });
});
