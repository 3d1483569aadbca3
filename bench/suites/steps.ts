/**
 * What steps, contexts and branches cost. Times of what happens in a loop are without the loop: the same loop around
 * nothing is measured in turns with it and taken off.
 */
import { resume, start } from '../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../src/evaluator/snapshot.ts';
import type { Advance, Answer, HostCall, State } from '../../src/evaluator/state.ts';
import { type Entry as MapEntry, MapValue } from '../../src/value/map.ts';
import { keyword, type Value } from '../../src/value/value.ts';
import type { Environment } from '../../src/host/compile.ts';
import { measure, measureOne, type Task, type Timing } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { type Entry, entryOf } from '../subject.ts';
import type { Suite, SuiteInput } from './suite.ts';

const TURNS = 10_000;
/** Of what takes twenty times as long. */
const SLOW_TURNS = 1_000;
const FEW_KEYS = 10;
const MANY_KEYS = 10_000;
const FORKS = 4_000;
const BRANCHES = 1_000;
const WIDTH = 10;
const WAITING = 100;
const MERGED_KEYS = 1_000;
const YIELDS = 10_000;

/** Each defines `(main n)`, which does its thing n times; the value is n. */
const around = (body: string): string => `(defn main [n] (loop [i 0] (if (< i n) (do ${body} (recur (inc i))) i)))`;
const EMPTY_LOOP = around('i');

/** What a loop does, by the row's name. */
const IN_LOOPS: readonly (readonly [name: string, target: number | null, source: string, turns?: number])[] = [
  ['step with an empty body', 5, around('(step "a")')],
  ['step with :params', null, around('(step "a" :params {:i i} (:i %params))')],
  ['step-if', null, around('(step-if (< i n) i)')],
  ['step-loop, each pass', null, '(defn main [n] (step-loop [last 0 x (range n)] (inc x)))'],
  ['step-loop with a test, each pass', null, '(defn main [n] (step-loop (< (context/get :i 0) n) (context/set :i (inc (context/get :i 0)))))\n', SLOW_TURNS],
  ['context/get, four contexts up', null, `(defn main [n] (step "a" (context/set :k 1) (step "b" (step "c" (step "d" (step "e" ${loopOf('(context/get :k)')}))))))`],
  ['context/set of a number', null, `(defn main [n] (step "a" ${loopOf('(context/set :k i)')}))`],
  ['context/set of a map of 100 entries', null, `(defn main [n] (let [m (zipmap (range 100) (range 100))] (step "a" ${loopOf('(context/set :k m)')})))`],
];

function loopOf(body: string): string {
  return `(loop [i 0] (if (< i n) (do ${body} (recur (inc i))) i))`;
}

const LEVELS: readonly string[] = ['inherit', 'isolated', 'sandboxed'];

/** Forks in a context of few and of many keys. */
const FORKED: readonly (readonly [name: string, source: string])[] = LEVELS.flatMap((level) => [
  [`fork and exit of a step, :${level}, 10,000 keys`, around(`(step "a" :isolation :${level} i)`)] as const,
  [`fork and exit of a branch, :${level}, 10,000 keys`, around(`(step-parallel :isolation :${level} i)`)] as const,
]);
/** How much more it may be for so many more keys before it is not the same any more. */
const FLAT = 1.25;
/** What is asked is a ratio of differences. */
const FORK_SAMPLES = { samples: 7 };

const START = '1,000 branches: to their first calls';
const AT_ONCE = '1,000 branches: all calls answered at once, joined';
const ONE_BY_ONE = '1,000 branches: answered one at a time in random order, joined';
const NESTED = '10 × 10 × 10 branches in one another, joined';
const IN_STEP = 'yield and resume inside a step';
const SAVE = 'saving a state of 100 waiting branches';
const LOAD = 'restoring a state of 100 waiting branches';
const MERGE = 'merging 1,000 keys at the end of a step, per key';

