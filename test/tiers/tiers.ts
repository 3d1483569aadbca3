/** The same kernel with each way of running code: interpreted, compiled, and going over from one to the other all the time. */
import { tierMaker } from '../../src/host/code-generation.ts';
import { expect } from 'vitest';
import type { Environment, Program } from '../../src/host/compile.ts';
import { type Journey, travel, type Travel } from '../support/journey.ts';
import { testEnvironment } from '../support/environment.ts';
import { randomNumbers } from '../support/programs.ts';

const plain = testEnvironment();

export const machine: Environment = { library: plain.library, primitives: plain.primitives };

/** A journey on a tier that had to give nothing up: what the engine throws would otherwise only cost time. */
export function travelWhole(program: Program, how: Travel): Journey {
  const journey = travel(program, how);
  expect(program.table.tier?.statistics.abandoned ?? 0).toBe(0);
  return journey;
}

/** Everything is compiled when it is first called. */
export const compiled: Environment = { ...machine, newTier: tierMaker('compiled')! };

/** Compiled code finds its native stack spent after a few calls, or at once, so that it is left at random calls; and what it leaves goes on interpreted. It may speculate never, for a while, or always. */
export function mixed(seed: number): Environment {
  const random = randomNumbers(seed);
  const stackWords = (): number => Math.floor(random() * random() * 400) - 20;
  const bailouts = [0, 1, 3, Number.POSITIVE_INFINITY][Math.floor(random() * 4)]!;
  return { ...machine, newTier: tierMaker('auto', { threshold: 1 + Math.floor(random() * 3), stackWords, bailouts })! };
}
