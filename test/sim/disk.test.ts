/**
 * Power cuts and full disks, simulated: at every write of a run the file is taken as a disk might keep it, with what was not yet acknowledged
 * torn in any way, and another process goes on from there. Chance is seeded: every failure comes again.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import type { State } from '../../src/evaluator/state.ts';
import { CONTENT_RULES } from '../../src/host/durable/content-rules.ts';
import { encodeMessage } from '../../src/host/durable/message.ts';
import type { Runnable } from '../../src/host/durable/program.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { verifyStore } from '../../src/host/journal/verify.ts';
import type { RunResult } from '../../src/host/loop.ts';
import { type Store, StoreProblem } from '../../src/host/store/port.ts';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import { printValue } from '../../src/value/print.ts';
import { randomNumbers } from '../support/programs.ts';
import { PLANS, planWorld } from '../unit/host/durable/plans.ts';
import { programOf, type World } from '../unit/host/durable/support.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-disk-'));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;
const newFile = (): string => path.join(directory, `${(count += 1)}.db`);
const open = (file: string, sizeMaxBytes?: number): Promise<Store> => openSqliteStore(file, { isGone: () => true, ...(sizeMaxBytes === undefined ? {} : { sizeMaxBytes }) });
const verified = async (store: Store): Promise<boolean> => (await verifyStore(store, { keys: { verify: () => 'unknown-key' }, rules: CONTENT_RULES, sha256: nodeSha256 })).ok;

type Effects = World['effects'];

/** The disk while a run writes: before a write, and when it is done. */
interface Moment {
  readonly main: Buffer;
  readonly log: Buffer;
  /** So much of the log was acknowledged before the write. */
  readonly acknowledged: number;
  readonly seq: number;
  /** What the world had felt. */
  readonly effects: Effects;
}

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

/** What the world felt, with attempts of one call counted once. */
function felt(effects: Effects): readonly string[] {
  const byKey = new Map(effects.map(({ key, id, args }) => [key, `${key} ${id} ${args.map((arg) => printValue(arg)).join(' ')}`]));
  return [...byKey.values()].sort();
}

