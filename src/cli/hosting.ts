/** The part of an execution that needs the world: the host's loop, and a watch on the memory of this process. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { resume } from '../evaluator/kernel.ts';
import { errorValue } from '../evaluator/raise.ts';
import type { Advance, Answer, State } from '../evaluator/state.ts';
import { drive } from '../host/loop.ts';
import { type Ending, type Execution, QUANTUM_STEPS } from './execution.ts';

const CONCURRENT_CALLS = 256;

export async function goOn(first: Advance, execution: Execution): Promise<Ending> {
  const host = await execution.openHost();
  let state = first.state;
  const step = (from: State, answers: readonly Answer[], options?: { readonly quantum?: number }): Advance => {
    const next = isMemoryShort() ? memorySpent(from) : resume(from, answers, options);
    state = next.state;
    return next;
  };
  try {
    const result = await drive({
      kernel: { resume: step }, first, host, signal: execution.signal, quantum: QUANTUM_STEPS, maxConcurrent: CONCURRENT_CALLS, observer: {},
    });
    switch (result.kind) {
      case 'complete':
        return { kind: 'complete', value: result.value, state };
      case 'failed':
        return { kind: 'failed', error: result.error, state };
      case 'cancelled':
        return { kind: 'interrupted', state: result.state };
    }
  } finally {
    host.close();
  }
}

/**
 * The engine ends the whole process when its memory is used up, so the run has to end before. What is left must last for
 * one quantum.
 */
const HEAP_SHARE_MAX = 0.8;

function isMemoryShort(): boolean {
  return heapShare() > HEAP_SHARE_MAX && heapShareAfterCollection() > HEAP_SHARE_MAX;
}

function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}

function heapShareAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return heapShare();
}

function memorySpent(state: State): Advance {
  const limitMib = Math.round(getHeapStatistics().heap_size_limit / 1024 ** 2);
  const error = errorValue('budget', `Memory used up: the ${limitMib} MiB of this process are nearly full`);
  return { outcome: { kind: 'failed', error }, state, events: [] };
}
