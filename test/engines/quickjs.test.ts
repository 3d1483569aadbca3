/**
 * The corpus in QuickJS, every state saved and loaded again: the same text, the same fuel, the same bytes as in node
 * (M3). Without a just-in-time compiler everything takes twenty times as long, so it is run in this one way, without
 * the few expectations that are about size, and every third of the others (all of them with RTFS_ENGINES=whole).
 */
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, corpus } from './bundles.ts';
import type { FileReport } from './program/report.ts';
import { type Engine, openQuickJs } from './quickjs.ts';

/** Fuel and cells that an expectation may spend here; what spends more is left out. */
const COST_MAX = 100_000;

const EVERY = process.env['RTFS_ENGINES'] === 'whole' ? 1 : 3;

type Run = (mode: string, from: number, to: number, skipped?: readonly number[]) => string;

let quickJs: Engine;
let node: Run;

beforeAll(async () => {
  const script = await bundle('corpus');
  const realm: { rtfsEngineTest?: Run } = {};
  runInNewContext(script, realm);
  node = realm.rtfsEngineTest!;
  quickJs = await openQuickJs();
  quickJs.run(script);
}, 300_000);

afterAll(() => quickJs.close());

/** The lines of the expectations of a file that cost too much, found by running them in node, and of those that are not their turn. */
function leftOut(index: number): { readonly costly: readonly number[]; readonly others: readonly number[] } {
  const [report] = JSON.parse(node('straight', index, index + 1)) as [FileReport];
  const costly = report.costs.filter(([, cost]) => cost > COST_MAX).map(([line]) => line);
  const cheap = report.costs.filter(([, cost]) => cost <= COST_MAX).map(([line]) => line);
  return { costly, others: cheap.filter((_line, place) => place % EVERY !== index % EVERY && cheap.length > EVERY) };
}

describe('the corpus in QuickJS', () => {
  let run = 0;
  let left = 0;

  test.each(corpus().map(({ name }, index) => [name, index] as const))('%s shows the same as in node', { timeout: 300_000 }, (_name, index) => {
    const { costly, others } = leftOut(index);
    const skipped = [...costly, ...others];
    const [report] = JSON.parse(quickJs.run(`rtfsEngineTest('reload', ${index}, ${index + 1}, ${JSON.stringify(skipped)})`)) as [FileReport];
    expect([report]).toEqual(JSON.parse(node('reload', index, index + 1, skipped)));
    run += report.count;
    left += costly.length;
  });

  test('is run but for what is about size', () => {
    expect(run).toBeGreaterThan(1500);
    expect(left / (run * EVERY + left)).toBeLessThan(0.02);
  });
});
