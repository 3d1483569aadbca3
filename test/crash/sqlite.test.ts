/** What nobody can ask for politely: processes that are killed, that fight, a disk that is full, a file that is damaged. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Store, StoreProblem } from '../../src/host/store/port.ts';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import { fillGoldenStore, goldenContents } from '../support/golden-store.ts';
import { batchOf, bytesOfText, newRun, owner, problemKind, storedRecord, storedRecords } from '../support/store-data.ts';
import { bundleProgram, startProgram } from './process.ts';
import { writtenBatch, writtenContent, writtenRecord } from './written.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-crash-'));
let count = 0;
const newFile = (): string => path.join(directory, `${(count += 1)}.db`);
afterAll(() => rmSync(directory, { recursive: true }));

/** Numbers from 0 to below `limit` that are the same in every run of the test. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

describe('a process that is killed while it writes', () => {
  const KILLS = 12;
  const RUNS = ['a', 'b', 'c'];
  let program: string;
  beforeAll(async () => {
    program = await bundleProgram('write', directory);
  });

  test('loses nothing that was acknowledged, and leaves nothing half', async () => {
    const file = newFile();
    const random = seeded(42);
    const acknowledged = new Map<string, number>(RUNS.map((run) => [run, 0]));
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = startProgram(program, [file, ...RUNS]);
      await writer.line('a ');
      await new Promise((resolve) => setTimeout(resolve, random(60)));
      writer.process.kill('SIGKILL');
      await writer.ended;
      for (const line of writer.lines()) acknowledged.set(line.split(' ')[0]!, Number(line.split(' ')[1]));
      await checkWritten(file, acknowledged);
    }
    expect([...acknowledged.values()].every((seq) => seq > KILLS)).toBe(true);
  });

  async function checkWritten(file: string, acknowledged: ReadonlyMap<string, number>): Promise<void> {
    const store = await openSqliteStore(file);
    for (const run of RUNS) {
      const row = (await store.run(run))!;
      expect(row.head.seq).toBeGreaterThanOrEqual(acknowledged.get(run)!);
      const records = await store.records(run);
      expect(records).toEqual(records.map((_, i) => writtenRecord(run, i + 1)));
      expect(row.head).toEqual({ seq: records.length, hash: records.at(-1)?.hash ?? '0'.repeat(64) });
      let seq = 0;
      for (; seq < row.head.seq; seq += writtenBatch(run, seq).records.length) if (seq > 0) expect(await store.content(writtenContent(run, seq).hash)).not.toBe(null);
      // The last batch is there whole, with its content and its change of the row; the next is not there at all.
      expect(seq).toBe(row.head.seq);
      if (seq > 0) expect([row.updatedMs, row.checkpoint]).toEqual([seq, row.head]);
      if (seq > 0) expect(await store.content(writtenContent(run, seq).hash)).toEqual(writtenContent(run, seq).bytes);
      expect(await store.content(writtenContent(run, seq + writtenBatch(run, seq).records.length).hash)).toBe(null);
    }
    await store.close();
  }
});

test('of two processes that fight over one run, exactly one writes at a time', async () => {
  const program = await bundleProgram('fight', directory);
  const file = newFile();
  const store = await openSqliteStore(file);
  await store.release(await store.create(newRun('r'), batchOf(), owner(1)));
  const fighters = ['red', 'blue'].map((name) => ({ name, program: startProgram(program, [file, 'r', name, '60']) }));
  await Promise.all(fighters.map((one) => one.program.ended));
  expect(fighters.map((one) => one.program.process.exitCode)).toEqual([0, 0]);
  const told = fighters.flatMap(({ name, program: { lines } }) => lines().map((line) => [name, ...line.split(' ')] as const));
  const epochs = told.filter(([, what]) => what === 'held').map(([, , epoch]) => epoch);
  expect(new Set(epochs).size).toBe(epochs.length);
  expect(epochs.length).toBeGreaterThan(20);
  const wrote = told.filter(([, what]) => what === 'wrote').map(([name, , seq, epoch]) => ({ seq: Number(seq), text: `${name} ${epoch}` }));
  const records = (await store.records('r')).map(({ seq, bytes }) => ({ seq, text: Buffer.from(bytes).toString() }));
  expect(wrote.sort((a, b) => a.seq - b.seq)).toEqual(records);
  expect(new Set(records.map(({ text }) => text.split(' ')[0]))).toEqual(new Set(['red', 'blue']));
  await store.close();
});

describe('a full disk', () => {
  test('refuses what has no room, and takes it when there is room', async () => {
    const file = newFile();
    const store = await openSqliteStore(file, { sizeMaxBytes: 500_000 });
    const lease = await store.create(newRun('r'), batchOf(), owner(1));
    const old = await store.create(newRun('old'), batchOf({ records: [{ ...storedRecord(1), bytes: new Uint8Array(200_000) }], change: { status: 'complete' } }), owner(1));
    const large = { ...storedRecord(1), bytes: new Uint8Array(400_000) };
    const results = await Promise.all([
      problemKind(store.append(lease, batchOf({ records: [large], change: { status: 'failed' } }))),
      problemKind(store.create(newRun('small'), batchOf({ records: storedRecords(1, 1) }), owner(1))),
    ]);
    expect(results[0]).toBe('full');
    expect(results[1]).toContain('"run":"small"');
    expect(await store.run('r')).toMatchObject({ status: 'running', head: { seq: 0 } });
    await store.release(old);
    await store.remove('old');
    await store.append(lease, batchOf({ records: [large] }));
    expect((await store.records('r'))[0]!.bytes).toHaveLength(400_000);
    await store.close();
  });

  const canChangeLimits = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
  test.runIf(canChangeLimits)('is told as one by the system, too', async () => {
    const program = await bundleProgram('fill', directory);
    const file = newFile();
    const filler = startProgram(program, [file], ['prlimit', '--fsize=1000000:unlimited', process.execPath, program]);
    const [, after] = (await filler.line('full')).split(' after ');
    const store = await openSqliteStore(file);
    expect(await store.records('r')).toHaveLength(Number(after));
    await store.close();
    execFileSync('prlimit', ['--pid', `${filler.process.pid!}`, '--fsize=unlimited:unlimited']);
    filler.process.stdin!.end('go on\n');
    await filler.ended;
    expect(filler.lines().at(-1)).toBe(`done ${Number(after) + 1}`);
    const again = await openSqliteStore(file);
    expect(await again.records('r')).toHaveLength(Number(after) + 1);
    await again.close();
  });
});

describe('a damaged file', () => {
  let good: string;
  let contents: unknown;
  beforeAll(async () => {
    good = newFile();
    const store = await openSqliteStore(good);
    await fillGoldenStore(store);
    for (let i = 0; i < 40; i++) await store.create(newRun(`more ${i}`), batchOf({ records: storedRecords(1, 3) }), owner(1));
    contents = await goldenContents(store);
    await store.close();
  });

  /** Everything a store does; each step either works or says what is wrong, as a problem of the store. */
  async function useAll(file: string): Promise<readonly string[]> {
    let store: Store;
    try {
      store = await openSqliteStore(file);
    } catch (problem) {
      return [kindOf(problem)];
    }
    const steps: readonly (() => Promise<unknown>)[] = [
      () => goldenContents(store),
      () => store.runs(),
      () => store.acquire('waiting', owner(4), 5000, 6000),
      () => store.create(newRun('fresh'), batchOf({ records: storedRecords(1, 2) }), owner(1)),
      () => store.send('waiting', bytesOfText('m')),
      () => store.sweep(new Set()),
      () => store.remove('ended'),
      () => store.close(),
    ];
    const told: string[] = [];
    for (const step of steps) {
      try {
        await step();
        told.push('worked');
      } catch (problem) {
        told.push(kindOf(problem));
      }
    }
    return told;
  }

  /** All that is in the file, or the kind of the problem. */
  async function contentsOf(file: string): Promise<unknown> {
    try {
      const store = await openSqliteStore(file);
      return await goldenContents(store).finally(() => store.close());
    } catch (problem) {
      return kindOf(problem);
    }
  }

  function kindOf(problem: unknown): string {
    if (!(problem instanceof StoreProblem)) throw problem;
    expect(problem.message).not.toMatch(/SQLITE|Error|undefined|malformed/);
    return problem.problem;
  }

  test('with bytes changed is used as far as it is good, and a problem says the rest', async () => {
    const bytes = readFileSync(good);
    const random = seeded(7);
    const seen = new Set<string>();
    for (let i = 0; i < 120; i++) {
      const file = newFile();
      const damaged = Buffer.from(bytes);
      // Half of them in the first page and in the heads of pages, which say what the rest means.
      const at = i % 2 === 0 ? random(damaged.length) : (i % 4 === 1 ? random(1000) : 4096 * random(damaged.length / 4096) + random(40));
      damaged[at]! ^= 1 << random(8);
      writeFileSync(file, damaged);
      for (const kind of await useAll(file)) seen.add(kind);
      rmSync(file);
    }
    expect(seen).toContain('damaged');
    expect([...seen].filter((kind) => !['worked', 'damaged', 'version', 'unusable', 'unknown-run', 'not-ended', 'run-exists', 'full'].includes(kind))).toEqual([]);
  });

  test('that ends too early is refused or says so', async () => {
    const size = readFileSync(good).length;
    const random = seeded(3);
    for (const length of [1, 50, 99, 100, 4095, 4096, size - 4096, size - 1, ...Array.from({ length: 15 }, () => random(size))]) {
      const file = newFile();
      copyFileSync(good, file);
      truncateSync(file, length);
      expect([length, await contentsOf(file)]).toEqual([length, 'damaged']);
      await useAll(file);
    }
  });

  test('whose log is torn is what it was at a commit before', async () => {
    const source = newFile();
    const store = await openSqliteStore(source);
    const lease = await store.create(newRun('r'), batchOf(), owner(1));
    for (let seq = 1; seq <= 20; seq++) await store.append(lease, batchOf({ records: [storedRecord(seq)] }));
    const log = readFileSync(`${source}-wal`);
    const random = seeded(11);
    for (let i = 0; i < 25; i++) {
      const file = newFile();
      copyFileSync(source, file);
      const torn = Buffer.from(log.subarray(0, i % 2 === 0 ? random(log.length) : log.length));
      if (i % 2 === 1) torn[random(torn.length)]! ^= 0x10;
      writeFileSync(`${file}-wal`, torn);
      const opened = await openSqliteStore(file);
      const row = await opened.run('r');
      expect(await opened.records('r')).toEqual(storedRecords(1, row?.head.seq ?? 0));
      await opened.close();
    }
    await store.close();
    expect(existsSync(`${source}-wal`)).toBe(false);
  });

  test('was good before', async () => {
    const store = await openSqliteStore(good);
    expect(await goldenContents(store)).toEqual(contents);
    await store.close();
    const file = newFile();
    copyFileSync(good, file);
    expect(await useAll(file)).toEqual(Array.from({ length: 8 }, () => 'worked'));
  });
});
