/**
 * The loop: the one place where a run waits. It drives the synchronous machine, gives its calls to the host and the
 * answers back to the machine (policy → capability → resume), until the program is done or nobody wants it any more.
 *
 * The loop owns: which calls are under way, in which order answers are handed over, when to stop.
 * The machine owns: everything that makes the result. The same answers in the same order give the same result.
 * - L1 A call is taken up once. A refused one never reaches a capability.
 * - L2 Calls that wait together work together; each answer goes back as soon as it is there.
 * - L3 A pure stretch is cut by the quantum, so that timers, answers and cancelling get their turn.
 * - L4 When the loop returns, every call still under way has been told to stop; late answers are dropped.
 */
import { MapValue } from '../value/map.ts';
import { keyword, ErrorValue, type Value } from '../value/value.ts';
import { Flights } from './flight.ts';
import type { Host, Kernel, Observer, Turn } from './port.ts';

export interface LoopOptions<State, Event> {
  readonly kernel: Pick<Kernel<never, State, never, Event>, 'resume' | 'exposed'>;
  /** Where the machine stands: fresh from `start`, or from a saved state. */
  readonly first: Turn<State, Event>;
  readonly host: Pick<Host, 'capabilities' | 'policy' | 'clock'>;
  readonly signal: AbortSignal;
  /** Fuel of one go of the machine. */
  readonly quantum: number;
  readonly maxConcurrent: number;
  readonly observer: Observer<Event>;
}

/** `calls` counts the calls made, refused ones included. A cancelled run can be taken up again from its `state`. */
export type RunResult<State> =
  | { readonly kind: 'complete'; readonly value: Value; readonly calls: number }
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly calls: number }
  | { readonly kind: 'cancelled'; readonly state: State; readonly calls: number };

export async function drive<State, Event>(options: LoopOptions<State, Event>): Promise<RunResult<State>> {
  const flights = new Flights(options);
  try {
    return await turns(options, flights);
  } finally {
    flights.dropAll();
  }
}

async function turns<State, Event>(options: LoopOptions<State, Event>, flights: Flights): Promise<RunResult<State>> {
  const { kernel, signal, observer } = options;
  const resume = { quantum: options.quantum };
  for (let turn = options.first; ; ) {
    observer.events?.(turn.events);
    const { outcome, state } = turn;
    switch (outcome.kind) {
      case 'complete':
        return { kind: 'complete', value: outcome.value, calls: flights.taken };
      case 'failed':
        return { kind: 'failed', error: outcome.error, calls: flights.taken };
      case 'preempted':
        flights.reconcile(outcome.calls, (id) => kernel.exposed?.(state, id) ?? MapValue.empty());
        await breathe();
        if (signal.aborted) return { kind: 'cancelled', state, calls: flights.taken };
        turn = kernel.resume(state, flights.arrived(), resume);
        break;
      case 'requires-host': {
        if (signal.aborted) return { kind: 'cancelled', state, calls: flights.taken };
        flights.reconcile(outcome.calls, (id) => kernel.exposed?.(state, id) ?? MapValue.empty());
        const answers = await flights.next(signal);
        if (signal.aborted) return { kind: 'cancelled', state, calls: flights.taken };
        if (answers.length === 0) return { kind: 'failed', error: stuck(), calls: flights.taken };
        turn = kernel.resume(state, answers, resume);
      }
    }
  }
}

/** Lets timers and answers have their turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The machine waits for the host, and names nothing that it waits for. */
function stuck(): ErrorValue {
  return new ErrorValue(keyword('error/internal'), 'The program waits for the host without a call', null, null, null);
}
