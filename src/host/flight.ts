/** One call that is under way, what came of it, and the durable engine that may make it in place of the loop: data that the loop, its recorder and engines share. */
import { MapValue } from '../value/map.ts';
import type { Amounts } from './amounts.ts';
import type { Hold } from './hold.ts';
import type { Attempting } from './memory.ts';
import type { Judged, Performance } from './perform.ts';
import type { Answer, HostCall, Usage } from './port.ts';

/**
 * A durable engine: it makes calls and writes down what came of them, and says what comes next, the same each time that it is
 * asked again.
 */
export interface LoopEngine {
  /** What came of the call; a hold: nothing yet, and that is what it waits for. */
  readonly make: (flight: Flight, performance: Performance) => Promise<Answer | Hold>;
  /** Resolves when something has come and was told to whom it is for. */
  readonly changed: () => Promise<void>;
  /** The machine is preempted: what has come meanwhile is told, if there is any. */
  readonly breathe: () => Promise<void>;
}

export interface Flight {
  readonly call: HostCall;
  /** What is carried out: the call, or what its hints make of it. */
  readonly made: HostCall;
  /** The attempt that this is; null for calls without hints, and between attempts. */
  readonly attempt: Attempting | null;
  /** What of the budget is held for it; null when nothing is counted. */
  readonly held: Amounts | null;
  /** What the capability says that it took. */
  usage: Usage | null;
  readonly judged: Extract<Judged, { allowed: true }>;
  readonly exposed: MapValue;
  readonly hold: Hold | null;
  /** When its wait or its time is over; null for never. Reckoned when it starts. */
  dueMs: number | null;
  /** It was made before, by a process that ended. */
  readonly isRepeated: boolean;
  /** When somebody was first asked to allow it. */
  askedMs: number | null;
  startedMs: number;
  controller: AbortController | null;
}

/** Who gave an answer: the capability, the policy or the budget that refused the call, time, a person, the call's hints. */
export type AnswerSource = 'capability' | 'policy' | 'budget' | 'timer' | 'person' | 'hint';

export interface Given {
  readonly call: HostCall;
  readonly answer: Answer;
  readonly by: AnswerSource;
  /** The person, as they are known; null when nobody said. */
  readonly who: string | null;
  readonly durationMs: number;
  /** The message that brought it; null for none. */
  readonly message: number | null;
  /** What it took of the budget; absent when nothing is counted. */
  readonly used?: Amounts;
}

export type From = Pick<Given, 'by' | 'who' | 'message'>;

export const BY_CAPABILITY: From = { by: 'capability', who: null, message: null };

export function newFlight(call: HostCall, made: HostCall, judged: Flight['judged']): Flight {
  return { call, made, attempt: null, held: null, usage: null, judged, exposed: MapValue.empty(), hold: null, dueMs: null, isRepeated: false, askedMs: null, startedMs: 0, controller: null };
}

/** What a call has used, with what its capability tells now. */
export function added(before: Usage | null, more: Usage): Usage {
  if (before === null) return more;
  return { cost: before.cost + more.cost, tokens: before.tokens + more.tokens, calls: (before.calls ?? 0) + (more.calls ?? 0), bytes: (before.bytes ?? 0) + (more.bytes ?? 0) };
}
