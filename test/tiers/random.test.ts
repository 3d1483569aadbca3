/** M5: random programs do the same on every tier: value or error with its stack, calls, events, the bytes of every state, fuel and allocation. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorValue } from '../../src/evaluator/raise.ts';
import type { Environment } from '../../src/host/compile.ts';
import { type Answering, compiled as programIn, type Journey, Refusal, type Travel } from '../support/journey.ts';
import { generateProgram } from '../support/programs.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

const moody: Answering = (call, count) => {
  switch ((count * 5 + call.args.length) % 9) {
    case 2:
      return new Refusal(errorValue('host', `the host failed at ${count}`));
    case 5:
      return count;
    default:
      return call.args[0] ?? null;
  }
};

function journeys(text: string, how: Travel): (environment: Environment) => Journey {
  return (environment) => travelWhole(programIn(environment, text), { answer: moody, ...how });
}

const seeds = fc.integer();

test('the same whole', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const run = journeys(generateProgram(seed).text, { limits: { fuel: 20_000 } });
      const expected = run(machine);
      expect(run(compiled)).toEqual(expected);
      expect(run(mixed(seed))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('the same in quanta and with every state reloaded', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 9 }), (seed, quantum) => {
      const { text } = generateProgram(seed);
      const limits = { fuel: 5_000 };
      const expected = journeys(text, { limits })(machine);
      for (const environment of [compiled, mixed(seed)]) {
        expect(journeys(text, { limits, quantum })(environment)).toEqual(expected);
        expect(journeys(text, { limits, quantum, reload: true, pausesMax: 200 })(environment)).toEqual(expected);
      }
    }),
    { numRuns: 80 },
  );
});

test('the same however little fuel, allocation or depth there is', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 12 }), (seed, fuel, allocation, depth) => {
      const run = journeys(generateProgram(seed).text, { limits: { fuel, allocation, depth } });
      const expected = run(machine);
      expect(run(compiled)).toEqual(expected);
      expect(run(mixed(seed))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
