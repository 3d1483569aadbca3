/** Calls that go very deep, or on for very long, against calls in a shallow recursion: what one call costs in each. */
import type { Environment } from '../../src/host/compile.ts';
import type { Value } from '../../src/value/value.ts';
import { measure } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { callEntry, entryOf } from '../subject.ts';
import type { Suite, SuiteInput } from './suite.ts';

const RECURSION = 'recursion to 1,000,000, per call';
const TAIL_CALLS = '10,000,000 mutual tail calls, per call';
const UNIT = '× shallow';

const SHALLOW_DEPTH = 1_000;
const SHALLOW_TIMES = 1_000;
const DEEP_DEPTH = 1_000_000;
const TAIL_CALL_COUNT = 10_000_000;

const SOURCE = `
(defn down [n]
  (if (= n 0)
    0
    (+ 1 (down (- n 1)))))

(defn shallow [depth times]
  (loop [i 0 sum 0]
    (if (< i times)
      (recur (inc i) (+ sum (down depth)))
      sum)))

(defn ping [n] (if (= n 0) :done (pong (- n 1))))
(defn pong [n] (if (= n 0) :done (ping (- n 1))))
`;

export const depth: Suite = {
  names: [RECURSION, TAIL_CALLS],
  run: ({ environment, wants }: SuiteInput): readonly Row[] => {
    const shallow = caller(environment, 'shallow', [SHALLOW_DEPTH, SHALLOW_TIMES]);
    const rows: Row[] = [];
    const add = (name: string, run: () => Value, calls: number): void => {
      if (!wants(name)) return;
      const [ours, base] = measure([{ run }, { run: shallow }]);
      const perCallNs = (ours!.cpuMs * 1e6) / calls;
      const shallowNs = (base!.cpuMs * 1e6) / (SHALLOW_DEPTH * SHALLOW_TIMES);
      rows.push(row(name, perCallNs / shallowNs, UNIT, null, `${perCallNs.toPrecision(3)} ns / ${shallowNs.toPrecision(3)} ns`));
    };
    add(RECURSION, caller(environment, 'down', [DEEP_DEPTH]), DEEP_DEPTH);
    add(TAIL_CALLS, caller(environment, 'ping', [TAIL_CALL_COUNT]), TAIL_CALL_COUNT);
    return rows;
  },
};

function caller(environment: Environment, name: string, args: readonly Value[]): () => Value {
  const entry = entryOf(environment, SOURCE, name);
  return () => callEntry(entry, args);
}
