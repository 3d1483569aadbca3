/**
 * One call, from the request to the answer: which capability, whether it may (the policy's word), how long, and what
 * comes back. Every way to fail ends as an answer; nothing is thrown.
 */
import { suggest } from '../diagnostic/suggest.ts';
import { MapValue } from '../value/map.ts';
import { isInteger, keyword, type KindName, kindOf, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { GivenUp, withDeadline } from './deadline.ts';
import { argumentFailure, cancelledFailure, didYouMean, failureValue, HostFailure, securityFailure, shown, typeFailure } from './failure.ts';
import type { Answer, CallContext, Capability, Decision, Host, HostCall } from './port.ts';

/** What was decided about a call, with the capability that it goes to when it may. */
export type Judged = { readonly allowed: true; readonly decision: Decision; readonly capability: Capability; readonly grants: CallContext['grants'] } | Refused;
interface Refused {
  readonly allowed: false;
  readonly decision: Decision;
  readonly answer: Answer;
}

export function judge(call: HostCall, host: Pick<Host, 'capabilities' | 'policy'>): Judged {
  const capability = host.capabilities.find(call.capability);
  if (capability === undefined) return unknown(call, host);
  const decision = host.policy.decide({ capability: capability.id, args: call.args, isolation: call.isolation });
  if (decision.allowed) return { allowed: true, decision, capability, grants: decision.grants };
  const failure =
    decision.kind === 'security'
      ? securityFailure(call.capability, decision.reason, decision.hint)
      : new HostFailure(decision.kind, decision.reason);
  return { allowed: false, decision, answer: failed(call, failure) };
}

function unknown(call: HostCall, host: Pick<Host, 'capabilities'>): Refused {
  const meant = suggest(call.capability, host.capabilities.names());
  const name = shown(keyword(call.capability)).slice(1);
  const message = `Unknown capability: ${name}${didYouMean(meant.map((id) => `:${id}`))}`;
  const failure = new HostFailure('capability', message, MapValue.of(keyword('suggestions'), Vector.adopt([...meant])));
  return { allowed: false, decision: { allowed: false, kind: 'capability', reason: message, hint: null }, answer: failed(call, failure) };
}

export interface Performance {
  readonly capability: Capability;
  readonly grants: CallContext['grants'];
  readonly exposed: CallContext['exposed'];
  readonly clock: Host['clock'];
  /** Aborted when the program no longer waits. */
  readonly signal: AbortSignal;
  /** Is told of failures that a capability should not have. */
  readonly defect: (cause: unknown) => void;
}

export async function perform(call: HostCall, performance: Performance): Promise<Answer> {
  const { capability, grants, exposed, clock } = performance;
  try {
    const deadline = { clock, durationMs: timeoutOf(call), signal: performance.signal };
    const value = await withDeadline(deadline, async (signal) =>
      capability.call(call.args.slice(), { callId: call.id, name: call.capability, signal, grants, exposed }),
    );
    if (!isValue(value)) throw new NotAValue();
    return { id: call.id, ok: true, value };
  } catch (cause) {
    return failed(call, failureOf(cause, call, performance));
  }
}

/** `:timeout-ms` of the call's options; null for none. */
function timeoutOf(call: HostCall): number | null {
  if (!(call.options instanceof MapValue)) return null;
  const value = call.options.get(keyword('timeout-ms')) ?? null;
  if (value === null) return null;
  if (!isInteger(value)) throw typeFailure(`${call.capability} (:timeout-ms)`, 'integer', value);
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) return Number(value);
  throw argumentFailure(call.capability, `:timeout-ms must be greater than 0, and is ${shown(value)}`);
}

function failureOf(cause: unknown, call: HostCall, performance: Performance): HostFailure {
  if (cause instanceof HostFailure) return cause;
  if (cause instanceof GivenUp) {
    if (cause.reason === 'cancelled') return cancelledFailure(call.capability);
    return new HostFailure('timeout', `Timeout: ${call.capability} took longer than ${timeoutOf(call)} ms`);
  }
  performance.defect(cause);
  return new HostFailure('internal', `The capability ${performance.capability.id} failed`);
}

function failed(call: HostCall, failure: HostFailure): Answer {
  return { id: call.id, ok: false, error: failureValue(failure) };
}

/** A capability answered with something that is no value of the language. */
class NotAValue extends Error {}

/** Looks at the outside only: what is inside a collection of ours is a value already. */
function isValue(value: unknown): value is Value {
  switch (typeof value) {
    case 'boolean':
    case 'string':
    case 'bigint':
      return true;
    case 'number':
      return !Object.is(value, -0);
    case 'object':
      return value === null || KINDS.has(kindOf(value as Value));
    default:
      return false;
  }
}

const KINDS: ReadonlySet<KindName> = new Set(['float', 'keyword', 'symbol', 'list', 'vector', 'map', 'set', 'function', 'timestamp', 'uuid', 'resource', 'error']);