const FAN_OUT = '(defn main [n] (pmap (fn [i] (call :shop/price i)) (range n)))';
const NESTED_FAN_OUT = `
(defn main [n]
  (pmap (fn [a] (pmap (fn [b] (pmap (fn [c] (call :shop/price [a b c])) (range n))) (range n))) (range n)))
`;
const TICKS = '(defn main [n] (step "ticks" (loop [i 0 sum 0] (if (< i n) (recur (inc i) (+ sum (call :clock/tick i))) sum))))';
const FILLED = `
(defn fill [n] (loop [i 0] (if (< i n) (do (context/set (str "key" i) i) (recur (inc i))) nil)))
(defn main [n policy] (step "outer" (step "inner" :merge-policy policy (fill n))))
`;

export const steps: Suite = {
  names: [...IN_LOOPS.map(([name]) => name), ...FORKED.map(([name]) => name), START, AT_ONCE, ONE_BY_ONE, NESTED, IN_STEP, SAVE, LOAD, MERGE],
  run: (input) => [...loops(input), ...forks(input), ...fanOuts(input), ...yields(input), ...snapshots(input), ...merges(input)],
};

// --- in loops --------------------------------------------------------------------------------------------------------

function loops({ environment, wants }: SuiteInput): Row[] {
  const bases = new Map([TURNS, SLOW_TURNS].map((turns) => [turns, emptyLoop(environment, turns)]));
  return IN_LOOPS.filter(([name]) => wants(name)).map(([name, target, source, turns = TURNS]) => {
    const entry = entryOf(environment, source);
    const [ours, empty] = measure([{ run: () => complete(entry, [turns]) }, bases.get(turns)!]);
    return row(name, perTurn(ours!, empty!, turns), 'µs', target, `wall ${wallPerTurn(ours!, empty!, turns)} µs`);
  });
}

/** What is taken off each row: the same task for all of them, so that it is warmed up once. */
function emptyLoop(environment: Environment, turns: number): Task {
  const entry = entryOf(environment, EMPTY_LOOP);
  return { run: () => complete(entry, [turns]) };
}

function perTurn(ours: Timing, empty: Timing, turns: number): number {
  return ((ours.cpuMs - empty.cpuMs) * 1000) / turns;
}

function wallPerTurn(ours: Timing, empty: Timing, turns: number): string {
  return (((ours.wallMs - empty.wallMs) * 1000) / turns).toPrecision(3);
}

function forks({ environment, wants }: SuiteInput): Row[] {
  const base = emptyLoop(environment, FORKS);
  const [few, many] = [contextOf(FEW_KEYS), contextOf(MANY_KEYS)];
  return FORKED.filter(([name]) => wants(name)).map(([name, source]) => {
    const entry = entryOf(environment, source);
    const [small, large, empty] = measure([
      { run: () => complete(entry, [FORKS], few) }, { run: () => complete(entry, [FORKS], many) }, base,
    ], FORK_SAMPLES);
    const [inSmall, inLarge] = [perTurn(small!, empty!, FORKS), perTurn(large!, empty!, FORKS)];
    return row(name, inLarge / inSmall, '× 10 keys', FLAT, `${inLarge.toPrecision(3)} µs / ${inSmall.toPrecision(3)} µs`);
  });
}

function contextOf(keys: number): MapValue {
  return MapValue.from(Array.from({ length: keys }, (_, index): MapEntry => [keyword(`key${index}`), index]));
}

// --- branches --------------------------------------------------------------------------------------------------------

function fanOuts({ environment, wants }: SuiteInput): Row[] {
  const rows: Row[] = [];
  const add = (name: string, target: number | null, run: () => unknown): void => {
    if (!wants(name)) return;
    const { cpuMs, wallMs } = measureOne(run);
    rows.push(row(name, cpuMs, 'ms', target, `wall ${wallMs.toPrecision(3)} ms`));
  };
  const flat = entryOf(environment, FAN_OUT);
  const nested = entryOf(environment, NESTED_FAN_OUT);
  add(START, null, () => started(flat, [BRANCHES], BRANCHES));
  add(AT_ONCE, 50, () => answerAtOnce(started(flat, [BRANCHES], BRANCHES)));
  add(ONE_BY_ONE, null, () => answerOneByOne(started(flat, [BRANCHES], BRANCHES)));
  add(NESTED, null, () => answerAtOnce(started(nested, [WIDTH], WIDTH ** 3)));
  return rows;
}