/** The store, with the disk looked at around every write. */
function watched(store: Store, file: string, effects: Effects, moments: Moment[]): Store {
  const log = (): Buffer => (existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`) : Buffer.alloc(0));
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      const member = target[name] as (...args: unknown[]) => unknown;
      if (name !== 'append' && name !== 'create') return typeof member === 'function' ? member.bind(target) : member;
      return async (...args: unknown[]) => {
        const before = { acknowledged: log().length, seq: (await target.run('run'))?.head.seq ?? 0, effects: effects.slice() };
        const result = await member.apply(target, args);
        moments.push({ ...before, main: readFileSync(file), log: log() });
        return result;
      };
    },
  });
}

const SECTOR_BYTES = 512;

/** What a disk may have of a log whose end nobody acknowledged: cut off anywhere, and any of its sectors as they were, empty, or rubbish. */
function torn(log: Buffer, acknowledged: number, random: () => number): Buffer {
  const end = acknowledged + Math.floor(random() * (log.length - acknowledged + 1));
  const kept = Buffer.from(log.subarray(0, random() < 0.5 ? end : log.length));
  if (random() < 0.3) return kept;
  for (let at = Math.ceil(acknowledged / SECTOR_BYTES) * SECTOR_BYTES; at < kept.length; at += SECTOR_BYTES) {
    const sector = kept.subarray(at, at + SECTOR_BYTES);
    const luck = random();
    if (luck < 0.15) sector.fill(0);
    else if (luck < 0.3) for (let i = 0; i < sector.length; i++) sector[i] = Math.floor(random() * 256);
  }
  return kept;
}

/** Goes on with the run until it ends; of a payment that may have been made somebody is asked, who looks at the world before answering. */
async function goOn(one: World, program: Runnable, before: Effects): Promise<RunResult<State>> {
  const row = await one.store.run('run');
  if (row === null) return one.process().start(program, { checkpoints: { effects: 2 } });
  for (let tries = 0; tries < 10; tries++) {
    const result = await one.process().resume('run', { checkpoints: { effects: 2 } });
    if (result.kind !== 'waiting') return result;
    for (const { call, hold } of result.waits) {
      expect([call.capability, hold.kind]).toEqual(['pay', 'unsure']);
      const wasMade = [...before, ...one.effects].some(({ key }) => key === `run/${call.id}`);
      const value = typeof call.args[0] === 'number' ? call.args[0] : 0;
      await one.store.send('run', wasMade ? encodeMessage('answer', { call: call.id, value, who: 'human:ann' }) : encodeMessage('repeat', { call: call.id, who: 'human:ann' }));
    }
  }
  throw new Error('the run waits again and again');
}

async function worldOn(file: string, sizeMaxBytes?: number): Promise<World> {
  const store = await open(file, sizeMaxBytes);
  const one = planWorld();
  return Object.assign(Object.create(Object.getPrototypeOf(one) as object) as World, one, { store });
}

/** A run from its start to its end on a disk that is looked at. */
async function recorded(program: Runnable): Promise<{ readonly moments: readonly Moment[]; readonly expected: string; readonly effects: readonly string[] }> {
  const file = newFile();
  const one = await worldOn(file);
  const moments: Moment[] = [];
  const result = await one.process(watched(one.store, file, one.effects, moments)).start(program, { checkpoints: { effects: 2 } });
  await one.store.close();
  return { moments, expected: shown(result), effects: felt(one.effects) };
}

describe.each(PLANS)('%s', (_, text) => {
  const program = programOf(text);

  test('goes on from whatever a power cut leaves of its file', async () => {
    const { moments, expected, effects } = await recorded(program);
    expect(moments.length).toBeGreaterThan(3);
    let lost = 0;
    for (const [index, moment] of moments.entries()) {
      for (let seed = 1; seed <= 3; seed++) {
        const file = newFile();
        writeFileSync(file, moment.main);
        writeFileSync(`${file}-wal`, torn(moment.log, moment.acknowledged, randomNumbers(1000 * index + seed)));
        const one = await worldOn(file);
        const row = await one.store.run('run');
        expect(row?.head.seq ?? 0, `write ${index}, seed ${seed}`).toBeGreaterThanOrEqual(moment.seq);
        if ((row?.head.seq ?? 0) === moment.seq) lost += 1;
        expect(await verified(one.store)).toBe(true);
        if (row?.status !== 'complete') {
          expect(shown(await goOn(one, program, moment.effects)), `write ${index}, seed ${seed}`).toBe(expected);
          expect(felt([...moment.effects, ...one.effects])).toEqual(effects);
          const paid = [...moment.effects, ...one.effects].filter(({ id }) => id === 'pay').map(({ key }) => key);
          expect(new Set(paid).size).toBe(paid.length);
        }
        expect(await verified(one.store)).toBe(true);
        await one.store.close();
        rmSync(file);
      }
    }
    // Some of what nobody had acknowledged has to be gone, or nothing was torn.
    expect(lost).toBeGreaterThan(moments.length / 2);
  });
});

test('pages that were half moved from the log into the file are taken from the log', async () => {
  const program = programOf(PLANS[3]![1]);
  const { moments, expected } = await recorded(program);
  const { main, log } = moments.at(-2)!;
  const file = newFile();
  writeFileSync(file, main);
  writeFileSync(`${file}-wal`, log);
  const moved = newFile();
  copyFileSync(file, moved);
  copyFileSync(`${file}-wal`, `${moved}-wal`);
  const database = new Database(moved);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  const after = readFileSync(moved);
  for (let seed = 1; seed <= 10; seed++) {
    const random = randomNumbers(seed);
    const mixed = Buffer.alloc(after.length);
    for (let at = 0; at < after.length; at += SECTOR_BYTES) {
      const source = random() < 0.5 && at < main.length ? main : after;
      if (random() < 0.8) source.copy(mixed, at, at, at + SECTOR_BYTES);
    }
    writeFileSync(file, mixed);
    writeFileSync(`${file}-wal`, log);
    rmSync(`${file}-shm`, { force: true });
    const one = await worldOn(file);
    expect(await verified(one.store)).toBe(true);
    expect(shown(await goOn(one, program, moments.at(-1)!.effects))).toBe(expected);
    await one.store.close();
  }
});

/** 3,000 characters with each answer, so that there is always something that finds no room. */
const TEXT = '(reduce str "" (map (fn [n] "0123456789") (range 300)))';
describe('a disk that gets full', () => {
  test.each([
    ['by effects that may be repeated', `(loop [i 0 size 0] (if (< i 8) (recur (inc i) (+ size (count (call :echo ${TEXT})))) size))`],
    ['by effects that may not', `(let [text ${TEXT}] (loop [i 0 sum 0] (if (< i 5) (recur (inc i) (+ sum (call :pay i text))) sum)))`],
    ['by states', `(step "all" (context/set :texts []) (step-loop (< (count (context/get :texts)) 6) (context/set :texts (conj (context/get :texts) (call :echo ${TEXT})))) (count (context/get :texts)))`],
  ])('%s', async (_, text) => {
    const program = programOf(text);
    const { expected, effects } = await recorded(program);
    const reached = new Set<number>();
    let isWhole = false;
    // Each page more lets the run come a little farther.
    for (let pages = 14; !isWhole && pages < 80; pages += 2) {
      const file = newFile();
      const one = await worldOn(file, pages * 4096);
      const first = await one.process().start(program, { checkpoints: { effects: 2 } }).catch((cause: unknown) => cause);
      isWhole = !(first instanceof StoreProblem);
      if (first instanceof StoreProblem) expect([first.problem, first.message]).toEqual(['full', `the store ${file}: there is no room left: make room and go on`]);
      else expect(shown(first as RunResult<State>)).toBe(expected);
      const acknowledged = (await one.store.run('run'))?.head.seq ?? 0;
      reached.add(acknowledged);
      expect(await verified(one.store)).toBe(true);
      await one.store.close();
      if (isWhole) break;
      const later = await worldOn(file);
      expect((await later.store.run('run'))?.head.seq ?? 0).toBe(acknowledged);
      expect(shown(await goOn(later, program, one.effects))).toBe(expected);
      expect(felt([...one.effects, ...later.effects])).toEqual(effects);
      await later.store.close();
    }
    expect(isWhole).toBe(true);
    expect(reached.size).toBeGreaterThan(3);
  });
});
