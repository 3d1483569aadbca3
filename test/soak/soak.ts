/**
 * Many runs of mixed plans under supervisors in several processes, which are killed again and again and replaced. In the end every run is complete, every
 * effect was done once as far as the world can tell (those that may not be repeated: at all), and every chain is good.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { CONTENT_RULES } from '../../src/host/durable/content-rules.ts';
import { Facts } from '../../src/host/durable/facts.ts';
import { readRecords } from '../../src/host/durable/history.ts';
import { encodeMessage } from '../../src/host/durable/message.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { openKeys } from '../../src/host/journal/keys.ts';
import { verifyStore } from '../../src/host/journal/verify.ts';
import type { RunRow, Store } from '../../src/host/store/port.ts';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import { decodeValue } from '../../src/value/bytes.ts';
import { printValue } from '../../src/value/print.ts';
import { MapValue } from '../../src/value/map.ts';
import { Vector } from '../../src/value/vector.ts';
import { bundleFile, type Program, startProgram } from '../crash/process.ts';
import { LIVE, planOf, runName } from './plans.ts';

export interface SoakOptions {
  readonly directory: string;
  readonly runs: number;
  readonly kills: number;
  readonly workers: number;
  /** Decides who is killed, and when. */
  readonly random: () => number;
  readonly progress?: (text: string) => void;
}

export interface SoakReport {
  /** What is not as it has to be. */
  readonly problems: readonly string[];
  readonly kills: number;
  /** Distinct effects, and attempts: those that were cut off before their answer was written are made again. */
  readonly effects: number;
  readonly attempts: number;
  /** Calls of which somebody had to say whether they happened. */
  readonly unsure: number;
  readonly records: number;
  readonly seconds: number;
}

const PAUSE_MS = 30;

/** The file of effects, read as it grows. */
class Effects {
  /** How often, by the key of the call. */
  readonly attempts = new Map<string, { readonly capability: string; count: number }>();
  count = 0;
  private readonly file: string;
  private at = 0;
  private rest = '';

  constructor(file: string) {
    this.file = file;
  }

  read(): void {
    if (!existsSync(this.file)) return;
    const descriptor = openSync(this.file, 'r');
    const buffer = Buffer.alloc(65_536);
    for (let size = readSync(descriptor, buffer, 0, buffer.length, this.at); size > 0; size = readSync(descriptor, buffer, 0, buffer.length, this.at)) {
      this.at += size;
      const lines = (this.rest + buffer.toString('latin1', 0, size)).split('\n');
      this.rest = lines.pop()!;
      for (const line of lines) this.add(line);
    }
    closeSync(descriptor);
  }

  private add(line: string): void {
    const [key = '', capability = ''] = line.split('\t');
    this.count += 1;
    const known = this.attempts.get(key);
    if (known === undefined) this.attempts.set(key, { capability, count: 1 });
    else known.count += 1;
  }
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { directory, runs, kills, workers, random } = options;
  const startMs = performance.now();
  const [file, keys, log] = ['soak.db', 'keys', 'effects.log'].map((name) => path.join(directory, name)) as [string, string, string];
  const effects = new Effects(log);
  const known = openKeys(keys);
  const store = await openSqliteStore(file);
  const program = await bundleFile(path.join(import.meta.dirname, 'worker.ts'), directory);
  const told: string[] = [];
  const start = (place: number): Program => startProgram(program, [file, keys, log, String(place), String(workers), String(runs)]);
  const driving = Array.from({ length: workers }, (_, place) => start(place));
  const all = Array.from({ length: runs }, (_, number) => planOf(number)).reduce((sum, plan) => sum + Object.values(plan.effects).reduce((a, b) => a + b, 0), 0);
  const operator = new Operator(store, effects);
  let killed = 0;
  try {
    for (let done = 0; done < runs; ) {
      await new Promise((resolve) => setTimeout(resolve, random() * PAUSE_MS * 2));
      await operator.answer();
      // Kills are spread over the work, at the moments that chance gives.
      if (killed < kills && effects.count >= (all * killed) / (kills + 1)) killed += await kill(driving, start, random, told);
      if (driving.some(({ process: { exitCode, signalCode } }) => exitCode !== null || signalCode !== null)) throw new Error('a process has ended that nobody killed');
      done = (await store.runs({ status: ['complete'] })).length;
      options.progress?.(`${done} of ${runs} runs, ${effects.count} effects, ${killed} kills`);
    }
    for (const { process: { stdin } } of driving) stdin!.end();
    await Promise.all(driving.map(({ ended }) => ended));
  } finally {
    for (const { process } of driving) process.kill('SIGKILL');
  }
  for (const { lines } of driving) told.push(...lines());
  effects.read();
  const problems = [...told.filter((line) => line.startsWith('problem')), ...(await problemsOf(store, effects, runs, known))];
  const records = (await store.runs()).reduce((sum, { head }) => sum + head.seq, 0);
  await store.close();
  return { problems, kills: killed, effects: effects.attempts.size, attempts: effects.count, unsure: operator.unsure, records, seconds: (performance.now() - startMs) / 1000 };
}

