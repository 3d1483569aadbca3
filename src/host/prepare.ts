/** A call before it is made: the policy's word, then the budget's, then who carries it out, what it waits for and what it sees. */
import { MapValue } from '../value/map.ts';
import type { AnswerSource, Flight } from './flight.ts';
import type { FlightOptions } from './flights.ts';
import { type Hold, readinessOf } from './hold.ts';
import type { Attempting } from './memory.ts';
import { judge, refusalOf, refusedByPerson, withTimeLimit } from './perform.ts';
import type { Answer, Capability, Exposure, HostCall } from './port.ts';

export interface NotMade {
  readonly answer: Answer;
  readonly by: AnswerSource;
}

type Preparing = Pick<FlightOptions, 'host' | 'observer' | 'book' | 'recall' | 'approvalHash' | 'exposure'>;

/** `made` is what is carried out for the call, `attempt` null for calls without hints. `isAlone`: nobody can be asked. */
export function prepare(call: HostCall, made: HostCall, attempt: Attempting | null, options: Preparing, isAlone: boolean): Flight | NotMade {
  const { host, observer, book } = options;
  const recalled = options.recall(call.id);
  const judged = judge(made, host, recalled !== null, book.origins(call));
  observer.decided?.(made, judged.decision);
  if (!judged.allowed || (judged.approval !== null && isAlone)) {
    book.denied(made, judged.decision);
    return { answer: judged.allowed ? refusedByPerson(made, refusalOf(judged.decision)) : judged.answer, by: 'policy' };
  }
  const { capability } = judged;
  const held = book.claim(made, capability);
  if (held !== null && 'ok' in held) return { answer: held, by: 'budget' };
  const provided = attempt === null ? null : providedBy(call, made, capability, attempt, options);
  const limited = 'call' in capability ? withTimeLimit(provided?.made ?? made, book.timeLeft(made)) : made;
  const ready = readinessOf(limited, judged, exposureOf(call, capability, attempt, options, isAlone), recalled, options.approvalHash);
  const hold = provided?.hold ?? ready.hold;
  if (hold !== null && 'id' in hold) return { answer: hold, by: 'capability' };
  // Field by field: this is made for each call.
  return {
    call, made: limited, attempt: attempt === null ? null : (book.attempt(call.id) ?? attempt), held, usage: null, judged, exposed: ready.exposed, hold,
    dueMs: recalled?.dueMs ?? null, isRepeated: recalled?.wasMade === true, askedMs: recalled?.askedMs ?? null, startedMs: 0, controller: null,
  };
}

/** A fallback is another capability, which the step says nothing of. Where nobody can be asked, what somebody has to allow is not seen. */
function exposureOf(call: HostCall, capability: Capability, attempt: Attempting | null, { host, exposure }: Preparing, isAlone: boolean): Exposure {
  if (host.policy.exposes?.(capability) !== true || (attempt !== null && attempt.target !== 'own')) return NOTHING_EXPOSED;
  const exposed = exposure(call);
  return exposed.asks !== undefined && isAlone ? { shown: exposed.asks.withheld } : exposed;
}

const NOTHING_EXPOSED: Exposure = { shown: MapValue.empty() };

/** The call as the provider gets it that carries it out; a question when only a person is left. */
function providedBy(call: HostCall, made: HostCall, capability: Capability, attempt: Attempting, { book }: Preparing): { readonly made: HostCall; readonly hold: Hold | null } {
  const providers = 'providers' in capability ? capability.providers : undefined;
  const target = providers === undefined ? null : book.provider(call, made, attempt, providers);
  if (target?.kind === 'person') return { made, hold: providers!.person(made.args) };
  return { made: target !== null && 'id' in target ? { ...made, args: providers!.argsFor(made.args, target.id) } : made, hold: null };
}
