/** How large a saved state is, how long saving and loading take, and what a state takes in memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Checkpoint, Chunker } from '../../src/evaluator/chunks.ts';
import { resume, start } from '../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../src/evaluator/snapshot.ts';
import type { State } from '../../src/evaluator/state.ts';
import { MapValue } from '../../src/value/map.ts';
import { keyword, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { LONG_WARM_UP, measure } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { type Entry, entryOf } from '../subject.ts';
import type { Suite, SuiteInput } from './suite.ts';

const SIZE = 'snapshot of a small plan';
const SAVE = 'saving a state of 100 frames';
const LOAD = 'restoring a state of 100 frames';

/** A plan as somebody would write it, stopped at its second call: it holds an order and waits for a customer. */
const SMALL_PLAN = `
(defn total [lines]
  (reduce (fn [sum line] (+ sum (* (:price line) (:count line)))) 0 lines))

(defn main [id]
  (let [order (call :shop/order id)
        amount (total (:lines order))
        customer (call :shop/customer (:customer order))]
    (if (> amount (:credit customer))
      (call :mail/send (:email customer) (str "Order " id " waits for " amount))
      (call :shop/ship id))))
`;

/** Every frame holds data of its own while it waits. */
const DEEP_PLAN = `
(defn main [frames label]
  (let [rows [frames label {:left (dec frames)}]]
    (if (= frames 1)
      (call :clock/now)
      (+ (main (dec frames) label) (count rows)))))
`;

const FRAMES = 100;

const SUSPENDED = 'memory of 100,000 suspended runs of a small plan, each';
const RUNS = 100_000;

const SECOND = 'second checkpoint of a state of 10 MB, after a small change';
const CHECKPOINT = 'checkpoint in chunks of a state of 100 frames';
const RESTORE_CHUNKS = 'restoring a state of 100 frames from chunks';

export const snapshots: Suite = {
  names: [SIZE, SUSPENDED, SAVE, LOAD, SECOND, CHECKPOINT, RESTORE_CHUNKS],
  run: ({ environment, wants }: SuiteInput): readonly Row[] => {
    const rows: Row[] = [];
    if (wants(SIZE)) rows.push(row(SIZE, snapshot(smallState(entryOf(environment, SMALL_PLAN))).length, 'bytes', 2000));
    if (wants(SUSPENDED)) rows.push(suspendedRuns(entryOf(environment, SMALL_PLAN)));
    if (wants(SAVE) || wants(LOAD)) rows.push(...timings(entryOf(environment, DEEP_PLAN)));
    if (wants(SECOND)) rows.push(secondCheckpoint(entryOf(environment, SETTING_PLAN)));
    if (wants(CHECKPOINT) || wants(RESTORE_CHUNKS)) rows.push(...chunkTimings(entryOf(environment, DEEP_PLAN)));
    return rows;
  },
};

function smallState(entry: Entry): State {
  const first = start(entry.program.table, entry.fn, ['A-1001']);
  if (first.outcome.kind !== 'requires-host') throw new Error('the plan made no call');
  const second = resume(first.state, [{ id: first.outcome.calls[0]!.id, ok: true, value: order() }]);
  if (second.outcome.kind !== 'requires-host') throw new Error('the plan made no second call');
  return second.state;
}

function order(): Value {
  const line = (item: string, price: number, count: number): Value =>
    MapValue.of(keyword('item'), item, keyword('price'), price, keyword('count'), count);
  return MapValue.of(keyword('customer'), 'C-17', keyword('lines'), Vector.of(line('bolts', 3, 40), line('nuts', 2, 40)));
}

/** Each waits for its own first call, with an argument of its own. */
function suspendedRuns(entry: Entry): Row {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapUsed = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const states = new Array<State | null>(RUNS).fill(null);
  for (let warm = 0; warm < 100; warm++) smallState(entry);
  const before = heapUsed();
  for (let run = 0; run < RUNS; run++) states[run] = start(entry.program.table, entry.fn, [run]).state;
  const each = (heapUsed() - before) / RUNS;
  if (states.some((state) => state?.status !== 'waiting')) throw new Error('a run does not wait');
  return row(SUSPENDED, each, 'bytes', 1000);
}

const SETTING_PLAN = `
(defn main [] (let [[key value] (call :next)] (context/set key value) (main)))
`;

function secondCheckpoint(entry: Entry): Row {
  const context = MapValue.from(Array.from({ length: 100_000 }, (_, i) => [keyword(`key-${i}`), `${i} `.repeat(90).slice(0, 90)] as const));
  const first = start(entry.program.table, entry.fn, [], { context });
  const chunker = new Chunker();
  const whole = bytesIn(chunker.checkpoint(first.state));
  const next = resume(first.state, [{ id: first.state.pending[0]!.id, ok: true, value: Vector.of(keyword('key-50000'), 'changed') }]);
  const more = bytesIn(chunker.checkpoint(next.state));
  return row(SECOND, (100 * more) / whole, '%', 2, `${more} bytes after ${whole}`);
}

function bytesIn({ chunks }: Checkpoint): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function chunkTimings(entry: Entry): Row[] {
  const state = deepState(entry);
  const { root, chunks } = new Chunker().checkpoint(state);
  const store = new Map(chunks.map(({ hash, bytes }) => [hash, bytes]));
  const load = (): State => {
    const restored = new Chunker().restore(root, (hash) => store.get(hash) ?? null, entry.program.table);
    if (!restored.ok) throw new Error(restored.error.message);
    return restored.value;
  };
  const [saving, loading] = measure([{ run: () => new Chunker().checkpoint(state) }, { run: load }]);
  return [
    row(CHECKPOINT, saving!.cpuMs * 1000, 'µs', null, `all of it: ${bytesIn({ root, chunks })} bytes in ${chunks.length} chunks`),
    row(RESTORE_CHUNKS, loading!.cpuMs * 1000, 'µs', null, `wall ${(loading!.wallMs * 1000).toPrecision(3)} µs`),
  ];
}

function deepState(entry: Entry): State {
  const { state, outcome } = start(entry.program.table, entry.fn, [FRAMES, 'a label']);
  if (outcome.kind !== 'requires-host' || state.main.frame?.depth !== FRAMES) throw new Error('the state has not 100 frames');
  return state;
}

function timings(entry: Entry): Row[] {
  const state = deepState(entry);
  const bytes = snapshot(state);
  const load = (): State => {
    const restored = restore(bytes, entry.program.table);
    if (!restored.ok) throw new Error(restored.error.message);
    return restored.value;
  };
  const [saving, loading] = measure([{ run: () => snapshot(state) }, { run: load }], LONG_WARM_UP);
  return [
    row(SAVE, saving!.cpuMs * 1000, 'µs', 100, `${bytes.length} bytes, wall ${(saving!.wallMs * 1000).toPrecision(3)} µs`),
    row(LOAD, loading!.cpuMs * 1000, 'µs', 150, `wall ${(loading!.wallMs * 1000).toPrecision(3)} µs`),
  ];
}
