/** Carrying on one branch of somebody else's run to its end, with the capabilities that are here. */
import { branchAt, branchCalls, resumeBranch } from '../../evaluator/branch.ts';
import { exposedContext, variablesAt } from '../../evaluator/kernel.ts';
import type { Event, Fiber, State } from '../../evaluator/state.ts';
import { keyword, ErrorValue } from '../../value/value.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import type { Flight } from '../flight.ts';
import { drive, type LoopHost } from '../loop.ts';
import type { Answer, CallContext, Capability, HostCall, Kernel, Turn } from '../port.ts';
import type { Recorder } from '../recorder.ts';
import { callbacksOf } from '../run.ts';
import type { BranchTurns } from './turns.ts';

const QUANTUM = 5_000_000;
const CONCURRENT_CALLS = 256;

/** Home, where the run is. */
export interface Home {
  /** The client's name of the run. */
  readonly run: string;
  /** What was answered, as soon as the branch has gone on with it. */
  readonly turns: (turns: BranchTurns, isLast: boolean) => void;
  /** Is told, before it happens, that the world is about to feel something: by the call's key without the run, which calls of callbacks have too. */
  readonly begins: (key: string) => Promise<void>;
  /** Calls that must not happen twice are made at home. */
  readonly keepsLive: boolean;
  /** Resolves when calls may be made that follow from what was told; null: at once. */
  readonly mayGoOn: () => Promise<void> | null;
}

export interface Carried {
  readonly branch: Fiber;
  /** The branch has come to a call that is made at home. */
  readonly comesHome: boolean;
}

/**
 * The branch as far as it goes here. Calls have the idempotency keys that they would have at home: whoever carries the branch on again asks under the
 * same ones. `log` writes down what happens, as a run of its own. The problem is for people.
 */
export async function carryBranch(state: State, path: string, home: Home, host: LoopHost, signal: AbortSignal, log: Recorder<State, Event> | null): Promise<Result<Carried, string>> {
  const branch = branchAt(state, path);
  if (branch === null || (branch.status !== 'waiting' && branch.status !== 'joining')) return { ok: false, error: `no branch ${path} waits in the state` };
  let latest = state;
  const turn = (fiber: Fiber, status: 'ended' | 'waiting' | 'preempted', events: Turn<State, Event>['events']): Turn<State, Event> => {
    if (status === 'ended') return { outcome: { kind: 'complete', value: null }, state: latest, events };
    return { outcome: { kind: status === 'preempted' ? 'preempted' : 'requires-host', calls: branchCalls(fiber) as readonly HostCall[] }, state: latest, events };
  };
  const kernel: Pick<Kernel<never, State, never, Event>, 'resume' | 'exposed' | 'variables'> = {
    resume: (at, answers, options) => {
      const next = resumeBranch(at, branchAt(at, path)!, answers, options);
      latest = next.state;
      return turn(branchAt(latest, path)!, next.status, next.events);
    },
    exposed: exposedContext,
    variables: variablesAt,
  };
  const callbacks = callbacksOf(state.table, toldOfLive(host, home), { signal, keyOf: (callId) => `${home.run}/${callId}` });
  try {
    const recorder = branchRecorder(home, log);
    const result = await drive({ kernel, first: turn(branch, 'waiting', []), host, callbacks, recorder, signal, quantum: QUANTUM, maxConcurrent: CONCURRENT_CALLS, observer: {} });
    if (result.kind === 'complete') return { ok: true, value: { branch: branchAt(latest, path)!, comesHome: false } };
    await log?.ended({ kind: 'failed', error: givenUp() }, { reason: 'given up', who: null, message: null });
    return { ok: false, error: result.kind === 'failed' ? result.error.message : 'the branch was given up' };
  } catch (cause) {
    if (!(cause instanceof ComesHome)) throw cause;
    return { ok: true, value: { branch: branchAt(latest, path)!, comesHome: true } };
  }
}

function givenUp(): ErrorValue {
  return new ErrorValue(keyword('error/cancelled'), 'Whoever gave out the branch does not want it any more', null, null, null);
}

/** The branch has come to a call that is made at home. */
class ComesHome extends Error {}

/** Tells home what happens, in the places where a run that is kept writes it down. */
function branchRecorder(home: Home, log: Recorder<State, Event> | null): Recorder<State, Event> {
  let answered: (readonly Answer[])[] = [];
  return {
    ...(log ?? UNLOGGED),
    run: home.run,
    idempotencyKey: (callId) => `${home.run}/${callId}`,
    asks: false,
    park: () => null,
    answering: (given, quanta) => {
      answered.push(given.map(({ answer }) => answer));
      return log?.answering(given, quanta) ?? null;
    },
    turned: (turn) => {
      log?.turned(turn);
      if (answered.length === 0 || turn.outcome.kind === 'preempted') return;
      home.turns(answered, turn.outcome.kind === 'complete');
      answered = [];
    },
    starting: (flights) => {
      const live = flights.filter(({ hold, judged }) => hold === null && judged.capability.determinism === 'live');
      if (live.length > 0 && home.keepsLive) return Promise.reject(new ComesHome());
      const allowed = home.mayGoOn();
      if (allowed === null && live.length === 0) return log?.starting(flights) ?? null;
      return begin(flights, live, allowed, home, log);
    },
  };
}

async function begin(flights: readonly Flight[], live: readonly Flight[], allowed: Promise<void> | null, home: Home, log: Recorder<State, Event> | null): Promise<void> {
  if (allowed !== null) await allowed;
  await log?.starting(flights);
  for (const { call } of live) await home.begins(call.id);
}

/** Of a worker that keeps no log. */
const UNLOGGED: Recorder<State, Event> = {
  run: '', asks: false,
  factsOf: () => ({}), note: () => undefined, recall: () => null, idempotencyKey: (callId) => callId, approvalHash: () => '',
  turned: () => undefined, starting: () => null, answering: () => null, cancelling: () => null, patching: () => null, refusing: () => undefined, park: () => null,
  ended: () => Promise.resolve(),
};

/** The host of callbacks, which are runs of their own: their `live` calls are told too. */
function toldOfLive(host: LoopHost, { run, begins, keepsLive }: Home): LoopHost {
  const find = (id: string): Capability | undefined => {
    const capability = host.capabilities.find(id);
    if (capability === undefined || 'wait' in capability || capability.determinism !== 'live') return capability;
    const call: typeof capability.call = async (args, context: CallContext) => {
      if (keepsLive) throw new HostFailure('host', `:${id} must not happen twice, and cannot be called back from a worker of a run that is kept`);
      await begins(context.idempotencyKey.slice(run.length + 1));
      if (context.signal.aborted) throw cancelledFailure(id);
      return capability.call(args, context);
    };
    return { ...capability, call };
  };
  return { ...host, capabilities: { ...host.capabilities, find } };
}
