/** What the tests of the host share: a kernel made of one function, a clock moved by hand, a console in memory. */
import { MapValue } from '../../../src/value/map.ts';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostFailure } from '../../../src/host/failure.ts';
import type { Answer, Ask, CallContext, Capability, Clock, Console, Grant, HostCall, Kernel, Outcome, Policy, Quantum, WorkCapability } from '../../../src/host/port.ts';
import type { RunResult } from '../../../src/host/loop.ts';
import { capabilityRegistry } from '../../../src/host/registry.ts';
import { type RunOptions, runOn } from '../../../src/host/run.ts';
import { keyword, type Value } from '../../../src/value/value.ts';

// ── The kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────

export type Answers = ReadonlyMap<string, Answer>;
/** A program: what comes next, given all answers so far. */
export type Script = (answers: Answers) => Outcome;

export interface FakeKernel extends Kernel<Script, FakeState> {
  /** The ids that each `resume` brought. */
  readonly resumed: string[][];
}

export function fakeKernel(): FakeKernel {
  const resumed: string[][] = [];
  const turn = (script: Script, answers: Answers) => ({ outcome: script(answers), state: { script, answers }, events: [] });
  return {
    resumed,
    start: (script) => turn(script, new Map()),
    resume: (state, answers) => {
      resumed.push(answers.map((answer) => answer.id));
      return turn(state.script, new Map([...state.answers, ...answers.map((answer) => [answer.id, answer] as const)]));
    },
  };
}

type FakeState = { readonly script: Script; readonly answers: Answers };

export function run(
  script: Script,
  host: Parameters<typeof runOn>[2],
  { kernel, ...options }: { readonly kernel: Kernel<Script, FakeState> } & RunOptions<Quantum, unknown>,
): Promise<RunResult<FakeState>> {
  return runOn(kernel, script, host, options);
}

export function call(id: string, capability: string, args: readonly Value[] = [], options: Value = null): HostCall {
  return { id, capability, args, options, span: null, step: null, isolation: 'inherit' };
}

/** Makes the calls together and completes with what `finish` makes of the answers. */
export function allOf(calls: readonly HostCall[], finish: (answers: Answers) => Value = () => null): Script {
  return (answers) => {
    const open = calls.filter((one) => !answers.has(one.id));
    return open.length > 0 ? { kind: 'requires-host', calls: open } : { kind: 'complete', value: finish(answers) };
  };
}

export function valueOf(answer: Answer | undefined): Value {
  if (answer === undefined) throw new Error('no answer');
  return answer.ok ? answer.value : answer.error;
}

// ── The host ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function hostOf(capabilities: readonly Capability[], policy: Policy = ALLOW_ALL, clock: Clock = new ManualClock()) {
  return { capabilities: capabilityRegistry(capabilities, new Map([['ccos.echo', 'echo']])), policy, clock };
}

export const ALLOW_ALL: Policy = { decide: () => ({ allowed: true, grants: [] }) };

export function capability(id: string, perform: WorkCapability['call']): WorkCapability {
  return { id, summary: '', determinism: 'live', call: perform };
}

/** A capability whose answers are given by the test, by the id of the call. */
export class Held {
  readonly started: string[] = [];
  readonly aborted: string[] = [];
  private readonly settle = new Map<string, { resolve: (value: Value) => void; reject: (cause: unknown) => void }>();
  private readonly all: ((value: Value) => void)[] = [];
  readonly capability: WorkCapability;

  constructor(id = 'held') {
    this.capability = capability(id, (_args, context) => {
      this.started.push(context.callId);
      context.signal.addEventListener('abort', () => this.aborted.push(context.callId));
      return new Promise((resolve, reject) => {
        this.settle.set(context.callId, { resolve, reject });
        this.all.push(resolve);
      });
    });
  }

  answer(id: string, value: Value): void {
    this.settle.get(id)!.resolve(value);
  }

  /** Of every run, should several share the capability. */
  answerAll(value: Value): void {
    for (const resolve of this.all) resolve(value);
  }

  fail(id: string, cause: unknown): void {
    this.settle.get(id)!.reject(cause);
  }
}

/** Lets everything that is ready happen. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

// ── The world ──────────────────────────────────────────────────────────────────────────────────────────────────────

export class ManualClock implements Clock {
  private now = 1_700_000_000_000;
  private readonly sleepers = new Set<{ readonly at: number; wake: () => void }>();

  readonly nowMs = (): number => this.now;

  readonly sleep = (durationMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const sleeper = { at: this.now + durationMs, wake: resolve };
      this.sleepers.add(sleeper);
      const abort = (): void => {
        this.sleepers.delete(sleeper);
        resolve();
      };
      signal.addEventListener('abort', abort);
      sleeper.wake = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
    });

  /** How many wait for the time to pass. */
  get sleeping(): number {
    return this.sleepers.size;
  }

  async advance(durationMs: number): Promise<void> {
    this.now += durationMs;
    for (const sleeper of [...this.sleepers]) {
      if (sleeper.at > this.now) continue;
      this.sleepers.delete(sleeper);
      sleeper.wake();
    }
    await settled();
  }
}

export class MemoryConsole implements Console {
  out = '';
  error = '';
  readonly lines: string[];
  constructor(...lines: string[]) {
    this.lines = lines;
  }
  readonly writeOut = async (text: string): Promise<void> => void (this.out += text);
  readonly writeError = async (text: string): Promise<void> => void (this.error += text);
  readonly ask = async (prompt: string): Promise<string | null> => {
    this.error += prompt;
    return this.lines.shift() ?? null;
  };
  readonly close = (): void => undefined;
}

export function contextOf(grants: readonly Grant[] = [], more: Partial<CallContext> = {}): CallContext {
  return { callId: '1', idempotencyKey: 'run/1', name: 'test', signal: new AbortController().signal, grants, exposed: MapValue.empty(), ...more };
}

/** The capability that works, as a function that gives a promise in any case. */
export function find(capabilities: readonly Capability[], id: string): { readonly call: (args: readonly Value[], context: CallContext) => Promise<Value> } {
  const found = capabilities.find((one) => one.id === id);
  if (found === undefined || !('call' in found)) throw new Error(`no capability ${id} that works`);
  return { call: async (args, context) => found.call(args, context) };
}

/** One call of the capabilities, made by a loop: for what the host waits for itself. */
export async function ask(
  capabilities: readonly Capability[],
  one: HostCall,
  world: { readonly clock?: Clock; readonly ask?: Ask; readonly signal?: AbortSignal },
): Promise<Value> {
  const host = { capabilities: capabilityRegistry(capabilities, new Map()), policy: ALLOW_ALL, clock: world.clock ?? new ManualClock(), ...(world.ask === undefined ? {} : { ask: world.ask }) };
  const options = world.signal === undefined ? {} : { signal: world.signal };
  const result = await run(allOf([one], (answers) => valueOf(answers.get(one.id))), host, { kernel: fakeKernel(), ...options });
  return result.kind === 'complete' ? result.value : keyword(result.kind);
}

/** The failure that the work is expected to give. */
export async function failureFrom(work: Promise<unknown>): Promise<HostFailure> {
  const outcome = await work.then(
    (value) => new Error(`gave ${String(value)} instead of failing`),
    (cause: unknown) => cause,
  );
  if (outcome instanceof HostFailure) return outcome;
  throw outcome;
}

/** A directory of its own, gone afterwards. Its path has no links in it. */
export async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(await realpath(tmpdir()), 'rtfs-host-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
