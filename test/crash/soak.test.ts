/** A soak, small enough for the tests; `npm run soak` is the large one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { soak } from '../soak/soak.ts';
import { randomNumbers } from '../support/programs.ts';

test('200 runs in two processes that are killed 20 times are all complete, with every effect once and every chain good', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-soak-'));
  const report = await soak({ directory, runs: 200, kills: 20, workers: 2, random: randomNumbers(7) });
  expect(report.problems).toEqual([]);
  // Six runs, one of each plan, have 5 + 4 + 6 + 1 + 2 + 3 effects; 200 are 33 times six and two more, with 5 and 4.
  expect([report.kills, report.effects]).toEqual([20, 33 * 21 + 5 + 4]);
  expect(report.attempts).toBeGreaterThanOrEqual(report.effects);
  rmSync(directory, { recursive: true });
});
