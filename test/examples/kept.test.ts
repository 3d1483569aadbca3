/** The plans that outlive their process: a deployment that waits for a person, a nightly job that is killed. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { example, ROOT, rtfs, withDirectory } from './support.ts';

const STORE = ['--store', 'examples/out/runs.db'];

async function withExamples(use: (cwd: string) => Promise<void>): Promise<void> {
  await withDirectory(async (cwd) => {
    await mkdir(path.join(cwd, 'examples/out'), { recursive: true });
    for (const name of ['deployment.rtfs', 'nightly.rtfs']) await cp(example(name), path.join(cwd, 'examples', name));
    await use(cwd);
  });
}

describe('the deployment', () => {
  const begin = (cwd: string) => rtfs(['run', 'examples/deployment.rtfs', ...STORE, '--id', 'release-7', '--allow', 'user.ask', '--allow', 'fs=examples/out', 'release-7'], { cwd });

  test.each<[string, string, string]>([
    ['yes', '{:deployed ["api" "web" "worker"] :release "release-7"}\n', 'deployed api\ndeployed web\ndeployed worker\n'],
    ['not today', '{:deployed [] :refused "not today" :release "release-7"}\n', ''],
  ])('waits for a person in another process, who says %s', async (said, out, log) => {
    await withExamples(async (cwd) => {
      const paused = await begin(cwd);
      expect(paused.status).toBe(3);
      const [, call = ''] = /rtfs answer release-7 (\S+) VALUE/.exec(paused.stderr) ?? [];
      const ended = await rtfs(['answer', 'release-7', call, said, ...STORE, '--as', 'human:ann'], { cwd });
      expect([ended.status, ended.stdout]).toEqual([0, out]);
      const written = path.join(cwd, 'examples/out/release-7.log');
      expect(existsSync(written) ? readFileSync(written, 'utf8') : '').toBe(log);
    });
  });

  test('when it is cancelled, nothing of it remains', async () => {
    await withExamples(async (cwd) => {
      await begin(cwd);
      const ended = await rtfs(['cancel', 'release-7', ...STORE], { cwd });
      expect(ended.status).toBe(1);
      expect(existsSync(path.join(cwd, 'examples/out/release-7.log'))).toBe(false);
    });
  });
});

test('the nightly job is killed in the middle and does each part once', async () => {
  await withExamples(async (cwd) => {
    const totals = path.join(cwd, 'examples/out/night/totals.log');
    const lines = (): string[] => (existsSync(totals) ? readFileSync(totals, 'utf8').split('\n').filter((line) => line !== '') : []);
    const args = ['run', 'examples/nightly.rtfs', ...STORE, '--id', 'night-1', '--allow', 'fs=examples/out', '--allow', 'time', 'examples/out/night', '12', '50'];
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/bin/rtfs.js'), ...args], { cwd, stdio: 'ignore' });
    const over = new Promise((resolve) => child.on('close', resolve));
    while (lines().length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    await over;
    let ended = await rtfs(['resume', 'night-1', ...STORE], { cwd });
    // It was killed while it wrote: whether the line is there can be seen.
    if (ended.status === 3) {
      const [, call = ''] = /rtfs answer night-1 (\S+) VALUE/.exec(ended.stderr) ?? [];
      const numbers = lines().map((line) => Number(line.split(' ')[0]));
      const wasWritten = readFileSync(totals, 'utf8').endsWith('\n') && (await pendingPart(cwd, call)) === numbers.at(-1);
      ended = await rtfs(['answer', 'night-1', call, ...(wasWritten ? ['nil'] : ['--again']), ...STORE], { cwd });
    }
    expect(ended.status).toBe(0);
    expect(lines().map((line) => Number(line.split(' ')[0]))).toEqual(Array.from({ length: 12 }, (_, part) => part));
  });
}, 120_000);

/** The part whose line the call was about. */
async function pendingPart(cwd: string, call: string): Promise<number> {
  const log = await rtfs(['log', 'night-1', ...STORE, '--json', '--kind', 'call-requested'], { cwd });
  const records = log.stdout.trim().split('\n').map((line) => JSON.parse(line) as { data: { call: string; args: readonly string[] } });
  return Number(records.find(({ data }) => data.call === call)?.data.args[1]?.split(' ')[0]);
}
