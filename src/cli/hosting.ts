/** The part of an execution that needs the world: the host's loop, and a watch on the memory of this process. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cancel, exposedContext, resume } from '../evaluator/kernel.ts';
import { errorValue } from '../evaluator/raise.ts';
import type { Answer, State } from '../evaluator/state.ts';
import type { Event } from '../evaluator/event.ts';
import { Loop, refusing } from '../host/loop.ts';
import { afterTurn, type Memory } from '../host/memory.ts';
import { isTracing } from '../host/security/governance.ts';
import type { Observer, Turn } from '../host/port.ts';
import { type Ending, type Execution, QUANTUM_STEPS } from './execution.ts';

const CONCURRENT_CALLS = 256;
const INTERRUPTED = 'the run was interrupted';

export async function goOn(first: Turn<State, Event>, signal: AbortSignal, execution: Execution, observer: Observer<Event>): Promise<Ending> {
  const host = await execution.openHost();
  const { governor = null } = execution;
  let { state } = first;
  /** A turn that is held has not come anywhere. */
  const noted = (turn: Turn<State, Event>): Turn<State, Event> => {
    const { held } = turn;
    if (held !== undefined) return { ...turn, held: { ...held, again: (word) => noted(held.again(word)) } };
    ({ state } = turn);
    return turn;
  };
  const step = (from: State, answers: readonly Answer[]): Turn<State, Event> => {
    const share = heapShare();
    const isSpent = share > HEAP_SHARE_MAX && heapShareAfterCollection() > HEAP_SHARE_MAX;
    const quantum = share > HEAP_SHARE_CAREFUL ? CAREFUL_STEPS : QUANTUM_STEPS;
    return noted(isSpent ? memorySpent(from) : (governor?.take((refused) => resume(from, answers, { quantum, refused })) ?? resume(from, answers, { quantum })));
  };
  const stopAt = (from: State, reason: string): Turn<State, Event> =>
    noted(governor?.take((refused) => cancel(from, reason, { quantum: QUANTUM_STEPS, refused })) ?? cancel(from, reason, { quantum: QUANTUM_STEPS }));
  const loopFrom = (from: Turn<State, Event>, signal: AbortSignal, memory?: Memory): Loop<State, Event> =>
    new Loop({
      kernel: { resume: step, cancel: stopAt, exposed: exposedContext, ...(governor === null ? {} : { shows: (call, exposed) => governor.shows(call, exposed) }) }, first: from, host, signal, quantum: QUANTUM_STEPS, maxConcurrent: CONCURRENT_CALLS, observer,
      isTraced: isTracing(host.constitution), follow: afterTurn, ...(memory === undefined ? {} : { memory }),
    });
  /** What was begun is brought to an end: `finally` parts and compensations run. */
  const stop = async (from: State, memory: Memory): Promise<State> => {
    const stopped = refusing(stopAt(from, INTERRUPTED));
    if (stopped.state.status !== 'done') execution.stopping?.();
    await loopFrom(stopped, new AbortController().signal, afterTurn(memory, stopped.events, stopped.state.pending)).run();
    return state;
  };
  try {
    const loop = loopFrom(noted(first), signal);
    const result = await loop.run();
    switch (result.kind) {
      case 'complete':
        return { kind: 'complete', value: result.value, state };
      case 'failed':
        return { kind: 'failed', error: result.error, state };
      case 'waiting':
      case 'cancelled':
        return { kind: 'interrupted', state: await stop(result.state, loop.memory) };
    }
  } finally {
    await host.close();
  }
}

/**
 * The engine ends the whole process when collecting garbage no longer helps, at four fifths of what it may use for old
 * objects. The run has to end before, and what is left then must last for one more quantum, which is why quanta get
 * smaller on the way there.
 */
const HEAP_SHARE_MAX = 0.7;
const HEAP_SHARE_CAREFUL = 0.4;
const CAREFUL_STEPS = 25_000;
/** The part of the heap that the engine keeps for young objects. */
const YOUNG_BYTES = 48 * 1024 ** 2;

function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / Math.max(limit - YOUNG_BYTES, limit / 2);
}

function heapShareAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return heapShare();
}

function memorySpent(state: State): Turn<State, Event> {
  const limitMib = Math.round(getHeapStatistics().heap_size_limit / 1024 ** 2);
  const error = errorValue('budget', `Memory used up: the ${limitMib} MiB of this process are nearly full`);
  return { outcome: { kind: 'failed', error }, state, events: [] };
}
