/** What the tests of runs on engines share: plans deployed and started on any engine, and asked until something is so. */
import { afterEach } from 'vitest';
import { systemClock } from '../../../../src/host/clock.ts';
import { deployPlan, engineStatus, startPlan } from '../../../../src/host/engine/client.ts';
import type { EngineStatus } from '../../../../src/host/engine/documents.ts';
import { createMemoryEngine, type MemoryEngine } from '../../../../src/host/engine/memory.ts';
import type { Engine } from '../../../../src/host/engine/port.ts';
import type { EngineWorld, SegmentLimits } from '../../../../src/host/engine/world.ts';
import { encodeMessage, type MessageKind } from '../../../../src/host/durable/message.ts';
import type { NewStart } from '../../../../src/host/durable/recover.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import type { Capability, Determinism, Policy } from '../../../../src/host/port.ts';
import { capabilityRegistry } from '../../../../src/host/registry.ts';
import { printValue } from '../../../../src/value/print.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { keyword, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { environment, programOf } from '../durable/support.ts';
import { ALLOW_ALL } from '../support.ts';

const WAIT_MS = 20_000;

export class Effects {
  /** Everything that capabilities were asked to do, in order, with the key of the attempt. */
  readonly made: { readonly id: string; readonly args: readonly Value[]; readonly key: string }[] = [];
  readonly capabilities: Capability[] = [];
  /** Told of each effect, before it and after it. */
  onEffect: (when: 'before' | 'after', count: number) => void = () => undefined;

  add(id: string, determinism: Determinism, answer: (args: readonly Value[]) => Value | Promise<Value>): this {
    this.capabilities.push({
      id, summary: '', determinism,
      call: async (args, context) => {
        const count = this.made.length + 1;
        this.onEffect('before', count);
        this.made.push({ id, args, key: context.idempotencyKey });
        const value = await answer(args);
        this.onEffect('after', count);
        return value;
      },
    });
    return this;
  }

  put(...capabilities: readonly Capability[]): this {
    this.capabilities.push(...capabilities);
    return this;
  }

  /** What the world felt, with attempts of one call counted once. */
  felt(): string[] {
    const seen = new Set<string>();
    return this.made.filter(({ key }) => !seen.has(key) && seen.add(key)).map(({ id, args }) => `${id} ${args.map((arg) => printValue(arg)).join(' ')}`).sort();
  }

  world(segment: Partial<SegmentLimits> = {}, policy: Policy = ALLOW_ALL): EngineWorld {
    return { environment, host: { capabilities: capabilityRegistry(this.capabilities, new Map()), policy, clock: systemClock }, segment };
  }
}

/** As `planWorld` has them. */
export function planEffects(): Effects {
  return new Effects()
    .add('echo', 'idempotent', (args) => args[0]!)
    .add('pay', 'live', (args) => (typeof args[0] === 'number' ? args[0] : 0))
    .add('fail', 'pure', () => {
      throw new Error('never');
    })
    .put({ id: 'ask', summary: '', determinism: 'recorded', wait: ([question]) => ({ kind: 'person', question: String(question), read: (text) => ({ ok: true, value: text }) }) })
    .put({ id: 'sleep', summary: '', determinism: 'recorded', wait: ([ms]) => ({ kind: 'timer', durationMs: Number(ms) }) });
}

/** Opens engines in memory; none of them drives anything after the test. */
export function memoryEngines(): () => MemoryEngine {
  const opened: MemoryEngine[] = [];
  afterEach(() => {
    for (const engine of opened.splice(0)) engine.crash();
  });
  return () => {
    const engine = createMemoryEngine(systemClock);
    opened.push(engine);
    return engine;
  };
}

/** With `each`, which calls back for each item. */
export function calledBack(effects: Effects): Effects {
  return effects.put({
    id: 'each', summary: '', determinism: 'idempotent',
    call: async ([fn, items], { callBack }) => {
      if (callBack === undefined) throw new HostFailure('capability', 'each cannot call back here');
      const given: Value[] = [];
      for (const item of items as Vector) given.push(await callBack(fn!, [item]));
      return Vector.adopt(given);
    },
  });
}

let serial = 0;

export async function begin(engine: Engine, text: string, start: NewStart = {}): Promise<string> {
  const id = `run-${process.pid}-${Date.now()}-${++serial}`;
  await deployPlan(engine, id, programOf(text));
  const started = await startPlan(engine, { id, plan: id, start });
  if (!started.ok) throw new Error(started.error);
  return id;
}

export async function until(engine: Engine, run: string, check: (status: EngineStatus) => boolean): Promise<EngineStatus> {
  for (const end = Date.now() + WAIT_MS; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
    const status = await engineStatus(engine, run);
    if (status !== null && check(status)) return status;
    if (Date.now() > end) throw new Error(`waited in vain: the run is ${status?.status ?? 'not there'}, ${status?.ignored ?? 'nothing ignored'}`);
  }
}

export const ended = (engine: Engine, run: string): Promise<EngineStatus> => until(engine, run, ({ status }) => status !== 'running' && status !== 'waiting');
export const waiting = (engine: Engine, run: string): Promise<EngineStatus> => until(engine, run, ({ status }) => status === 'waiting');

export const say = (engine: Engine, run: string, kind: MessageKind, data: Readonly<Record<string, Value>>): Promise<boolean> => engine.tell(run, encodeMessage(kind, { who: 'human:ann', ...data }));

/** What is told of a wait. */
export const field = (wait: Value | undefined, name: string): string => {
  const value = wait instanceof MapValue ? wait.get(keyword(name)) : null;
  if (typeof value !== 'string') throw new Error(`no ${name}`);
  return value;
};

export function shown({ status, value, error }: EngineStatus): string {
  return status === 'complete' ? (printValue(value) ?? '') : `${status}: ${error?.message ?? ''}`;
}
