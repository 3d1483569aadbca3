/** M5 for numbers: whatever kinds of numbers meet in whatever arithmetic, in loops and out of them, each tier gives the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Environment } from '../../src/host/compile.ts';
import { compiled as programIn, type Journey } from '../support/journey.ts';
import { randomNumbers } from '../support/programs.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

const LITERALS = [
  '0', '1', '2', '-1', '-2', '3', '7', '100', '2147483647', '-2147483648', '2147483648', '4294967295', '9007199254740991', '-9007199254740991', '9007199254740990',
  '9007199254740992', '-9007199254740993', '123456789012345678901234567890', '0.5', '-0.5', '1.5', '0.1', '2.25', '1e300', '-1e300', '1e-300', '1.0', '2.0', '-0.0', '0.0', '4.0', '-3.0', '9007199254740992.0', 'nil', ':k', 'true',
];
const BINARY = ['+', '-', '*', '/', 'quot', 'rem', 'mod', 'max', 'min'];
const COMPARING = ['<', '<=', '>', '>=', '=', 'not='];
const UNARY = ['inc', 'dec', 'abs', '-'];
const TESTING = ['zero?', 'pos?', 'neg?', 'even?', 'odd?', 'nil?'];

/** A program of three functions with loops, called with numbers of all kinds; errors are values like any others. */
function numericProgram(seed: number): string {
  const random = randomNumbers(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const one = (of: readonly string[]): string => of[below(of.length)]!;
  // Most literals are tame, so that not everything ends in an error at once.
  const literal = (): string => (random() < 0.25 ? one(LITERALS) : one(LITERALS.slice(0, 33)));
  const expression = (names: readonly string[], depth: number): string => {
    const inner = (): string => expression(names, depth - 1);
    const kind = depth <= 0 ? below(2) : below(9);
    switch (kind) {
      case 0:
        return literal();
      case 1:
      case 2:
        return one(names);
      case 3:
      case 4:
      case 5:
        return `(${one(BINARY)} ${inner()} ${inner()})`;
      case 6:
        return `(${one(UNARY)} ${inner()})`;
      case 7:
        return `(if (${one(COMPARING)} ${inner()} ${inner()}) ${inner()} ${inner()})`;
      default:
        return `(if (${one(TESTING)} ${inner()}) ${inner()} ${inner()})`;
    }
  };
  const looping = (): string => {
    const names = ['a', 'b', 'i', 'x', 'y'];
    const next = `(recur (inc i) ${expression(names, 2)} ${expression(names, 2)})`;
    return `(loop [i 0 x ${expression(['a', 'b'], 1)} y ${literal()}] (if (< i ${3 + below(6)}) ${random() < 0.3 ? `(if (${one(COMPARING)} x y) [i x y] ${next})` : next} [x y]))`;
  };
  const calls = Array.from({ length: 6 }, () => `(safely (fn [] (${one(['f', 'g', 'h'])} ${literal()} ${literal()})))`);
  return [
    '(defn safely [f] (try (f) (catch e [(:kind e) (:message e)])))',
    `(defn f [a b] ${expression(['a', 'b'], 4)})`,
    `(defn g [a b] ${looping()})`,
    `(defn h [a b] (loop [k 0 out []] (if (< k 4) (recur (inc k) (conj out (safely (fn [] (let [r ${expression(['a', 'b', 'k'], 3)}] (f r ${expression(['a', 'b', 'k'], 2)})))))) out)))`,
    `[${calls.join(' ')}]`,
  ].join('\n');
}

test('the same numbers', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const text = numericProgram(seed);
      const run = (environment: Environment): Journey => travelWhole(programIn(environment, text), { limits: { fuel: 200_000 } });
      const expected = run(machine);
      kinds.add(expected.end.slice(0, 4));
      for (const environment of [compiled, mixed(seed)]) expect({ text, journey: run(environment) }).toEqual({ text, journey: expected });
    }),
    { numRuns: 400 },
  );
  expect(kinds).toContain('=> [');
});

test('floats of a frame that an error passes on its way to where it is handled are still floats', () => {
  const text = `
    (defn risky [x] (try (if (> x 0) (/ x 0) x) (catch e 1)))
    (defn held [a] (let [y (* 2.0 3.0) z (risky a)] (+ y (* 1 z))))
    (loop [i 3 out []] (if (< i 0) out (recur (dec i) (conj out (held i)))))`;
  for (const environment of [machine, compiled, mixed(1)]) expect(travelWhole(programIn(environment, text), {}).end).toBe('=> [7.0 7.0 7.0 6.0]');
});
