/** Fuel is counted in stretches: where they end makes no difference, on any tier. Here they are a few units long instead of a billion. */
import { describe, expect, test, vi } from 'vitest';
import type * as journeys from '../support/journey.ts';
import type * as tiers from './tiers.ts';

const LIMITS = '../../src/evaluator/limits.ts';

interface World {
  readonly travel: typeof journeys.travel;
  readonly compile: typeof journeys.compiled;
  readonly tiers: typeof tiers;
  readonly stretch: number;
}

/** Everything anew, with stretches of that length. */
async function worldOf(stretch: number | null): Promise<World> {
  vi.resetModules();
  if (stretch === null) vi.doUnmock(LIMITS);
  else vi.doMock(LIMITS, async (original) => ({ ...(await original<object>()), STRETCH: stretch }));
  const { travel, compiled: compile } = await import('../support/journey.ts');
  const { STRETCH } = await import('../../src/evaluator/limits.ts');
  return { travel, compile, tiers: await import('./tiers.ts'), stretch: STRETCH };
}

const PROGRAMS: Readonly<Record<string, string>> = {
  'calls of itself': '(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 13)',
  'a loop that is counted': '(defn sum [n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s i)) s))) [(sum 50) (sum 300) (sum 7)]',
  'loops in loops, with vectors': '(defn grid [n] (loop [i 0 out []] (if (< i n) (recur (inc i) (conj out (loop [k 0 row []] (if (< k i) (recur (inc k) (conj row (* i k))) row)))) out))) [(grid 9) (count (grid 12))]',
  'tail calls of each other': '(defn even [n] (if (= n 0) true (odd (- n 1)))) (defn odd [n] (if (= n 0) false (even (- n 1)))) [(even 40) (odd 41)]',
  'what costs by its size': '[(count (sort (map (fn [x] (rem (* x 7) 31)) (range 60)))) (reduce + (vec (range 100))) (str "a" (range 20)) (get (zipmap (range 20) (range 20)) 7)]',
  'errors in between': '(map (fn [n] (try (/ 6 (- 3 n)) (catch e (:message e)))) (range 7))',
  'calls of the host': '(loop [i 0 s 0] (if (< i 12) (recur (inc i) (+ s (call :world.next i))) s))',
  'steps and branches': '(step "all" (pmap (fn [n] (step "one" (reduce + (map (fn [x] (* x n)) (range 10))))) (range 4)))',
};

const WAYS: readonly journeys.Travel[] = [{}, { quantum: 3 }, { quantum: 50, reload: true }, { limits: { fuel: 100 } }, { limits: { fuel: 1_000 }, quantum: 40 }, { limits: { fuel: 5 } }];

describe.each([1, 7, 64])('stretches of %i', async (stretch) => {
  const [usual, short] = [await worldOf(null), await worldOf(stretch)];

  test('are as long as that', () => {
    expect([usual.stretch > 1e9, short.stretch]).toEqual([true, stretch]);
  });

  test.each(Object.entries(PROGRAMS))('make no difference: %s', (_, text) => {
    for (const how of WAYS) {
      const expected = usual.travel(usual.compile(usual.tiers.machine, text), how);
      for (const name of ['machine', 'compiled'] as const) {
        expect({ name, how, journey: short.travel(short.compile(short.tiers[name], text), how) }).toEqual({ name, how, journey: expected });
      }
      expect({ how, journey: short.travel(short.compile(short.tiers.mixed(stretch), text), how) }).toEqual({ how, journey: expected });
    }
  });
});

test('more than a stretch can be used up at once', async () => {
  await worldOf(null);
  const { chargeFuel } = await import('../../src/evaluator/raise.ts');
  const { meterOf, fuelLeft, STRETCH, DEFAULT_LIMITS } = await import('../../src/evaluator/limits.ts');
  const meter = meterOf(DEFAULT_LIMITS, 5 * STRETCH);
  chargeFuel(meter, 3);
  expect(fuelLeft(meter)).toBe(5 * STRETCH - 3);
  chargeFuel(meter, 4 * STRETCH);
  expect(fuelLeft(meter)).toBe(STRETCH - 3);
  chargeFuel(meter, STRETCH - 3);
  expect(fuelLeft(meter)).toBe(0);
  expect(() => chargeFuel(meter, 1)).toThrow();
  expect(fuelLeft(meter)).toBeLessThan(0);
});
