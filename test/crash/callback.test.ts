/** Callbacks of a run in a real file, whose process is killed again and again. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import { bundleProgram, startProgram } from './process.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-callback-'));
afterAll(() => rmSync(directory, { recursive: true }));

const COUNT = 12;
const KILLS_MAX = 60;

test('are gone on with by the next process, and what was answered is not asked again', async () => {
  const program = await bundleProgram('callback', directory);
  const [file, notes] = [path.join(directory, 'runs.db'), path.join(directory, 'notes.txt')];
  let kills = 0;
  let end = '';
  for (; end === '' && kills < KILLS_MAX; ) {
    const running = startProgram(program, [file, notes, String(COUNT)]);
    await running.line('begun');
    // Later each time, so that it comes to an end however slow the machine is.
    const timer = setTimeout(() => running.process.kill('SIGKILL'), 60 + 60 * kills);
    await running.ended;
    clearTimeout(timer);
    end = running.lines().find((line) => line !== 'begun') ?? '';
    if (end === '') kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  expect(end).toBe(`complete [${Array.from({ length: COUNT }, (_, n) => n + 999).join(' ')}]`);
  const written = readFileSync(notes, 'utf8').trimEnd().split('\n');
  const wanted = ['run/1 -1', ...Array.from({ length: COUNT }, (_, n) => [`run~2~${n + 1}/1 ${n}`, `run~2~${n + 1}/2 ${n + 1000}`]).flat()];
  expect([...new Set(written)]).toEqual(wanted);
  // A process that is killed can only repeat what it had not written down yet: one note each.
  expect(written.length - wanted.length).toBeLessThanOrEqual(kills);
  expect(existsSync(file)).toBe(true);
  const store = await openSqliteStore(file);
  expect((await store.runs()).every(({ status }) => status === 'complete')).toBe(true);
  expect(await store.runs()).toHaveLength(COUNT + 1);
  await store.close();
});
