/**
 * One of several processes that drive the runs of a soak, to be killed at any moment: begins those of its share that are not there yet, and
 * takes up whatever others left. Every effect is a line in a file that has nothing to do with the store.
 * Arguments: the store, the folder of keys, the file of effects, its number, how many of them there are, how many runs. Ends when its input does.
 */
import { appendFileSync, writeSync } from 'node:fs';
import { createRe2Engine } from '../../src/evaluator/primitives/re2.ts';
import { timeCapabilities } from '../../src/host/capability/time.ts';
import { userCapabilities } from '../../src/host/capability/user.ts';
import { systemClock } from '../../src/host/clock.ts';
import { compile, createEnvironment } from '../../src/host/compile.ts';
import type { DriveOptions } from '../../src/host/durable/driver.ts';
import type { Runnable } from '../../src/host/durable/program.ts';
import { Supervisor } from '../../src/host/durable/supervisor.ts';
import { HostFailure } from '../../src/host/failure.ts';
import { openKeeping } from '../../src/host/open-store.ts';
import type { Capability, Determinism } from '../../src/host/port.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import { StoreProblem } from '../../src/host/store/port.ts';
import { IMAGE_TEXT } from '../../src/library/image.ts';
import type { Value } from '../../src/value/value.ts';
import { LIVE, planOf, runName } from './plans.ts';

/** Begun, and not put away yet, by one process. */
const AT_ONCE = 8;

function capabilities(file: string): readonly Capability[] {
  const felt = (id: string, determinism: Determinism, answer: (value: Value) => Value | Promise<Value>): Capability => ({
    id, summary: '', determinism,
    call: ([value = null], { idempotencyKey }) => {
      appendFileSync(file, `${idempotencyKey}\t${id}\n`);
      return answer(value);
    },
  });
  return [
    felt('job.note', 'idempotent', (value) => value),
    felt(LIVE, 'live', (value) => value),
    felt('job.slow', 'idempotent', (value) => new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 20, value))),
    felt('job.fail', 'recorded', (value) => { throw new HostFailure('host', String(value)); }),
    ...timeCapabilities(systemClock),
    ...userCapabilities(),
  ];
}

async function main([store, keys, effects, place, places, runs]: readonly string[]): Promise<void> {
  const environment = createEnvironment(JSON.parse(IMAGE_TEXT), createRe2Engine());
  const opened = await openKeeping(store!, { environment, keyDirectory: keys! });
  if (!opened.ok) throw new Error(opened.error);
  const keeping = opened.value;
  const host: DriveOptions['host'] = { capabilities: capabilityRegistry([...capabilities(effects!)], new Map()), policy: { decide: () => ({ allowed: true, grants: [] }) }, clock: systemClock };
  const checkpoints = { effects: 3 };
  const supervisor = new Supervisor({
    keeping, pollMs: 50, optionsFor: () => ({ host, checkpoints }),
    onStopped: (run, result) => void (result.ok || writeSync(1, `problem ${run} ${result.error.kind}: ${result.error.message}\n`)),
    onFault: (run, cause) => void (cause instanceof StoreProblem && cause.problem === 'run-exists' ? null : writeSync(1, `problem ${run} ${String(cause)}\n`)),
  });
  const over = new AbortController();
  process.stdin.on('end', () => over.abort()).resume();
  const serving = supervisor.serve(over.signal);
  writeSync(1, 'ready\n');
  const there = new Set((await keeping.store.runs()).map(({ id }) => id));
  const programs = new Map<string, Runnable>();
  const begin = async (next: () => number | null): Promise<void> => {
    for (let number = next(); number !== null && !over.signal.aborted; number = next()) {
      const { text } = planOf(number);
      const program = programs.get(text) ?? compile(environment, { file: 'soak.rtfs', text }).program!;
      programs.set(text, program);
      await supervisor.start(program, { id: runName(number), name: 'soak.rtfs' }, { host, checkpoints }).catch(() => undefined);
    }
  };
  const mine = Array.from({ length: Number(runs) }, (_, i) => i).filter((number) => number % Number(places) === Number(place) && !there.has(runName(number)));
  await Promise.all(Array.from({ length: AT_ONCE }, () => begin(() => mine.shift() ?? null)));
  await serving;
  await keeping.store.close();
}

void main(process.argv.slice(2));
