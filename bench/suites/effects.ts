/** What one effect costs the kernel: from the outcome of one call, through `resume`, to the outcome of the next. */
import { resume, start } from '../../src/evaluator/kernel.ts';
import type { Advance } from '../../src/evaluator/state.ts';
import { LONG_WARM_UP, measure } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { type Entry, entryOf } from '../subject.ts';
import type { Suite, SuiteInput } from './suite.ts';

const SHALLOW = 'yield and resume of a shallow plan';
const DEEP = 'yield and resume under 100 frames';
const UNWINDING = 'yield and resume in each of 100 frames, on the way back';

const CALLS = 10_000;
const FRAMES = 100;

const SOURCE = `
(defn ticks [n]
  (loop [i 0 sum 0]
    (if (< i n)
      (recur (inc i) (+ sum (call :clock/tick i)))
      sum)))

(defn under [frames n]
  (if (= frames 0)
    (ticks n)
    (+ 1 (under (dec frames) n))))

(defn in-each [frames]
  (if (= frames 0)
    0
    (+ (in-each (dec frames)) (call :clock/tick frames))))
`;

const ROWS: readonly (readonly [name: string, target: number | null, fn: string, args: readonly number[], calls: number])[] = [
  [SHALLOW, 0.6, 'ticks', [CALLS], CALLS],
  [DEEP, 0.8, 'under', [FRAMES, CALLS], CALLS],
  [UNWINDING, null, 'in-each', [FRAMES], FRAMES],
];

export const effects: Suite = {
  names: ROWS.map(([name]) => name),
  run: ({ environment, wants }: SuiteInput): readonly Row[] => {
    const wanted = ROWS.filter(([name]) => wants(name)).map((one) => ({ one, entry: entryOf(environment, SOURCE, one[2]) }));
    for (const { one: [name, , , args, calls], entry } of wanted) if (drive(entry, args) !== calls) throw new Error(`${name}: another number of calls`);
    // In turns: whichever came first alone would be measured while the engine learns the others' ways.
    const timings = measure(wanted.map(({ one: [, , , args], entry }) => ({ run: () => drive(entry, args) })), LONG_WARM_UP);
    return wanted.map(({ one: [name, target, , , calls] }, place) => {
      const { cpuMs, wallMs } = timings[place]!;
      return row(name, (cpuMs * 1000) / calls, 'µs', target, `wall ${((wallMs * 1000) / calls).toPrecision(3)} µs`);
    });
  },
};

/** Answers every call with 1 until the program is done; gives the number of calls. */
function drive(entry: Entry, args: readonly number[]): number {
  let advance: Advance = start(entry.program.table, entry.fn, args);
  let calls = 0;
  while (advance.outcome.kind === 'requires-host') {
    calls += 1;
    advance = resume(advance.state, [{ id: advance.outcome.calls[0]!.id, ok: true, value: 1 }]);
  }
  if (advance.outcome.kind !== 'complete') throw new Error(`unexpected outcome ${advance.outcome.kind}`);
  return calls;
}
