/**
 * The whole corpus in QuickJS, every state saved and loaded again: the same text, the same fuel, the same bytes as in
 * node (M3). Without a just-in-time compiler that takes twenty times as long, so it is run in this one way.
 */
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle, corpus } from './bundles.ts';
import type { FileReport } from './program/report.ts';
import { type Engine, openQuickJs } from './quickjs.ts';

let quickJs: Engine;
let node: (from: number, to: number) => FileReport;

beforeAll(async () => {
  const script = await bundle('corpus');
  const realm: { rtfsEngineTest?: (mode: string, from: number, to: number) => string } = {};
  runInNewContext(script, realm);
  node = (from, to) => (JSON.parse(realm.rtfsEngineTest!('reload', from, to)) as FileReport[])[0]!;
  quickJs = await openQuickJs();
  quickJs.run(script);
}, 300_000);

afterAll(() => quickJs.close());

test.each(corpus().map(({ name }, index) => [name, index] as const))('%s shows the same in QuickJS as in node', { timeout: 300_000 }, (name, index) => {
  const [report] = JSON.parse(quickJs.run(`rtfsEngineTest('reload', ${index}, ${index + 1})`)) as FileReport[];
  expect(report).toEqual(node(index, index + 1));
  expect({ name: report!.name, failures: report!.failures }).toEqual({ name, failures: [] });
});
