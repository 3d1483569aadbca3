/** Carries out a call as its hints say, for hosts that keep nothing: it waits itself, and what it remembers lives as long as the process. */
import { hashValue } from '../../value/hash.ts';
import { Vector } from '../../value/vector.ts';
import { cancelledFailure, failureValue, HostFailure } from '../failure.ts';
import type { Answer, Clock, HostCall } from '../port.ts';
import type { Hints } from './hints.ts';
import { attempted, begin, type HintApplied, plan } from './plan.ts';
import { type HintState, NO_HINT_STATE } from './state.ts';

/** What the calls of a host share. */
export class HintMemory {
  state: HintState = NO_HINT_STATE;
}

export interface HintedCall {
  readonly call: HostCall;
  readonly hints: Hints;
  readonly memory: HintMemory;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One attempt: judged and made as any call. `timeoutMs` is null for no limit. */
  readonly attempt: (call: HostCall, timeoutMs: number | null) => Promise<Answer>;
  readonly applied: (what: HintApplied) => void;
}

export async function callWithHints({ call, hints, memory, clock, signal, attempt, applied }: HintedCall): Promise<Answer> {
  const planned = { capability: call.capability, argsHash: hashValue(Vector.adopt([...call.args])) };
  const refuse = (kind: ConstructorParameters<typeof HostFailure>[0], message: string): ReturnType<typeof failureValue> => failureValue(new HostFailure(kind, message));
  let history = begin(clock.nowMs());
  for (;;) {
    if (signal.aborted) return { id: call.id, ok: false, error: failureValue(cancelledFailure(call.capability)) };
    const next = plan(hints, planned, history, memory.state, clock.nowMs(), { refuse });
    history = next.history;
    memory.state = next.state;
    for (const one of next.applied) applied(one);
    switch (next.kind) {
      case 'answer':
        return { id: call.id, ...next.outcome };
      case 'wait':
        await clock.sleep(Math.max(0, next.untilMs - clock.nowMs()), signal);
        break;
      case 'call': {
        const startedMs = clock.nowMs();
        const answer = await attempt({ ...call, capability: next.capability, args: next.passArgs ? call.args : [] }, next.timeoutMs);
        const outcome = answer.ok ? ({ ok: true, value: answer.value } as const) : ({ ok: false, error: answer.error } as const);
        history = attempted(history, { target: next.target, startedMs, endedMs: clock.nowMs(), outcome });
      }
    }
  }
}
