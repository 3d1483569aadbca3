/** An engine whose own stack is smaller than compiled code was told: the stretch is done again, interpreted, and nobody can tell. */
import { expect, test } from 'vitest';
import { CompiledTier } from '../../src/evaluator/compiled/tier.ts';
import type { Environment } from '../../src/host/compile.ts';
import { compiled as programIn, travel } from '../support/journey.ts';
import { machine } from './tiers.ts';

const PROGRAM = `
  (defn down [n] (if (= n 0) (call :bottom) (+ 1 (down (- n 1)))))
  (defn flat [n] (if (= n 0) 0 (+ 1 (flat (- n 1)))))
  [(try (down 5000) (catch e (:message e))) (flat 3000) (call :between) (flat 4000) (try (+ 1 (flat -1)) (catch e (:kind e)))]`;

/** Compiled functions throw what engines throw, as soon as so many words of the stack are left. */
function failing(thrown: string): { readonly environment: Environment; readonly tiers: CompiledTier[] } {
  const tiers: CompiledTier[] = [];
  const makeFunction = (parameters: readonly string[], body: string): ((...args: unknown[]) => unknown) =>
    new Function(...parameters, body.replace('if (n <= 0', `if (n < 20000) throw ${thrown}; if (n <= 0`)) as (...args: unknown[]) => unknown;
  const newTier = (table: ConstructorParameters<typeof CompiledTier>[0]): CompiledTier => {
    const tier = new CompiledTier(table, { makeFunction, threshold: 0 });
    tiers.push(tier);
    return tier;
  };
  return { environment: { ...machine, newTier }, tiers };
}

test.each(['new RangeError("Maximum call stack size exceeded")', 'new Error("too much recursion")'])('that says %s', (thrown) => {
  const { environment, tiers } = failing(thrown);
  const limits = { depth: 100_000 };
  const how = { limits, answer: () => 7 };
  expect(travel(programIn(environment, PROGRAM), how)).toEqual(travel(programIn(machine, PROGRAM), how));
  expect(tiers.reduce((sum, { statistics }) => sum + statistics.abandoned, 0)).toBeGreaterThan(0);
});

test('the ordinary stack is deep enough for what is not optimised yet', () => {
  const tiers: CompiledTier[] = [];
  const makeFunction = (parameters: readonly string[], body: string): ((...args: unknown[]) => unknown) => new Function(...parameters, body) as (...args: unknown[]) => unknown;
  const newTier = (table: ConstructorParameters<typeof CompiledTier>[0]): CompiledTier => {
    const tier = new CompiledTier(table, { makeFunction, threshold: 0 });
    tiers.push(tier);
    return tier;
  };
  // Frames with much that the engine keeps for itself: many temporary values for few registers.
  const text = `
    (defn wide [n] (if (= n 0) 0 (+ 1 (+ (- (* 1 (wide (- n 1))) 0) (if (> n 3) (- n n) (get {:a 0} :a))))))
    (defn many [a b c d e] (if (= a 0) 0 (+ 1 (many (- a 1) c b e d))))
    [(wide 20000) (many 20000 1 2 3 4)]`;
  const { end } = travel(programIn({ ...machine, newTier }, text), { limits: { depth: 100_000 } });
  expect(end).toBe('=> [20000 20000]');
  expect(tiers.map(({ statistics }) => statistics.abandoned)).toEqual([0]);
});
