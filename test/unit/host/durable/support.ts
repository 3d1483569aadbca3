/** What the tests of durable runs share: a world with a store, whose processes can be cut off at any write. */
import type { State } from '../../../../src/evaluator/state.ts';
import { compile } from '../../../../src/host/compile.ts';
import { type DriveOptions, type Keeping, resumeRun, startRun } from '../../../../src/host/durable/driver.ts';
import type { Runnable } from '../../../../src/host/durable/program.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { Capability, Clock, Determinism } from '../../../../src/host/port.ts';
import { capabilityRegistry } from '../../../../src/host/registry.ts';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import type { Owner, Store } from '../../../../src/host/store/port.ts';
import type { Value } from '../../../../src/value/value.ts';
import { testEnvironment } from '../../../support/environment.ts';
import { ALLOW_ALL, ManualClock } from '../support.ts';

export const environment = testEnvironment();

export function programOf(text: string, variables: readonly string[] = []): Runnable {
  const { program, diagnostics } = compile(environment, { file: 'plan.rtfs', text }, { variables });
  if (program === null) throw new Error(diagnostics.map((one) => one.message).join('\n'));
  return program;
}

/** The process ended here. */
export class Crash extends Error {}

/** A store as one process sees it, which ends at a given write: `before` it, or `after` it, but before anybody knows. */
export function crashing(store: Store, at: number, when: 'before' | 'after'): { readonly store: Store; readonly writes: () => number } {
  let writes = 0;
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Crash('the process has ended');
  };
  const guarded = new Proxy(store, {
    get: (target, name: keyof Store) => {
      const member = target[name];
      if (name === 'append' || name === 'create') {
        return async (...args: unknown[]) => {
          alive();
          writes += 1;
          const isLast = writes === at;
          if (isLast && when === 'before') {
            dead = true;
            throw new Crash('before the write');
          }
          const result = await (member as (...all: unknown[]) => Promise<unknown>).apply(target, args);
          if (isLast) {
            dead = true;
            throw new Crash('after the write');
          }
          return result;
        };
      }
      if (name === 'contentNow') {
        return (hash: string) => {
          alive();
          return target.contentNow!(hash);
        };
      }
      return async (...args: unknown[]) => {
        // What a process leaves behind when it ends: it releases nothing.
        if (dead && name === 'release') return undefined;
        alive();
        return (member as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { store: guarded, writes: () => writes };
}

let tokens = 0;

export class World {
  readonly clock: ManualClock;
  readonly store: Store;
  /** Everything that capabilities were asked to do, in order, with the key of the attempt. */
  readonly effects: { readonly id: string; readonly args: readonly Value[]; readonly key: string }[] = [];
  private readonly capabilities: Capability[] = [];
  private readonly gone = new Set<string>();

  constructor(store?: Store) {
    this.clock = new ManualClock();
    this.store = store ?? createMemoryStore({ isGone: (owner) => this.gone.has(owner.token) });
  }

  add(id: string, determinism: Determinism, answer: (args: readonly Value[]) => Value | Promise<Value>): this {
    this.capabilities.push({
      id, summary: '', determinism,
      call: (args, context) => {
        this.effects.push({ id, args, key: context.idempotencyKey });
        return answer(args);
      },
    });
    return this;
  }

  put(...capabilities: readonly Capability[]): this {
    this.capabilities.push(...capabilities);
    return this;
  }

  /** A new process on the store. */
  process(store: Store = this.store): Process {
    const owner: Owner = { host: 'test', processId: 1, token: `p${++tokens}` };
    const keeping: Keeping = {
      store, environment, clock: this.clock, sha256: nodeSha256, owner, newKeeper: chunkedStates, keys: null, programs: new Map(),
    };
    const host = { capabilities: capabilityRegistry(this.capabilities, new Map()), policy: ALLOW_ALL, clock: this.clock as Clock };
    return new Process(keeping, host, () => this.gone.add(owner.token));
  }
}

export class Process {
  readonly keeping: Keeping;
  readonly host: DriveOptions['host'];
  /** The operating system knows that it has ended. */
  readonly end: () => void;

  constructor(keeping: Keeping, host: DriveOptions['host'], end: () => void) {
    this.keeping = keeping;
    this.host = host;
    this.end = end;
  }

  start(program: Runnable, options: Partial<DriveOptions> & { readonly id?: string } = {}): Promise<RunResult<State>> {
    const { id = 'run', ...drive } = options;
    return startRun(this.keeping, program, { id, name: 'plan.rtfs' }, { host: this.host, ...drive });
  }

  async resume(id = 'run', drive: Partial<DriveOptions> = {}): Promise<RunResult<State>> {
    const resumed = await resumeRun(this.keeping, id, () => ({ host: this.host, ...drive }));
    if (resumed.ok) return resumed.value;
    throw new Error(`${resumed.error.kind}: ${resumed.error.message}`);
  }
}

