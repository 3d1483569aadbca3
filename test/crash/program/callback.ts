/**
 * Begins the run `run`, or goes on with it: a capability that calls back for each number up to a count, with a function that notes the number and pauses between two notes.
 * Arguments: the file of the store, the file of the notes, the count. Prints `begun` when it drives the run, and its value at the end.
 */
import { appendFileSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { compile } from '../../../src/host/compile.ts';
import { resumeRun, startRun } from '../../../src/host/durable/driver.ts';
import { openKeeping } from '../../../src/host/open-store.ts';
import type { Capability } from '../../../src/host/port.ts';
import { capabilityRegistry } from '../../../src/host/registry.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { testEnvironment } from '../../support/environment.ts';

const PLAN = '(let [base (call :note -1)] (call :each (fn [n] (let [first (call :note n)] (+ base (call :note (+ first 1000)))))))';

async function main(store: string, notes: string, count: number): Promise<void> {
  const environment = testEnvironment();
  const opened = await openKeeping(store, { environment });
  if (!opened.ok) throw new Error(opened.error);
  const each: Capability = {
    id: 'each', summary: '', determinism: 'idempotent',
    call: async ([fn], { callBack }) => {
      const given: Value[] = [];
      for (let n = 0; n < count; n++) given.push(await callBack!(fn!, [n]));
      return Vector.adopt(given);
    },
  };
  const note: Capability = {
    id: 'note', summary: '', determinism: 'recorded',
    call: async ([n], { idempotencyKey }) => {
      await setTimeout(2);
      appendFileSync(notes, `${idempotencyKey} ${String(n)}\n`);
      return n!;
    },
  };
  const host = { capabilities: capabilityRegistry([each, note], new Map()), policy: { decide: () => ({ allowed: true as const, grants: [] }) }, clock: systemClock };
  const keeping = opened.value;
  const { program } = compile(environment, { file: 'plan.rtfs', text: PLAN });
  writeSync(1, 'begun\n');
  const isThere = (await keeping.store.run('run')) !== null;
  const result = isThere ? await resumeRun(keeping, 'run', () => ({ host })) : { ok: true as const, value: await startRun(keeping, program!, { id: 'run', name: 'plan' }, { host }) };
  if (!result.ok) throw new Error(result.error.message);
  writeSync(1, `${result.value.kind} ${result.value.kind === 'complete' ? (printValue(result.value.value) ?? '') : ''}\n`);
  await keeping.store.close();
}

void main(process.argv[2]!, process.argv[3]!, Number(process.argv[4]));
