/**
 * Random programs run in every way that must not make a difference (M3, M5, M6, M7): value or error with its place and
 * stack, calls, events, the bytes of every state at a call, and what is left of fuel and allocation must be the same.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { remaining, resume } from '../../src/evaluator/kernel.ts';
import { errorValue } from '../../src/evaluator/raise.ts';
import { snapshot } from '../../src/evaluator/snapshot.ts';
import { type Program, startProgram } from '../../src/host/compile.ts';
import { testEnvironment } from '../support/environment.ts';
import { answerOf, type Answering, compiled, forkProblem, Refusal, reloaded, travel } from '../support/journey.ts';
import { generateProgram } from '../support/programs.ts';

const environment = testEnvironment();
const LIMITS = { fuel: 20_000 };

/** Most calls are answered with their argument, some with something else or an error; always the same for one run. */
const moody: Answering = (call, count) => {
  switch ((count * 7 + call.args.length) % 11) {
    case 3:
      return new Refusal(errorValue('host', `the host failed at ${count}`));
    case 6:
      return count;
    default:
      return call.args[0] ?? null;
  }
};

function programOf(seed: number): Program {
  return compiled(environment, generateProgram(seed).text);
}

const seeds = fc.integer();

describe('random programs', () => {
  test('run the same straight, reloaded, and in quanta', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 7 }), (seed, quantum) => {
        const program = programOf(seed);
        const straight = travel(program, { answer: moody, limits: LIMITS });
        expect(travel(program, { answer: moody, limits: LIMITS, reload: true })).toEqual(straight);
        expect(travel(program, { answer: moody, limits: LIMITS, reload: true, quantum: 1, pausesMax: 150 })).toEqual(straight);
        expect(travel(program, { answer: moody, limits: LIMITS, quantum })).toEqual(straight);
      }),
      { numRuns: 150 },
    );
  });

  test('cost the same however little fuel there is', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 100 }), (seed, fuel, allocation) => {
        const program = programOf(seed);
        const limits = { fuel, allocation };
        const straight = travel(program, { answer: moody, limits });
        expect(travel(program, { answer: moody, limits, reload: true, quantum: 1 })).toEqual(straight);
        expect(travel(program, { answer: moody, limits, quantum: 3 })).toEqual(straight);
      }),
      { numRuns: 100 },
    );
  });

  test('have two equal futures from every state', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(forkProblem(programOf(seed), { answer: moody, limits: { fuel: 3_000, calls: 20 } })).toBeNull();
      }),
      { numRuns: 60 },
    );
  });

  test('have the same state wherever quanta of two sizes pause at the same fuel', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 7 }), (seed, quantum) => {
        const program = programOf(seed);
        const fine = pauses(program, 1, true);
        const coarse = pauses(program, quantum, false);
        for (const [fuel, bytes] of coarse) if (fine.has(fuel)) expect(fine.get(fuel)).toBe(bytes);
      }),
      { numRuns: 60 },
    );
  });

  test('fail alike when compiled anew', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const first = travel(programOf(seed), { answer: moody, limits: LIMITS });
        expect(travel(programOf(seed), { answer: moody, limits: LIMITS })).toEqual(first);
      }),
      { numRuns: 40 },
    );
  });
});

/** The bytes of the state at every pause, by what fuel is left. */
function pauses(program: Program, quantum: number, reload: boolean): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  let advance = startProgram(program, { limits: { fuel: 2_000 }, quantum });
  for (let count = 0; count < 300; count++) {
    const { outcome } = advance;
    if (outcome.kind === 'complete' || outcome.kind === 'failed') break;
    const state = reload ? reloaded(advance.state, program) : advance.state;
    if (outcome.kind === 'preempted') found.set(remaining(state).fuel, bytesToHex(snapshot(state)));
    const call = state.pending.find((one) => one.capability !== 'step.deadline');
    advance = resume(state, call === undefined ? [] : [answerOf(call, moody(call, state.limits.calls - remaining(state).calls))], { quantum });
  }
  return found;
}
