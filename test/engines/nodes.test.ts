/**
 * The whole corpus on several versions of node: the same text, the same fuel, the same bytes (M3). Whether it is what
 * the corpus expects, and the same on this node in each way of running it, is judged elsewhere.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, corpus } from './bundles.ts';
import { nodePath, OTHER_NODES, runCorpus } from './node.ts';
import type { FileReport } from './program/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'rtfs-engines-'));
const script = join(folder, 'corpus.js');
let here: readonly FileReport[] = [];

beforeAll(async () => {
  writeFileSync(script, await bundle('corpus'));
  here = await runCorpus(process.execPath, script, 'straight');
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe('the corpus on this node', () => {
  test('is all there', () => {
    expect(here.map((file) => file.name)).toEqual(corpus().map((file) => file.name));
    expect(here.filter((file) => file.count === 0)).toEqual([]);
    expect(here.flatMap((file) => file.failures).length).toBeLessThan(here.reduce((sum, file) => sum + file.count, 0) / 20);
  });

  test('shows the same in Tokyo and in Turkish', { timeout: 300_000 }, async () => {
    const environment = { TZ: 'Asia/Tokyo', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' };
    const seen = execFileSync(process.execPath, ['-p', '`${new Date(0).getHours()} ${(1234.5).toLocaleString()}`'], { env: { ...process.env, ...environment } });
    expect(seen.toString().trim()).toBe('9 1.234,5');
    expect(await runCorpus(process.execPath, script, 'straight', environment)).toEqual(here);
  });
});

describe.skipIf(!OTHER_NODES).each([22, 24] as const)('the corpus on node %i (packages exist for Linux on x64)', (version) => {
  test('is run by that version', () => {
    expect(execFileSync(nodePath(version), ['--version']).toString()).toMatch(new RegExp(`^v${version}\\.`));
  });

  test('shows the same as here, with every state saved and loaded again', { timeout: 300_000 }, async () => {
    expect(await runCorpus(nodePath(version), script, 'reload')).toEqual(here);
  });
});