/** How many were killed: none while the chosen one is not at work yet. */
async function kill(driving: Program[], start: (place: number) => Program, random: () => number, told: string[]): Promise<number> {
  const place = Math.floor(random() * driving.length);
  const { process, ended, lines } = driving[place]!;
  if (!lines().includes('ready')) return 0;
  process.kill('SIGKILL');
  await ended;
  told.push(...lines());
  driving[place] = start(place);
  return 1;
}

/** Answers questions, and says of calls that must not happen twice whether they happened: by looking at the world. */
class Operator {
  unsure = 0;
  private readonly store: Store;
  private readonly effects: Effects;
  private readonly answered = new Set<string>();

  constructor(store: Store, effects: Effects) {
    this.store = store;
    this.effects = effects;
  }

  async answer(): Promise<void> {
    const rows = await this.store.runs({ status: ['waiting'] });
    // After the rows: what a call that waits did is in the file by now.
    this.effects.read();
    for (const row of rows) for (const wait of waitsOf(row)) await this.answerOne(row, wait);
  }

  private async answerOne({ id, head }: RunRow, wait: Facts): Promise<void> {
    const call = wait.text('call') ?? '';
    const kind = wait.text('kind');
    const name = `${id}/${call} ${kind ?? ''}${kind === 'unsure' ? ` ${head.seq}` : ''}`;
    if (kind === 'timer' || this.answered.has(name)) return;
    this.answered.add(name);
    if (kind === 'person') return this.store.send(id, encodeMessage('answer', { call, text: 'ann', who: 'human:ann' }));
    this.unsure += 1;
    const happened = this.effects.attempts.has(`${id}/${call}`);
    const [argument = null] = await this.argumentsOf(id, call);
    return this.store.send(id, happened ? encodeMessage('answer', { call, value: argument, who: 'human:ann' }) : encodeMessage('repeat', { call, who: 'human:ann' }));
  }

  /** The capability answers with what it is given. */
  private async argumentsOf(run: string, call: string): Promise<ReturnType<Facts['items']>> {
    const records = await readRecords(this.store, run);
    const found = records.ok ? records.value.find(({ kind, data }) => kind === 'call-requested' && new Facts(data).text('call') === call) : undefined;
    return found === undefined ? [] : new Facts(found.data).items('args');
  }
}

function waitsOf({ waits }: RunRow): readonly Facts[] {
  const decoded = decodeValue(waits);
  return decoded.ok && decoded.value instanceof Vector ? decoded.value.toArray().flatMap((one) => (one instanceof MapValue ? [new Facts(one)] : [])) : [];
}

async function problemsOf(store: Store, effects: Effects, runs: number, keys: ReturnType<typeof openKeys>): Promise<readonly string[]> {
  const problems: string[] = [];
  const felt = new Map<string, Record<string, number>>();
  for (const [key, { capability, count }] of effects.attempts) {
    const run = key.split('/')[0]!;
    const counts = felt.get(run) ?? {};
    counts[capability] = (counts[capability] ?? 0) + 1;
    felt.set(run, counts);
    if (capability === LIVE && count !== 1) problems.push(`${key} was made ${count} times, and may be made once`);
  }
  for (let number = 0; number < runs; number++) {
    const run = runName(number);
    const { result, effects: expected } = planOf(number);
    const records = await readRecords(store, run);
    if (!records.ok) problems.push(`${run}: ${records.error}`);
    else {
      const ends = records.value.filter(({ kind }) => kind === 'run-complete');
      const got = ends.map(({ data }) => printValue(new Facts(data).value('value')));
      if (got.length !== 1 || got[0] !== result) problems.push(`${run} is ${got.join(' and ')}, and should be ${result}`);
    }
    const counts = felt.get(run) ?? {};
    for (const capability of new Set([...Object.keys(expected), ...Object.keys(counts)])) {
      if (counts[capability] !== expected[capability]) problems.push(`${run}: ${counts[capability] ?? 0} calls of ${capability}, and should be ${expected[capability] ?? 0}`);
    }
  }
  const report = await verifyStore(store, { keys, rules: CONTENT_RULES, sha256: nodeSha256 });
  for (const { run, fault, content, signedSeq, records } of report.runs) {
    if (fault !== null) problems.push(`${run}: record ${fault.seq}: ${fault.message}`);
    if (content.length > 0) problems.push(`${run}: content is missing or damaged`);
    if (signedSeq !== records) problems.push(`${run}: signed up to record ${signedSeq} of ${records}`);
  }
  if (report.runs.length !== runs) problems.push(`${report.runs.length} runs are in the store`);
  return problems;
}
