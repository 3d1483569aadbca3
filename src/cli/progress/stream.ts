/**
 * `--json=stream`: what happens, one JSON object to a line, as it happens. `{"event":…}` is what the machine tells of
 * itself; `{"call":…}` `{"answer":…}` `{"dropped":…}` `{"passed":…}` what the host does. Neither arguments nor answers are shown.
 */
import { eventToJson } from '../../evaluator/event-value.ts';
import { inUnits } from '../../host/amounts.ts';
import type { Answer, Clock, Decision, HostCall } from '../../host/port.ts';
import { kindOfError } from '../../host/run-failure.ts';
import type { Terminal } from '../terminal.ts';
import type { Watch } from '../watching.ts';

export function streamWatch({ terminal, clock }: { readonly terminal: Pick<Terminal, 'out'>; readonly clock: Pick<Clock, 'nowMs'> }): Watch {
  const calledMs = new Map<string, number>();
  const write = (name: string, json: string): void => terminal.out(`{"${name}":${json}}\n`);
  const ended = (call: HostCall): number => {
    const elapsedMs = clock.nowMs() - (calledMs.get(call.id) ?? clock.nowMs());
    calledMs.delete(call.id);
    return elapsedMs;
  };
  return {
    observer: {
      events: (events) => events.forEach((event) => write('event', eventToJson(event))),
      decided: (call, decision) => {
        calledMs.set(call.id, clock.nowMs());
        write('call', callJson(call, decision));
      },
      answered: (call, answer) => write('answer', answerJson(call, answer, ended(call))),
      passed: (what) => write('passed', JSON.stringify({ budget: what.budget, soft: inUnits(what.budget, what.soft), used: inUnits(what.budget, what.used) })),
      dropped: (call) => write('dropped', JSON.stringify({ ...identityOf(call), elapsedMs: ended(call) })),
    },
    console: (inner) => inner,
    end: () => undefined,
  };
}

function identityOf({ id, capability, step }: HostCall): Pick<HostCall, 'id' | 'capability' | 'step'> {
  return { id, capability, step };
}

function callJson(call: HostCall, decision: Decision): string {
  return JSON.stringify({ ...identityOf(call), allowed: decision.allowed });
}

function answerJson(call: HostCall, answer: Answer, elapsedMs: number): string {
  const outcome = answer.ok ? { ok: true } : { ok: false, error: kindOfError(answer.error) };
  return JSON.stringify({ ...identityOf(call), ...outcome, elapsedMs });
}