interface Waiting {
  readonly state: State;
  readonly calls: readonly HostCall[];
}

function started(entry: Entry, args: readonly Value[], calls: number): Waiting {
  const { state, outcome } = start(entry.program.table, entry.fn, args);
  if (outcome.kind !== 'requires-host' || outcome.calls.length !== calls) throw new Error('another number of calls');
  return { state, calls: outcome.calls };
}

function answerAtOnce({ state, calls }: Waiting): Value {
  return valueOf(resume(state, calls.map(answered)));
}

function answerOneByOne({ state, calls }: Waiting): Value {
  const order = shuffled(calls);
  const last = order.pop()!;
  let at = state;
  for (const call of order) at = resume(at, [answered(call)]).state;
  return valueOf(resume(at, [answered(last)]));
}

function answered(call: HostCall): Answer {
  return { id: call.id, ok: true, value: 1 };
}

/** In an order that is the same in every run: each run has the same work. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let seed = 1;
  for (let i = result.length - 1; i > 0; i--) {
    seed = (seed * 48_271) % 2_147_483_647;
    const other = seed % (i + 1);
    [result[i], result[other]] = [result[other]!, result[i]!];
  }
  return result;
}

// --- waiting, saving, merging ------------------------------------------------------------------------------------------

function yields({ environment, wants }: SuiteInput): Row[] {
  if (!wants(IN_STEP)) return [];
  const entry = entryOf(environment, TICKS);
  const { cpuMs, wallMs } = measureOne(() => drive(entry));
  return [row(IN_STEP, (cpuMs * 1000) / YIELDS, 'µs', null, `wall ${((wallMs * 1000) / YIELDS).toPrecision(3)} µs`)];
}

function drive(entry: Entry): Value {
  let advance: Advance = start(entry.program.table, entry.fn, [YIELDS]);
  while (advance.outcome.kind === 'requires-host') advance = resume(advance.state, advance.outcome.calls.map(answered));
  return valueOf(advance);
}

function snapshots({ environment, wants }: SuiteInput): Row[] {
  if (!wants(SAVE) && !wants(LOAD)) return [];
  const entry = entryOf(environment, FAN_OUT);
  const { state } = started(entry, [WAITING], WAITING);
  const bytes = snapshot(state);
  const load = (): State => {
    const restored = restore(bytes, entry.program.table);
    if (!restored.ok) throw new Error(restored.error.message);
    return restored.value;
  };
  const [saving, loading] = measure([{ run: () => snapshot(state) }, { run: load }]);
  return [
    row(SAVE, saving!.cpuMs, 'ms', null, `${bytes.length} bytes, wall ${saving!.wallMs.toPrecision(3)} ms`),
    row(LOAD, loading!.cpuMs, 'ms', null, `wall ${loading!.wallMs.toPrecision(3)} ms`),
  ];
}

/** Keys that are set and merged against keys that are set only. */
function merges({ environment, wants }: SuiteInput): Row[] {
  if (!wants(MERGE)) return [];
  const entry = entryOf(environment, FILLED);
  const policy = keyword('overwrite');
  const [merged, kept] = measure([{ run: () => complete(entry, [MERGED_KEYS, policy]) }, { run: () => complete(entry, [0, policy]) }]);
  const plain = entryOf(environment, FILLED.replace(':merge-policy policy ', ''));
  const set = measureOne(() => complete(plain, [MERGED_KEYS, policy]));
  const note = `setting them takes ${perTurn(set, kept!, MERGED_KEYS).toPrecision(3)} µs each`;
  return [row(MERGE, perTurn(merged!, set, MERGED_KEYS), 'µs', null, note)];
}

function complete(entry: Entry, args: readonly Value[], context: MapValue = MapValue.empty()): Value {
  return valueOf(start(entry.program.table, entry.fn, args, { context }));
}

function valueOf({ outcome }: Advance): Value {
  if (outcome.kind === 'complete') return outcome.value;
  throw new Error(outcome.kind === 'failed' ? outcome.error.message : `unexpected outcome ${outcome.kind}`);
}
